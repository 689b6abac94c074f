"""Is what a giver meant said at the receipt, and kept?"""

from datetime import date

import pytest

from services.loans.domain import giving
from services.loans.domain.chart import FundKind
from services.loans.domain.giving import (
    NATURES,
    ReceiptNature,
    ReceiptNatureForeign,
    ReceiptNatureMissing,
    ReturnDayMismatch,
)

ON = date(2026, 11, 22)
LATER = date(2027, 6, 30)


def require(
    nature: ReceiptNature | None, kind: FundKind, *, returnable_on: date | None = None
) -> ReceiptNature:
    return giving.require_nature(
        nature, fund_code="F-1", fund_kind=kind, received_on=ON, returnable_on=returnable_on
    )


def test_every_nature_belongs_to_one_kind_of_fund() -> None:
    told = [nature for natures in NATURES.values() for nature in natures]

    assert set(NATURES) == set(FundKind)
    assert sorted(told) == sorted(ReceiptNature)


@pytest.mark.rule("Z-13")
@pytest.mark.parametrize("kind", FundKind)
@pytest.mark.parametrize("nature", ReceiptNature)
def test_a_fund_takes_what_is_of_its_kind_and_nothing_else(
    kind: FundKind, nature: ReceiptNature
) -> None:
    back = LATER if nature is ReceiptNature.WAQF_TEMPORARY else None
    if nature in NATURES[kind]:
        assert require(nature, kind, returnable_on=back) is nature
    else:
        with pytest.raises(ReceiptNatureForeign) as refused:
            require(nature, kind, returnable_on=back)
        assert (refused.value.fund_kind, refused.value.nature) == (kind, nature)


@pytest.mark.parametrize("kind", FundKind)
def test_a_receipt_without_a_kind_is_refused_and_told_which_there_are(kind: FundKind) -> None:
    with pytest.raises(ReceiptNatureMissing) as refused:
        require(None, kind)
    assert refused.value.natures == NATURES[kind]


@pytest.mark.rule("W-8")
@pytest.mark.parametrize("returnable_on", [None, ON, date(2026, 11, 21)])
def test_a_temporary_waqf_needs_a_later_day_of_return(returnable_on: date | None) -> None:
    with pytest.raises(ReturnDayMismatch):
        require(ReceiptNature.WAQF_TEMPORARY, FundKind.WAQF, returnable_on=returnable_on)


@pytest.mark.parametrize("kind", FundKind)
def test_nothing_else_is_returned(kind: FundKind) -> None:
    with pytest.raises(ReturnDayMismatch):
        require(NATURES[kind][0], kind, returnable_on=LATER)
