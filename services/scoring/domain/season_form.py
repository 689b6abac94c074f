"""What does a stored application tell of the months of the year, and of debts elsewhere?"""

from decimal import Decimal

from services.scoring.domain.affordability import Household
from services.scoring.domain.documents import Document
from services.scoring.domain.season import Receipt, Year
from shared.money import CurrencyMismatch, Money

FLOWS = ("other_income", "sales", "business_costs", "household_costs")


def year_of(part: Document, *, debts: Money) -> Year:
    """Read a season; each month bears the listed debts where they are more than it tells.

    Raises DocumentMalformed, CurrencyMismatch, YearIncomplete, MonthlyAmountNegative.
    """
    currency = debts.currency
    months = part.parts("months")
    items = part.parts("receipts") if part.members.get("receipts") else ()
    return Year(
        months=tuple(
            Household(
                **{name: _money(month, name, currency) for name in FLOWS},
                debt_service=max(_money(month, "debt_service", currency), debts),
            )
            for month in months
        ),
        verified=tuple(
            _money(month, "verified_income", currency) if month.has("verified_income") else None
            for month in months
        ),
        buffer=_money(part, "buffer", currency),
        receipts=tuple(
            Receipt(
                month=item.whole("month"),
                amount=_money(item, "amount", currency),
                delay_months=item.whole("delay_months"),
                discount=Decimal(item.text("discount")),
                proof=item.text("proof"),
            )
            for item in items
        ),
    )


def _money(part: Document, name: str, currency: str) -> Money:
    found = part.money(name)
    if found.currency != currency:
        raise CurrencyMismatch(left=currency, right=found.currency)
    return found


def debts_of(root: Document, *, currency: str) -> Money:
    """Add up the listed debts elsewhere; the same lender told and found counts once, the higher.

    Raises DocumentMalformed, CurrencyMismatch.
    """
    by_lender: dict[str, Money] = {}
    for item in root.parts("debts") if root.members.get("debts") else ():
        lender, monthly = item.text("lender").casefold().strip(), item.money("monthly")
        if monthly.currency != currency:
            raise CurrencyMismatch(left=currency, right=monthly.currency)
        by_lender[lender] = max(by_lender.get(lender, monthly), monthly)
    return Money.total(by_lender.values(), currency)
