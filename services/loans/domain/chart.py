"""Which accounts does a fund of each kind have, and what are they called?"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.loans.domain.accounts import ROWS, AccountClass, FundKind
from shared.errors import Kind, RafidError
from shared.ids import FundId

__all__ = [
    "CHART",
    "LENT",
    "MONEY",
    "OWED",
    "SUSPENSE",
    "AccountClass",
    "AccountNotInChart",
    "AccountTemplate",
    "FundAccounts",
    "FundKind",
    "accounts_of",
]


class AccountNotInChart(RafidError):
    """This kind of fund has no such account"""

    kind = Kind.RULE
    service = "loans"
    detail = "A fund of kind {fund_kind} has no account {account_code}."
    fund_kind: FundKind
    account_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTemplate:
    """An account that every fund of some kinds gets when it is opened."""

    code: str
    account_class: AccountClass
    name_en: str
    name_fr: str
    name_ar: str
    fund_kinds: frozenset[FundKind]


CHART = tuple(
    AccountTemplate(
        code=code,
        account_class=account_class,
        name_en=name_en,
        name_fr=name_fr,
        name_ar=name_ar,
        fund_kinds=kinds,
    )
    for code, account_class, name_en, name_fr, name_ar, kinds in ROWS
)
"""Every account there is.

Zakat lends by qard only and has no `profit_income`: posting profit there is impossible. A waqf may
invest with a ruling (AAOIFI Sharia Standard 60) and books its yield once it is made, but no amount
for lateness. Zakat takes no fee from its recipients either and has no `fee_income`. A commercial
fund owes its money to lenders and has `lender_payable` instead of `fund_balance`. A guarantee fund
pays for borrowers and never lends.
"""

MONEY = ("cash", "wallet", "bank")
"""The accounts of money at hand; each is a channel by which money moves."""

LENT = ("loans", "goods", "goods_due", "partnerships", "investments")
"""What stands out in loans, goods and shares, and what a corpus was turned into."""

SUSPENSE = "suspense"
"""Money that came and that nobody explains yet; it is its sender's."""

OWED = ("surplus", "charity", "client_deposit", "savings", "contribution", "tabarru", SUSPENSE)
"""Whose money a fund holds beside its own: borrowers', the poor's, the participants', senders'."""

_BY_KIND: Mapping[FundKind, frozenset[str]] = {
    kind: frozenset(account.code for account in CHART if kind in account.fund_kinds)
    for kind in FundKind
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAccounts:
    """The accounts of one fund: what entries are built on."""

    fund_id: FundId
    kind: FundKind
    currency: str

    def account(self, code: str) -> str:
        """The code itself if the fund has the account. Raises `AccountNotInChart`."""
        if code not in _BY_KIND[self.kind]:
            raise AccountNotInChart(fund_kind=self.kind, account_code=code)
        return code


def accounts_of(kind: FundKind) -> tuple[AccountTemplate, ...]:
    """The accounts to open with a fund of a kind; zakat has no `profit_income`."""
    return tuple(account for account in CHART if kind in account.fund_kinds)
