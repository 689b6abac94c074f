"""What opens the books of a fund's loans from elsewhere leaves its cash as it was."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import journal, taking_over
from services.loans.domain.agreement import Agreement
from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.intake import Line
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.portfolio_records import (
    ContractRecord,
    DueRecord,
    MovedKind,
    MovedRecord,
)
from services.loans.domain.replay import ContractState, ReversalUnfounded
from services.loans.domain.savings import Savings
from services.loans.domain.taking_over import (
    InstalmentsDiffer,
    ModeNotTakenOver,
    MovementOutOfOrder,
    NotPaidOutOnce,
    Opened,
    OutstandingDiffers,
    TermsNotTakenOver,
    TermsUnreadable,
)
from shared.errors import RafidError
from shared.money import Money
from tests.builders import make_fund_accounts, make_loan, money
from tests.integration.loans.signing import qard

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


RECORD = ContractRecord(
    line=Line(number=2, text="", row={}),
    reference="OLD-1",
    borrower_key="p",
    branch="B1",
    product="QARD",
    product_version=None,
    fund="WAQF",
    sector="crafts",
    signed_on=date(2025, 10, 1),
    principal=money("1200"),
    outstanding=money("900"),
    terms="",
    annual_rate=None,
    term_months=12,
    grace_months=0,
    first_due_on=None,
    moved=(
        moved(MovedKind.DISBURSEMENT, "1200", on=date(2025, 10, 1)),
        moved(MovedKind.REPAYMENT, "300", on=date(2025, 12, 1), number=2),
        moved(MovedKind.REPAYMENT, "50", on=date(2025, 12, 2), number=3),
        moved(MovedKind.REVERSAL, "50", on=date(2025, 12, 2), number=4, reverses=3),
    ),
)
OFFERED = qard(code="QARD")


def agreed(record: ContractRecord) -> Agreement:
    return taking_over.agreed(record, offered=OFFERED, country="JO")


def checked(record: ContractRecord) -> ContractState:
    whole = agreed(record)
    return taking_over.check(record, whole.terms, dues=whole.instalments, today=DAY)


def test_a_contract_without_terms_is_agreed_by_its_product() -> None:
    whole = agreed(RECORD)

    assert [str(due.total) for due in whole.instalments] == ["100.000"] * 12
    assert whole.instalments[0].due_on == date(2025, 11, 1)
    assert checked(RECORD).outstanding_principal == money("900")


def test_terms_of_the_file_hold_as_they_are() -> None:
    own = replace(agreed(RECORD).terms, first_due_on=date(2025, 11, 20))
    whole = agreed(replace(RECORD, terms=json.dumps(own.to_json())))

    assert whole.terms == own
    assert whole.instalments[0].due_on == date(2025, 11, 20)


@pytest.mark.parametrize("with_terms", [False, True])
def test_instalments_that_are_listed_hold_as_listed(*, with_terms: bool) -> None:
    listed = tuple(
        DueRecord(
            number=number,
            due_on=date(2026, number, 5),
            principal=money("600"),
            profit=money("0"),
            fee=money("1"),
        )
        for number in (1, 2)
    )
    terms = json.dumps(agreed(RECORD).terms.to_json()) if with_terms else ""
    whole = agreed(replace(RECORD, dues=listed, terms=terms))

    assert [(due.number, str(due.total)) for due in whole.instalments] == [
        (1, "601.000"),
        (2, "601.000"),
    ]


def test_instalments_that_do_not_pay_the_loan_are_refused() -> None:
    short = DueRecord(
        number=1, due_on=DAY, principal=money("1199"), profit=money("0"), fee=money("0")
    )
    with pytest.raises(InstalmentsDiffer) as refused:
        agreed(replace(RECORD, dues=(short,)))
    assert refused.value.paid == money("1199")

    terms = json.dumps(agreed(RECORD).terms.to_json())
    with pytest.raises(InstalmentsDiffer):
        agreed(replace(RECORD, terms=terms, principal=money("1100")))


@pytest.mark.parametrize(
    "terms", ["{}", "[]", "null", "no json", '{"currency": 5}', '{"currency": "JOD"}']
)
def test_terms_that_cannot_be_read_are_refused(terms: str) -> None:
    with pytest.raises(TermsUnreadable):
        agreed(replace(RECORD, terms=terms))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"moved": RECORD.moved[1:]}, NotPaidOutOnce),
        ({"moved": (*RECORD.moved, RECORD.moved[0])}, NotPaidOutOnce),
        (
            {"moved": (moved(MovedKind.DISBURSEMENT, "1199"), *RECORD.moved[1:])},
            NotPaidOutOnce,
        ),
        ({"signed_on": date(2025, 10, 2)}, MovementOutOfOrder),
        (
            {
                "moved": (
                    *RECORD.moved,
                    moved(MovedKind.REPAYMENT, "1", on=date(2026, 1, 2), number=5),
                )
            },
            MovementOutOfOrder,
        ),
        (
            {"moved": (*RECORD.moved, moved(MovedKind.REPAYMENT, "0", number=5))},
            MovementOutOfOrder,
        ),
        ({"outstanding": money("900.001")}, OutstandingDiffers),
        (
            {"moved": (*RECORD.moved, moved(MovedKind.REVERSAL, "50", number=5, reverses=3))},
            ReversalUnfounded,
        ),
    ],
)
def test_a_history_that_cannot_have_been_is_refused(
    changed: dict[str, Any], refusal: type[RafidError]
) -> None:
    with pytest.raises(refusal):
        checked(replace(RECORD, **changed))


def test_a_sale_whose_steps_a_file_cannot_tell_is_refused() -> None:
    own = json.dumps(agreed(RECORD).terms.to_json() | {"mode_of_finance": "murabaha"})
    with pytest.raises(ModeNotTakenOver) as refused:
        agreed(replace(RECORD, terms=own))

    assert refused.value.mode == "murabaha"


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        (
            {"drawing": Drawing(tranches=(Tranche(on=date(2025, 10, 20), amount=money("200")),))},
            "drawing",
        ),
        ({"drawing": Drawing(down_payment_percent=Decimal(10))}, "drawing"),
        ({"savings": Savings(upfront_percent=Decimal(10))}, "savings"),
        ({"savings": Savings(each=money("5"))}, "savings"),
        (
            {"charging": Charging(recalculation=Recalculation.ON_PAYMENT)},
            "recalculation",
        ),
    ],
)
def test_what_a_file_has_no_rows_for_is_not_taken_over_as_if_it_had_not_been(
    changes: dict[str, Any], member: str
) -> None:
    lent = make_loan(principal=RECORD.principal, disbursed_on=RECORD.signed_on, day_count="act/365")
    assert not any(taking_over.untold(lent).values())
    terms = replace(lent, **changes)
    record = replace(RECORD, terms=json.dumps(terms.to_json()))

    with pytest.raises(TermsNotTakenOver) as refused:
        taking_over.agreed(record, offered=OFFERED, country="JO")
    assert refused.value.member == member
