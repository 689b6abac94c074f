"""What holds for every payment on every schedule?"""

from collections.abc import Iterable
from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import allocation
from services.loans.domain.allocation import Parts, Portions
from tests.property.loans.strategies import instalment_parts

EXAMPLES = settings(max_examples=300, deadline=None)
ORDERS = st.permutations(range(4)).map(tuple)
AMOUNTS = st.integers(0, 40_000)


def add(portions: Iterable[Portions]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*portions, strict=True)))


@EXAMPLES
@given(instalment_parts(), AMOUNTS, AMOUNTS, ORDERS)
def test_portions_sum_to_the_payment(
    dues: list[Parts], before: int, payment: int, order: tuple[int, ...]
) -> None:
    portions = allocation.allocate(payment, paid_before=before, instalments=dues, order=order)

    assert portions.total == payment
    assert min(portions) >= 0


@EXAMPLES
@given(instalment_parts(), st.lists(AMOUNTS, min_size=1, max_size=8), ORDERS, st.randoms())
def test_the_order_of_payments_does_not_change_what_is_paid(
    dues: list[Parts],
    payments: list[int],
    order: tuple[int, ...],
    random: object,
) -> None:
    shuffled = list(payments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def one_by_one(amounts: list[int]) -> tuple[int, ...]:
        return add(
            allocation.allocate(amount, paid_before=before, instalments=dues, order=order)
            for before, amount in zip(accumulate([0, *amounts]), amounts, strict=False)
        )

    at_once = allocation.waterfall(sum(payments), instalments=dues, order=order)
    assert one_by_one(payments) == one_by_one(shuffled) == tuple(at_once)


@EXAMPLES
@given(instalment_parts(), AMOUNTS, AMOUNTS, ORDERS)
def test_a_reversal_is_the_opposite_of_its_payment(
    dues: list[Parts], before: int, payment: int, order: tuple[int, ...]
) -> None:
    given_out = allocation.allocate(payment, paid_before=before, instalments=dues, order=order)
    taken_back = allocation.allocate(
        -payment, paid_before=before + payment, instalments=dues, order=order
    )

    assert add([given_out, taken_back]) == (0, 0, 0, 0, 0)


@EXAMPLES
@given(instalment_parts(), AMOUNTS, ORDERS)
def test_what_is_paid_and_what_is_open_make_the_whole(
    dues: list[Parts], paid: int, order: tuple[int, ...]
) -> None:
    portions = allocation.waterfall(paid, instalments=dues, order=order)
    remaining = allocation.open_parts(paid, instalments=dues, order=order)

    for position in range(4):
        agreed = sum(parts[position] for parts in dues)
        assert agreed == portions[position] + sum(parts[position] for parts in remaining)


@EXAMPLES
@given(instalment_parts(), AMOUNTS, ORDERS)
def test_no_instalment_is_begun_before_the_one_before_it_is_paid(
    dues: list[Parts], paid: int, order: tuple[int, ...]
) -> None:
    remaining = allocation.open_parts(paid, instalments=dues, order=order)
    begun = [
        number
        for number, (left, agreed) in enumerate(zip(remaining, dues, strict=True))
        if left != agreed
    ]

    assert all(sum(remaining[number]) == 0 for number in range(max(begun, default=0)))


@EXAMPLES
@given(instalment_parts(), AMOUNTS, ORDERS)
def test_a_component_waits_for_the_ones_before_it_in_the_order(
    dues: list[Parts], paid: int, order: tuple[int, ...]
) -> None:
    for left, agreed in zip(
        allocation.open_parts(paid, instalments=dues, order=order), dues, strict=True
    ):
        for first, second in pairwise(order):
            assert left[first] == 0 or left[second] == agreed[second]
