"""Which results were reached: counted where loans own the figure, told with evidence otherwise?

A figure is kept as it was: its parts, its day, its formula, met or not. A condition that was met
once stays met.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import operations, proposals, queries
from services.loans.agreements.tables import AgreementFigureRow, AgreementRow
from services.loans.disbursements import queries as disbursements
from services.loans.domain import agreement_results, days
from services.loans.domain.agreement_dues import Instalment
from services.loans.domain.agreement_results import (
    COUNTED,
    FORMULAS,
    VERSION,
    Condition,
    Figure,
    Measure,
)
from services.loans.domain.at_risk import Scheme
from services.loans.domain.authority import Outcome
from services.loans.funds import queries as funds
from services.loans.ledger.queries import Cut, Moment
from services.loans.portfolio import queries as portfolio
from services.loans.portfolio.queries import By
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import exponent_of

DAYS_LATE = {Measure.PAR30: 30, Measure.PAR90: 90}
SCHEME = Scheme(from_days=(31, 91))


class ConditionNotFound(RafidError):
    """The instalment has no such condition"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The instalment {instalment} has no condition {number}."
    instalment: int
    number: int


class FigureNotTold(RafidError):
    """Loans count this figure; nobody tells it"""

    kind = Kind.RULE
    service = "loans"
    detail = "{measure} is counted from the books: {formula}."
    measure: Measure
    formula: Sentence


class FigureNotCounted(RafidError):
    """This figure is told with evidence"""

    kind = Kind.RULE
    service = "loans"
    detail = "{code} is not in the books of loans: tell it with its evidence."
    code: str


async def count(
    session: AsyncSession,
    agreement_id: UUID,
    *,
    instalment: int,
    number: int,
    as_of: date,
    actor: Actor,
    today: date,
) -> AgreementFigureRow:
    """Count a result from the books on a day and hold it against its condition.

    Raises AgreementNotInForce, ConditionNotFound, FigureNotCounted, ResultNotMeasurable,
    DayNotYet.
    """
    days.require_come(as_of, member="as_of", today=today)
    row = await queries.in_force(session, agreement_id)
    condition = await _condition(session, agreement_id, instalment=instalment, number=number)
    if condition.measure not in COUNTED:
        raise FigureNotCounted(code=condition.code)
    figure = await measured(session, row, condition.measure, as_of=as_of, today=today)
    return await _keep(
        session, row, condition, figure=figure, instalment=instalment, evidence=None, actor=actor
    )


async def tell(
    session: AsyncSession,
    agreement_id: UUID,
    *,
    instalment: int,
    number: int,
    as_of: date,
    numerator: Decimal,
    denominator: Decimal,
    evidence: str,
    actor: Actor,
    today: date,
) -> AgreementFigureRow:
    """Keep a result that a person tells, for another to confirm.

    Raises AgreementNotInForce, ConditionNotFound, FigureNotTold, DayNotYet.
    """
    days.require_come(as_of, member="as_of", today=today)
    row = await queries.in_force(session, agreement_id)
    condition = await _condition(session, agreement_id, instalment=instalment, number=number)
    if condition.measure in COUNTED:
        raise FigureNotTold(measure=condition.measure, formula=FORMULAS[condition.measure])
    figure = Figure(
        measure=condition.measure, as_of=as_of, numerator=numerator, denominator=denominator
    )
    return await _keep(
        session,
        row,
        condition,
        figure=figure,
        instalment=instalment,
        evidence=evidence,
        actor=actor,
    )


async def confirm(
    session: AsyncSession, figure_id: UUID, *, outcome: Outcome, actor: Actor
) -> AgreementFigureRow:
    """Confirm or reject a result that another person told.

    Raises ProposalNotFound, ProposerDecides, ProposalDecided.
    """
    figure = await queries.find_figure(session, figure_id)
    if figure is None or figure.evidence is None:
        raise proposals.ProposalNotFound(proposal_id=figure_id)
    row = await queries.in_force(session, figure.agreement_id)
    before = await queries.instalment(session, row, figure.instalment)
    await proposals.decide(session, figure_id, kind="figure", outcome=outcome, actor=actor)
    await _fall_due(session, row, before, actor=actor)
    return figure


async def measured(
    session: AsyncSession, row: AgreementRow, measure: Measure, *, as_of: date, today: date
) -> Figure:
    """Return a result of an agreement's fund from the books as they stand, on a day."""
    fund_id = FundId(row.fund_id)
    if measure in DAYS_LATE:
        moment = Moment(as_of=as_of, known_at=None, is_now=as_of >= today)
        parts = await portfolio.at_risk(session, by=By.FUND, moment=moment, scheme=SCHEME)
        risk = next((one.risk for one in parts if one.key == fund_id), None)
        late = dict(risk.more_than())[DAYS_LATE[measure]].outstanding if risk else 0
        whole = risk.total.outstanding if risk else 0
        return Figure(
            measure=measure, as_of=as_of, numerator=Decimal(late), denominator=Decimal(whole)
        )
    if measure is Measure.BORROWERS:
        reached = await disbursements.borrowers_reached(session, fund_id, as_of=as_of)
        return Figure(measure=measure, as_of=as_of, numerator=Decimal(reached))
    totals = await funds.figures(session, fund_id, cut=Cut(as_of=as_of))
    if measure is Measure.ABSORPTION:
        paid_out, received = Decimal(totals.lent_minor), Decimal(totals.received_minor)
        return Figure(measure=measure, as_of=as_of, numerator=paid_out, denominator=received)
    scale = Decimal(10) ** exponent_of(row.fund_currency)
    return Figure(measure=measure, as_of=as_of, numerator=totals.lent_minor / scale)


async def _condition(
    session: AsyncSession, agreement_id: UUID, *, instalment: int, number: int
) -> Condition:
    for row in await queries.conditions(session, agreement_id):
        if (row.instalment, row.number) == (instalment, number):
            return queries.condition_of(row)
    raise ConditionNotFound(instalment=instalment, number=number)


async def _keep(
    session: AsyncSession,
    row: AgreementRow,
    condition: Condition,
    *,
    figure: Figure,
    instalment: int,
    evidence: str | None,
    actor: Actor,
) -> AgreementFigureRow:
    before = await queries.instalment(session, row, instalment)
    kept = AgreementFigureRow(
        institution_id=row.institution_id,
        figure_id=await proposals.propose(session, "figure", actor=actor),
        agreement_id=row.agreement_id,
        instalment=instalment,
        condition_no=condition.number,
        measure=condition.measure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        as_of=figure.as_of,
        formula=str(FORMULAS[condition.measure]),
        version=VERSION,
        is_met=agreement_results.is_met(condition, figure=figure),
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(kept)
    await session.flush()
    await _fall_due(session, row, before, actor=actor)
    return kept


async def _fall_due(
    session: AsyncSession, row: AgreementRow, before: Instalment, *, actor: Actor
) -> None:
    """Tell and count an instalment whose last condition has just been met."""
    after = await queries.instalment(session, row, before.planned.number)
    if after.is_unconditional and not before.is_unconditional:
        await operations.fall_due(session, row, after, actor_id=actor.id)
