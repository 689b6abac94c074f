"""What does loans do by itself, and how often?"""

from functools import partial

from starlette.datastructures import State

from services.loans.applications import assessing
from services.loans.applications.assessing import Asking
from services.loans.closing import timing as closing_days
from services.loans.lineage import operations as lineages
from services.loans.payments.desk import PaymentDesk
from services.loans.reconciliation import timing as reconciliation_days
from services.loans.reminders import sending as reminding
from services.loans.warnings import timing as warning_months
from shared.background import Background, for_each
from shared.db import TenantDb
from shared.ids import InstitutionId

POLL_SECONDS = 2.0
LINES_SECONDS = 10.0
LINES_PART, LINES_PAUSE_SECONDS = 500, 0.1
"""Few at a time and a rest after them: whoever pays meanwhile does not wait for the lines."""
FEED_SECONDS = 3.0
WEBHOOK_SECONDS = 1.0
REMINDER_SECONDS = 60.0
DAYS_SECONDS = 60.0
MONTHS_SECONDS = 600.0
STATEMENTS_SECONDS = 300.0


def start(background: Background, state: State, *, desk: PaymentDesk, hears: bool) -> None:
    """Start what runs beside the requests; who brings an own client of scoring hears by itself."""
    background.start("sequencer of loans", state.sequencer.run)
    background.start("pending payments", desk.poll_everywhere, every=POLL_SECONDS)
    for name, work, every in (
        ("waiting assessments", assess_waiting, POLL_SECONDS),
        ("lines of funds", tell_lines, LINES_SECONDS),
        ("days to close", close_days, DAYS_SECONDS),
        ("months to grade", warn_months, MONTHS_SECONDS),
        ("statements to reconcile", reconcile, STATEMENTS_SECONDS),
        ("bill payments", pay_bills, POLL_SECONDS),
        ("webhooks", call_integrators, WEBHOOK_SECONDS),
        ("reminders", remind, REMINDER_SECONDS),
    ):
        background.start(name, partial(work, state), every=every)
    if hears:
        background.start("feed of scoring", partial(hear, state), every=FEED_SECONDS)


async def assess_waiting(state: State) -> None:
    """Have assessed what waits for it in every institution (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        today = await state.days.today(institution_id)
        asking = Asking(scoring=state.scoring, funds=state.ask_funds)
        await assessing.assess_waiting(db, asking, at=state.clock.now(), on=today)

    await for_each("waiting assessments", await state.sequencer.institutions(), of_one)


async def tell_lines(state: State) -> None:
    """Follow the units of every fund through what was booked since (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        await lineages.catch_up(db, part=LINES_PART, pause=LINES_PAUSE_SECONDS)

    await for_each("lines of funds", await state.sequencer.institutions(), of_one)


async def close_days(state: State) -> None:
    """Close the day of every institution whose hour has come (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        await closing_days.close_where_due(db, now=state.clock.now())

    await for_each("days to close", await state.sequencer.institutions(), of_one)


async def hear(state: State) -> None:
    """Hear what scoring told of every institution (a timer calls it)."""
    await state.hearing.catch_up_with(await state.sequencer.institutions())


async def warn_months(state: State) -> None:
    """Grade the running loans of the month before, where its day has come (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        today = await state.days.today(institution_id)
        db = TenantDb(state.database, institution_id)
        await warning_months.warn_where_due(
            db, state.scoring, state.rhythm, clock=state.clock, today=today
        )

    await for_each("months to grade", await state.sequencer.institutions(), of_one)


async def pay_bills(state: State) -> None:
    """Finish bill payments that were left, and call back whom it is time to (a timer calls it)."""
    institution_ids = await state.sequencer.institutions()
    await for_each("bill payments", institution_ids, state.bills.catch_up)


async def reconcile(state: State) -> None:
    """Hold what came in of statements against the books (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        today = await state.days.today(institution_id)
        db = TenantDb(state.database, institution_id)
        await reconciliation_days.reconcile_all(
            db, state.payments, institution_id, at=state.clock.now(), today=today
        )

    await for_each("statements to reconcile", await state.sequencer.institutions(), of_one)


async def call_integrators(state: State) -> None:
    """Tell every endpoint of integrators what is new and what is due (a timer calls it)."""
    await state.courier.deliver_everywhere(await state.sequencer.institutions())


async def remind(state: State) -> None:
    """Write to whoever owes something soon, in every institution (a timer calls it)."""

    async def of_one(institution_id: InstitutionId) -> None:
        db = TenantDb(state.database, institution_id)
        await reminding.remind(db, state.post, now=state.clock.now())

    await for_each("reminders", await state.sequencer.institutions(), of_one)
