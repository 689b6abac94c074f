"""Does no level instalment ask for less than was paid of it, to the minor unit?"""

from datetime import date
from decimal import Decimal

from services.loans.domain.course import level_lines
from services.loans.domain.course.events import ChargeAdded, Paid
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import Charge, ChargeWhen, InstalmentRule, Plan, Unit

DAY = date(2026, 1, 1)


def line(asked: int, *, paid: int = 0, waived: int = 0) -> Line:
    made = Line(DAY, DAY)
    made.asked[0], made.paid[0], made.waived[0] = asked, paid, waived
    return made


def test_the_last_open_instalments_ask_for_less_instead() -> None:
    lines = [line(10, paid=11), line(10), line(10, paid=4, waived=6), line(1, paid=1)]

    level_lines._keep_what_was_paid(lines, 0)

    assert [each.asked[0] for each in lines] == [11, 9, 10, 1]


def test_what_is_beyond_is_taken_from_as_many_as_it_needs() -> None:
    lines = [line(0, paid=15), line(10), line(10, paid=2)]

    level_lines._keep_what_was_paid(lines, 0)

    assert [each.asked[0] for each in lines] == [15, 3, 2]


def test_a_charge_on_the_day_of_the_last_payment_works_everything_out_anew() -> None:
    plan = Plan(
        principal=1_000,
        annual_rate=Decimal(0),
        instalments=1,
        every=1,
        unit=Unit.MONTHS,
        starts_on=DAY,
        signed_on=DAY,
        instalment_rule=InstalmentRule.FIXED_LEVEL,
    )
    paid = Paid(key=1, on=date(2026, 1, 5), amount=10)

    def early(due_on: date) -> frozenset[object]:
        charge = Charge(code="fee", when=ChargeWhen.ON_DATE, value=Decimal(1), due_on=due_on)
        added = ChargeAdded(key=2, on=date(2026, 1, 9), charge=charge)
        return level_lines.charges_from_the_start(plan, [paid, added])

    assert early(date(2026, 1, 5)) == {2}
    assert early(date(2026, 1, 6)) == frozenset()
