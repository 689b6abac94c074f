"""As what is money given to a fund? Said at its receipt, and never changed afterwards."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.loans.domain.chart import FundKind
from shared.errors import Kind, RafidError


class ReceiptNature(StrEnum):
    """As what the giver gave it."""

    ZAKAT = "zakat"
    WAQF_PERMANENT = "waqf_permanent"
    WAQF_TEMPORARY = "waqf_temporary"
    DONATION_OPEN = "donation_open"
    DONATION_RESTRICTED = "donation_restricted"
    STATE = "state"
    COMMERCIAL = "commercial"
    GUARANTEE = "guarantee"


NATURES: Mapping[FundKind, tuple[ReceiptNature, ...]] = {
    FundKind.ZAKAT: (ReceiptNature.ZAKAT,),
    FundKind.WAQF: (ReceiptNature.WAQF_PERMANENT, ReceiptNature.WAQF_TEMPORARY),
    FundKind.DONATION: (ReceiptNature.DONATION_OPEN, ReceiptNature.DONATION_RESTRICTED),
    FundKind.STATE: (ReceiptNature.STATE,),
    FundKind.COMMERCIAL: (ReceiptNature.COMMERCIAL,),
    FundKind.GUARANTEE: (ReceiptNature.GUARANTEE,),
}
"""What a fund of each kind takes; the first is the usual."""


class ReceiptNatureMissing(RafidError):
    """It is not said as what the money was given"""

    kind = Kind.RULE
    service = "loans"
    detail = "Say as what the fund {fund_code} ({fund_kind}) was given this: {natures}."
    fund_code: str
    fund_kind: FundKind
    natures: tuple[ReceiptNature, ...]


class ReceiptNatureForeign(RafidError):
    """The fund takes no money given as this"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "What was given as {nature} does not go into the fund {fund_code} ({fund_kind}):"
        " what a giver meant is kept."
    )
    fund_code: str
    fund_kind: FundKind
    nature: ReceiptNature


class ReturnDayMismatch(RafidError):
    """Only a temporary waqf is returned, and it needs a later day for it"""

    kind = Kind.RULE
    service = "loans"
    detail = "A receipt of {received_on} given as {nature} cannot be returnable on {returnable_on}."
    nature: ReceiptNature
    received_on: date
    returnable_on: date | None


def require_nature(
    nature: ReceiptNature | None,
    *,
    fund_code: str,
    fund_kind: FundKind,
    received_on: date,
    returnable_on: date | None = None,
) -> ReceiptNature:
    """The nature itself if the fund takes it and the day of return fits it.

    A donation is never zakat afterwards, and the reverse: what the payer intended is kept from the
    receipt on. A waqf given for a time (OIC Fiqh Academy, resolution 181 (7/19)) names the day on
    which it goes back, after the day of receipt; nothing else goes back. A temporary waqf of
    2026-11-22 returnable on 2027-06-30 passes.

    Raises `ReceiptNatureMissing`, `ReceiptNatureForeign`, `ReturnDayMismatch`.
    """
    natures = NATURES[fund_kind]
    if nature is None:
        raise ReceiptNatureMissing(fund_code=fund_code, fund_kind=fund_kind, natures=natures)
    if nature not in natures:
        raise ReceiptNatureForeign(fund_code=fund_code, fund_kind=fund_kind, nature=nature)
    is_temporary = nature is ReceiptNature.WAQF_TEMPORARY
    goes_back = returnable_on is not None
    if is_temporary is not goes_back or (returnable_on and returnable_on <= received_on):
        raise ReturnDayMismatch(nature=nature, received_on=received_on, returnable_on=returnable_on)
    return nature
