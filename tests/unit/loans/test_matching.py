"""Statement lines beside movements of ours: each once, by no order, and never by the amount."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain.account_statement import Side
from services.loans.domain.matching import (
    Fate,
    Found,
    Level,
    Ours,
    Outcome,
    Theirs,
    match,
    name_of,
    names_of,
)
from shared.money import Money

DAY = date(2026, 3, 2)
FIFTIETH = Fraction(1, 50)


def theirs(
    key: str,
    amount: str,
    *names: str,
    side: Side = Side.IN,
    later: int = 0,
    currency: str = "JOD",
    is_reversal: bool = False,
) -> Theirs:
    return Theirs(
        key=key,
        names=names_of(names),
        amount=Money.parse(amount, currency),
        side=side,
        day=DAY + timedelta(days=later),
        is_reversal=is_reversal,
    )


def ours(
    key: str,
    amount: str,
    *names: str,
    about: str | None = None,
    side: Side = Side.IN,
    later: int = 0,
    fate: Fate = Fate.EXPECTED,
) -> Ours:
    return Ours(
        key=key,
        names=names_of(names),
        references=names_of([about]),
        amount=Money.parse(amount, "JOD"),
        side=side,
        day=DAY + timedelta(days=later),
        fate=fate,
    )


def told(found: list[Found]) -> dict[str, str]:
    return {key: one.outcome.value for one in found for key in (*one.lines, *one.ours)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a1b2-c3 d4", "A1B2C3D4"),
        ("NOTPROVIDED", None),
        ("NONREF", None),
        ("--", None),
        ("", None),
        (None, None),
        ("عقد ٧", "عقد٧"),
    ],
)
def test_an_identifier_is_compared_without_what_providers_change(
    text: str | None, name: str | None
) -> None:
    assert name_of(text) == name


def test_a_line_that_names_a_payment_of_its_amount_is_that_payment_whatever_the_day() -> None:
    (one,) = match([theirs("l", "100", "p-1", later=40)], [ours("p", "100", "P1")])
    assert one == Found(outcome=Outcome.MATCHED, lines=("l",), ours=("p",), level=Level.IDENTIFIER)


def test_a_name_with_another_amount_or_currency_is_a_difference_of_both() -> None:
    found = match([theirs("l", "99.999", "p1")], [ours("p", "100", "p1")])
    assert told(found) == {"l": "amount_differs", "p": "amount_differs"}
    found = match([theirs("l", "100", "p1", currency="USD")], [ours("p", "100", "p1")])
    assert told(found) == {"l": "currency_differs", "p": "currency_differs"}


def test_a_settlement_of_several_payments_names_the_fee_that_was_kept() -> None:
    line = theirs("l", "148.5", "p1", "p2")
    mine = [ours("a", "100", "p1"), ours("b", "50", "p2")]
    (one,) = match([line], mine, fee_share=FIFTIETH)
    assert (one.outcome, one.ours, one.fee) == (Outcome.FEE, ("a", "b"), Money.parse("1.5", "JOD"))
    assert told(match([line], mine)) == dict.fromkeys(("l", "a", "b"), "amount_differs")
    (whole,) = match([theirs("l", "150", "p1", "p2")], mine)
    assert (whole.outcome, whole.fee) == (Outcome.MATCHED, None)


def test_a_fee_is_never_more_than_agreed_and_never_less_than_nothing() -> None:
    mine = [ours("a", "100", "p1")]
    assert told(match([theirs("l", "98", "p1")], mine, fee_share=FIFTIETH))["l"] == "fee"
    assert told(match([theirs("l", "97.999", "p1")], mine, fee_share=FIFTIETH))["l"] == (
        "amount_differs"
    )
    assert told(match([theirs("l", "101", "p1")], mine, fee_share=FIFTIETH))["l"] == (
        "amount_differs"
    )


def test_money_that_goes_out_is_charged_on_top() -> None:
    mine = [ours("a", "100", "p1", side=Side.OUT)]
    line = theirs("l", "101", "p1", side=Side.OUT)
    (one,) = match([line], mine, fee_share=FIFTIETH)
    assert one.fee == Money.parse("1", "JOD")


def test_a_payment_told_twice_is_matched_once_and_the_earlier_line_is_it() -> None:
    lines = [theirs("late", "100", "p1", later=1), theirs("early", "100", "p1")]
    found = match(lines, [ours("p", "100", "p1")])
    assert told(found) == {"early": "matched", "p": "matched", "late": "duplicate"}


def test_a_line_of_a_payment_that_had_its_line_is_a_duplicate_a_fee_or_unexplained() -> None:
    taken = [ours("p", "100", "p1", fate=Fate.TAKEN)]
    assert told(match([theirs("l", "100", "p1")], taken)) == {"l": "duplicate"}
    assert told(match([theirs("l", "40", "p1")], taken)) == {"l": "theirs_only"}
    assert told(match([theirs("l", "0.5", "p1", side=Side.OUT)], taken)) == {"l": "fee"}
    assert told(match([theirs("l", "100", "p1", side=Side.OUT)], taken)) == {"l": "reversed"}
    back = theirs("l", "40", "p1", side=Side.OUT, is_reversal=True)
    assert told(match([back], taken)) == {"l": "reversed"}


def test_a_fee_line_beside_its_disbursement_is_a_fee() -> None:
    lines = [
        theirs("a", "100", "p1", side=Side.OUT),
        theirs("b", "0.25", "p1", side=Side.OUT),
    ]
    found = match(lines, [ours("p", "100", "p1", side=Side.OUT)])
    assert told(found) == {"a": "matched", "p": "matched", "b": "fee"}


def test_what_was_taken_back_on_our_side_is_reversed() -> None:
    undone = [ours("p", "100", "p1", fate=Fate.UNDONE)]
    assert told(match([theirs("l", "100", "p1")], undone)) == {"l": "reversed"}
    assert match([], undone) == []


def test_two_payments_joined_by_one_name_are_told_apart_by_their_own() -> None:
    lines = [theirs("x", "100", "batch", "p1"), theirs("y", "50", "batch", "p2")]
    mine = [ours("a", "100", "p1", "batch"), ours("b", "50", "p2", "batch")]
    assert set(told(match(lines, mine)).values()) == {"matched"}


def test_several_lines_for_several_payments_that_do_not_fit_are_for_a_person() -> None:
    lines = [theirs("x", "70", "batch"), theirs("y", "80", "batch")]
    mine = [ours("a", "100", "batch"), ours("b", "50", "batch")]
    assert set(told(match(lines, mine)).values()) == {"undecided"}


@pytest.mark.parametrize("later", [-1, 0, 1])
def test_a_reference_joins_amounts_of_neighbouring_days(later: int) -> None:
    (one,) = match([theirs("l", "30", "loan-7", later=later)], [ours("m", "30", about="LOAN 7")])
    assert (one.outcome, one.level) == (Outcome.MATCHED, Level.REFERENCE)


def test_an_amount_alone_never_matches_but_a_person_is_asked() -> None:
    mine = [ours("m", "30", about="LOAN 7")]
    assert told(match([theirs("l", "30")], mine)) == {"l": "undecided", "m": "undecided"}
    far = match([theirs("l", "30", "loan7", later=6)], mine)
    assert told(far) == {"l": "theirs_only", "m": "ours_only"}
    two_days = match([theirs("l", "30", "loan7", later=2)], mine)
    assert told(two_days) == {"l": "undecided", "m": "undecided"}
    other_way = match([theirs("l", "30", "loan7", side=Side.OUT)], mine)
    assert told(other_way) == {"l": "theirs_only", "m": "ours_only"}


def test_where_several_would_do_nobody_is_matched() -> None:
    mine = [ours("a", "30", about="loan7"), ours("b", "30", about="loan7")]
    assert set(told(match([theirs("l", "30", "loan7")], mine)).values()) == {"undecided"}
    lines = [theirs("x", "30", "loan7"), theirs("y", "30", "loan7")]
    assert set(told(match(lines, mine[:1])).values()) == {"undecided"}


def test_what_stands_alone_is_ours_or_theirs_alone() -> None:
    found = match([theirs("l", "5")], [ours("m", "7")])
    assert told(found) == {"l": "theirs_only", "m": "ours_only"}
    assert match([], []) == []


def test_a_reference_of_a_contract_does_not_drag_a_line_into_the_payment_of_another() -> None:
    lines = [theirs("x", "100", "p1", "loan7"), theirs("y", "30", "loan7")]
    found = match(lines, [ours("p", "100", "p1"), ours("m", "30", about="loan7")])
    assert set(told(found).values()) == {"matched"}


NAMES = st.sets(st.sampled_from(["a", "b", "c", "d"]), max_size=2)
AMOUNTS = st.sampled_from(["10", "20", "30", "29.5"])
LINES = st.lists(st.tuples(NAMES, AMOUNTS, st.sampled_from(Side), st.integers(0, 6)), max_size=6)
MOVEMENTS = st.lists(
    st.tuples(
        NAMES, NAMES, AMOUNTS, st.sampled_from(Side), st.integers(0, 6), st.sampled_from(Fate)
    ),
    max_size=6,
)


@given(LINES, MOVEMENTS, st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_no_order_changes_anything_and_nothing_is_matched_twice(
    some: list[tuple[set[str], str, Side, int]],
    other: list[tuple[set[str], set[str], str, Side, int, Fate]],
    random: object,
) -> None:
    lines = [
        theirs(f"l{number}", amount, *names, side=side, later=later)
        for number, (names, amount, side, later) in enumerate(some)
    ]
    mine = [
        Ours(
            key=f"m{number}",
            names=names_of(names),
            references=names_of(about),
            amount=Money.parse(amount, "JOD"),
            side=side,
            day=DAY + timedelta(days=later),
            fate=fate,
        )
        for number, (names, about, amount, side, later, fate) in enumerate(other)
    ]
    found = match(lines, mine, fee_share=FIFTIETH)
    random.shuffle(lines)  # type: ignore[attr-defined]
    random.shuffle(mine)  # type: ignore[attr-defined]
    assert match(lines, mine, fee_share=FIFTIETH) == found
    listed = sorted(key for one in found for key in (*one.lines, *one.ours))
    expected = [one.key for one in mine if one.fate is Fate.EXPECTED]
    assert listed == sorted([*(line.key for line in lines), *expected])
    amounts = {one.key: one.amount for one in lines} | {one.key: one.amount for one in mine}
    for one in found:
        if one.outcome is Outcome.MATCHED:
            assert Money.total((amounts[key] for key in one.lines), "JOD") == Money.total(
                (amounts[key] for key in one.ours), "JOD"
            )
