"""The worked figures of waqf come out to the minor unit, each with its source.

What must stand follows the OIC Fiqh Academy, resolution 140 (15/6), Muscat 2004; what goes back,
its resolution 181 (7/19) and AAOIFI Sharia Standard 60; realised yield, AAOIFI FAS 37. A tenth for
the trustee is Indonesia's law 41 of 2004, as the WaCIDS note on the cash waqf linked sukuk (2019)
works it. The cases are worked by hand from these.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waqf, waqf_ladder, waqf_losses, waqf_measures
from services.loans.domain.waqf import Books, CorpusBelowFloor
from services.loans.domain.waqf_deed import Deed, LossBase, WaqfBenefit, WaqfUse
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_measures import IndexValue, PaidIn
from shared import rulebook
from shared.money import Money

TODAY = date(2026, 11, 22)
RETURN = date(2027, 6, 30)
TENTH = Decimal("0.1")


def money(text: str, currency: str = "MAD") -> Money:
    return Money.parse(text, currency)


def deed(use: WaqfUse, **shares: Any) -> Deed:
    plain = Deed(
        reference="DEED-1",
        made_on=date(2019, 5, 1),
        use=use,
        benefit=WaqfBenefit.CHARITABLE,
        purposes=("relief",),
        purpose_clause="For the relief of the poor.",
        corpus_clause="The sum stands for ever.",
    )
    return replace(plain, **shares)


def books(permanent: str, net_assets: str, currency: str, **changes: str) -> Books:
    zero = Money.zero(currency)
    nothing = dict.fromkeys(Books.__dataclass_fields__, zero)
    told = {name: money(text, currency) for name, text in changes.items()}
    main = {
        "permanent": money(permanent, currency),
        "net_assets": money(net_assets, currency),
    }
    return Books(**nothing | main | told)


def test_60000_on_a_corpus_of_1000000_are_6000_6000_and_48000_and_the_corpus_stands() -> None:
    rule = deed(WaqfUse.INVESTED, nazir_fee_share=TENTH, reserve_share=TENTH)
    held = books("1000000.00", "1060000.00", "MAD", realised="60000.00")

    shares = waqf.shares(held.net_yield, deed=rule)

    assert (shares.nazir, shares.reserve) == (money("6000.00"), money("6000.00"))
    assert shares.spendable == waqf.spendable(held, deed=rule) == money("48000.00")
    left = replace(
        held,
        nazir_paid=shares.nazir,
        granted=shares.spendable,
        reserved=shares.reserve,
        net_assets=held.net_assets - shares.nazir - shares.spendable,
    )
    assert (left.floor, left.deficit) == (money("1000000.00"), money("0.00"))
    assert left.net_assets - left.reserve == money("1000000.00")
    assert waqf.spendable(left, deed=rule) == money("0.00")
    with pytest.raises(CorpusBelowFloor):
        waqf.require_corpus(left, money("6000.01"), deed=rule, fund_code="W")


def test_the_trustee_has_a_tenth_of_the_net_yield_at_most_where_no_law_says_more() -> None:
    fact = rulebook.find("nazir_fee_cap", country="MA", on=TODAY)

    assert fact.text == "0.10"
    assert "41 of 2004" in fact.source.title


@pytest.mark.parametrize(
    ("base", "expected", "short"),
    [
        (LossBase.POOL, "15000.00", "6000.00"),  # 3 % of 500,000
        (LossBase.LENT, "13800.00", "4800.00"),  # 3 % of 460,000
    ],
)
def test_of_500000_with_460000_lent_three_in_a_hundred_are_15000_or_13800_by_the_base(
    base: LossBase, expected: str, short: str
) -> None:
    rule = replace(deed(WaqfUse.LENT, loss_rate=Decimal("0.03")), loss_base=base)
    held = books("500000.00", "500000.00", "DZD", lent="460000.00", reserved="9000.00")

    kept = waqf_losses.cover(held, deed=rule)

    assert (kept.expected, kept.reserve) == (money(expected, "DZD"), money("9000.00", "DZD"))
    assert kept.short == money(short, "DZD")
    filled = replace(held, tabarru=kept.short)
    assert waqf_losses.cover(filled, deed=rule).short == money("0.00", "DZD")


def test_460000_lent_and_40000_at_hand_are_500000_and_485000_after_the_expected_loss() -> None:
    cash, lent, expected = (money(text, "DZD") for text in ("40000.00", "460000.00", "15000.00"))

    assert cash + lent == money("500000.00", "DZD")
    worth = waqf_measures.real_value(
        [PaidIn(on=TODAY, amount=money("500000.00", "DZD"))],
        cash=cash,
        good_loans=lent,
        expected_loss=expected,
        series=[IndexValue(on=TODAY, value=Decimal(100), source="Office of statistics")],
        on=TODAY,
    )
    assert (worth.worth, worth.kept) == (money("485000.00", "DZD"), Decimal("0.9700"))


@pytest.mark.parametrize(
    ("due_later", "short", "room"),
    [
        ("230000.00", "30000.00", "0.00"),
        ("200000.00", "0.00", "0.00"),
        ("200000.01", "0.01", "0.00"),
    ],
)
def test_100000_that_go_back_leave_200000_for_loans_beyond_30_june_2027(
    due_later: str, short: str, room: str
) -> None:
    (rung,) = waqf_ladder.ladder(
        [Due(RETURN, money("100000.00"))],
        permanent=money("200000.00"),
        dues=[
            Due(RETURN, money("70000.00")),
            Due(date(2027, 7, 1), money(due_later)),
        ],
    )

    assert (rung.on, rung.lasting) == (RETURN, money("200000.00"))
    assert (rung.short, rung.room) == (money(short), money(room))
