"""How are the funds proposed that finance one application together?"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.tables import ApplicationRow
from services.loans.cofinancing import asking, queries
from services.loans.cofinancing.queries import Sources
from services.loans.cofinancing.tables import FundingSourceRow
from services.loans.domain.claiming import Ask
from services.loans.domain.cofinancing import Part, Plan, Source, weights
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.modes import MODES
from services.loans.domain.product import Product
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.products import queries as products
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, FundId, ProductId
from shared.money import Money

OPEN = frozenset(
    {
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.WAITING_FOR_ASSESSMENT,
        ApplicationStatus.ASSESSED,
        ApplicationStatus.RETURNED,
    }
)


class SourcesFixed(RafidError):
    """The funds of the application stand"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "The application is {state}, and {decisions} levels have decided on it: its funds are"
        " proposed before the first decision, or once it was returned."
    )
    state: ApplicationStatus
    decisions: int


class SeveralFundsNotForMode(RafidError):
    """Several funds do not finance a contract of this mode together"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "A contract in the mode {mode} runs in steps and belongs to one fund; several finance a"
        " loan, or a file of several contracts."
    )
    mode: str


async def propose_sources(
    session: AsyncSession,
    application_id: ApplicationId,
    parts: Sequence[tuple[FundId, Part]],
    *,
    on: date,
    actor: Actor,
) -> ApplicationRow:
    """Say which funds finance an application together, in place of what was said before.

    The first one leads. Each fund's own rules are asked at once; they are asked again when its
    money is reserved, committed and paid out. Raises ApplicationNotFound, SourcesFixed,
    SeveralFundsNotForMode, PartsNotWhole, SourcesInvalid, FundNotFound, FundRestricted,
    AccountNotInChart.
    """
    rows = await applications.locked_applications(session, [application_id], actor=actor)
    row = rows[application_id]
    decisions = await queries.decisions_on(session, application_id, round_=row.round)
    status = ApplicationStatus(row.status)
    if status not in OPEN or decisions:
        raise SourcesFixed(state=status, decisions=decisions)
    product = await products.product(
        session, ProductId(row.product_id), version=row.product_version
    )
    if MODES[product.mode_of_finance].STEPS:
        raise SeveralFundsNotForMode(mode=product.mode_of_finance.value)
    sources = await _sources(session, row, parts, actor_id=actor.id)
    plan = sources.plan(row.amount_minor)
    _require_accounts(plan, product=product)
    await _replace(session, row, sources)
    for ask in await asking.spread(session, [_ask(row, product=product, lead=sources.lead)]):
        await funds.require_allowed(session, ask, on=on)
    return row


async def _sources(
    session: AsyncSession,
    row: ApplicationRow,
    parts: Sequence[tuple[FundId, Part]],
    *,
    actor_id: UUID,
) -> Sources:
    asked = Money(row.amount_minor, row.currency)
    shared = weights([part for _, part in parts], asked=asked)
    accounts = {
        fund_id: funds.accounts_of(await fund_queries.fund_by_id(session, fund_id))
        for fund_id, _ in parts
    }
    return Sources(
        sources=tuple(
            Source(fund=accounts[fund_id], rank=part.rank, part=weight, income_part=income)
            for (fund_id, part), (weight, income) in zip(parts, shared, strict=True)
        ),
        actor_id=actor_id,
    )


def _require_accounts(plan: Plan, *, product: Product) -> None:
    """Refuse a fund that could not book what would be its part. Raises AccountNotInChart."""
    for source in plan.sources:
        source.fund.account("loans")
        if source.income_part and product.annual_rate.most:
            source.fund.account("profit_income")
        if source.income_part and product.bears_fee:
            source.fund.account("fee_income")


async def _replace(session: AsyncSession, row: ApplicationRow, sources: Sources) -> None:
    key = (
        FundingSourceRow.institution_id == row.institution_id,
        FundingSourceRow.application_id == row.application_id,
    )
    await session.execute(delete(FundingSourceRow).where(*key))
    await session.execute(
        insert(FundingSourceRow),
        [
            {
                "institution_id": row.institution_id,
                "application_id": row.application_id,
                "fund_id": source.fund_id,
                "place": place,
                "rank": source.rank,
                "part": source.part,
                "income_part": source.income_part,
                "actor_id": sources.actor_id,
            }
            for place, source in enumerate(sources.sources, start=1)
        ],
    )


def _ask(row: ApplicationRow, *, product: Product, lead: UUID) -> Ask:
    return Ask(
        fund_id=FundId(lead),
        application_id=ApplicationId(row.application_id),
        amount=Money(row.amount_minor, row.currency),
        mode=product.mode_of_finance,
        bears_fee=product.bears_fee,
        fund_kinds=product.fund_kinds,
    )
