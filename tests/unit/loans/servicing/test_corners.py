"""Do orders hold on contracts not yet paid out, on paid ones, and over holidays?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.amortisation import Advance
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import effects, tails
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.servicing.refusals import (
    NothingPaidAhead,
    OrderChangesNothing,
    OrderNotForState,
)
from services.loans.domain.servicing.rows import Row
from services.loans.domain.servicing.shape import Standing
from services.loans.domain.terms import ChargeMethod, Terms
from tests.builders import an_id, make_loan, money
from tests.unit.loans.servicing.standings import decide, free, order, order_id, stand, step

K = OrderKind
PAID_OUT_ON = date(2026, 1, 15)
FLAT = make_loan(charge_method=ChargeMethod.FLAT)


def signed() -> Standing:
    return free(status=ContractStatus.SIGNED, paid_out=0)


def handed_to(name: str) -> Asked:
    return order(K.TRANSFER, borrower_id=an_id(name))


def test_a_contract_not_yet_paid_out_changes_hands_and_stays_signed() -> None:
    first = decide(signed(), handed_to("first"))
    second = decide(first.after, handed_to("second"), step("one", handed_to("first")))

    assert first.after.status is second.after.status is ContractStatus.SIGNED
    assert first.event is second.event is None
    assert second.after.shape.borrower_id == an_id("second")


def test_an_order_of_a_contract_not_yet_paid_out_is_taken_back() -> None:
    steps = (step("one", handed_to("first")), step("two", handed_to("second")))
    asked = order(K.REVERSAL, order_id=order_id("one"))
    back = decide(decide(signed(), handed_to("second")).after, asked, *steps)

    assert back.after.status is ContractStatus.SIGNED
    assert back.after.shape.borrower_id == an_id("second")


def test_nothing_is_waived_before_the_money_was_paid_out() -> None:
    with pytest.raises(OrderNotForState) as refused:
        decide(signed(), order(K.WAIVER, part=WaivedPart.PROFIT))
    assert refused.value.state is ContractStatus.SIGNED


@pytest.mark.parametrize("asked", [order(K.PAYOFF), order(K.PAYMENT_HOLIDAY, periods=1)])
def test_what_is_paid_is_neither_paid_off_nor_moved(asked: Asked) -> None:
    with pytest.raises(OrderChangesNothing):
        decide(free(received=1_200_000), asked)


@pytest.mark.parametrize("kind", [K.WAIVER, K.CHARGE, K.RECOVERY, K.TRANSFER, K.ADVANCE])
def test_an_effect_is_given_no_order_of_another_kind(kind: OrderKind) -> None:
    with pytest.raises(TypeError, match=r"^an? "):
        effects.EFFECTS[kind](free(), order(K.REOPEN))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (WaivedPart.FEE, [(0, 0), (30, 0), (30, 0)]),
        (WaivedPart.PENALTY, [(0, 0), (0, 60), (0, 0)]),
    ],
)
@pytest.mark.parametrize("effect", [Advance.REDUCE, Advance.SHORTEN])
def test_fees_are_shared_by_the_instalments_left_and_late_amounts_come_first(
    part: WaivedPart, expected: list[tuple[int, int]], effect: Advance
) -> None:
    charge = order(K.CHARGE, PAID_OUT_ON, part=part, amount_minor=60, due_on=date(2026, 3, 15))
    standing = decide(stand(received=40_000), charge).after
    asked = order(K.ADVANCE, date(2026, 2, 15), effect=effect)
    rows = decide(standing, asked).after.shape.rows

    assert [(row.fee, row.penalty) for row in rows] == expected
    assert sum(row.principal for row in rows) == 100_000


@pytest.mark.parametrize(
    ("part", "left"), [(WaivedPart.FEE, (60, 0)), (WaivedPart.PENALTY, (0, 60))]
)
def test_fees_and_late_amounts_stay_owed_where_no_instalment_is_left(
    part: WaivedPart, left: tuple[int, int]
) -> None:
    charge = order(K.CHARGE, PAID_OUT_ON, part=part, amount_minor=60, due_on=date(2026, 2, 15))
    standing = decide(stand(received=103_000), charge).after
    asked = order(K.ADVANCE, PAID_OUT_ON, effect=Advance.REDUCE)
    after = decide(standing, asked).after

    assert after.shape.rows == (Row(PAID_OUT_ON, 100_000, 0, *left),)
    assert after.portions.surplus == 103_000 - 100_060


@pytest.mark.parametrize("effect", [Advance.REDUCE, Advance.SHORTEN])
@pytest.mark.parametrize("terms", [make_loan(), FLAT])
def test_a_charge_on_a_day_of_its_own_is_no_instalment_of_an_advance(
    effect: Advance, terms: Terms
) -> None:
    late = {"part": WaivedPart.PENALTY, "amount_minor": 60}
    charge = order(K.CHARGE, PAID_OUT_ON, due_on=date(2026, 2, 20), **late)
    asked = order(K.ADVANCE, date(2026, 2, 15), effect=effect)
    plain = decide(stand(terms, received=45_000), asked).after.shape.rows
    charged = decide(decide(stand(terms, received=45_000), charge).after, asked).after.shape.rows

    assert charged == arithmetic.compact([*plain, Row(date(2026, 2, 20), penalty=60)])


def test_money_for_charges_alone_is_no_advance() -> None:
    late = {"part": WaivedPart.PENALTY, "amount_minor": 60}
    charge = order(K.CHARGE, PAID_OUT_ON, due_on=date(2027, 2, 20), **late)
    standing = decide(free(received=1_200_060), charge).after
    with pytest.raises(NothingPaidAhead):
        decide(
            standing,
            order(K.ADVANCE, date(2027, 1, 20), effect=Advance.REDUCE),
            today=date(2027, 1, 20),
        )


def test_the_instalment_kept_as_high_is_one_with_principal() -> None:
    """Two months free of principal ask 10.00 of profit each: no height for an instalment."""
    standing = stand(make_loan(instalments=8, principal_grace=2), received=30_000)
    asked = order(K.ADVANCE, PAID_OUT_ON, effect=Advance.SHORTEN)
    rows = decide(standing, asked).after.shape.rows
    usual = standing.shape.rows[2].principal + standing.shape.rows[2].profit

    assert [row.principal + row.profit for row in rows[1:-1]] == [usual] * (len(rows) - 2)
    assert sum(row.principal for row in rows) == 100_000
    assert len(rows) < 8


def test_new_days_are_moved_off_holidays_and_follow_one_another() -> None:
    """20 and 21 March 2026 are holidays of Tunisia, the 22nd is a Sunday, as the 15th is."""
    terms = make_loan(country="TN", moving_rule="next")

    assert tails.days_from(date(2026, 2, 15), count=3, terms=terms) == (
        date(2026, 2, 16),
        date(2026, 3, 16),
        date(2026, 4, 15),
    )
    assert tails.moved([date(2026, 2, 14), date(2026, 2, 15)], terms=terms) == (
        date(2026, 2, 16),
        date(2026, 2, 17),
    )


def test_no_time_passes_backwards() -> None:
    terms = make_loan()
    start, end = date(2026, 3, 1), date(2026, 4, 1)

    assert tails.fraction(start, end, terms=terms) > 0
    assert tails.fraction(start, start, terms=terms) == 0
    assert tails.fraction(end, start, terms=terms) == 0


def test_an_instalment_kept_as_high_ends_early_or_leaves_the_rest_to_the_last() -> None:
    terms = make_loan(principal=money("100.00", "USD"))
    days = [date(2026, month, 15) for month in (2, 3, 4)]
    members: dict[str, Any] = {"annual_rate": Decimal(0), "start": PAID_OUT_ON, "terms": terms}

    assert tails.shortened(100, days=days, level=50, **members) == ((50, 0), (50, 0))
    assert tails.shortened(100, days=days, level=60, **members) == ((60, 0), (40, 0))
    assert tails.shortened(100, days=days, level=20, **members) == ((20, 0), (20, 0), (60, 0))
    assert tails.shortened(100, days=days[:1], level=20, **members) == ((100, 0),)
