"""Fees that are kept back leave something of the smallest loan."""

from decimal import Decimal

import pytest

from services.loans.domain import fees
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeesEatLoan, FeeWhen
from shared.money import Money

LEAST = Money(100_000, "JOD")


def percent(
    number: str, when: FeeWhen = FeeWhen.AT_DISBURSEMENT, of: FeeBase = FeeBase.PRINCIPAL
) -> Fee:
    return Fee(code="P", kind=FeeKind.PERCENT, when=when, percent=Decimal(number), of=of)


def flat(minor: int) -> Fee:
    kept = FeeWhen.AT_DISBURSEMENT
    return Fee(code="F", kind=FeeKind.FLAT, when=kept, amount=Money(minor, "JOD"))


@pytest.mark.parametrize(
    "charged",
    [
        [percent("100")],
        [percent("60"), percent("40")],
        [flat(100_000)],
        [percent("60"), flat(40_000)],
    ],
    ids=["all", "two", "flat", "both"],
)
def test_fees_that_eat_the_smallest_loan_are_refused(charged: list[Fee]) -> None:
    with pytest.raises(FeesEatLoan) as refusal:
        fees.require_left(charged, least=LEAST)

    assert refusal.value.kept == LEAST


@pytest.mark.parametrize(
    "charged",
    [
        [],
        [flat(99_999)],
        [percent("99.999")],
        [percent("100", FeeWhen.FIRST_INSTALMENT)],
        [percent("100", of=FeeBase.PROFIT)],
    ],
    ids=["none", "one unit left", "a part left", "asked later", "of the profit"],
)
def test_what_leaves_something_or_is_not_kept_back_passes(charged: list[Fee]) -> None:
    fees.require_left(charged, least=LEAST)
