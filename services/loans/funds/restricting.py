"""Which clauses hold locked funds, what was given of them before, and what is known of who asks?

A handful of statements whatever the number of asks, and one where no clause is in force.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.clauses import queries
from services.loans.clauses.given import queries as given
from services.loans.clauses.queries import Told
from services.loans.domain import cases, funding, restrictions
from services.loans.domain.cases import About, Facts
from services.loans.domain.claiming import Ask, Held, Standing
from services.loans.domain.clauses import COUNTED, GRANT, Clause, ClauseKind
from services.loans.domain.funding import ClaimKind
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.weighing import Scales
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.rulebook import queries as rulebook_queries
from shared import ids, rulebook
from shared.ids import ApplicationId, FundId
from shared.money import Money


async def scales(
    session: AsyncSession,
    asks: Sequence[Ask],
    *,
    standings: Mapping[FundId, Standing],
    held: Held,
    step: ClaimKind,
    on: date,
    facts: Mapping[UUID, Facts] | None = None,
    is_trial: bool = False,
) -> dict[FundId, Scales]:
    """Give the scales of funds that have clauses in force; the others are left out.

    `standings` are of funds for which any clause was written.

    `facts` stand where no application is there to tell them. On trial no fund that is asked is a
    source beside the others.
    """
    in_force = await queries.in_force(session, list(standings), on=on) if standings else {}
    if not in_force:
        return {}
    asking = {ask.application_id for ask in asks}
    told = await queries.told(session, asking - {*(facts or {})}, on=on)
    whole = {**told.facts, **(facts or {})}
    every = [clause for clauses in in_force.values() for clause in clauses]
    starts = {(one.fund_id, one.valid_from) for one in every if one.kind in COUNTED}
    earlier = await given.earlier(session, starts, facts=whole, on=on) if starts else {}
    came_in = await _came_in(session, every)
    about = await _about(session, every, on=on)
    together = {} if is_trial else _together(asks)
    found = {}
    for fund_id, clauses in in_force.items():
        standing = standings[fund_id]
        days, drawn = came_in.get(fund_id, ([], 0))
        free = standing.cash if step is ClaimKind.DRAW else standing.available
        found[fund_id] = Scales.level(
            step=step,
            on=on,
            clauses=clauses,
            about=About(
                regions=about.regions,
                youth=about.youth,
                received=sum(minor for _, minor in days),
                free=free.minor,
                stale=_stale(clauses, days=days, drawn=drawn, on=on),
            ),
            earlier=earlier.get(fund_id, ()),
            facts=queries.beside(told, facts=whole, fund_id=fund_id, together=together),
            held={one: claims for (one, of), claims in held.items() if of == fund_id},
        )
    return found


async def require_for_contract(
    session: AsyncSession,
    fund: FundRow,
    amount: Money,
    *,
    application_id: UUID,
    mode: ModeOfFinance,
    on: date,
) -> None:
    """Refuse what a locked fund pays for a contract that another fund lent, by its own clauses.

    A subsidy of its price, or a guarantee that is called: the fund's clauses read who borrowed,
    what for and in which mode. Raises FundRestricted.
    """
    told = await queries.told(session, [application_id], on=on)
    facts = told.facts.get(application_id) or Facts()
    whole = cases.with_sources(facts, _beside(told, application_id, fund_id=fund.fund_id))
    await require_gift(session, fund, whole, amount, on=on, mode=mode.value)


def _beside(told: Told, application_id: UUID, *, fund_id: UUID) -> frozenset[str]:
    others = told.funds.get(application_id, frozenset()) - {fund_id}
    return frozenset[str]().union(*(told.codes[other] for other in others))


async def require_gift(
    session: AsyncSession,
    fund: FundRow,
    facts: Facts,
    amount: Money,
    *,
    on: date,
    mode: str = GRANT,
) -> None:
    """Refuse a grant that a clause of the fund refuses, by the reading that refuses a loan.

    No commitment stands before a grant: what is paid counts as given. Raises FundRestricted.
    """
    fund_id = FundId(fund.fund_id)
    ask = Ask(
        fund_id=fund_id,
        application_id=ApplicationId(ids.new()),
        amount=amount,
        mode=ModeOfFinance.QARD,
        bears_fee=False,
        fund_kinds=frozenset(),
    )
    standings = await fund_queries.standings(session, [fund_id], on=on)
    found = await scales(
        session,
        [ask],
        standings=standings,
        held={},
        step=ClaimKind.COMMIT,
        on=on,
        facts={ask.application_id: facts},
    )
    if fund_id not in found:
        return
    held = found[fund_id]
    case = held.case(ask.application_id, amount, mode=mode, bears_fee=False, fund_kinds=frozenset())
    clauses = Restrictions(of_kind=lambda _case: (), clauses=held.clauses, about=held.about)
    refusals = restrictions.refusals(clauses, case=case)
    funding.require_allowed(fund_queries.fund_of(fund), refusals=refusals)


def _together(asks: Sequence[Ask]) -> dict[UUID, frozenset[FundId]]:
    """The funds that one application asks at once: each is a source beside the others."""
    found: dict[UUID, frozenset[FundId]] = {}
    for ask in asks:
        found[ask.application_id] = found.get(ask.application_id, frozenset()) | {ask.fund_id}
    return found


async def _about(session: AsyncSession, clauses: Sequence[Clause], *, on: date) -> About:
    country = (await rulebook_queries.book(session, on=on)).country
    ages = rulebook.find("youth_age", country=country, on=on).members
    youth = int(str(ages["least"])), int(str(ages["most"]))
    placed = any(one.kind is ClauseKind.REGION or one.rule.of == "region" for one in clauses)
    if not placed:
        return About(youth=youth)
    return About(regions=await queries.regions(session), youth=youth)


async def _came_in(
    session: AsyncSession, clauses: Sequence[Clause]
) -> dict[FundId, tuple[list[tuple[date, int]], int]]:
    asking: Collection[FundId] = {
        one.fund_id
        for one in clauses
        if one.kind in {ClauseKind.SPEND_WITHIN, ClauseKind.MOST_SHARE, ClauseKind.LEAST_SHARE}
    }
    return await given.came_in(session, asking) if asking else {}


def _stale(
    clauses: Sequence[Clause], *, days: Sequence[tuple[date, int]], drawn: int, on: date
) -> dict[UUID, int]:
    """What came in too long ago and was not drawn, the oldest taken to be drawn first.

    Only what came in since the clause's first day is held to it: 600 in January, 400 in June, 500
    drawn, 90 days to spend from January on: in December 500 are stale, with 700 drawn 300.
    """
    found = {}
    for clause in clauses:
        if clause.kind is ClauseKind.SPEND_WITHIN:
            last = on - timedelta(days=clause.rule.most or 0)
            old = sum(minor for day, minor in days if day < last)
            free = sum(minor for day, minor in days if day < min(last, clause.valid_from))
            found[clause.clause_id] = max(0, old - max(drawn, free))
    return found
