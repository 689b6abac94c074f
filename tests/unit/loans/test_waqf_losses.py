"""Who bears a loss of a lending waqf, and when does a corpus stop lending?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waqf_lending, waqf_losses
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Fund, Refusal
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, LossBase, WaqfUse
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_lending import Guard
from services.loans.domain.waqf_losses import Bearer
from shared import ids
from shared.ids import FundId
from shared.money import Money
from tests.unit.loans.test_waqf_corpus import books, deed

LENT = deed(use=WaqfUse.LENT, loss_rate=Decimal("0.03"), loss_base=LossBase.POOL)
JUNE = date(2027, 6, 30)


def dzd(text: str) -> Money:
    return Money.parse(text, "DZD")


def pool(**changes: Any) -> Books:
    """500,000 endowed, 460,000 lent, 40,000 at hand, and 9,000 in the reserve."""
    zero = dzd("0")
    none = "stated added temporary investments cost nazir_paid granted reserve_used tabarru"
    plain = dict.fromkeys([*none.split(), "tabarru_used", "lost"], zero) | {
        "permanent": dzd("500000"),
        "lent": dzd("460000"),
        "net_assets": dzd("509000"),
        "realised": dzd("9000"),
        "reserved": dzd("9000"),
    }
    return Books(**(plain | changes))


def refused(
    guard: Guard,
    *,
    amount: str = "1000",
    mode: str = "qard",
    dues: tuple[Due, ...] = (),
) -> list[str]:
    found = waqf_lending.refusals(
        guard,
        application_id=ids.new(),
        amount=dzd(amount),
        mode=ModeOfFinance(mode),
        dues=dues,
    )
    return [one.rule for one in found]


@pytest.mark.rule("W-7")
@pytest.mark.requirement("A8.4")
def test_three_in_a_hundred_of_the_pool_are_15000_and_a_reserve_of_9000_is_short_by_6000() -> None:
    """The base is named: 3 % of what is lent would be 13,800, and short by 4,800."""
    of_pool = waqf_losses.cover(pool(), deed=LENT)
    assert (of_pool.expected, of_pool.short) == (dzd("15000"), dzd("6000"))
    of_lent = waqf_losses.cover(pool(), deed=replace(LENT, loss_base=LossBase.LENT))
    assert (of_lent.expected, of_lent.short) == (dzd("13800"), dzd("4800"))
    more = waqf_losses.cover(
        pool(), deed=replace(LENT, loss_base=LossBase.LENT), also_lent=dzd("10000")
    )
    assert more.expected == dzd("14100")


@pytest.mark.rule("W-7")
@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({}, ["waqf-loss-cover"]),
        ({"tabarru": dzd("5999.99")}, ["waqf-loss-cover"]),
        ({"tabarru": dzd("6000")}, []),
        ({"reserved": dzd("15000")}, []),
        ({"reserved": dzd("15000"), "reserve_used": dzd("0.01")}, ["waqf-loss-cover"]),
    ],
)
def test_no_new_loan_is_made_until_reserve_or_pool_reach_the_expected_loss(
    changes: dict[str, Money], refusals: list[str]
) -> None:
    assert refused(Guard(deed=LENT, books=pool(**changes))) == refusals


def test_a_loan_counts_in_the_base_that_it_makes_larger() -> None:
    by_lent = replace(LENT, loss_base=LossBase.LENT)
    covered = pool(tabarru=dzd("4800"))
    assert refused(Guard(deed=by_lent, books=covered), amount="0.01") == ["waqf-loss-cover"]
    assert refused(Guard(deed=by_lent, books=pool(tabarru=dzd("4830")))) == []


@pytest.mark.rule("W-7")
def test_a_loss_is_borne_in_the_order_of_the_waterfall_and_by_no_borrower() -> None:
    held = {
        Bearer.SECURITY: dzd("5000"),
        Bearer.GUARANTORS: dzd("4000"),
        Bearer.TABARRU: dzd("3000"),
        Bearer.RESERVE: dzd("6000"),
    }
    parts = waqf_losses.borne(dzd("20000"), held=held)
    assert list(parts) == list(Bearer)
    assert parts == held | {Bearer.LATER_YIELD: dzd("2000")}
    first = waqf_losses.borne(dzd("4999.99"), held=held)
    assert first[Bearer.SECURITY] == dzd("4999.99")
    assert sum(part.minor for bearer, part in first.items() if bearer != "security") == 0
    assert waqf_losses.borne(dzd("7"), held={})[Bearer.LATER_YIELD] == dzd("7")


@pytest.mark.rule("W-2")
@pytest.mark.parametrize(
    ("said", "mode", "refusals"),
    [
        ({"use": WaqfUse.LENT}, "qard", []),
        ({"use": WaqfUse.LENT}, "murabaha", ["waqf-deed-use"]),
        ({"use": WaqfUse.INVESTED}, "murabaha", []),
        ({"use": WaqfUse.INVESTED}, "qard", ["waqf-deed-use"]),
        ({"use": WaqfUse.INVESTED, "permits_qard": True}, "qard", []),
        ({"use": WaqfUse.INVESTED}, "mudaraba", []),
        ({"use": WaqfUse.INVESTED, "reserve_share": Decimal(0)}, "mudaraba", ["waqf-deed-use"]),
        ({"use": WaqfUse.INVESTED, "reserve_share": Decimal(0)}, "ijara", []),
    ],
)
def test_the_deed_says_whether_the_money_is_lent_or_invested(
    said: dict[str, Any], mode: str, refusals: list[str]
) -> None:
    """OIC Fiqh Academy, resolution 140 (15/6), second part: cash waqf to lend or to invest."""
    assert refused(Guard(deed=deed(**said)), mode=mode) == refusals


def test_a_refusal_names_the_deed_and_its_day() -> None:
    (found,) = waqf_lending.refusals(
        Guard(deed=LENT),
        application_id=ids.new(),
        amount=dzd("1"),
        mode=ModeOfFinance("ijara"),
        dues=(),
    )
    assert isinstance(found, Refusal)
    assert (found.source, found.in_force_from) == ("DEED-7", date(2019, 5, 1))


@pytest.mark.rule("W-8")
@pytest.mark.requirement("A8.4")
def test_more_due_after_the_day_of_return_than_what_stays_is_refused() -> None:
    """100,000 goes back on 2027-06-30, 200,000 stays, 230,000 would be due later."""
    guard = Guard(
        temporary=(Due(JUNE, dzd("100000")),),
        permanent=dzd("200000"),
        dues={ids.new(): (Due(date(2027, 12, 31), dzd("150000")),)},
    )
    later = (Due(date(2027, 7, 1), dzd("80000")),)
    assert refused(guard, amount="80000", dues=later) == ["waqf-maturity-ladder"]
    sooner = (Due(JUNE, dzd("80000")),)
    assert refused(guard, amount="80000", dues=sooner) == []
    fits = (Due(date(2027, 7, 1), dzd("50000")),)
    assert refused(guard, amount="50000", dues=fits) == []


def test_a_loan_without_known_dues_counts_after_every_day() -> None:
    guard = Guard(temporary=(Due(JUNE, dzd("100")),), permanent=dzd("200"))
    assert refused(guard, amount="200") == []
    assert refused(guard, amount="200.01") == ["waqf-maturity-ladder"]


def test_of_several_funds_each_is_held_to_its_part_of_the_dues() -> None:
    guard = Guard(temporary=(Due(JUNE, dzd("100")),), permanent=dzd("200"))
    dues = (Due(date(2027, 1, 1), dzd("300")), Due(date(2027, 12, 1), dzd("300")))
    application_id = ids.new()
    after = guard.lending(application_id, dzd("200"), dues)
    assert [due.amount for due in after.dues[application_id]] == [dzd("100"), dzd("100")]
    again = after.lending(application_id, dzd("200"), ())
    assert again.dues == after.dues, "what is known of it stands where nothing is told"


@pytest.mark.rule("W-12")
def test_a_donation_fund_under_a_deed_has_the_same_floor_and_without_one_none() -> None:
    zero = dzd("0")
    fund = Fund(
        fund_id=FundId(ids.new()), code="D", kind=FundKind.DONATION, currency="DZD", floor=zero
    )
    without = waqf_lending.guarded(fund, endowed=dzd("900"), deed=None)
    under = waqf_lending.guarded(fund, endowed=dzd("900"), deed=LENT)
    waqf = waqf_lending.guarded(replace(fund, kind=FundKind.WAQF), endowed=dzd("900"), deed=None)
    assert (without.floor, under.floor, waqf.floor) == (zero, dzd("900"), dzd("900"))
    assert under.founder is not None
    assert "The sum stands for ever." in under.founder[0]
    stated = replace(fund, floor=dzd("1000"))
    assert waqf_lending.guarded(stated, endowed=dzd("900"), deed=LENT).floor == dzd("1000")


def test_a_guard_of_nothing_holds_nothing_back() -> None:
    assert refused(Guard(), mode="murabaha") == []
    assert refused(Guard(deed=deed(permits_qard=True), books=pool())) == []


def test_what_is_asked_in_another_currency_is_not_weighed() -> None:
    guard = Guard(deed=LENT, books=books(), permanent=books().permanent)
    assert refused(guard) == []


def a_deed_without_rate() -> Deed:
    return deed(use=WaqfUse.LENT)


def test_a_deed_that_names_no_rate_of_loss_asks_for_no_cover() -> None:
    assert refused(Guard(deed=a_deed_without_rate(), books=pool(reserved=dzd("0")))) == []
