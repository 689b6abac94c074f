"""What was agreed, what moved on a contract, and what is needed to sign one?"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts.tables import ContractRow, GenerationRow, PositionRow
from services.loans.domain import positions
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import ContractUnknown
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.positions import Day, Position
from services.loans.domain.replay import Movement, MovementKind
from services.loans.domain.schedule import Instalment
from services.loans.domain.signing import SigningFile
from services.loans.domain.terms import Terms
from services.loans.ledger.queries import KNOWN, UNKNOWN, Moment
from shared import tenancy
from shared.ids import ApplicationId, ContractId
from shared.money import Money
from shared.schemas import Page

# Later than every instant at which the books may learn of something.
NOT_YET_KNOWN = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFilter:
    """Which contracts a list shows; None asks nothing."""

    status: str | None = None
    fund_id: UUID | None = None
    borrower_id: UUID | None = None
    branch_ids: Collection[UUID] | None = None


async def contract(
    session: AsyncSession,
    contract_id: UUID,
    *,
    branch_ids: Collection[UUID] | None = None,
    lock: bool = False,
) -> ContractRow:
    """Give a contract of the branches seen (None: all), anew if locked; raises ContractUnknown."""
    statement = select(ContractRow).where(
        ContractRow.institution_id == tenancy.institution_of(session),
        ContractRow.contract_id == contract_id,
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None or (branch_ids is not None and row.branch_id not in branch_ids):
        raise ContractUnknown(contract_id=ContractId(contract_id))
    return row


async def locked_seen(
    session: AsyncSession,
    contract_ids: Collection[ContractId],
    *,
    branch_ids: Collection[UUID] | None = None,
) -> dict[ContractId, ContractRow]:
    """Lock contracts in the order of their ids; those that are here, of the branches seen."""
    statement = (
        select(ContractRow)
        .where(
            ContractRow.institution_id == tenancy.institution_of(session),
            ContractRow.contract_id.in_(contract_ids),
        )
        .order_by(ContractRow.contract_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if branch_ids is not None:
        statement = statement.where(ContractRow.branch_id.in_(branch_ids))
    return {ContractId(row.contract_id): row for row in await session.scalars(statement)}


async def locked_contracts(
    session: AsyncSession, contract_ids: Collection[ContractId]
) -> dict[ContractId, ContractRow]:
    """Lock contracts in the order of their ids; raises ContractUnknown."""
    rows = await locked_seen(session, contract_ids)
    for missing in (one for one in contract_ids if one not in rows):
        raise ContractUnknown(contract_id=missing)
    return rows


async def contracts(
    session: AsyncSession, *, wanted: ContractFilter, page: Page
) -> Sequence[ContractRow]:
    """Return a page of contracts by id, one more than fits."""
    statement = select(ContractRow).where(
        ContractRow.institution_id == tenancy.institution_of(session)
    )
    for column, value in (
        (ContractRow.status, wanted.status),
        (ContractRow.fund_id, wanted.fund_id),
        (ContractRow.borrower_id, wanted.borrower_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.branch_ids is not None:
        statement = statement.where(ContractRow.branch_id.in_(wanted.branch_ids))
    if page.after is not None:
        statement = statement.where(ContractRow.contract_id > page.after)
    statement = statement.order_by(ContractRow.contract_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


def terms_of(row: ContractRow) -> Terms:
    """Give the frozen terms of a contract."""
    return Terms.from_json(row.terms)


INSTALMENTS = text("""
    select i.contract_id, i.number, i.due_on, i.principal_minor, i.profit_minor, i.fee_minor,
      i.penalty_minor
    from position p
    cross join lateral (
      select case when cast(:as_of as date) is null and cast(:known_at as timestamptz) is null
        then p.generation
        else coalesce((
          select max(g.generation) from contract_generation g
          left join feed_entry f
            on f.institution_id = g.institution_id and f.event_id = g.event_id
          where g.institution_id = p.institution_id and g.contract_id = p.contract_id
            and (cast(:as_of as date) is null or g.effective_on <= :as_of)
            and (cast(:known_at as timestamptz) is null
              or (case when g.event_id is null then g.recorded_at else f.numbered_at end)
                <= :known_at)), 1)
        end as generation
    ) held
    join instalment i on i.institution_id = p.institution_id and i.contract_id = p.contract_id
      and i.generation = held.generation
    where p.institution_id = :institution_id and p.contract_id = any(:contract_ids)
    order by i.contract_id, i.number
""")


async def instalments(
    session: AsyncSession,
    contract_ids: Collection[UUID],
    *,
    currency: str,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> dict[UUID, tuple[Instalment, ...]]:
    """Return the instalments of contracts of one currency that hold, in their order.

    Of several agreements that is the newest; with dates, the newest that held on `as_of` as the
    books knew it at `known_at`.
    """
    found: defaultdict[UUID, list[Instalment]] = defaultdict(list)
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
        "as_of": as_of,
        "known_at": known_at,
    }
    for row in await session.execute(INSTALMENTS, values):
        found[row.contract_id].append(
            Instalment(
                number=row.number,
                due_on=row.due_on,
                principal=Money(row.principal_minor, currency),
                profit=Money(row.profit_minor, currency),
                fee=Money(row.fee_minor, currency),
                penalty_minor=row.penalty_minor,
            )
        )
    return {contract_id: tuple(found[contract_id]) for contract_id in contract_ids}


async def generations(session: AsyncSession, contract_id: UUID) -> dict[int, date]:
    """Return the days from which each later agreement of a contract holds."""
    statement = select(GenerationRow.generation, GenerationRow.effective_on).where(
        GenerationRow.institution_id == tenancy.institution_of(session),
        GenerationRow.contract_id == contract_id,
    )
    return {row.generation: row.effective_on for row in await session.execute(statement)}


async def position(session: AsyncSession, contract_id: UUID) -> PositionRow | None:
    """Return the running sums of a contract."""
    return await session.get(PositionRow, (tenancy.institution_of(session), contract_id))


async def locked_position(session: AsyncSession, contract_id: UUID) -> PositionRow:
    """Lock and return the position of a contract; raises ContractUnknown."""
    return (await locked_positions(session, [contract_id]))[contract_id]


async def locked_positions(
    session: AsyncSession, contract_ids: Collection[UUID]
) -> dict[UUID, PositionRow]:
    """Lock the positions of contracts in the order of their ids; raises ContractUnknown."""
    statement = (
        select(PositionRow)
        .where(
            PositionRow.institution_id == tenancy.institution_of(session),
            PositionRow.contract_id.in_(contract_ids),
        )
        .order_by(PositionRow.contract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.contract_id: row for row in await session.scalars(statement)}
    for missing in (one for one in contract_ids if one not in rows):
        raise ContractUnknown(contract_id=ContractId(missing))
    return rows


# Where one contract stood: of what held by then and was known, the newest day's newest row.
STOOD = """
    with {unknown} seen as (select cast(:contract_id as uuid) as contract_id)
    select h.valid_from, h.disbursed_minor, h.paid_minor, h.outstanding_principal_minor,
      h.oldest_open_due_on, h.status, h.written_off_minor
    from seen join position_history h
      on h.institution_id = :institution_id and h.contract_id = seen.contract_id
    where h.valid_from <= :as_of {known}
    order by h.valid_from desc, h.version desc limit 1
"""


async def stood(session: AsyncSession, contract_id: UUID, *, moment: Moment) -> Position | None:
    """Return where a contract stood; None before anything had moved on it."""
    row = (await session.execute(*_asked(STOOD, session, contract_id, moment=moment))).first()
    if row is None:
        return None
    valid_from, disbursed, paid, outstanding, oldest, status, written_off = row
    standing = positions.Standing(status)
    return Position(valid_from, disbursed, paid, outstanding, oldest, standing, written_off)


# Of the states that held by then and were known, the one entered last.
STATUS = """
    with {unknown} seen as (select cast(:contract_id as uuid) as contract_id)
    select h.status from seen join (
      select *, recorded_at as known_from,
        coalesce(effective_on, (recorded_at at time zone 'UTC')::date) as valid_from
      from contract_history
    ) h on h.institution_id = :institution_id and h.contract_id = seen.contract_id
    where h.valid_from <= :as_of {known}
    order by h.version desc limit 1
"""


async def status(session: AsyncSession, row: ContractRow, *, moment: Moment) -> ContractStatus:
    """Return a contract's status; before it was known, or on earlier days, that of signing."""
    if moment.is_now:
        return ContractStatus(row.status)
    found = await session.scalar(*_asked(STATUS, session, row.contract_id, moment=moment))
    return ContractStatus.SIGNED if found is None else ContractStatus(found)


def _asked(
    sql: str, session: AsyncSession, contract_id: UUID, *, moment: Moment
) -> tuple[TextClause, dict[str, object]]:
    """Ask `sql` about a contract at a moment: as of its day, of what was known at its instant."""
    values: dict[str, object] = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "as_of": moment.as_of,
    }
    if moment.known_at is None:
        return text(sql.format(unknown="", known="")), values
    values["known_at"] = moment.known_at
    return text(sql.format(unknown=UNKNOWN, known=KNOWN)), values


DAYS = text("""
    select contract_id, valid_from, disbursed_minor, paid_minor
    from position_days(:institution_id, cast(:contract_ids as uuid[]), cast(:days as date[]))
""")


async def days_of(session: AsyncSession, first: Mapping[UUID, date]) -> dict[UUID, tuple[Day, ...]]:
    """Return the days that a first one falls into and every later one on which contracts moved."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(first),
        "days": list(first.values()),
    }
    found: defaultdict[UUID, list[Day]] = defaultdict(list)
    for row in await session.execute(DAYS, values):
        day = Day(row.valid_from, row.disbursed_minor, row.paid_minor)
        found[row.contract_id].append(day)
    return {contract_id: tuple(found[contract_id]) for contract_id in first}


# Money out and money back, each with the instant at which the books learnt of it.
MOVEMENTS = text("""
    select m.*, k.numbered_at from (
      select disbursement_id as movement_id, case when reverses_disbursement_id is null
          then 'disbursement' else 'reversal' end as kind, abs(amount_minor) as amount_minor,
        disbursed_on as effective_on, reverses_disbursement_id as reverses, entry_id
      from disbursement where institution_id = :institution_id and contract_id = :contract_id
      union all
      select repayment_id, case when reverses_repayment_id is null then 'repayment'
          else 'reversal' end, abs(amount_minor), received_on, reverses_repayment_id, entry_id
      from repayment where institution_id = :institution_id and contract_id = :contract_id
      union all
      select step_id, 'disbursement', handed_minor, taken_on, cast(null as uuid), entry_id
      from deal_step where institution_id = :institution_id and contract_id = :contract_id
        and handed_minor <> 0
      union all
      select step_id, 'order', settled_minor, taken_on, cast(null as uuid), entry_id
      from deal_step where institution_id = :institution_id and contract_id = :contract_id
        and settled_minor <> 0
      union all
      select holding_id, 'order', -amount_minor, moved_on, cast(null as uuid), entry_id from holding
      where institution_id = :institution_id and contract_id = :contract_id
        and purpose = 'contribution' and disbursement_id is not null
      union all
      select e.order_id, 'order', e.moved_minor + e.forgiven_minor, o.effective_on, null, e.entry_id
      from order_effect e join contract_order o using (institution_id, order_id)
      where institution_id = :institution_id and e.contract_id = :contract_id
        and e.moved_minor + e.forgiven_minor <> 0
    ) m left join journal_link k
      on k.institution_id = :institution_id and k.entry_id = m.entry_id
""")


async def movements(
    session: AsyncSession, contract_id: UUID, *, currency: str
) -> tuple[Movement, ...]:
    """Return everything that moved on a contract; what has no number yet is known last."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return tuple(
        Movement(
            movement_id=row.movement_id,
            kind=MovementKind(row.kind),
            amount=Money(row.amount_minor, currency),
            effective_on=row.effective_on,
            known_at=row.numbered_at or NOT_YET_KNOWN,
            reverses=row.reverses,
        )
        for row in await session.execute(MOVEMENTS, values)
    )


MAY_ARRIVE = text("""
    select payment_id from payment
    where institution_id = :institution_id and contract_id = :contract_id
      and direction = 'outbound' and booked_at is null and status not in ('failed', 'reversed')
""")


async def payment_that_may_arrive(session: AsyncSession, contract_id: UUID) -> UUID | None:
    """Return the payment to the borrower that has not failed and is not booked, or None."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    found: UUID | None = await session.scalar(MAY_ARRIVE, values)
    return found


SIGNING_FILES = text("""
    select a.application_id, a.borrower_id, a.branch_id, a.product_id, a.product_version, a.sector,
      a.purpose, a.characteristics, d.fund_id, d.currency, d.amount_minor, d.term_months,
      d.grace_months, d.annual_rate, f.kind as fund_kind, b.kind as borrower_kind, b.region,
      b.sex, b.born_on, (select count(*) from contract c
        where c.institution_id = a.institution_id and c.borrower_id = a.borrower_id
          and c.status <> 'cancelled') as earlier_contracts
    from application a
    join borrower b on b.institution_id = a.institution_id and b.borrower_id = a.borrower_id
    join lateral (
      select * from decision d
      where d.institution_id = a.institution_id and d.application_id = a.application_id
        and d.round = a.round and d.outcome = 'approve' order by d.level desc limit 1
    ) d on true
    join fund f on f.institution_id = a.institution_id and f.fund_id = d.fund_id
    where a.institution_id = :institution_id and a.application_id = any(:application_ids)
""")


async def signing_files(
    session: AsyncSession, application_ids: Sequence[ApplicationId]
) -> dict[ApplicationId, SigningFile]:
    """Return what the contracts of approved applications need."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
    }
    found = {}
    for row in await session.execute(SIGNING_FILES, values):
        members = row._asdict()
        amount = Money(members.pop("amount_minor"), members.pop("currency"))
        members["fund_kind"] = FundKind(members["fund_kind"])
        found[ApplicationId(row.application_id)] = SigningFile(amount=amount, **members)
    return found
