"""Which corpus must stand, and what of the yield may be spent, by the rules of waqf?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waqf, waqf_deed
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, LossBase, WaqfBenefit, WaqfUse
from shared import ids
from shared.money import Money

TENTH = Decimal("0.1")
FAS_37 = "AAOIFI FAS 37"


def mad(text: str) -> Money:
    return Money.parse(text, "MAD")


def deed(**changes: Any) -> Deed:
    plain = Deed(
        reference="DEED-7",
        made_on=date(2019, 5, 1),
        use=WaqfUse.INVESTED,
        benefit=WaqfBenefit.CHARITABLE,
        purposes=("education",),
        purpose_clause="Its yield teaches orphans.",
        corpus_clause="The sum stands for ever.",
        nazir_fee_share=TENTH,
        reserve_share=TENTH,
    )
    return replace(plain, **changes)


def books(**changes: Any) -> Books:
    """1,000,000 endowed, 60,000 realised and held."""
    zero = mad("0")
    plain = Books(
        stated=zero,
        permanent=mad("1000000"),
        added=zero,
        temporary=zero,
        net_assets=mad("1060000"),
        lent=zero,
        investments=zero,
        realised=mad("60000"),
        cost=zero,
        nazir_paid=zero,
        granted=zero,
        reserved=zero,
        reserve_used=zero,
        tabarru=zero,
        tabarru_used=zero,
        lost=zero,
    )
    return replace(plain, **changes)


@pytest.mark.rule("W-1")
def test_the_floor_is_what_was_endowed_for_good_added_and_endowed_for_a_time() -> None:
    found = books(added=mad("5000"), temporary=mad("100000"))
    assert found.floor == found.endowed == mad("1105000")
    assert books(stated=mad("1200000")).floor == mad("1200000"), "what was stated is the least"


@pytest.mark.rule("W-1")
@pytest.mark.requirement("A8.4")
def test_no_payment_takes_the_corpus_below_its_floor_and_the_clause_is_quoted() -> None:
    found = books(net_assets=mad("1012000"))
    waqf.require_corpus(found, mad("12000"), deed=deed(), fund_code="W")
    with pytest.raises(waqf.CorpusBelowFloor) as caught:
        waqf.require_corpus(found, mad("12000.01"), deed=deed(), fund_code="W")
    assert (caught.value.free, caught.value.floor) == (mad("12000"), mad("1000000"))
    assert "The sum stands for ever." in str(caught.value)
    assert (caught.value.source, caught.value.in_force_from) == ("DEED-7", date(2019, 5, 1))


@pytest.mark.rule("W-1")
def test_without_a_deed_the_resolution_is_named() -> None:
    with pytest.raises(waqf.CorpusBelowFloor, match=r"140 \(15/6\)"):
        waqf.require_corpus(books(), mad("60000.01"), deed=None, fund_code="W")


@pytest.mark.rule("W-5")
@pytest.mark.requirement("A8.4")
def test_of_a_yield_of_60000_the_trustee_has_6000_the_reserve_6000_and_48000_is_spent() -> None:
    """AAOIFI FAS 37; shares of Indonesia's cash waqf linked sukuk (WaCIDS note, 2019)."""
    shared_out = waqf.shares(mad("60000"), deed=deed())
    assert (shared_out.nazir, shared_out.reserve) == (mad("6000"), mad("6000"))
    assert shared_out.spendable == mad("48000")
    assert waqf.spendable(books(), deed=deed()) == mad("48000")
    spent = books(
        nazir_paid=mad("6000"),
        reserved=mad("6000"),
        granted=mad("48000"),
        net_assets=mad("1006000"),
    )
    assert waqf.spendable(spent, deed=deed()) == mad("0")
    assert (spent.floor, spent.deficit) == (mad("1000000"), mad("0"))


@pytest.mark.rule("W-5")
def test_one_unit_beyond_the_spendable_yield_is_refused() -> None:
    waqf.require_spendable(books(), mad("48000"), deed=deed(), fund_code="W")
    with pytest.raises(waqf.YieldNotRealised) as caught:
        waqf.require_spendable(books(), mad("48000.01"), deed=deed(), fund_code="W")
    assert (caught.value.spendable, caught.value.realised) == (mad("48000"), mad("60000"))
    assert FAS_37 in str(caught.value)


@pytest.mark.rule("W-5")
@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"cost": mad("10000"), "net_assets": mad("1050000")}, "40000"),
        ({"lost": mad("5000"), "net_assets": mad("1055000")}, "43000"),
        ({"lost": mad("5000"), "tabarru_used": mad("5000")}, "48000"),
        ({"added": mad("10000")}, "38000"),
        ({"reserved": mad("20000")}, "34000"),
        ({"realised": mad("0"), "net_assets": mad("1060000")}, "0"),
        ({"cost": mad("70000"), "net_assets": mad("990000")}, "0"),
        ({"net_assets": mad("1000100")}, "100"),
    ],
    ids=[
        "upkeep comes first",
        "a loss without cover is rebuilt from yield",
        "a loss that the pool bore takes nothing",
        "what was added stays",
        "a larger reserve stays",
        "nothing realised, nothing spent, whatever stands above",
        "costs above the yield",
        "what stands above the corpus is the most",
    ],
)
def test_what_may_be_spent(changes: dict[str, Money], left: str) -> None:
    assert waqf.spendable(books(**changes), deed=deed()) == mad(left)


def test_what_the_reserve_bore_is_not_asked_of_the_yield_again() -> None:
    found = books(
        reserved=mad("6000"), reserve_used=mad("5000"), lost=mad("5000"), net_assets=mad("1055000")
    )
    assert (found.reserve, found.unborne) == (mad("1000"), mad("0"))
    assert waqf.spendable(found, deed=deed()) == mad("48000")


def test_a_fee_rounds_down_and_a_reserve_up() -> None:
    shared_out = waqf.shares(mad("0.05"), deed=deed())
    assert (shared_out.nazir, shared_out.reserve) == (mad("0.00"), mad("0.01"))
    assert shared_out.spendable == mad("0.04")


def test_shares_that_take_all_leave_nothing_and_never_less() -> None:
    shared_out = waqf.shares(mad("0.01"), deed=deed(nazir_fee_share=Decimal(1)))
    assert (shared_out.nazir, shared_out.reserve) == (mad("0.01"), mad("0.00"))


@pytest.mark.rule("W-6")
def test_the_trustee_takes_no_more_than_the_deed_s_share_of_the_net_yield() -> None:
    found = books(nazir_paid=mad("5000"))
    waqf.require_fee(found, mad("1000"), deed=deed())
    with pytest.raises(waqf.NazirFeeAboveCap) as caught:
        waqf.require_fee(found, mad("1000.01"), deed=deed())
    assert (caught.value.left, caught.value.share) == (mad("1000"), TENTH)


@pytest.mark.rule("W-6")
def test_a_deed_that_gives_the_trustee_more_than_the_cap_is_refused_with_its_source() -> None:
    waqf_deed.require_possible(deed(), fee_cap=TENTH, fee_source="law 41 of 2004")
    with pytest.raises(waqf_deed.DeedNotPossible, match="law 41 of 2004") as caught:
        waqf_deed.require_possible(
            deed(nazir_fee_share=Decimal("0.1001")), fee_cap=TENTH, fee_source="law 41 of 2004"
        )
    assert caught.value.member == "nazir_fee_share"


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"reserve_share": Decimal("0.6"), "growth_share": Decimal("0.4")}, "growth_share"),
        ({"purposes": ()}, "purposes"),
        ({"use": WaqfUse.LENT, "loss_rate": Decimal(1)}, "loss_rate"),
    ],
)
def test_a_deed_that_contradicts_itself_is_found_when_it_is_written(
    changes: dict[str, Any], member: str
) -> None:
    with pytest.raises(waqf_deed.DeedNotPossible) as caught:
        waqf_deed.require_possible(deed(**changes), fee_cap=TENTH, fee_source="cap")
    assert caught.value.member == member


@pytest.mark.rule("W-3")
def test_the_founder_is_quoted_where_a_purpose_is_not_his() -> None:
    waqf.require_purpose("education", deed=deed())
    with pytest.raises(waqf.PurposeNotInDeed, match="Its yield teaches orphans") as caught:
        waqf.require_purpose("roads", deed=deed())
    assert caught.value.deed_on == date(2019, 5, 1)


@pytest.mark.rule("W-4")
@pytest.mark.parametrize(
    ("said", "given", "passes"),
    [
        ({}, {"benefit": "the roof must be rebuilt"}, True),
        ({}, {}, False),
        ({"benefit": WaqfBenefit.FAMILY}, {"benefit": "a benefit"}, False),
        ({"benefit": WaqfBenefit.FAMILY}, {"consent": "CONSENT-3"}, True),
        ({"growth_share": Decimal("0.2")}, {}, True),
        ({"growth_share": Decimal("0.1")}, {"benefit": "a benefit"}, False),
        ({"growth_share": Decimal(0)}, {"benefit": "a benefit"}, False),
    ],
    ids=[
        "silent, charitable, with a benefit",
        "silent, charitable, without",
        "silent, of a family, without consent",
        "silent, of a family, with consent",
        "the deed adds a fifth",
        "the deed adds a tenth, more is asked",
        "the deed has all spent",
    ],
)
def test_yield_is_added_to_the_corpus_as_the_deed_says_or_where_it_is_silent_for_a_reason(
    said: dict[str, Any],
    given: dict[str, str],
    passes: bool,  # noqa: FBT001 - a row of the table
) -> None:
    asked = {"benefit": None, "consent": None} | given
    if passes:
        waqf.require_growth(books(), mad("12000"), deed=deed(**said), **asked)
    else:
        with pytest.raises(waqf.GrowthNotAllowed):
            waqf.require_growth(books(), mad("12000"), deed=deed(**said), **asked)


def test_the_reserve_takes_what_the_deed_keeps_back_and_what_could_be_spent() -> None:
    waqf.require_reservable(books(), mad("54000"), deed=deed(), fund_code="W")
    with pytest.raises(waqf.YieldNotRealised):
        waqf.require_reservable(books(), mad("54000.01"), deed=deed(), fund_code="W")


def test_a_deed_is_the_same_after_it_was_kept() -> None:
    full = deed(
        growth_share=Decimal("0.25"),
        nazir_id=ids.new(),
        loss_rate=Decimal("0.03"),
        loss_base=LossBase.LENT,
        clause_ids=(ids.new(), ids.new()),
        permits_temporary=True,
        permits_qard=True,
    )
    for one in (deed(), full):
        assert waqf_deed.from_members(waqf_deed.to_members(one)) == one
