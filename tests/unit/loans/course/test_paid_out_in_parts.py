"""What does a loan whose payments count the profit anew owe, paid out in parts?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.course import replay
from services.loans.domain.course.results import Course
from services.loans.domain.course.steady import Steady
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.servicing.life import Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.terms import Frequency, Terms
from shared.money import Money
from tests.builders import make_loan

ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)
FEBRUARY, MARCH = date(2026, 2, 15), date(2026, 3, 1)


def terms_of(*later: tuple[date, int], percent: int = 0, fees: tuple[Fee, ...] = ()) -> Terms:
    """1,000.00 of 15 January 2026 at 12 % by 30/360 in three months, later tranches and all."""
    return make_loan(
        principal=Money(100_000, "USD"),
        annual_rate=Decimal("0.12"),
        instalments=3,
        day_count="30/360",
        disbursed_on=date(2026, 1, 15),
        first_due_on=FEBRUARY,
        charging=ANEW,
        fees=fees,
        drawing=Drawing(
            tranches=tuple(Tranche(on=on, amount=Money(minor, "USD")) for on, minor in later),
            down_payment_percent=Decimal(percent),
        ),
    )


def out(on: date, minor: int) -> PaidOut:
    return PaidOut(key=f"out {on}", on=on, amount=minor)


def paid(on: date, minor: int) -> Received:
    return Received(key=f"paid {on} {minor}", on=on, amount=minor)


def rows(course: Course) -> list[tuple[int, int]]:
    return [(row.principal, row.profit) for row in course.rows if row.number is not None]


FIRST = out(date(2026, 1, 15), 60_000)
ON_DUE_DATE = Life(terms=terms_of((FEBRUARY, 40_000)))
WITHIN = Life(terms=terms_of((MARCH, 40_000)))
DOWN = Life(terms=terms_of(percent=10), entered=(out(date(2026, 1, 15), 100_000),))


def test_before_the_later_tranche_only_the_first_is_owed() -> None:
    """600.00 in three: 204.01 each, of which 6.00, 4.02 and 2.02 profit."""
    course = ON_DUE_DATE.entering(FIRST).course()

    assert rows(course) == [(19_801, 600), (19_999, 402), (20_200, 202)]
    assert course.outstanding == 60_000 + 1_204


def test_a_tranche_on_a_due_date_bears_from_the_next_period_on() -> None:
    """401.99 left and 400.00 more are 801.99: two instalments of 407.02."""
    life = ON_DUE_DATE.entering(FIRST, paid(FEBRUARY, 20_401), out(FEBRUARY, 40_000))

    assert rows(life.course()) == [(19_801, 600), (39_900, 802), (40_299, 403)]


def test_paid_early_after_a_tranche_all_that_is_out_bears_to_the_day() -> None:
    """801.99 bear 4.01 in 14 of 28 days; 398.98 then 1.99 in the others and 3.99 in a month."""
    life = ON_DUE_DATE.entering(
        FIRST, paid(FEBRUARY, 20_401), out(FEBRUARY, 40_000), paid(MARCH, 40_702)
    )

    assert rows(life.course()) == [(19_801, 600), (40_301, 401), (39_898, 598)]


def test_a_tranche_within_a_period_bears_the_days_that_it_is_out() -> None:
    """401.99 bear 4.02 in the month, 400.00 more 2.00 in 14 of its 28 days."""
    life = WITHIN.entering(FIRST, paid(FEBRUARY, 20_401), out(MARCH, 40_000))

    assert rows(life.course()) == [(19_801, 600), (39_999, 602), (40_200, 402)]


def test_what_was_paid_ahead_before_a_tranche_bears_no_more() -> None:
    """Of 600.00 paid on 5 February 4.06 are profit of 21 days: 4.06 of principal are left."""
    life = WITHIN.entering(FIRST, paid(date(2026, 2, 5), 60_000), out(MARCH, 40_000))

    assert rows(life.course()) == [(19_995, 406), (40_395, 206), (39_610, 204)]


def test_a_payoff_before_a_tranche_settles_what_was_paid_out() -> None:
    on = date(2026, 2, 5)
    life = WITHIN.entering(FIRST)
    amount = life.payoff(on=on)

    assert amount == 60_000 + 406
    settled = life.entering(paid(on, amount))
    assert (settled.course().outstanding, settled.course().overpaid) == (0, 0)
    again = settled.entering(out(MARCH, 40_000)).course()
    assert again.outstanding - 40_000 == 200 + 200  # 14 of 28 days, then half of it for a month
    assert sum(principal for principal, _ in rows(again)) == 100_000


def test_a_down_payment_lessens_the_principal_on_the_first_day() -> None:
    """Of 1,000.00 a tenth is due at once; 900.00 in three are 306.02, 9.00 of it profit."""
    assert rows(DOWN.course()) == [(10_000, 0), (29_702, 900), (29_999, 603), (30_299, 303)]
    paid_at_once = DOWN.entering(paid(date(2026, 1, 15), 10_000)).course()
    assert rows(paid_at_once) == rows(DOWN.course())
    assert paid_at_once.transactions[-1].balance == 90_000


def test_after_it_an_early_payment_bears_to_its_day() -> None:
    """900.00 bear 4.35 in 15 of 31 days; 598.33 then 3.09 in the other 16."""
    life = DOWN.entering(paid(date(2026, 1, 15), 10_000), paid(date(2026, 1, 30), 30_602))

    assert rows(life.course()) == [(10_000, 0), (30_167, 435), (29_695, 907), (30_138, 301)]


def test_a_down_payment_that_has_not_come_is_past_due_and_bears_nothing() -> None:
    late = DOWN.entering(paid(date(2026, 1, 25), 10_000)).course()

    assert rows(late) == rows(DOWN.course())
    assert (late.rows[1].paid_late, late.rows[1].profit) == (10_000, 0)


def test_each_tranche_has_its_own_down_payment() -> None:
    life = Life(terms=terms_of((MARCH, 40_000), percent=10)).entering(FIRST, out(MARCH, 40_000))
    downs = [(row.due_on, row.principal) for row in life.course().rows if row.is_down_payment]

    assert downs == [(date(2026, 1, 15), 6_000), (MARCH, 4_000)]
    assert sum(principal for principal, _ in rows(life.course())) == 100_000


def test_two_payouts_of_one_day_are_as_one() -> None:
    both = [out(MARCH, 10_000), replace(out(MARCH, 30_000), key="again")]
    one, two = (WITHIN.entering(FIRST, *of_day).course() for of_day in ([out(MARCH, 40_000)], both))

    assert rows(one) == rows(two)


def test_a_smaller_tranche_makes_smaller_instalments() -> None:
    terms = replace(
        WITHIN.terms, drawing=replace(WITHIN.terms.drawing, may_be_less=True, late_days=5)
    )
    life = Life(terms=terms, entered=(FIRST, paid(FEBRUARY, 20_401), out(MARCH, 10_000)))

    assert sum(principal for principal, _ in rows(life.course())) == 70_000
    assert rows(life.course())[1][1] == 402 + 50


def test_a_fee_by_instalment_follows_what_is_drawn() -> None:
    """1 % of the principal in each instalment: 6.00 of 600.00, 10.00 once 400.00 more are out."""
    fee = Fee(code="each", kind=FeeKind.PERCENT, when=FeeWhen.EACH_INSTALMENT, percent=Decimal(1))
    life = Life(terms=terms_of((MARCH, 40_000), fees=(fee,))).entering(FIRST)
    drawn = life.entering(out(MARCH, 40_000))

    assert [row.fee for row in life.course().rows if row.number] == [600, 600, 600]
    assert [row.fee for row in drawn.course().rows if row.number] == [600, 1_000, 1_000]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (OrderKind.RATE_CHANGE, {"annual_rate": Decimal("0.06")}),
        (OrderKind.PAYMENT_HOLIDAY, {"periods": 1}),
        (OrderKind.RE_AMORTISE, {}),
    ],
)
def test_after_an_order_the_instalments_are_found_anew_with_the_tranche(
    kind: OrderKind, members: dict[str, object]
) -> None:
    on = date(2026, 2, 20)
    order = Ordered(
        order_id=UUID(int=9),
        asked=Asked(kind=kind, effective_on=on, reason=OrderReason.AGREEMENT, **members),  # type: ignore[arg-type] # by name
    )
    life = WITHIN.entering(FIRST, paid(FEBRUARY, 20_401), order, out(MARCH, 40_000))

    found = life.course()

    assert sum(principal for principal, _ in rows(found)) == 100_000
    later: Sequence[int] = [row.due for row in found.rows if row.number and row.settled_on is None]
    assert max(later) - min(later) <= 2  # level, whatever was ordered


def test_what_is_owed_of_profit_on_a_day_is_that_of_what_was_out_by_then() -> None:
    """6.00 of 600.00 a month; 13 of 28 days bear 2.79 more, and nothing after the last due date."""
    life = WITHIN.entering(FIRST, out(MARCH, 40_000))

    assert life.profit_owed(on=date(2026, 1, 1)) is None
    assert life.profit_owed(on=FEBRUARY) == 600
    assert (
        life.profit_owed(on=date(2026, 2, 28)) == 600 + 279
    )  # 600.00 past due and running, 13 days
    assert Life(terms=life.terms, entered=(FIRST,)).profit_owed(on=date(2026, 6, 1)) == 1_800
    assert life.is_agreed_anew is False


def test_nothing_is_earned_any_more_once_a_contract_is_taken_for_lost() -> None:
    lost = Ordered(
        order_id=UUID(int=3),
        asked=Asked(kind=OrderKind.CHARGE_OFF, effective_on=MARCH, reason=OrderReason.AGREEMENT),
    )

    assert ON_DUE_DATE.entering(FIRST, lost).profit_owed(on=date(2026, 3, 2)) is None


def test_a_tranche_after_all_was_paid_is_asked_with_the_last_instalment() -> None:
    """Drawn late, on the last due date: all of it is due that day, and bears nothing."""
    last = date(2026, 4, 15)
    settled = WITHIN.entering(FIRST, paid(date(2026, 2, 5), 60_406))

    course = settled.entering(out(last, 40_000)).course()

    assert sum(principal for principal, _ in rows(course)) == 100_000
    assert (course.outstanding, course.rows[-1].due_on) == (40_000, last)


def test_a_tranche_after_profit_that_found_no_place_is_asked_as_well() -> None:
    """At 90 % a year, and nothing paid for seven years, the last instalment asks both."""
    late = date(2032, 11, 29)
    terms = make_loan(
        principal=Money(1_234_567, "USD"),
        annual_rate=Decimal("0.9"),
        instalments=36,
        frequency=Frequency.QUARTERLY,
        day_count="30u/360",
        disbursed_on=date(2024, 1, 15),
        first_due_on=date(2024, 4, 15),
        charging=ANEW,
        drawing=Drawing(tranches=(Tranche(on=late, amount=Money(539_572, "USD")),)),
    )
    given = [
        paid(date(2024, 4, 14), 279_530),
        paid(date(2024, 10, 15), 279_530),
        paid(date(2025, 1, 15), 167_718),
    ]
    life = Life(terms=terms, entered=(out(date(2024, 1, 15), 694_995), *given, out(late, 539_572)))

    assert sum(principal for principal, _ in rows(life.course())) == 1_234_567


def test_once_the_down_payment_has_come_payments_are_taken_in_one_step() -> None:
    terms = replace(DOWN.terms, instalments=24)
    life = Life(terms=terms, entered=DOWN.entered)
    came = life.entering(paid(date(2026, 1, 15), 10_000))
    early = life.entering(paid(date(2026, 2, 1), 3_000)).events[-1]

    assert Steady(replay.replay(came.plan, came.events)).takes(early)
    assert not Steady(replay.replay(life.plan, life.events)).takes(early)


def test_within_the_period_of_a_tranche_payments_are_taken_one_by_one() -> None:
    terms = replace(WITHIN.terms, instalments=24)
    life = Life(terms=terms, entered=(FIRST, paid(FEBRUARY, 2_825), out(MARCH, 40_000)))
    standing = replay.replay(life.plan, life.events)
    within = life.entering(paid(date(2026, 3, 10), 1_000)).events[-1]
    later = life.entering(paid(date(2026, 3, 20), 1_000)).events[-1]

    assert not Steady(standing).takes(within)
    assert not Steady(standing).takes(later)  # the period of the tranche is the last that is known
    replay.apply(standing, later)
    assert Steady(standing).takes(later)
