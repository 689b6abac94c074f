"""What may be drawn next, and which instalments what is drawn makes: worked numbers, refusals."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import drawn, schedule
from services.loans.domain.allocation import Portions
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.drawn import (
    NothingLeftToDraw,
    TrancheAmountWrong,
    TrancheDayWrong,
    TrancheNotNext,
)
from services.loans.domain.journal import EntryKind
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.money import Money
from tests.builders import CONTRACT, make_fund_accounts, make_loan, money

START, SECOND = date(2026, 1, 15), date(2026, 2, 20)
REFERENCE = "LN-2026-000001"


def usd(amount: str) -> Money:
    return money(amount, "USD")


def in_two(**changes: object) -> Terms:
    """600.00 at once of 1,000.00, and 400.00 on 20 February."""
    later = (Tranche(on=SECOND, amount=usd("400.00")),)
    return make_loan(drawing=Drawing(tranches=later, **changes))  # type: ignore[arg-type]


def paid(*amounts: str, on: date = START) -> list[Tranche]:
    return [Tranche(on=on, amount=usd(amount)) for amount in amounts]


def due(day: int, principal: int, profit: int = 0, fee: int = 0, penalty: int = 0) -> Instalment:
    return Instalment(
        number=day,
        due_on=date(2026, 3, day),
        principal=Money(principal, "USD"),
        profit=Money(profit, "USD"),
        fee=Money(fee, "USD"),
        penalty_minor=penalty,
    )


def test_the_first_tranche_is_what_the_later_ones_leave() -> None:
    assert [(one.on, one.amount) for one in drawn.tranches(in_two())] == [
        (START, usd("600.00")),
        (SECOND, usd("400.00")),
    ]
    assert drawn.tranches(make_loan()) == (Tranche(on=START, amount=usd("1000.00")),)


def test_a_down_payment_is_asked_of_each_tranche() -> None:
    terms = in_two(down_payment_percent=Decimal("12.5"))
    assert drawn.down_payments(terms) == usd("125.00")
    assert drawn.down_payments(make_loan()) == usd("0.00")
    assert drawn.in_parts(terms)
    assert not drawn.in_parts(make_loan())


def test_the_next_tranche_has_its_amount_and_its_day() -> None:
    terms = in_two()
    first = drawn.following(terms, drawn=[], reference=REFERENCE)
    assert (first.number, first.usual, first.least, first.most) == (1, *[usd("600.00")] * 3)
    second = drawn.following(terms, drawn=paid("600.00"), reference=REFERENCE)
    assert (second.number, second.usual) == (2, usd("400.00"))
    assert (second.first_on, second.last_on) == (SECOND, SECOND)
    with pytest.raises(NothingLeftToDraw) as refused:
        drawn.following(terms, drawn=paid("600.00", "400.00"), reference=REFERENCE)
    assert refused.value.drawn == refused.value.agreed == usd("1000.00")
    with pytest.raises(NothingLeftToDraw):
        drawn.following(terms, drawn=paid("1000.00"), reference=REFERENCE)


def test_where_less_may_be_drawn_the_rest_is_left_to_later_tranches() -> None:
    terms = in_two(may_be_less=True, late_days=10)
    second = drawn.following(terms, drawn=paid("500.00"), reference=REFERENCE)
    assert (second.least, second.usual, second.most) == (usd("0.01"), usd("400.00"), usd("500.00"))
    assert (second.first_on, second.last_on) == (SECOND, date(2026, 3, 2))
    late = drawn.following(terms, drawn=paid("500.00", on=date(2026, 2, 25)), reference=REFERENCE)
    assert late.first_on == date(2026, 2, 25)


def test_only_the_next_tranche_on_its_days_in_its_amount_is_drawn() -> None:
    second = drawn.following(in_two(), drawn=paid("600.00"), reference=REFERENCE)
    for named in (None, 2):
        drawn.require_next(named, following=second, reference=REFERENCE)
    for named in (1, 3):
        with pytest.raises(TrancheNotNext):
            drawn.require_next(named, following=second, reference=REFERENCE)
    drawn.require_amount(usd("400.00"), following=second)
    for amount in ("399.99", "400.01"):
        with pytest.raises(TrancheAmountWrong):
            drawn.require_amount(usd(amount), following=second)
    drawn.require_day(SECOND, following=second)
    for on in (date(2026, 2, 19), date(2026, 2, 21)):
        with pytest.raises(TrancheDayWrong):
            drawn.require_day(on, following=second)
    first = drawn.following(in_two(), drawn=[], reference=REFERENCE)
    drawn.require_day(date(2026, 1, 30), following=first)


def test_what_is_drawn_makes_the_plan_when_it_is_drawn_as_planned() -> None:
    terms = in_two()
    made = (*paid("600.00"), Tranche(on=SECOND, amount=usd("400.00")))
    assert schedule.schedule(drawn.terms_of(terms, drawn=made)) == schedule.schedule(terms)
    assert drawn.terms_of(terms, drawn=[]) == terms


def test_profit_counts_from_the_day_of_the_payout_and_on_what_was_paid_out() -> None:
    late = drawn.terms_of(in_two(), drawn=paid("600.00", on=date(2026, 1, 25)))
    assert (late.disbursed_on, late.principal) == (date(2026, 1, 25), usd("600.00"))
    assert late.drawing == Drawing()


def test_payouts_of_one_day_count_as_one_and_a_last_one_counts_before_the_end() -> None:
    terms = in_two(may_be_less=True, late_days=60)
    same = drawn.terms_of(terms, drawn=paid("300.00", "300.00"))
    assert (same.principal, same.drawing.tranches) == (usd("600.00"), ())
    at_the_end = drawn.terms_of(
        terms, drawn=(*paid("600.00"), Tranche(on=date(2026, 4, 20), amount=usd("400.00")))
    )
    assert at_the_end.drawing.tranches == (Tranche(on=date(2026, 4, 14), amount=usd("400.00")),)
    assert sum(one.principal.minor for one in schedule.schedule(at_the_end)) == 100_000


def test_what_orders_added_stays_beside_what_a_tranche_adds() -> None:
    before = [due(1, 100, 10), due(15, 100, 5)]
    now = [due(1, 100, 10), due(10, 0, fee=7), due(15, 100, 3)]  # a fee of 7, and 2 waived
    after = [due(1, 100, 10), due(15, 150, 9), due(20, 50, 1)]
    joined = drawn.joined(now, before=before, after=after)
    assert [(one.number, one.due_on.day, *drawn._parts(one)) for one in joined] == [
        (1, 1, 100, 10, 0, 0),
        (2, 10, 0, 0, 7, 0),
        (3, 15, 150, 7, 0, 0),
        (4, 20, 50, 1, 0, 0),
    ]


def test_a_part_below_nothing_is_taken_from_the_next_instalments() -> None:
    joined = drawn.joined(
        [due(1, 50), due(15, 150)],
        before=[due(1, 100), due(15, 100)],
        after=[due(1, 20), due(15, 180), due(20, 10, penalty=4)],
    )
    assert [(one.due_on.day, one.principal.minor) for one in joined] == [(15, 200), (20, 10)]
    assert joined[-1].penalty_minor == 4


def test_only_principal_on_other_days_is_spread_anew() -> None:
    plan = [due(1, 100, 10), due(15, 100, 5)]
    assert not drawn.is_spread_anew([due(1, 100), due(10, 0, fee=7), due(15, 100)], plan=plan)
    assert drawn.is_spread_anew([due(1, 100), due(16, 100)], plan=plan)
    assert drawn.is_spread_anew([due(1, 99), due(15, 101)], plan=plan)


def test_the_first_payment_reaches_the_borrower_less_what_is_kept_back() -> None:
    assert drawn.first_paid(in_two()) == usd("600.00")
    assert drawn.first_paid(make_loan()) == usd("1000.00")


def test_what_a_tranche_moves_of_the_sums_paid_is_one_entry() -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "USD")
    on = date(2026, 3, 1)

    def lines(moved: Portions, *, sharia_bound: bool = False) -> dict[str, int]:
        entry = drawn.restated_entry(
            moved, fund=fund, restated_on=on, contract_id=CONTRACT, sharia_bound=sharia_bound
        )
        assert entry is not None
        kind = EntryKind.REPAYMENT if moved.total else EntryKind.CORRECTION
        assert (entry.kind, entry.occurred_on) == (kind, on)
        return {line.account_code: line.amount.minor for line in entry.lines}

    assert lines(Portions(100, 0, 0, 0, 0)) == {"loans": -100, "contribution": 100}
    assert lines(Portions(50, 2, 0, 3, -55), sharia_bound=True) == {
        "loans": -50,
        "profit_income": -2,
        "charity": -3,
        "surplus": 55,
    }
    assert lines(Portions(0, 0, 0, 3, -3)) == {"penalty_income": -3, "surplus": 3}
    nothing = drawn.restated_entry(
        Portions(0, 0, 0, 0, 0), fund=fund, restated_on=on, contract_id=CONTRACT, sharia_bound=True
    )
    assert nothing is None
