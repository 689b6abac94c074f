"""What opens the books of a fund's loans from elsewhere leaves its cash as it was."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import journal, taking_over
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.portfolio_records import MovedKind, MovedRecord
from services.loans.domain.taking_over import Opened
from shared.money import Money
from tests.builders import make_fund_accounts, money

DAY = date(2026, 1, 1)
FUND = make_fund_accounts(FundKind.DONATION, "JOD")


def moved(kind: MovedKind, amount: str, **changes: Any) -> MovedRecord:
    members: dict[str, Any] = {"number": 1, "kind": kind, "on": DAY, "amount": money(amount)}
    return MovedRecord(**members | changes)


def opened(*many: MovedRecord, kept: str = "0", fund: Any = FUND) -> Opened:
    return Opened(fund=fund, fee_kept=money(kept), moved=many)


OUT = moved(MovedKind.DISBURSEMENT, "1000")


def amounts(entry: journal.JournalEntry) -> dict[str, str]:
    return {line.account_code: str(line.amount) for line in entry.lines}


def test_the_worked_number_of_the_docstring() -> None:
    back = moved(MovedKind.REPAYMENT, "400")
    (entry,) = taking_over.opening_entries([opened(OUT, back)], on=DAY)

    assert amounts(entry) == {"cash": "600.000", "fund_balance": "-600.000"}
    assert (entry.kind, entry.occurred_on) == (EntryKind.OPENING, DAY)


def test_a_commercial_fund_owes_what_its_loans_were_made_of() -> None:
    fund = make_fund_accounts(FundKind.COMMERCIAL, "JOD")
    (entry,) = taking_over.opening_entries([opened(OUT, fund=fund)], on=DAY)

    assert amounts(entry) == {"cash": "1000.000", "lender_payable": "-1000.000"}


def test_a_fee_kept_back_never_left_the_fund() -> None:
    (entry,) = taking_over.opening_entries([opened(OUT, kept="20")], on=DAY)

    assert amounts(entry)["cash"] == "980.000"


def test_more_back_than_out_gives_the_opposite_and_as_much_gives_none() -> None:
    more = moved(MovedKind.REPAYMENT, "1100")
    (entry,) = taking_over.opening_entries([opened(OUT, more)], on=DAY)
    assert amounts(entry) == {"cash": "-100.000", "fund_balance": "100.000"}

    same = moved(MovedKind.REPAYMENT, "1000")
    assert taking_over.opening_entries([opened(OUT, same)], on=DAY) == []


def test_what_was_taken_back_never_came() -> None:
    back, undone = moved(MovedKind.REPAYMENT, "50"), moved(MovedKind.REVERSAL, "50")
    (entry,) = taking_over.opening_entries([opened(OUT, back, undone)], on=DAY)

    assert amounts(entry)["cash"] == "1000.000"


def test_each_fund_has_one_entry_over_all_its_contracts() -> None:
    other = make_fund_accounts(FundKind.WAQF, "JOD")
    entries = taking_over.opening_entries(
        [opened(OUT), opened(OUT), opened(OUT, fund=other)], on=DAY
    )

    assert [amounts(entry)["cash"] for entry in entries] == ["2000.000", "1000.000"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(MovedKind), st.integers(1, 10**6), st.sampled_from(Channel)),
        max_size=8,
    )
)
def test_opening_and_history_together_leave_every_till_as_it_was(
    history: list[tuple[MovedKind, int, Channel]],
) -> None:
    many = tuple(
        MovedRecord(number=1, kind=kind, on=DAY, amount=Money(minor, "JOD"), channel=channel)
        for kind, minor, channel in history
    )
    entries = taking_over.opening_entries([opened(*many)], on=DAY)
    for channel in Channel:
        given_ = sum(entry.amount_of(channel.value).minor for entry in entries)
        flow = sum(
            one.amount.minor if one.kind is MovedKind.REPAYMENT else -one.amount.minor
            for one in many
            if one.channel is channel
        )
        assert given_ + flow == 0


@pytest.mark.parametrize("kind", FundKind)
def test_every_kind_of_fund_can_be_opened(kind: FundKind) -> None:
    fund = make_fund_accounts(kind, "JOD")
    assert len(taking_over.opening_entries([opened(OUT, fund=fund)], on=DAY)) == 1
