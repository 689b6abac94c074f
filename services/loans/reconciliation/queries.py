"""What stands on each side of a real account, and what was said of it?"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.ledger.queries import Cut
from services.loans.reconciliation.sides.queries import LAST
from services.loans.reconciliation.tables import (
    ReconciliationDecisionRow,
    ReconciliationPlanRow,
    ReconciliationProposalRow,
    SuspenseEndRow,
    SuspenseItemRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.schemas import Page


class NotReconciled(RafidError):
    """Nobody has said how this account is reconciled"""

    kind = Kind.RULE
    service = "loans"
    detail = "The real account {money_account_id} has no plan of reconciliation."
    money_account_id: UUID


class ProposalUnknown(RafidError):
    """There is no such proposal"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No proposal about a statement has the id {proposal_id}."
    proposal_id: UUID


async def plan(session: AsyncSession, money_account_id: UUID) -> ReconciliationPlanRow:
    """Return how a real account is reconciled. Raises NotReconciled."""
    found = await find_plan(session, money_account_id)
    if found is None:
        raise NotReconciled(money_account_id=money_account_id)
    return found


async def find_plan(session: AsyncSession, money_account_id: UUID) -> ReconciliationPlanRow | None:
    """Return how a real account is reconciled, or None."""
    row = ReconciliationPlanRow
    statement = select(row).where(
        row.institution_id == tenancy.institution_of(session),
        row.money_account_id == money_account_id,
    )
    found: ReconciliationPlanRow | None = await session.scalar(
        statement.order_by(row.version.desc()).limit(1)
    )
    return found


DUE = text("""
    select t.money_account_id from reconciliation_turn t
    where t.institution_id = :institution_id and (t.ran_at is null or t.ran_at <= :before
      or exists (select from statement_file f where f.institution_id = t.institution_id
        and f.money_account_id = t.money_account_id and f.recorded_at > t.ran_at))
    order by t.money_account_id
""")


async def due(session: AsyncSession, *, before: datetime) -> list[UUID]:
    """Return the real accounts that were reconciled last before an instant, or have a new file."""
    values = {"institution_id": tenancy.institution_of(session), "before": before}
    return list((await session.execute(DUE, values)).scalars())


JUDGED = """
    select distinct on (j.subject_id) j.* from judgement j
    where j.institution_id = :institution_id and j.money_account_id = :money_account_id
      and (cast(:known_at as timestamptz) is null or j.recorded_at <= :known_at)
    order by j.subject_id, j.version desc
"""
JUDGEMENTS = text(f"""
    with judged as ({JUDGED})
    select j.*, s.line_id is not null as is_held, e.line_id is not null as has_left
    from judged j
    left join suspense_item s on s.institution_id = :institution_id and s.line_id = j.subject_id
      and (cast(:known_at as timestamptz) is null or s.recorded_at <= :known_at)
    left join suspense_end e on e.institution_id = :institution_id and e.line_id = j.subject_id
      and (cast(:known_at as timestamptz) is null or e.recorded_at <= :known_at)
    where (cast(:state as text) is null or j.state = :state)
      and (cast(:as_of as date) is null or j.day <= :as_of)
      and (cast(:subject_ids as uuid[]) is null or j.subject_id = any(:subject_ids))
      and j.subject_id > :after
    order by j.subject_id limit :limit
""")
FIRST = UUID(int=0)
ALL = 1_000_000


async def judgements(
    session: AsyncSession,
    money_account_id: UUID,
    *,
    state: str | None = None,
    cut: Cut | None = None,
    subject_ids: Collection[UUID] | None = None,
    page: Page | None = None,
) -> Sequence[Row[Any]]:
    """Return what was last said of lines and movements of a real account, in the order of ids."""
    at = cut or Cut()
    values = {
        **_of(session, money_account_id),
        "state": state,
        "as_of": at.as_of,
        "known_at": at.known_at,
        "subject_ids": None if subject_ids is None else list(subject_ids),
        "after": FIRST if page is None or page.after is None else page.after,
        "limit": ALL if page is None else page.limit + 1,
    }
    return (await session.execute(JUDGEMENTS, values)).all()


async def find_held(session: AsyncSession, line_id: UUID) -> SuspenseItemRow | None:
    """Return the money of a line that was put into suspense, or None."""
    return await session.get(SuspenseItemRow, (tenancy.institution_of(session), line_id))


async def find_end(session: AsyncSession, line_id: UUID) -> SuspenseEndRow | None:
    """Return how the money of a line left suspense, or None."""
    return await session.get(SuspenseEndRow, (tenancy.institution_of(session), line_id))


HELD = text("""
    select s.line_id, s.money_account_id, s.fund_id, s.currency, s.amount_minor, s.arrived_on,
      e.ended_on, e.proposal_id, e.repayment_id
    from suspense_item s
    left join suspense_end e on e.institution_id = s.institution_id and e.line_id = s.line_id
    where s.institution_id = :institution_id and s.money_account_id = :money_account_id
      and (not :only_open or e.line_id is null) and s.line_id > :after
    order by s.line_id limit :limit
""")


async def held(
    session: AsyncSession, money_account_id: UUID, *, only_open: bool, page: Page
) -> Sequence[Row[Any]]:
    """Return a page of the money of a real account that stands or stood in suspense."""
    values = {
        **_of(session, money_account_id),
        "only_open": only_open,
        "after": page.after or FIRST,
        "limit": page.limit + 1,
    }
    return (await session.execute(HELD, values)).all()


WAITING = text("""
    select s.line_id, s.arrived_on, s.amount_minor from suspense_item s
    where s.institution_id = :institution_id and s.money_account_id = :money_account_id
      and s.arrived_on <= :as_of
      and (cast(:known_at as timestamptz) is null or s.recorded_at <= :known_at)
      and not exists (
        select from suspense_end e
        where e.institution_id = s.institution_id and e.line_id = s.line_id
          and e.ended_on <= :as_of
          and (cast(:known_at as timestamptz) is null or e.recorded_at <= :known_at))
    order by s.arrived_on, s.line_id
""")


async def waiting(session: AsyncSession, money_account_id: UUID, *, cut: Cut) -> Sequence[Row[Any]]:
    """Return what stood in suspense at the end of a day."""
    values = {
        **_of(session, money_account_id),
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    return (await session.execute(WAITING, values)).all()


async def proposal(session: AsyncSession, proposal_id: UUID) -> ReconciliationProposalRow:
    """Return what somebody proposed. Raises ProposalUnknown."""
    key = (tenancy.institution_of(session), proposal_id)
    row = await session.get(ReconciliationProposalRow, key)
    if row is None:
        raise ProposalUnknown(proposal_id=proposal_id)
    return row


async def find_decision(
    session: AsyncSession, proposal_id: UUID
) -> ReconciliationDecisionRow | None:
    """Return what was decided on a proposal, or None."""
    key = (tenancy.institution_of(session), proposal_id)
    return await session.get(ReconciliationDecisionRow, key)


async def proposals(
    session: AsyncSession, money_account_id: UUID, *, page: Page
) -> Sequence[tuple[ReconciliationProposalRow, ReconciliationDecisionRow | None]]:
    """Return a page of the proposals about a real account with what was decided."""
    row, decided = ReconciliationProposalRow, ReconciliationDecisionRow
    matches = (decided.institution_id == row.institution_id) & (
        decided.proposal_id == row.proposal_id
    )
    statement = (
        select(row, decided)
        .outerjoin(decided, matches)
        .where(
            row.institution_id == tenancy.institution_of(session),
            row.money_account_id == money_account_id,
        )
    )
    if page.after is not None:
        statement = statement.where(row.proposal_id > page.after)
    statement = statement.order_by(row.proposal_id).limit(page.limit + 1)
    return [(one, decision) for one, decision in await session.execute(statement)]


# Proposals to pay a line into a contract whose repayment is booked and which nobody has finished:
# their process ended in between. Such a one is approved, and nothing else is done with the money.
UNFINISHED = text("""
    select p.proposal_id from reconciliation_proposal p
    join idempotency_key i on i.institution_id = p.institution_id and i.actor_id = p.actor_id
      and i.key = 'suspense ' || p.proposal_id
    where p.institution_id = :institution_id and p.kind = 'repay' and :line_id = any(p.lines)
      and not exists (select from suspense_end e
        where e.institution_id = p.institution_id and e.line_id = :line_id)
    order by p.proposal_id limit 1
""")


async def find_unfinished(session: AsyncSession, line_id: UUID) -> UUID | None:
    """Return the proposal whose repayment is booked while its money still stands in suspense."""
    values = {"institution_id": tenancy.institution_of(session), "line_id": line_id}
    found: UUID | None = (await session.execute(UNFINISHED, values)).scalar()
    return found


BOOKED_AS = text("""
    select entry_id from repayment
    where institution_id = :institution_id and repayment_id = :repayment_id
""")


async def entry_of(session: AsyncSession, repayment_id: UUID) -> UUID:
    """Return the entry by which a repayment was booked."""
    values = {"institution_id": tenancy.institution_of(session), "repayment_id": repayment_id}
    entry_id: UUID = (await session.execute(BOOKED_AS, values)).scalar_one()
    return entry_id


# What the statements say for certain of payments that wait: those they hold have arrived, those
# that two persons found missing have not.
CERTAIN = text(f"""
    select p.payment_id, p.rail, p.currency, p.amount_minor, true as has_arrived,
      j.match_id as told_by, least(l.booked_on, l.valued_on) as on_day, l.provider_reference
    from payment p
    join lateral ({LAST.format(subject="p.payment_id")}) j on j.match_id is not null
    join lateral (
      select s.booked_on, s.valued_on, s.provider_reference from judgement n
      join statement_line s on s.institution_id = n.institution_id and s.line_id = n.subject_id
      where n.institution_id = :institution_id and n.match_id = j.match_id
      order by s.line_id limit 1
    ) l on true
    where p.institution_id = :institution_id and p.status in ('requested', 'accepted')
    union all
    select p.payment_id, p.rail, p.currency, p.amount_minor, false, q.proposal_id, j.day, null
    from reconciliation_proposal q
    join reconciliation_decision d on d.institution_id = q.institution_id
      and d.proposal_id = q.proposal_id and d.outcome = 'approve'
    join payment p on p.institution_id = q.institution_id and p.payment_id = any(q.ours)
      and p.status in ('requested', 'accepted')
    join lateral ({LAST.format(subject="p.payment_id")}) j on true
    where q.institution_id = :institution_id and q.money_account_id = :money_account_id
      and q.kind = 'not_paid'
    order by 1
""")


async def certain(session: AsyncSession, money_account_id: UUID) -> Sequence[Row[Any]]:
    """Return payments of a real account that wait, and of which its statements say the end."""
    values = {**_of(session, money_account_id), "known_at": None}
    return (await session.execute(CERTAIN, values)).all()


# Fees that a second person has booked since, by their proposals.
FEES = text("""
    select p.proposal_id, p.lines[1] as line_id, p.manual_id, d.entry_id
    from reconciliation_proposal p
    join manual_decision d on d.institution_id = p.institution_id and d.manual_id = p.manual_id
      and d.outcome = 'approve'
    where p.institution_id = :institution_id and p.money_account_id = :money_account_id
      and p.kind = 'fee'
""")


async def booked_fees(session: AsyncSession, money_account_id: UUID) -> Sequence[Row[Any]]:
    """Return the fees that were proposed and booked, each with its line and entry."""
    return (await session.execute(FEES, _of(session, money_account_id))).all()


def _of(session: AsyncSession, money_account_id: UUID) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "money_account_id": money_account_id,
    }
