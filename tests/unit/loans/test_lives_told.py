"""A whole life in a file: what cannot have been, what orders name, and what is read back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain import portfolio_orders, whole_life
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import CancelReason
from services.loans.domain.portfolio_orders import Named, NothingOfTheName
from services.loans.domain.portfolio_records import (
    CellInvalid,
    ContractRecord,
    MovedKind,
    MovedRecord,
)
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderMemberWrong, OrderReason
from services.loans.domain.taking_over import MovementOutOfOrder
from services.loans.domain.whole_life import FaultyMovementError, TakenBackUnfounded
from shared.errors import RafidError
from shared.money import LARGEST_MOVED, AmountTooLarge, TooManyDecimals
from tests.builders import make_loan, money
from tests.unit.loans.test_portfolio_file import BORROWER, CONTRACT, read

SIGNED, TODAY = date(2026, 1, 1), date(2026, 11, 23)
ID = UUID(int=7)
NAMED = Named(repayments={2: ID}, borrowers={"heir": ID}, contracts={"B": ID})
M = MovedKind


def one(kind: MovedKind | OrderKind, number: int = 1, **changes: Any) -> MovedRecord:
    plain: dict[str, Any] = {"on": date(2026, 3, 1), "amount": money("10.000")}
    return MovedRecord(number=number, kind=kind, **(plain | changes))


def order(kind: str, amount: str = "0", **changes: Any) -> MovedRecord:
    return one(OrderKind(kind), amount=money(amount), **({"reason": "agreement"} | changes))


def record(*moved: MovedRecord, **changes: Any) -> ContractRecord:
    found = read(CONTRACT, BORROWER).contracts["A"]
    return replace(found, moved=moved, **changes)


def fault(*moved: MovedRecord) -> tuple[int, type[BaseException | None]] | None:
    try:
        whole_life.check(record(*moved), today=TODAY)
    except FaultyMovementError as error:
        return error.number, type(error.__cause__)
    return None


LENT = one(M.DISBURSEMENT, 1, amount=money("100.000"))
PAID = one(M.REPAYMENT, 2)
BACK = one(M.REVERSAL, 3, reverses=2, amount=money("0"))


def test_a_status_that_no_contract_has_is_refused() -> None:
    whole_life.check(record(LENT, status="active"), today=TODAY)
    with pytest.raises(CellInvalid) as caught:
        whole_life.check(record(LENT, status="sleeping"), today=TODAY)
    assert (caught.value.column, caught.value.value) == ("status", "sleeping")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, False),
        ({"on": SIGNED}, False),
        ({"on": date(2025, 12, 31)}, True),
        ({"on": TODAY}, False),
        ({"on": date(2026, 11, 24)}, True),
        ({"booked_on": TODAY}, False),
        ({"booked_on": date(2026, 11, 24)}, True),
        ({"amount": money("0")}, True),
    ],
)
def test_a_movement_lies_between_the_signature_and_today_and_moves_money(
    changes: dict[str, Any], *, wrong: bool
) -> None:
    expected = (2, MovementOutOfOrder) if wrong else None
    assert fault(LENT, replace(PAID, **changes)) == expected


@pytest.mark.parametrize(
    ("back", "reason"),
    [
        (BACK, None),
        (replace(BACK, amount=money("10.000"), reason="not_received"), None),
        (replace(BACK, amount=money("9.999")), TakenBackUnfounded),
        (replace(BACK, reverses=None), TakenBackUnfounded),
        (replace(BACK, reverses=1), TakenBackUnfounded),
        (replace(BACK, reverses=4), TakenBackUnfounded),
        (replace(BACK, reason="hardship"), CellInvalid),
    ],
)
def test_what_is_taken_back_was_there_before_of_that_amount_for_a_known_mistake(
    back: MovedRecord, reason: type[RafidError] | None
) -> None:
    assert fault(LENT, PAID, back) == (None if reason is None else (3, reason))


def test_nothing_is_taken_back_twice() -> None:
    assert fault(LENT, PAID, BACK, replace(BACK, number=4)) == (4, TakenBackUnfounded)


def test_an_order_is_taken_back_for_a_reason_of_orders() -> None:
    waived = order("waiver", "10", number=2, details={"part": "profit"})
    assert fault(LENT, waived, replace(BACK, reason="error")) is None
    assert fault(LENT, waived, replace(BACK, reason="duplicate")) == (3, CellInvalid)


def test_an_order_names_a_repayment_that_stands_before_it() -> None:
    back = order("charge_back", "10", number=3, details={"repayment": "2"}, reason="dispute")
    assert fault(LENT, PAID, back) is None
    assert fault(LENT, replace(back, number=2), replace(PAID, number=3)) == (2, NothingOfTheName)


def test_a_contract_is_cancelled_for_one_of_its_reasons() -> None:
    cancelled = one(M.CANCELLATION, 1, amount=money("0"))
    for reason in CancelReason:
        assert fault(replace(cancelled, reason=reason.value)) is None
    for none in ("", "duplicate"):
        assert fault(replace(cancelled, reason=none)) == (1, CellInvalid)


@pytest.mark.parametrize(
    ("kind", "details", "wrong"),
    [
        (M.DISBURSEMENT, {"saved": "1"}, False),
        (M.DISBURSEMENT, {"purpose": "savings"}, True),
        (M.DEPOSIT, {"purpose": "savings", "evidence": "R-1"}, False),
        (M.DEPOSIT, {"purpose": "gambling"}, True),
        (M.EARNING, {"evidence": "R-1"}, False),
        (M.EARNING, {"purpose": "savings"}, True),
        (M.REPAYMENT, {"evidence": "R-1"}, True),
    ],
)
def test_a_movement_holds_its_own_details_only(
    kind: MovedKind, details: dict[str, str], *, wrong: bool
) -> None:
    assert fault(one(kind, details=details)) == ((1, CellInvalid) if wrong else None)


def test_a_contract_rests_on_those_its_orders_name_and_is_held_by_all_it_was_handed_to() -> None:
    moved = (
        replace(LENT, details={"contract": "no order"}),
        order("transfer", number=2, details={"borrower": "heir"}),
        order("transfer", number=3, details={"borrower": "p"}),
        order("refinance", number=4, details={"contract": "B"}),
    )
    assert whole_life.rests_on(record(*moved)) == {"B"}
    assert whole_life.held_by(record(*moved)) == ("p", "heir")
    assert whole_life.rests_on(record(LENT)) == frozenset()


def test_money_is_kept_for_what_was_not_paid_out_or_may_be_again() -> None:
    undone = order("disbursement_reversal", number=2)
    assert not whole_life.claims(record(LENT), make_loan())
    assert whole_life.claims(record(PAID), make_loan())
    assert whole_life.claims(record(LENT, undone), make_loan())


def asked(kind: str, amount: str = "0", **changes: Any) -> Asked:
    return portfolio_orders.asked_of(order(kind, amount, **changes), named=NAMED)


def test_an_order_is_read_with_its_columns_and_its_members() -> None:
    found = asked(
        "payoff",
        channel=Channel.WALLET,
        has_channel=True,
        details={"granted": "١٢٫٥٠٠"},
    )
    assert (found.kind, found.effective_on) == (OrderKind.PAYOFF, date(2026, 3, 1))
    assert (found.amount_minor, found.channel) == (None, Channel.WALLET)
    assert (found.granted_minor, found.reason) == (12_500, OrderReason.AGREEMENT)
    waived = asked("waiver", "50", channel=Channel.WALLET, details={"part": "profit"})
    assert (waived.amount_minor, waived.channel) == (50_000, None), "no channel was told"


@pytest.mark.parametrize(
    ("kind", "amount", "details", "member"),
    [
        ("charge_back", "10", {"repayment": "٢"}, "repayment_id"),
        ("transfer", "0", {"borrower": "heir"}, "borrower_id"),
        ("refinance", "0", {"contract": "B"}, "new_contract_id"),
    ],
)
def test_what_the_file_names_is_the_id_here(
    kind: str, amount: str, details: dict[str, str], member: str
) -> None:
    assert getattr(asked(kind, amount, details=details), member) == ID
    (name,) = details
    with pytest.raises(NothingOfTheName) as caught:
        asked(kind, amount, details={name: "9"})
    assert (caught.value.what, caught.value.name) == (name, "9")


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        ("payoff", {"reason": "whim"}, CellInvalid),
        ("payoff", {"reason": ""}, CellInvalid),
        ("payoff", {"details": {"granted": "1.0001"}}, TooManyDecimals),
        ("payoff", {"details": {"granted": str(LARGEST_MOVED)}}, AmountTooLarge),
        ("payoff", {"details": {"granted_minor": "5"}}, CellInvalid),
        ("payoff", {"details": {"colour": "red"}}, CellInvalid),
        ("payoff", {"details": {"periods": "3"}}, OrderMemberWrong),
        ("rate_change", {"details": {"annual_rate": "much"}}, CellInvalid),
        ("rate_change", {"details": {"annual_rate": "NaN"}}, CellInvalid),
        ("rate_change", {"details": {"annual_rate": "0.1234567"}}, CellInvalid),
        ("rate_change", {"details": {"annual_rate": "10.1"}}, CellInvalid),
        ("rate_change", {"details": {"annual_rate": "-0.1"}}, CellInvalid),
        ("payment_holiday", {"details": {"periods": "61"}}, CellInvalid),
        ("waiver", {"details": {"part": "soul"}}, CellInvalid),
        ("charge", {"details": {"fee_code": "x" * 61}}, CellInvalid),
    ],
)
def test_a_member_that_is_none_is_refused(
    kind: str, changes: dict[str, Any], error: type[RafidError]
) -> None:
    with pytest.raises(error):
        asked(kind, **changes)


def test_the_most_a_member_may_be_is_taken() -> None:
    assert asked("rate_change", details={"annual_rate": "0.123456"}).annual_rate == Decimal(
        "0.123456"
    )
    assert asked("rate_change", details={"annual_rate": "1E+1"}).annual_rate == 10


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"part": "fee", "amount_minor": 2000, "channel": "cash"}, {"part": "fee"}),
        ({"granted_minor": 12_500}, {"granted": "12.500"}),
        ({"borrower_id": ID, "repayment_id": ID}, {"borrower": "heir", "repayment": "heir"}),
        ({}, {}),
    ],
)
def test_members_are_written_as_the_file_calls_them(
    members: Mapping[str, object], told: dict[str, str]
) -> None:
    found = portfolio_orders.details_of(members, names={str(ID): "heir"}, currency="JOD")
    assert found == told
