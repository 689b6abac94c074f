"""How is every fund asked about every application, by the same reading as when money is claimed?"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import claiming, restrictions, screening, waqf_ladder
from services.loans.domain.cases import Case
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask, Purse
from services.loans.domain.clauses import ClauseKind
from services.loans.domain.funding import ClaimKind, Refusal
from services.loans.domain.product import Product
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.waqf_lending import Guard
from services.loans.eligibility import queries
from services.loans.eligibility.asking import Answer, Told
from services.loans.funds import purses, ruled
from services.loans.funds import queries as fund_queries
from services.loans.products import queries as products
from shared.auth import Actor
from shared.ids import ApplicationId, FundId, ProductId
from shared.money import Money

NOWHERE = FundId(UUID(int=0))
"""An ask on trial is of no fund before it is put to each."""


async def check(
    session: AsyncSession,
    application_ids: Sequence[UUID],
    told: Sequence[Told],
    *,
    fund_ids: Sequence[UUID] | None,
    on: date,
    actor: Actor,
) -> tuple[list[Ask], list[Answer]]:
    """Ask funds about applications and about cases told, in this order; nothing is locked.

    Raises ApplicationNotFound, FundNotFound, ProductNotFound, TooManyFunds.
    """
    asks = await _of_applications(session, application_ids, on=on, actor=actor)
    asks += await _of_told(session, told, on=on)
    rows = await queries.asked_funds(session, fund_ids)
    if not rows or not asks:
        return asks, []
    held = await fund_queries.claims_of(session, [ask.application_id for ask in asks])
    home = await ruled.home(session, on=on)
    found = await purses.purses(
        session,
        asks,
        rows=rows,
        home=home,
        held=held,
        step=ClaimKind.RESERVE,
        on=on,
        facts={one.case_id: one.facts for one in told},
        is_trial=True,
    )
    return asks, _screened(asks, found)


def _screened(asks: Sequence[Ask], found: Mapping[FundId, Purse]) -> list[Answer]:
    """What holds alike for many is decided once; who holds a claim already is asked for alone."""
    alike: dict[Hashable, list[Purse]] = {}
    for purse in found.values():
        facts = purse.scales.facts
        known = tuple(id(facts.get(ask.application_id)) for ask in asks) if facts else ()
        alike.setdefault(known, []).append(purse)
    answers = []
    for some in alike.values():
        cases = [some[0].case(ask) for ask in asks]
        funds = [_restricted(purse, asks) for purse in some]
        for purse, one in zip(some, screening.screen(cases, funds=funds), strict=True):
            own = purse.scales.own
            why = [
                tuple(_alone(purse, ask) if ask.application_id in own else one.why(place))
                for place, ask in enumerate(asks)
            ]
            answers.append(_answer(purse, why))
    return sorted(answers, key=lambda answer: answer.fund_id)


def _answer(purse: Purse, why: Sequence[tuple[Refusal, ...]]) -> Answer:
    return Answer(
        fund_id=purse.fund.fund_id,
        free=purse.standing.counted_on - purse.standing.reserved - purse.standing.committed,
        why=tuple(why),
        stipulations=tuple(
            one for one in purse.scales.clauses if one.kind is ClauseKind.STIPULATION
        ),
    )


def _restricted(purse: Purse, asks: Sequence[Ask]) -> Restrictions:
    """A fund's restrictions; what its kind sees alike is told by the loan where a deed asks."""
    by_application = {ask.application_id: ask for ask in asks}

    def of_kind(case: Case) -> list[Refusal]:
        return claiming.of_kind(purse, ask=by_application[ApplicationId(case.application_id)])

    return Restrictions(
        of_kind=of_kind,
        sees=_by_loan if _asks_of_loan(purse) else _by_product(by_application),
        clauses=purse.scales.clauses,
        about=purse.scales.about,
    )


def _asks_of_loan(purse: Purse) -> bool:
    return purse.fund.kind is FundKind.ZAKAT or purse.guard != Guard()


def _by_loan(case: Case) -> Hashable:
    return case.application_id


def _by_product(asks: Mapping[ApplicationId, Ask]) -> Callable[[Case], Hashable]:
    def sees(case: Case) -> Hashable:
        return restrictions.looks(case), asks[ApplicationId(case.application_id)].ruling_id

    return sees


def _alone(purse: Purse, ask: Ask) -> list[Refusal]:
    restricted = Restrictions(
        of_kind=lambda _case: claiming.of_kind(purse, ask=ask),
        clauses=purse.scales.clauses,
        about=purse.scales.beside(ask.application_id),
    )
    return restrictions.refusals(restricted, case=purse.case(ask))


async def _of_applications(
    session: AsyncSession, application_ids: Sequence[UUID], *, on: date, actor: Actor
) -> list[Ask]:
    rows = await queries.asked_applications(session, application_ids, actor=actor)
    versions = {(row.product_id, row.product_version) for row in rows}
    offered = await products.products_of(session, versions)
    return [
        _ask(
            ApplicationId(row.application_id),
            Money(row.amount_minor, row.currency),
            offered[row.product_id, row.product_version],
            months=(row.term_months, row.grace_months),
            on=on,
        )
        for row in rows
    ]


async def _of_told(session: AsyncSession, told: Sequence[Told], *, on: date) -> list[Ask]:
    offered = {
        product_id: await products.product(session, ProductId(product_id))
        for product_id in sorted({one.product_id for one in told})
    }
    return [
        _ask(
            ApplicationId(one.case_id),
            one.amount,
            offered[one.product_id],
            months=(one.term_months, one.grace_months),
            on=on,
        )
        for one in told
    ]


def _ask(
    application_id: ApplicationId,
    amount: Money,
    product: Product,
    *,
    months: tuple[int, int],
    on: date,
) -> Ask:
    term_months, grace_months = months
    return Ask(
        fund_id=NOWHERE,
        application_id=application_id,
        amount=amount,
        mode=product.mode_of_finance,
        bears_fee=product.bears_fee,
        fund_kinds=product.fund_kinds,
        keeps_savings=product.savings.is_asked,
        dues=waqf_ladder.expected_dues(
            amount, on=on, term_months=term_months, grace_months=grace_months
        ),
        ruling_id=product.ruling_id,
    )
