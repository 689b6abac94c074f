"""What becomes of one payment on one contract?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.loans.domain import collecting, receipts
from services.loans.domain.allocation import Portions
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import (
    Agreed,
    AmountNotPositive,
    ContractIsClosed,
    ContractNotPaidOut,
    ContractWrittenOff,
    DayNotPossible,
    Decided,
    Standing,
)
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.positions import Day, Ladder
from services.loans.domain.positions import Standing as Counted
from services.loans.domain.undue import NothingIsDue
from shared.errors import RafidError
from shared.ids import EntryId, RepaymentId
from shared.money import CurrencyMismatch, Money
from tests.builders import CONTRACT, an_id, make_fund_accounts

SIGNED, TODAY = date(2026, 1, 1), date(2026, 6, 1)
DUES = [date(2026, month, 1) for month in range(2, 6)]
ORDER = (2, 1, 0, 3)
ENTRY, REPAYMENT = EntryId(an_id("entry")), RepaymentId(an_id("repayment"))


def make_standing(**changes: Any) -> Standing:
    """1,000 minor units lent on 1 January in four dues of 250 + 10, nothing paid."""
    members: dict[str, Any] = {
        "contract_id": CONTRACT,
        "status": "active",
        "signed_on": SIGNED,
        "fund": make_fund_accounts(FundKind.COMMERCIAL, "JOD"),
        "order": ORDER,
        "instalments": ((250, 10, 0, 0),) * 4,
        "due_on": tuple(DUES),
        "paid": Portions(0, 0, 0, 0, 0),
        "version": 2,
        "closed_through": None,
        "disbursed": 1_000,
        "days": (Day(SIGNED, 1_000, 0),),
        "sharia_bound": False,
    }
    return Standing(**members | changes)


def pay(standing: Standing, minor: int, on: date = TODAY) -> Decided:
    return collecting.collect(
        standing,
        amount=Money(minor, "JOD"),
        received_on=on,
        channel=Channel.CASH,
        today=TODAY,
    )


def take_back(standing: Standing, minor: int, on: date) -> Decided:
    return collecting.take_back(
        standing,
        amount=Money(minor, "JOD"),
        booked_on=on,
        channel=Channel.CASH,
        entry_id=ENTRY,
    )


def moved(decided: Decided) -> dict[str, int]:
    return {line.account_code: line.amount.minor for line in decided.entry.lines}


def days(decided: Decided) -> list[tuple[int, int, int, date | None]]:
    return [
        (one.valid_from.month, one.paid, one.outstanding, one.oldest_open_due_on)
        for one in decided.positions
    ]


def test_a_payment_is_poured_booked_and_leaves_a_position() -> None:
    decided = pay(make_standing(), 300)

    assert decided.portions == (280, 20, 0, 0, 0)
    assert moved(decided) == {"cash": 300, "loans": -280, "profit_income": -20}
    assert days(decided) == [(6, 300, 720, DUES[1])]
    assert (decided.after.version, decided.generations, decided.closes) == (3, (1,), False)


def test_payments_after_each_other_are_decided_on_the_standing_the_first_left() -> None:
    first = pay(make_standing(), 300, on=date(2026, 5, 1))
    second = pay(first.after, 100, on=date(2026, 3, 1))

    assert days(second) == [(3, 100, 910, DUES[0]), (5, 400, 620, DUES[1])]
    assert second.after.days == (
        Day(SIGNED, 1_000, 0),
        Day(date(2026, 3, 1), 1_000, 100),
        Day(date(2026, 5, 1), 1_000, 400),
    )
    assert second.portions == (100, 0, 0, 0, 0)


def test_a_reversal_is_the_opposite_and_names_the_entry() -> None:
    paid = pay(make_standing(), 300, on=date(2026, 3, 1))
    decided = take_back(paid.after, 300, date(2026, 3, 1))

    assert tuple(decided.portions) == tuple(-part for part in paid.portions)
    assert decided.entry.kind is EntryKind.REVERSAL
    assert decided.entry.reverses_entry_id == ENTRY
    assert days(decided) == [(3, 0, 1_000, DUES[0])]
    assert decided.after.paid == make_standing().paid


def test_the_payment_that_fills_the_last_instalment_closes_and_only_that_one() -> None:
    last = pay(make_standing(), 1_050)
    more = pay(last.after, 5)
    exactly = pay(make_standing(), 1_040)

    assert (last.closes, more.closes) == (True, False)
    assert (exactly.closes, pay(exactly.after, 5).closes) == (True, False)
    assert (last.portions.surplus, more.portions.surplus) == (10, 5)
    assert last.positions[0].status is Counted.CLOSED


def test_a_day_whose_books_are_closed_is_booked_on_the_first_open_one() -> None:
    standing = make_standing(closed_through=date(2026, 3, 31))

    early, late = pay(standing, 10, on=date(2026, 3, 31)), pay(standing, 10, on=date(2026, 4, 2))

    assert early.entry.occurred_on == date(2026, 4, 1)
    assert early.positions[0].valid_from == date(2026, 3, 31)
    assert late.entry.occurred_on == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"instalments": ()}, NothingIsDue),
        ({"status": "written_off"}, ContractWrittenOff),
        ({"status": "signed"}, ContractNotPaidOut),
        ({"status": "cancelled"}, ContractNotPaidOut),
    ],
)
def test_money_is_taken_on_contracts_that_owe_it(
    changes: dict[str, Any], refusal: type[RafidError]
) -> None:
    with pytest.raises(refusal) as refused:
        pay(make_standing(**changes), 10)

    told = {"contract_id": str(CONTRACT), "state": changes.get("status")}
    assert refused.value.fields().items() <= told.items()


def test_money_of_the_day_of_signing_and_of_one_unit_is_taken() -> None:
    decided = pay(make_standing(order=(0, 1, 2, 3)), 1, on=SIGNED)

    assert decided.portions == (1, 0, 0, 0, 0)
    assert decided.after.days == (Day(SIGNED, 1_000, 1),)
    assert (decided.entry.contract_id, decided.entry.occurred_on) == (CONTRACT, SIGNED)


@pytest.mark.parametrize("minor", [0, -1])
def test_an_amount_is_above_zero(minor: int) -> None:
    with pytest.raises(AmountNotPositive) as refusal:
        pay(make_standing(), minor)

    assert refusal.value.fields() == {
        "amount": {"amount": str(Money(minor, "JOD")), "currency": "JOD"}
    }


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2026, 6, 2)])
def test_money_comes_between_signature_and_today(on: date) -> None:
    with pytest.raises(DayNotPossible) as refusal:
        pay(make_standing(), 10, on=on)

    found = refusal.value
    assert isinstance(found, DayNotPossible)
    assert (found.received_on, found.earliest, found.latest) == (on, SIGNED, TODAY)


def test_another_currency_is_refused() -> None:
    with pytest.raises(CurrencyMismatch, match=r"USD.*JOD"):
        pay(make_standing(fund=make_fund_accounts(FundKind.COMMERCIAL, "USD")), 10)


def test_nothing_is_taken_back_on_a_loan_given_up() -> None:
    with pytest.raises(ContractWrittenOff) as refusal:
        take_back(make_standing(status="written_off"), 10, SIGNED)

    assert refusal.value.fields() == {"contract_id": str(CONTRACT)}


@pytest.mark.parametrize(
    ("kind", "sharia_bound", "account"),
    [
        (FundKind.COMMERCIAL, False, "penalty_income"),
        (FundKind.COMMERCIAL, True, "charity"),
        (FundKind.WAQF, False, "charity"),
    ],
)
def test_a_late_amount_goes_where_contract_and_fund_allow(
    kind: FundKind, *, sharia_bound: bool, account: str
) -> None:
    standing = make_standing(
        fund=make_fund_accounts(kind, "JOD"),
        instalments=((100, 0, 0, 7),),
        due_on=(DUES[0],),
        sharia_bound=sharia_bound,
    )

    assert moved(pay(standing, 107)) == {"cash": 107, "loans": -100, account: -7}


def test_the_profit_of_a_sale_is_deferred_no_more_when_it_is_paid() -> None:
    decided = pay(make_standing(defers_profit=True), 260)

    assert moved(decided)["deferred_profit"] == 10
    assert moved(decided)["profit_receivable"] == -10


def renegotiated() -> Standing:
    """The same loan, agreed anew on 1 April: what is open is due in August."""
    old = Ladder.of(((250, 10, 0, 0),) * 4, DUES, ORDER)
    return make_standing(
        instalments=((1_000, 40, 0, 0),),
        due_on=(date(2026, 8, 1),),
        generation=3,
        generation_from=date(2026, 4, 1),
        renegotiated_on=date(2026, 4, 1),
        earlier=(Agreed(1, None, old), Agreed(2, date(2026, 4, 1), old)),
        days=(Day(SIGNED, 1_000, 0), Day(date(2026, 4, 1), 1_000, 0)),
    )


def test_each_day_stands_on_the_agreement_that_held_on_it() -> None:
    decided = pay(renegotiated(), 260, on=date(2026, 3, 1))

    assert decided.generations == (1, 3)
    assert days(decided) == [(3, 260, 750, DUES[1]), (4, 260, 780, date(2026, 8, 1))]
    assert [one.status for one in decided.positions] == [Counted.ACTIVE, Counted.RENEGOTIATED]
    assert pay(renegotiated(), 5).positions[0].status is Counted.RENEGOTIATED


def test_of_the_agreements_that_held_on_a_day_the_newest_counts() -> None:
    standing = renegotiated()
    ladder, march = standing.agreed.ladder, date(2026, 3, 1)
    agreed = (Agreed(2, march, ladder), Agreed(1, None, ladder))
    standing = replace(standing, earlier=agreed)

    assert standing.agreed_before(march) == agreed[0]
    assert standing.agreed_before(date(2026, 2, 28)) == agreed[1]


def test_without_the_earlier_agreements_the_newest_is_all_there_is() -> None:
    alone = replace(renegotiated(), earlier=())

    assert alone.agreed_before(date(2026, 3, 1)) is None
    assert pay(alone, 10, on=date(2026, 3, 1)).generations == (3, 3)
    assert renegotiated().agreed_before(date(2026, 4, 1)) is None


def test_a_contract_served_by_its_course_does_not_pour() -> None:
    assert make_standing().pours()
    assert not make_standing(servicing="course").pours()


def test_the_payer_is_told_where_each_unit_went() -> None:
    decided = pay(make_standing(), 300)

    told = receipts.answer(decided, repayment_id=REPAYMENT, received_on=TODAY)

    assert (told["repayment_id"], told["contract_id"]) == (str(REPAYMENT), str(CONTRACT))
    assert (told["amount"], told["profit"], told["surplus"]) == (
        {"amount": "0.300", "currency": "JOD"},
        {"amount": "0.020", "currency": "JOD"},
        {"amount": "0.000", "currency": "JOD"},
    )
    assert told["principal"] == {"amount": "0.280", "currency": "JOD"}
    assert told["outstanding_principal"] == {"amount": "0.720", "currency": "JOD"}
    assert (told["contract_closed"], told["received_on"]) == (False, "2026-06-01")
    assert told["penalty"] == told["fee"] == {"amount": "0.000", "currency": "JOD"}


def test_the_payer_is_told_of_fees_late_amounts_and_that_the_loan_is_paid() -> None:
    decided = pay(make_standing(instalments=((250, 10, 3, 2),), due_on=DUES[:1]), 265)

    told = receipts.answer(decided, repayment_id=REPAYMENT, received_on=TODAY)

    assert told["fee"] == {"amount": "0.003", "currency": "JOD"}
    assert told["penalty"] == {"amount": "0.002", "currency": "JOD"}
    assert told["contract_closed"] is True


def test_other_services_are_told_the_same_in_minor_units() -> None:
    decided = pay(make_standing(), 300)

    told = receipts.fact(decided, repayment_id=REPAYMENT, received_on=TODAY, channel=Channel.WALLET)

    assert told["amount_minor"] == 300
    parts = ("principal", "profit", "fee", "penalty", "surplus")
    assert [told[f"{part}_minor"] for part in parts] == list(decided.portions)
    assert (told["channel"], told["currency"]) == ("wallet", "JOD")
    assert (told["contract_id"], told["repayment_id"], told["fund_id"], told["received_on"]) == (
        str(CONTRACT),
        str(REPAYMENT),
        str(make_standing().fund.fund_id),
        "2026-06-01",
    )


def test_a_closed_contract_takes_only_what_has_arrived_and_holds_it() -> None:
    closed = make_standing(status="closed", paid=Portions(1_000, 40, 0, 0, 0))
    with pytest.raises(ContractIsClosed) as refused:
        pay(closed, 5)
    assert (refused.value.contract_id, refused.value.amount) == (CONTRACT, Money(5, "JOD"))
    arrived = collecting.collect(
        closed,
        amount=Money(5, "JOD"),
        received_on=TODAY,
        channel=Channel.WALLET,
        today=TODAY,
        has_arrived=True,
    )
    assert arrived.portions == Portions(0, 0, 0, 0, 5)
    assert arrived.after.status == "closed"
    assert not arrived.closes


def test_a_payment_of_a_closed_contract_is_taken_back_only_as_far_as_nothing_is_owed() -> None:
    days = (Day(SIGNED, 1_000, 0), Day(TODAY, 1_000, 1_045))
    closed = make_standing(status="closed", paid=Portions(1_000, 40, 0, 0, 5), days=days)
    assert take_back(closed, 5, TODAY).portions == Portions(0, 0, 0, 0, -5)
    with pytest.raises(ContractIsClosed):
        take_back(closed, 6, TODAY)
