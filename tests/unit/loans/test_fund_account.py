"""Moves become parts of an account, and its parts are the change of both purses."""

import pytest

from services.loans.domain import fund_account
from services.loans.domain.chart import CHART, AccountClass
from services.loans.domain.fund_account import FundAccount, Heading, Moved, Part, Purse
from services.loans.domain.journal import EntryKind
from services.loans.domain.lineage import PLACES, Place, place_of


def moved(
    source: Place,
    target: Place,
    amount: int,
    *,
    kind: str = EntryKind.REPAYMENT,
    is_reversal: bool = False,
) -> Moved:
    return Moved(source=source, target=target, kind=kind, is_reversal=is_reversal, amount=amount)


@pytest.mark.parametrize(
    ("source", "target", "part", "effect"),
    [
        (Place.RECEIPT, Place.HAND, Part.RECEIVED, Purse(at_hand=9)),
        (Place.HAND, Place.RECEIPT, Part.GIVEN_BACK, Purse(at_hand=-9)),
        (Place.HAND, Place.CONTRACT, Part.DISBURSED, Purse(at_hand=-9, outstanding=9)),
        (Place.CONTRACT, Place.HAND, Part.RETURNED, Purse(at_hand=9, outstanding=-9)),
        (Place.YIELD, Place.HAND, Part.EARNED, Purse(at_hand=9)),
        (Place.HAND, Place.YIELD, Part.EARNED, Purse(at_hand=-9)),
        (Place.YIELD, Place.CONTRACT, Part.EARNED, Purse(outstanding=9)),
        (Place.CONTRACT, Place.LOST, Part.LOST, Purse(outstanding=-9)),
        (Place.LOST, Place.HAND, Part.RECOVERED, Purse(at_hand=9)),
        (Place.HAND, Place.SPENT, Part.SPENT, Purse(at_hand=-9)),
        (Place.CONTRACT, Place.SPENT, Part.SPENT, Purse(outstanding=-9)),
    ],
)
def test_a_move_is_a_part_with_its_effect_and_its_reversal_leaves_nothing(
    source: Place, target: Place, part: Part, effect: Purse
) -> None:
    assert fund_account.parts_of([moved(source, target, 9)]) == {part: effect}
    undone = [moved(source, target, 9), moved(target, source, 9, is_reversal=True)]
    assert fund_account.parts_of(undone) == {part: Purse()}


def test_a_fee_kept_back_was_paid_out_and_earned() -> None:
    lent = [
        moved(Place.HAND, Place.CONTRACT, 980, kind=EntryKind.DISBURSEMENT),
        moved(Place.YIELD, Place.CONTRACT, 20, kind=EntryKind.DISBURSEMENT),
    ]
    assert fund_account.parts_of(lent) == {
        Part.DISBURSED: Purse(at_hand=-1_000, outstanding=1_000),
        Part.EARNED: Purse(at_hand=20),
    }


def test_money_that_changed_its_name_alone_is_no_part() -> None:
    assert fund_account.parts_of([moved(Place.YIELD, Place.LOST, 9)]) == {}


def test_every_account_has_a_heading_or_is_in_a_purse() -> None:
    purses = {one.code for one in CHART if fund_account.heading_of(one.code) is None}
    assert {"cash", "wallet", "bank", "surplus", "loans", "goods"} <= purses
    assert not purses & {"fund_balance", "profit_income", "write_off", "grants"}
    named = {"grants": "granted", "upkeep": "spent", "profit_receivable": "yield"}
    assert {code: fund_account.heading_of(code) for code in named} == named


def test_the_worked_purse() -> None:
    debits = {"cash": 900, "wallet": 50, "surplus": -40, "loans": 300, "fund_balance": -1_210}
    assert fund_account.purse_of(debits) == Purse(at_hand=910, outstanding=300)
    assert (
        fund_account.headings_of({"fund_balance": 1_210, "cash": -900})[Heading.RECEIVED] == 1_210
    )


def test_an_account_says_what_is_missing() -> None:
    account = FundAccount(
        opening=Purse(at_hand=10, outstanding=5),
        closing=Purse(at_hand=4, outstanding=12),
        parts={Part.DISBURSED: Purse(at_hand=-6, outstanding=6)},
        headings={Heading.RECEIVED: 3},
    )
    assert account.gaps == (0, -1, 2)
    assert account.amount(Part.DISBURSED) == 6
    assert account.amount(Part.RETURNED) == account.amount(Part.LOST) == 0


@pytest.mark.parametrize("kind", list(EntryKind))
def test_whatever_moves_a_purse_is_a_part_and_the_parts_are_the_whole_move(kind: EntryKind) -> None:
    for source in Place:
        for target in set(Place) - {source}:
            for is_reversal in (False, True):
                one = moved(source, target, 9, kind=kind, is_reversal=is_reversal)
                parts = fund_account.parts_of([one])
                change = Purse(
                    at_hand=9 * ((target is Place.HAND) - (source is Place.HAND)),
                    outstanding=9 * ((target is Place.CONTRACT) - (source is Place.CONTRACT)),
                )
                assert sum(parts.values(), Purse()) == change, (source, target, is_reversal)


def test_every_account_is_a_purse_or_under_one_heading_and_no_place_is_forgotten() -> None:
    codes = {one.code for one in CHART}
    assert codes == set(PLACES), "an account without a place is followed nowhere"
    for code in codes:
        in_purse = place_of(code) in {Place.HAND, Place.CONTRACT}
        assert (fund_account.heading_of(code) is None) is in_purse, code
    for one in AccountClass:
        code = f"own_{one.value}_7"
        in_purse = place_of(code) in {Place.HAND, Place.CONTRACT}
        assert (fund_account.heading_of(code) is None) is in_purse, code
    for code in codes:
        changes = {"cash": 5, code: -5} if code != "cash" else {"cash": 5, "loans": -5}
        held, told = (
            fund_account.purse_of(changes),
            fund_account.headings_of({name: -minor for name, minor in changes.items()}),
        )
        assert held.total == sum(told.values()), code
