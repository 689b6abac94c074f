"""Where a contract stands: the waterfall and the days late, by hand."""

from datetime import date

import pytest

from services.monitoring.domain import standing
from services.monitoring.domain.standing import Agreement, Due, Portions
from shared.money import Money


def monthly(
    count: int,
    *,
    principal: int,
    profit: int = 0,
    fee: int = 0,
    order: tuple[str, ...] = standing.COMPONENTS,
) -> Agreement:
    """Instalments on the first of each month of 2026, from February."""
    return Agreement(
        currency="JOD",
        dues=tuple(
            Due(
                due_on=date(2026, 2 + number, 1),
                principal_minor=principal,
                profit_minor=profit,
                fee_minor=fee,
            )
            for number in range(count)
        ),
        allocation_order=order,
    )


def test_money_fills_the_first_instalment_then_the_second() -> None:
    agreement = monthly(3, principal=100, profit=10)
    paid = standing.portions(agreement, paid_minor=130)
    assert paid == Portions(principal_minor=110, profit_minor=20, fee_minor=0, surplus_minor=0)


def test_within_an_instalment_the_agreed_order_decides() -> None:
    fee_first = monthly(1, principal=100, profit=10, fee=5)
    principal_first = monthly(
        1, principal=100, profit=10, fee=5, order=("principal", "profit", "fee")
    )
    assert standing.portions(fee_first, paid_minor=12).fee_minor == 5
    assert standing.portions(fee_first, paid_minor=12).profit_minor == 7
    assert standing.portions(principal_first, paid_minor=12).principal_minor == 12


def test_money_beyond_the_last_instalment_is_surplus() -> None:
    paid = standing.portions(monthly(2, principal=100), paid_minor=215)
    assert (paid.principal_minor, paid.surplus_minor) == (200, 15)


def test_nothing_paid_is_nothing_anywhere() -> None:
    assert standing.portions(monthly(2, principal=100), paid_minor=0) == Portions(
        principal_minor=0, profit_minor=0, fee_minor=0, surplus_minor=0
    )


def test_an_instalment_of_nothing_during_grace_is_never_late() -> None:
    agreement = Agreement(
        currency="JOD",
        dues=(
            Due(due_on=date(2026, 2, 1), principal_minor=0),
            Due(due_on=date(2026, 3, 1), principal_minor=100),
        ),
    )
    late_since = standing.oldest_unpaid(agreement, paid_minor=0, as_of=date(2026, 2, 20))
    assert late_since is None


def test_a_due_is_late_from_the_day_after_its_date() -> None:
    agreement = monthly(2, principal=100)
    on_the_day = standing.standing(
        agreement, disbursed_minor=200, paid_minor=0, as_of=date(2026, 2, 1)
    )
    the_day_after = standing.standing(
        agreement, disbursed_minor=200, paid_minor=0, as_of=date(2026, 2, 2)
    )
    assert on_the_day.days_past_due == 0
    assert the_day_after.days_past_due == 1


def test_days_are_counted_from_the_oldest_instalment_not_fully_paid() -> None:
    where = standing.standing(
        monthly(10, principal=100), disbursed_minor=1000, paid_minor=250, as_of=date(2026, 5, 31)
    )
    assert where.outstanding == Money(750, "JOD")
    assert where.days_past_due == 60


def test_a_contract_without_principal_out_is_not_late() -> None:
    agreement = monthly(2, principal=100)
    not_paid_out = standing.standing(
        agreement, disbursed_minor=0, paid_minor=0, as_of=date(2026, 12, 1)
    )
    assert not_paid_out.days_past_due == 0
    assert not_paid_out.outstanding.is_zero


def test_all_paid_is_neither_late_nor_outstanding() -> None:
    where = standing.standing(
        monthly(2, principal=100), disbursed_minor=200, paid_minor=230, as_of=date(2027, 1, 1)
    )
    assert where.outstanding.is_zero
    assert where.days_past_due == 0


def test_a_sum_below_zero_counts_as_nothing_paid() -> None:
    """A cut between a reversal and what it reverses can leave such a sum."""
    where = standing.standing(
        monthly(2, principal=100), disbursed_minor=200, paid_minor=-40, as_of=date(2026, 2, 2)
    )
    assert where.outstanding == Money(200, "JOD")


@pytest.mark.parametrize("order", [("fee", "profit"), ("fee", "profit", "profit"), ("x", "y", "z")])
def test_an_order_names_each_component_once(order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="allocation order"):
        Agreement(currency="JOD", dues=(), allocation_order=order)


def test_instalments_out_of_order_are_no_agreement() -> None:
    later, sooner = date(2026, 3, 1), date(2026, 2, 1)
    with pytest.raises(ValueError, match="order of their due dates"):
        Agreement(
            currency="JOD",
            dues=(
                Due(due_on=later, principal_minor=1),
                Due(due_on=sooner, principal_minor=1),
            ),
        )


def test_an_instalment_with_a_negative_part_is_refused() -> None:
    with pytest.raises(ValueError, match="no negative part"):
        Due(due_on=date(2026, 2, 1), principal_minor=1, profit_minor=-1)
