"""What does an application of several funds ask of each, and what of it is given back?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries
from services.loans.cofinancing.queries import Sources
from services.loans.domain.claiming import Ask, Move, Refused
from services.loans.domain.cofinancing import Plan, Shares
from services.loans.domain.funding import ClaimKind
from services.loans.domain.waqf_ladder import Due
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, FundId
from shared.money import Money


class AnotherFundLeads(RafidError):
    """Several funds finance the application, and another one leads"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_id} leads those that finance the application: decide for that one."
    fund_id: FundId


def require_lead(sources: Sources | None, fund_id: FundId | None) -> None:
    """Refuse another fund than the one that leads. Raises AnotherFundLeads."""
    if sources is not None and fund_id not in {None, sources.lead}:
        raise AnotherFundLeads(fund_id=sources.lead)


async def sources_of(
    session: AsyncSession, application_ids: Sequence[UUID]
) -> dict[ApplicationId, Sources]:
    """Give the funds of those applications that more than one finances."""
    return await queries.sources_of(session, application_ids)


def makers(sources: Sources | None) -> frozenset[UUID]:
    """Who said by which funds an application is financed, and so does not decide on it."""
    return frozenset() if sources is None else frozenset({sources.actor_id})


async def require_allowed(session: AsyncSession, ask: Ask, *, on: date) -> None:
    """Raise FundRestricted if a fund may not pay its part now; locks the funds."""
    for part in await spread(session, [ask]):
        await funds.require_allowed(session, part, on=on)


async def spread(session: AsyncSession, asks: Sequence[Ask]) -> list[Ask]:
    """Give what whole contracts ask of their funds: one ask for each fund behind one."""
    return [part for parts in await _spread(session, asks) for part in parts]


async def reserve_all(
    session: AsyncSession, asks: Sequence[Ask], *, on: date, actor_id: UUID
) -> list[Refused | None]:
    """Keep money for as many applications as their funds can pay, in the order given.

    One that several funds finance has the part of each, or nothing of any. Returns for each None,
    or why it was refused (see `funds.reserve_all`).
    """
    bundles = await _spread(session, asks)
    refusals = await funds.reserve_all(
        session, [part for parts in bundles for part in parts], on=on, actor_id=actor_id
    )
    firsts = accumulate([0, *(len(parts) for parts in bundles)])
    return [refusals[first] for first, _ in zip(firsts, bundles, strict=False)]


async def _spread(session: AsyncSession, asks: Sequence[Ask]) -> list[list[Ask]]:
    sources = await queries.sources_of(session, [ask.application_id for ask in asks])
    found: list[list[Ask]] = []
    for ask in asks:
        shared = sources.get(ask.application_id)
        if shared is None:
            found.append([ask])
            continue
        plan = shared.plan(ask.amount.minor)
        found.append(_parts(ask, plan.amounts(), plan=plan))
    return found


async def spread_draws(
    session: AsyncSession, asks: Sequence[Ask], *, principals: Mapping[UUID, int]
) -> list[Ask]:
    """Give what payouts ask of their funds, by what was drawn before; principals by application."""
    sources = await queries.sources_of(session, [ask.application_id for ask in asks])
    if not sources:
        return list(asks)
    before = await _drawn(session, list(sources))
    found: list[Ask] = []
    for ask in asks:
        shared = sources.get(ask.application_id)
        if shared is None:
            found.append(ask)
            continue
        drawn = before[ask.application_id]
        plan = shared.plan(principals[ask.application_id])
        found += _parts(ask, plan.drawn(drawn, after=drawn + ask.amount.minor), plan=plan)
    return found


async def undraw(session: AsyncSession, move: Move, *, principal: int, actor_id: UUID) -> None:
    """Let commitments stand again for a payout that is taken back, of every fund that paid it.

    Raises ClaimRefused, FundNotFound.
    """
    sources = await queries.sources_of(session, [move.application_id])
    shared = sources.get(move.application_id)
    if shared is None:
        await funds.claim_once(session, move, actor_id=actor_id)
        return
    drawn = (await _drawn(session, [move.application_id]))[move.application_id]
    parts = shared.plan(principal).drawn(drawn - move.amount.minor, after=drawn)
    for fund_id in sorted(parts):
        if parts[fund_id]:
            amount = Money(parts[fund_id], move.amount.currency)
            one = replace(move, fund_id=fund_id, kind=ClaimKind.UNDRAW, amount=amount)
            await funds.claim_once(session, one, actor_id=actor_id)


async def _drawn(
    session: AsyncSession, application_ids: Sequence[ApplicationId]
) -> dict[ApplicationId, int]:
    drawn = dict.fromkeys(application_ids, 0)
    for (application_id, _), claims in (
        await fund_queries.claims_of(session, application_ids)
    ).items():
        drawn[application_id] += claims.drawn.minor
    return drawn


def _parts(ask: Ask, parts: Shares, *, plan: Plan) -> list[Ask]:
    currency = ask.amount.currency
    return [
        replace(
            ask,
            fund_id=fund_id,
            amount=Money(minor, currency),
            dues=_dues(ask, fund_id, plan=plan),
            lead=ask.fund_id,
        )
        for fund_id, minor in parts.items()
        if minor
    ]


def _dues(ask: Ask, fund_id: FundId, *, plan: Plan) -> tuple[Due, ...]:
    """When a fund's part of the principal comes back: the first rank's comes first."""
    found, came = [], 0
    for due in ask.dues:
        before, came = came, came + due.amount.minor
        part = plan.stack(came)[fund_id] - plan.stack(before)[fund_id]
        if part:
            found.append(Due(on=due.on, amount=Money(part, due.amount.currency)))
    return tuple(found)
