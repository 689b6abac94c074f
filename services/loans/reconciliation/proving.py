"""How does an account stand on a day: what its provider says, what the books say, what differs?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries as accounting
from services.loans.accounting.tables import MoneyAccountRow
from services.loans.domain.account_proof import AccountProof, OpenItem
from services.loans.domain.matching import Outcome
from services.loans.ledger.queries import Cut
from services.loans.reconciliation import judging, queries
from services.loans.reconciliation.sides import queries as sides
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """An account, the day on which it is proved, and the proof; in suspense by day of arrival."""

    account: MoneyAccountRow
    told_on: date
    proof: AccountProof
    waiting: list[tuple[date, Money]]


async def prove(session: AsyncSession, money_account_id: UUID, *, cut: Cut) -> Proved:
    """Prove an account on the last day that was told by a day, as both sides were known.

    Where nothing was told, the books are read on the day asked for. Raises MoneyAccountUnknown,
    NotReconciled.
    """
    account = await accounting.money_account(session, money_account_id)
    plan = await queries.plan(session, money_account_id)
    on = cut.as_of or date.max
    chain = [
        proof
        for proof in await judging.proofs(
            session, money_account_id, since=plan.since, known_at=cut.known_at
        )
        if proof.day <= on
    ]
    told_on = chain[-1].day if chain else on
    at = Cut(as_of=told_on, known_at=cut.known_at)
    (held,) = await accounting.money_accounts(session, cut=at, money_account_id=money_account_id)
    rows = await sides.items(session, money_account_id, since=plan.since, cut=at)
    waiting = await queries.waiting(session, money_account_id, cut=cut)
    return Proved(
        account=account,
        told_on=told_on,
        proof=AccountProof(
            chain=chain,
            booked=Money(sum(held.minors), account.currency),
            items=[
                OpenItem(
                    key=row.key,
                    sort=row.sort,
                    outcome=None if row.outcome is None else Outcome(row.outcome),
                    day=row.day,
                    effect=Money(row.minor, account.currency),
                    owner_id=row.owner_id,
                )
                for row in rows
            ],
        ),
        waiting=[(row.arrived_on, Money(row.amount_minor, account.currency)) for row in waiting],
    )
