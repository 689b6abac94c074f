"""Which clauses hold a fund, and what do they need to know of whoever asks?"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.clauses.tables import ClauseDecisionRow, ClauseRow, RegionRow
from services.loans.domain import cases, clauses
from services.loans.domain.cases import Facts
from services.loans.domain.clauses import Clause, ClauseKind, Quoted, Rule, Whose
from services.loans.domain.regions import Regions, plain
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Page


class ClauseUnknown(RafidError):
    """There is no such clause"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No clause has the id {clause_id}."
    clause_id: UUID


class ClauseFundUnknown(RafidError):
    """There is no such fund for a clause"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No fund has the id {fund_id}."
    fund_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A clause with what was said of it, if anything was, and which approved one follows it."""

    row: ClauseRow
    decision: ClauseDecisionRow | None

    @property
    def state(self) -> Literal["proposed", "approved", "rejected"]:
        """Where it stands."""
        if self.decision is None:
            return "proposed"
        return "approved" if self.decision.outcome == "approved" else "rejected"

    @property
    def clause(self) -> Clause:
        """The clause as the domain knows it."""
        row = self.row
        return Clause(
            clause_id=row.clause_id,
            fund_id=FundId(row.fund_id),
            reference=row.reference,
            kind=ClauseKind(row.kind),
            rule=Rule.from_json(row.rule),
            quoted=Quoted(
                text=row.words,
                language=row.language,
                source=row.source,
                dated_on=row.dated_on,
                whose=Whose(row.whose),
            ),
            valid_from=row.valid_from,
            valid_through=row.valid_through,
            spares_agreed=row.spares_agreed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of applications, and which funds hold or paid something for each."""

    facts: Mapping[UUID, Facts]
    funds: Mapping[UUID, frozenset[FundId]]
    codes: Mapping[FundId, frozenset[str]]


FUND = text("""
    select kind, currency from fund
    where institution_id = :institution_id and fund_id = :fund_id
""")
LOCKED_FUND = text(f"{FUND.text} for no key update")


async def fund(session: AsyncSession, fund_id: UUID, *, is_locked: bool = False) -> Row[Any]:
    """Kind and currency of a fund; locked, no claim on it is under way. Raises ClauseFundUnknown"""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    row = (await session.execute(LOCKED_FUND if is_locked else FUND, values)).first()
    if row is None:
        raise ClauseFundUnknown(fund_id=fund_id)
    return row


async def written(session: AsyncSession, clause_id: UUID) -> Written:
    """Give one clause. Raises ClauseUnknown."""
    row = (await session.execute(_written(session).where(ClauseRow.clause_id == clause_id))).first()
    if row is None:
        raise ClauseUnknown(clause_id=clause_id)
    return Written(row=row[0], decision=row[1])


async def written_of(
    session: AsyncSession, fund_id: UUID, *, page: Page, among: Collection[UUID] | None = None
) -> list[Written]:
    """Give a page of a fund's clauses, or of some, in the order of writing, one more than fits."""
    statement = _written(session).where(ClauseRow.fund_id == fund_id)
    if among is not None:
        statement = statement.where(ClauseRow.clause_id.in_(among))
    if page.after is not None:
        statement = statement.where(ClauseRow.clause_id > page.after)
    found = await session.execute(statement.order_by(ClauseRow.clause_id).limit(page.limit + 1))
    return [Written(row=row[0], decision=row[1]) for row in found]


async def approved(session: AsyncSession, fund_ids: Collection[UUID]) -> list[Written]:
    """Give the approved clauses of funds, lifted ones and liftings too, by their reference."""
    statement = (
        _written(session)
        .where(ClauseRow.fund_id.in_(set(fund_ids)), ClauseDecisionRow.outcome == "approved")
        .order_by(ClauseRow.reference)
    )
    return [Written(row=row[0], decision=row[1]) for row in await session.execute(statement)]


async def standing(session: AsyncSession, fund_ids: Collection[UUID]) -> list[Clause]:
    """Give the clauses that hold funds on some day, cut short where another follows."""
    found = await approved(session, fund_ids)
    return clauses.standing([(one.clause, one.row.succeeds_id) for one in found])


async def in_force(
    session: AsyncSession, fund_ids: Collection[UUID], *, on: date
) -> dict[FundId, list[Clause]]:
    """Give the clauses that hold each fund on a day; a fund without any is left out."""
    found: defaultdict[FundId, list[Clause]] = defaultdict(list)
    for clause in await standing(session, fund_ids):
        if clause.is_in_force(on):
            found[clause.fund_id].append(clause)
    return found


async def regions(session: AsyncSession) -> Regions:
    """Give the institution's tree of regions."""
    statement = select(RegionRow.code, RegionRow.above_code).where(
        RegionRow.institution_id == tenancy.institution_of(session)
    )
    return Regions(above={code: above for code, above in await session.execute(statement)})  # noqa: C416 - rows are no pairs to mypy


async def listed_regions(session: AsyncSession) -> Sequence[RegionRow]:
    """Give the regions by code."""
    statement = select(RegionRow).where(RegionRow.institution_id == tenancy.institution_of(session))
    return (await session.scalars(statement.order_by(RegionRow.code))).all()


# The class of zakat is what a person decided and has not expired or been ended. Another fund is
# a source while it holds something for the application.
TOLD = text("""
    select a.application_id, a.borrower_id, a.sector, a.purpose, a.currency,
      a.own_contribution_minor, a.characteristics, b.sex, b.born_on, b.region,
      (select d.zakat_class from zakat_eligibility e
        join zakat_eligibility_decision d on d.institution_id = e.institution_id
          and d.eligibility_id = e.eligibility_id
        left join zakat_eligibility_end n on n.institution_id = e.institution_id
          and n.eligibility_id = e.eligibility_id and n.ended_on <= :on
        where e.institution_id = a.institution_id and e.borrower_id = a.borrower_id
          and d.outcome = 'approved' and d.decided_on <= :on and d.expires_on > :on
          and n.eligibility_id is null
        order by d.decided_on desc, d.recorded_at desc limit 1) as zakat_class,
      (select max(c.signed_on) from contract c where c.institution_id = a.institution_id
        and c.application_id = a.application_id and c.status <> 'cancelled') as agreed_on
    from application a
    join borrower b on b.institution_id = a.institution_id and b.borrower_id = a.borrower_id
    where a.institution_id = :institution_id and a.application_id = any(:application_ids)
""")
SOURCES = text("""
    select k.application_id, k.fund_id
    from fund_claim k
    where k.institution_id = :institution_id and k.application_id = any(:application_ids)
    group by k.application_id, k.fund_id
    having sum(case when k.kind in ('reserve', 'undraw') then k.amount_minor
      when k.kind in ('release', 'uncommit', 'draw') then -k.amount_minor else 0 end) > 0
      or sum(case k.kind when 'draw' then k.amount_minor when 'undraw' then -k.amount_minor
        else 0 end) > 0
""")
CODES = text("select fund_id, kind, code from fund where institution_id = :institution_id")


async def told(session: AsyncSession, application_ids: Collection[UUID], *, on: date) -> Told:
    """Give what is known of applications on a day, and their funds; unknown ones are left out."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": [*set(application_ids)],
    }
    facts = {
        row.application_id: cases.facts_told(
            person=row.borrower_id,
            sex=row.sex,
            born_on=row.born_on,
            region=row.region,
            sector=row.sector,
            purpose=row.purpose,
            own_contribution=Money(row.own_contribution_minor, row.currency),
            characteristics=row.characteristics,
            on=on,
            zakat_class=row.zakat_class,
            agreed_on=row.agreed_on,
        )
        for row in await session.execute(TOLD, {**values, "on": on})
    }
    funds: defaultdict[UUID, frozenset[FundId]] = defaultdict(frozenset)
    for row in await session.execute(SOURCES, values):
        funds[row.application_id] |= {FundId(row.fund_id)}
    institution = {"institution_id": values["institution_id"]}
    codes = {
        FundId(row.fund_id): frozenset({plain(row.kind), plain(row.code)})
        for row in await session.execute(CODES, institution)
    }
    return Told(facts=facts, funds=funds, codes=codes)


def beside(
    told: Told,
    *,
    facts: Mapping[UUID, Facts],
    fund_id: FundId,
    together: Mapping[UUID, frozenset[FundId]],
) -> dict[UUID, Facts]:
    """The facts as one fund sees them: others that pay too are sources, by kind and by code."""
    found = {}
    for one, known in facts.items():
        others = (told.funds.get(one, frozenset()) | together.get(one, frozenset())) - {fund_id}
        codes = frozenset[str]().union(*(told.codes[other] for other in others))
        found[one] = cases.with_sources(known, codes)
    return found


def _written(session: AsyncSession) -> Select[ClauseRow, ClauseDecisionRow]:
    matches = (ClauseDecisionRow.institution_id == ClauseRow.institution_id) & (
        ClauseDecisionRow.clause_id == ClauseRow.clause_id
    )
    return (
        select(ClauseRow, ClauseDecisionRow)
        .outerjoin(ClauseDecisionRow, matches)
        .where(ClauseRow.institution_id == tenancy.institution_of(session))
    )
