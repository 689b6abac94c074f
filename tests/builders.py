"""Values that tests start from: each maker gives a lawful one, and takes what a test is about."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared.ids import ContractId, FundId
from shared.money import Money

_SPACE = UUID("018f0000-0000-7000-8000-000000000000")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def an_id(name: str) -> UUID:
    """The same identity for the same name."""
    return uuid5(_SPACE, name)


def money(text: str, currency: str = "JOD") -> Money:
    return Money.parse(text, currency)


def make_qard(**changes: Any) -> Terms:
    """3,000.000 TND without profit in twelve monthly instalments."""
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance.QARD,
        "charge_method": ChargeMethod.NONE,
        "principal": money("3000.000", "TND"),
        "annual_rate": Decimal(0),
        "instalments": 12,
        "frequency": Frequency.MONTHLY,
        "disbursed_on": date(2026, 1, 15),
        "first_due_on": date(2026, 2, 15),
    }
    return Terms(**members | changes)


def make_loan(**changes: Any) -> Terms:
    """1,000.00 USD at 12 % on the declining balance in three monthly instalments."""
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance.CONVENTIONAL,
        "charge_method": ChargeMethod.DECLINING_BALANCE,
        "principal": money("1000.00", "USD"),
        "annual_rate": Decimal("0.12"),
        "instalments": 3,
        "frequency": Frequency.MONTHLY,
        "disbursed_on": date(2026, 1, 15),
        "first_due_on": date(2026, 2, 15),
    }
    return Terms(**members | changes)


def make_fund_accounts(kind: FundKind = FundKind.WAQF, currency: str = "TND") -> FundAccounts:
    return FundAccounts(fund_id=FundId(an_id(f"fund {kind}")), kind=kind, currency=currency)


CONTRACT = ContractId(an_id("contract"))
