"""How are the facts that loans tells kept? Only added, each once, many in one statement."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.base import Base
from services.monitoring.deps import Fact
from services.monitoring.portfolio.queries import SOURCE
from services.monitoring.portfolio.tables import (
    ChangedAgreementRow,
    ContractMovementRow,
    FeedProgressRow,
    FundLinkRow,
    ObservedBranchRow,
    ObservedFundRow,
    ObservedInstitutionRow,
)
from shared import tenancy
from shared.clients.loans import InstitutionEntry
from shared.events import (
    BranchCreated,
    ContractCorrected,
    CorrectedDue,
    DealChanged,
    DisbursementCompleted,
    DisbursementReversed,
    DonorLinked,
    Event,
    FundCreated,
    RepaymentReceived,
    RepaymentReversed,
)

KEEP_CURSOR = text("""
    insert into feed_cursor as c (institution_id, source, number, known_at)
    values (:institution_id, :source, :number, :known_at)
    on conflict (institution_id, source) do update
      set number = excluded.number, known_at = coalesce(excluded.known_at, c.known_at)
""")
KEEP_TENANT = text("""
    insert into tenant (institution_id) values (:institution_id) on conflict do nothing
""")


async def remember_institution(session: AsyncSession, entry: InstitutionEntry) -> None:
    """Keep an institution as it describes itself; its newest name replaces the older."""
    described = {
        "code": entry.code,
        "name_ar": entry.names.ar,
        "name_fr": entry.names.fr,
        "name_en": entry.names.en,
        "country": entry.country,
        "currency": entry.currency,
        "timezone": entry.timezone,
    }
    await session.execute(KEEP_TENANT, {"institution_id": entry.institution_id})
    await session.execute(
        insert(ObservedInstitutionRow)
        .values(institution_id=entry.institution_id, **described)
        .on_conflict_do_update(index_elements=["institution_id"], set_=described)
    )


async def remember_branches(session: AsyncSession, facts: Sequence[Fact[BranchCreated]]) -> None:
    """Keep branches."""
    await _add(session, ObservedBranchRow, [_told(session, fact) for fact in facts])


async def remember_funds(session: AsyncSession, facts: Sequence[Fact[FundCreated]]) -> None:
    """Keep funds."""
    await _add(session, ObservedFundRow, [_told(session, fact) for fact in facts])


async def link_donors(session: AsyncSession, facts: Sequence[Fact[DonorLinked]]) -> None:
    """Keep which donor may see which fund."""
    await _add(session, FundLinkRow, [_told(session, fact) for fact in facts])


async def keep_disbursements(
    session: AsyncSession, facts: Sequence[Fact[DisbursementCompleted]]
) -> None:
    """Keep money that reached borrowers; a fee kept back came back on the same day."""
    rows = [
        {
            **_movement(session, fact),
            "kind": "disbursement",
            "effective_on": fact.event.disbursed_on,
            "principal_minor": 0,
            "profit_minor": 0,
            "fee_minor": fact.event.fee_kept_minor,
            "surplus_minor": 0,
        }
        for fact in facts
    ]
    await _add(session, ContractMovementRow, rows)


async def keep_repayments(
    session: AsyncSession, facts: Sequence[Fact[RepaymentReceived] | Fact[RepaymentReversed]]
) -> None:
    """Keep money that borrowers paid back, and what was taken back as a mistake."""
    rows = [
        {
            **_movement(session, fact),
            "kind": "reversal" if isinstance(fact.event, RepaymentReversed) else "repayment",
            "effective_on": fact.event.received_on,
            "principal_minor": fact.event.principal_minor,
            "profit_minor": fact.event.profit_minor,
            "fee_minor": fact.event.fee_minor + fact.event.penalty_minor,
            "surplus_minor": fact.event.surplus_minor,
        }
        for fact in facts
    ]
    await _add(session, ContractMovementRow, rows)
    changed = [
        _agreed_anew(session, fact, effective_on=fact.event.received_on)
        for fact in facts
        if fact.event.dues is not None
    ]
    await _add(session, ChangedAgreementRow, changed)


async def keep_disbursements_reversed(
    session: AsyncSession, facts: Sequence[Fact[DisbursementReversed]]
) -> None:
    """Keep loans that were taken back: a disbursement of negative amounts."""
    rows = [
        {
            **_movement(session, fact),
            "kind": "disbursement",
            "effective_on": fact.event.disbursed_on,
            "principal_minor": 0,
            "profit_minor": 0,
            "fee_minor": fact.event.fee_kept_minor,
            "surplus_minor": 0,
        }
        for fact in facts
    ]
    await _add(session, ContractMovementRow, rows)


async def keep_orders(session: AsyncSession, facts: Sequence[Fact[ContractCorrected]]) -> None:
    """Keep what orders moved on contracts, and what they made of the agreements."""
    moved = [_ordered(session, fact) for fact in facts if _moves(fact.event)]
    await _add(session, ContractMovementRow, moved)
    changed = [
        _agreed_anew(
            session,
            fact,
            effective_on=fact.event.effective_on,
            written_off=fact.event.written_off_minor,
        )
        for fact in facts
        if fact.event.dues is not None or fact.event.written_off_minor
    ]
    await _add(session, ChangedAgreementRow, changed)


async def keep_deals(session: AsyncSession, facts: Sequence[Fact[DealChanged]]) -> None:
    """Keep what steps of deals brought back or lost, and what they made of the agreements."""
    moved = [_dealt(session, fact) for fact in facts if _brought(fact.event)]
    await _add(session, ContractMovementRow, moved)
    changed = [
        _agreed_anew(session, fact, effective_on=fact.event.effective_on)
        for fact in facts
        if fact.event.dues is not None
    ]
    await _add(session, ChangedAgreementRow, changed)


def _brought(event: DealChanged) -> bool:
    return any((event.at_work_minor, event.principal_minor, event.profit_minor))


def _dealt(session: AsyncSession, fact: Fact[DealChanged]) -> dict[str, object]:
    event = fact.event
    return {
        "institution_id": tenancy.institution_of(session),
        "event_id": fact.event_id,
        "sequence": fact.sequence,
        "known_at": fact.known_at,
        "contract_id": event.contract_id,
        "fund_id": event.fund_id,
        "currency": event.currency,
        "kind": "deal",
        "effective_on": event.effective_on,
        "amount_minor": event.principal_minor + event.profit_minor,
        "principal_minor": event.principal_minor,
        "profit_minor": event.profit_minor,
        "fee_minor": 0,
        "surplus_minor": 0,
        "at_work_minor": event.at_work_minor,
        "channel": "",
    }


def _agreed_anew(
    session: AsyncSession,
    fact: Fact[ContractCorrected]
    | Fact[RepaymentReceived]
    | Fact[RepaymentReversed]
    | Fact[DealChanged],
    *,
    effective_on: date,
    written_off: int = 0,
) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "event_id": fact.event_id,
        "sequence": fact.sequence,
        "known_at": fact.known_at,
        "contract_id": fact.event.contract_id,
        "effective_on": effective_on,
        "written_off_minor": written_off,
        **_dues(fact.event.dues),
    }


def _moves(event: ContractCorrected) -> bool:
    parts = (event.principal_minor, event.profit_minor, event.fee_minor, event.penalty_minor)
    return any((*parts, event.surplus_minor, event.recovered_minor))


def _ordered(session: AsyncSession, fact: Fact[ContractCorrected]) -> dict[str, object]:
    event = fact.event
    recovered = event.recovered_minor
    return {
        "institution_id": tenancy.institution_of(session),
        "event_id": fact.event_id,
        "sequence": fact.sequence,
        "known_at": fact.known_at,
        "contract_id": event.contract_id,
        "fund_id": event.fund_id,
        "currency": event.currency,
        "kind": "recovery" if recovered else "order",
        "effective_on": event.effective_on,
        "amount_minor": recovered or event.moved_minor + event.forgiven_minor,
        "principal_minor": event.principal_minor,
        "profit_minor": event.profit_minor + recovered,
        "fee_minor": event.fee_minor + event.penalty_minor,
        "surplus_minor": event.surplus_minor,
        "forgiven_minor": event.forgiven_minor,
        "channel": event.channel,
    }


def _dues(dues: Sequence[CorrectedDue] | None) -> dict[str, object]:
    names = ("due_on", "principal_minor", "profit_minor", "fee_minor", "penalty_minor")
    if dues is None:
        return {name if name == "due_on" else f"due_{name}": None for name in names}
    return {
        name if name == "due_on" else f"due_{name}": [getattr(due, name) for due in dues]
        for name in names
    }


async def advance(
    session: AsyncSession, *, number: int, complete_until: datetime | None, head: int
) -> None:
    """Set the cursor in the transaction of the effects; `complete_until` is the new horizon.

    None leaves the horizon: more events of the same instant may still come.
    """
    institution_id = tenancy.institution_of(session)
    await session.execute(
        KEEP_CURSOR,
        {
            "institution_id": institution_id,
            "source": SOURCE,
            "number": number,
            "known_at": complete_until,
        },
    )
    await session.execute(
        insert(FeedProgressRow)
        .values(institution_id=institution_id, source=SOURCE, head=head)
        .on_conflict_do_update(index_elements=["institution_id", "source"], set_={"head": head})
    )


def _told(session: AsyncSession, fact: Fact[Event]) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "sequence": fact.sequence,
        "known_at": fact.known_at,
        **fact.event.model_dump(),
    }


def _movement(
    session: AsyncSession,
    fact: Fact[DisbursementCompleted]
    | Fact[DisbursementReversed]
    | Fact[RepaymentReceived]
    | Fact[RepaymentReversed],
) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "event_id": fact.event_id,
        "sequence": fact.sequence,
        "known_at": fact.known_at,
        "contract_id": fact.event.contract_id,
        "fund_id": fact.event.fund_id,
        "currency": fact.event.currency,
        "amount_minor": fact.event.amount_minor,
        "channel": fact.event.channel,
    }


async def _add(session: AsyncSession, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
    """Add rows; one that is there already, from an earlier reading of the feed, stays."""
    if rows:
        await session.execute(insert(table).on_conflict_do_nothing(), rows)
