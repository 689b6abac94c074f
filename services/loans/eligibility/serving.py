"""Which funds may serve applications that are about to be assessed, and who might give instead?

What `applications` asks before it asks scoring, by the same reading as when money is claimed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications.tables import ApplicationRow
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.cases import facts_told
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import FundRestricted
from services.loans.domain.serving import FundAnswer, GiftAnswer, Serving
from services.loans.domain.zakat.classes import NEEDY, ZakatClass
from services.loans.eligibility import operations, queries
from services.loans.eligibility.asking import Answer
from services.loans.funds import restricting
from services.loans.funds.tables import FundRow
from services.loans.zakat_classes import queries as zakat_classes
from shared import tenancy
from shared.auth import Actor, Role
from shared.ids import ApplicationId, FundId
from shared.money import Money

SERVER_ID = uuid5(NAMESPACE_URL, "rafid:loans:fund-asker")


async def ask_funds(
    session: AsyncSession, application_ids: Sequence[ApplicationId], *, on: date
) -> Mapping[UUID, Serving]:
    """Give what funds of the products' kinds and currencies say of each application.

    A fund of another kind or currency is not asked: it is not meant. A zakat fund that may give
    stands beside, for who is counted to the needy that day. Nothing is locked or changed.
    """
    funds = await queries.open_funds(session)
    if not funds:
        return {application_id: Serving() for application_id in application_ids}
    actor = Actor(
        id=SERVER_ID,
        institution_id=tenancy.institution_of(session),
        roles=frozenset({Role.FUNDS_MANAGER}),
    )
    asks, answers = await operations.check(
        session, application_ids, (), fund_ids=list(funds), on=on, actor=actor
    )
    costs = await queries.costs_of_funds(session, list(funds), on=on)
    gifts = await _gifts(session, application_ids, funds=funds, answers=answers, on=on)
    return {
        ask.application_id: Serving(
            funds=tuple(
                FundAnswer(
                    fund_id=one.fund_id,
                    code=funds[one.fund_id].code,
                    kind=FundKind(funds[one.fund_id].kind),
                    free=one.free,
                    refusals=one.why[place],
                    cost_of_funds=costs.get(one.fund_id),
                )
                for one in answers
                if _is_meant(funds[one.fund_id], ask)
            ),
            gift=gifts.get(ask.application_id),
        )
        for place, ask in enumerate(asks)
    }


def _is_meant(fund: FundRow, ask: Ask) -> bool:
    return FundKind(fund.kind) in ask.fund_kinds and fund.currency == ask.amount.currency


async def _gifts(
    session: AsyncSession,
    application_ids: Sequence[ApplicationId],
    *,
    funds: Mapping[FundId, FundRow],
    answers: Sequence[Answer],
    on: date,
) -> dict[UUID, GiftAnswer]:
    """Of those who are counted to the needy, which zakat fund may give to whom, and how much."""
    free = {one.fund_id: one.free for one in answers if one.free.is_positive}
    zakat = [
        funds[fund_id]
        for fund_id in sorted(free, key=lambda one: (-free[one].minor, one))
        if funds[fund_id].kind == FundKind.ZAKAT.value
    ]
    if not zakat:
        return {}
    applicants = await queries.applicants(session, application_ids)
    counted = await zakat_classes.classes_in_force(
        session, {borrower.borrower_id for _, borrower in applicants}, on=on
    )
    found = {}
    for row, borrower in applicants:
        for zakat_class in sorted(counted.get(borrower.borrower_id, frozenset()) & NEEDY):
            for fund in zakat:
                fund_id = FundId(fund.fund_id)
                if row.application_id in found or fund.currency != row.currency:
                    continue
                most = min(Money(row.amount_minor, row.currency), free[fund_id])
                if await _may_give(session, fund, (row, borrower, zakat_class), most, on=on):
                    found[row.application_id] = GiftAnswer(
                        fund_id=fund_id, code=fund.code, zakat_class=zakat_class, free=free[fund_id]
                    )
    return found


async def _may_give(
    session: AsyncSession,
    fund: FundRow,
    asks: tuple[ApplicationRow, BorrowerRow, ZakatClass],
    most: Money,
    *,
    on: date,
) -> bool:
    """Whether no clause of the fund refuses a gift; who gives it asks every rule again."""
    row, borrower, zakat_class = asks
    facts = facts_told(
        person=borrower.borrower_id,
        sex=borrower.sex,
        born_on=borrower.born_on,
        region=borrower.region,
        sector=row.sector,
        purpose=row.purpose,
        own_contribution=Money(row.own_contribution_minor, row.currency),
        characteristics=row.characteristics,
        on=on,
        zakat_class=zakat_class.value,
    )
    try:
        await restricting.require_gift(session, fund, facts, most, on=on)
    except FundRestricted:
        return False
    return True
