"""Plans with level instalments, and what their periods and money are given as."""

from datetime import date
from decimal import Decimal

from services.loans.domain.course import periods_of_plan
from services.loans.domain.course.level import Given
from services.loans.domain.course.plan import CountedOver, DayRules, InstalmentRule, Plan, Unit

START = date(2022, 11, 1)
BY_PERIOD = DayRules(over=CountedOver.PERIODS)


def plan_of(
    principal: int = 500_000, rate: str = "0.12", count: int = 18, start: date = START
) -> Plan:
    return Plan(
        principal=principal,
        annual_rate=Decimal(rate),
        instalments=count,
        every=1,
        unit=Unit.MONTHS,
        starts_on=start,
        signed_on=start,
        instalment_rule=InstalmentRule.FIXED_LEVEL,
    )


def given_of(plan: Plan, *, drawn: tuple[tuple[date, int], ...] = ()) -> Given:
    paid_out = drawn or ((plan.starts_on, plan.principal),)
    return Given(
        periods=periods_of_plan.periods(plan, paid_out_on=plan.starts_on),
        drawn=paid_out,
        bearing=sum(amount for _, amount in paid_out),
    )
