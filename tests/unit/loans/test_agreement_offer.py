"""On a lender's terms what was drawn has the instalments of a loan, and they are frozen."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import agreement_offer, schedule
from services.loans.domain.agreement_offer import FacilityForm, InterestNotInForm, Offer
from services.loans.domain.terms import Frequency, Terms
from shared.money import Money


def offer(form: FacilityForm = FacilityForm.CONVENTIONAL, **changes: object) -> Offer:
    usual: dict[str, object] = {
        "form": form,
        "annual_rate": Decimal("0.06") if form is FacilityForm.CONVENTIONAL else Decimal(0),
        "instalments": 12,
        "frequency": Frequency.MONTHLY,
    }
    return Offer(**usual | changes)  # type: ignore[arg-type]


def terms(of: Offer, text: str = "120000.00") -> Terms:
    return of.terms(
        Money.parse(text, "MAD"), received_on=date(2026, 1, 1), first_due_on=date(2026, 2, 1)
    )


def test_a_year_at_six_per_cent_is_the_annuity_of_the_textbook() -> None:
    # 120,000 · 0.005 / (1 - 1.005^-12) = 10,327.97: the level payment of any annuity table.
    rows = schedule.schedule(terms(offer()))
    totals = [str(row.principal + row.profit) for row in rows]
    assert totals == ["10327.97"] * 11 + ["10327.99"]
    assert sum(row.principal.minor for row in rows) == 12_000_000
    assert str(rows[0].profit) == "600.00"


def test_money_without_interest_comes_back_as_it_was_lent() -> None:
    for form, share in ((FacilityForm.QARD, "0"), (FacilityForm.MUDARABA, "0.35")):
        rows = schedule.schedule(terms(offer(form, profit_share=Decimal(share)), "1000.00"))
        assert {row.profit.minor for row in rows} == {0}
        assert sum(row.principal.minor for row in rows) == 100_000


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        (FacilityForm.QARD, {"annual_rate": Decimal("0.000001")}),
        (FacilityForm.QARD, {"profit_share": Decimal("0.1")}),
        (FacilityForm.QARD, {"early_to_the_day": True}),
        (FacilityForm.MUDARABA, {}),
        (FacilityForm.MUDARABA, {"profit_share": Decimal(1)}),
        (FacilityForm.MUDARABA, {"profit_share": Decimal("0.3"), "annual_rate": Decimal("0.1")}),
        (FacilityForm.CONVENTIONAL, {"profit_share": Decimal("0.1")}),
    ],
)
def test_a_form_bears_what_it_may_and_nothing_else(
    form: FacilityForm, changes: dict[str, object]
) -> None:
    with pytest.raises(InterestNotInForm):
        offer(form, **changes)


@pytest.mark.parametrize(
    "made",
    [
        offer(early_to_the_day=True, principal_grace=3, day_count="act/365"),
        offer(FacilityForm.MUDARABA, profit_share=Decimal("0.35")),
        offer(FacilityForm.QARD, frequency=Frequency.QUARTERLY),
    ],
)
def test_an_offer_and_its_instalments_are_read_back_as_they_were(made: Offer) -> None:
    assert Offer.from_json(made.to_json()) == made
    rows = schedule.schedule(terms(made))
    kept = agreement_offer.frozen(agreement_offer.freeze(rows), currency="MAD")
    assert kept == tuple(rows)
    assert Terms.from_json(terms(made).to_json()) == terms(made)


@pytest.mark.parametrize(
    ("declared", "share", "expected"),
    [
        ("1000.00", "0.35", "350.00"),
        ("0.01", "0.99", "0.00"),
        ("1000.01", "0.333333", "333.33"),
        ("100000.01", "0.5", "50000.00"),
    ],
)
def test_a_share_of_profit_is_rounded_to_the_fund(declared: str, share: str, expected: str) -> None:
    told = agreement_offer.split_profit(Money.parse(declared, "MAD"), share=Decimal(share))
    assert told == Money.parse(expected, "MAD")
