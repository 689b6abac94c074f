"""What do the accounts of a fund say of its corpus and of its yield?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.loans.domain import chart
from services.loans.domain.waqf import Books
from shared.money import Money

PROFIT = ("profit_income", "investment_income", "subsidy_income")
UNPAID = ("profit_receivable", "deferred_profit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Balances of a fund by account code, debit positive, in minor units.

    `unbanked` is profit that ventures declared and have not paid out; `lost` what contracts lost,
    each less what was recovered or paid by its guarantor, so that none makes up for another.
    """

    currency: str
    balances: Mapping[str, int]
    stated: Money
    has_corpus: bool
    unbanked: int = 0
    lost: int = 0

    def debit(self, *codes: str) -> int:
        """Debits less credits of some accounts."""
        return sum(self.balances.get(code, 0) for code in codes)


def books_of(accounts: Accounts) -> Books:
    """The books of a corpus from the balances of its accounts.

    Yield is realised when its money came: income less what is accrued and not paid, less profit
    of sales counted before it was paid, less profit that ventures have not paid out. Income
    60,000 of which 5,000 is accrued: 55,000. Fees recover cost and are no yield (AAOIFI Sharia
    Standard 19); a gain on exchanged property is corpus; what an account of the institution's own
    is charged with is cost.
    """

    def money(minor: int) -> Money:
        return Money(minor, accounts.currency)

    debit = accounts.debit
    unpaid = debit("profit_accrued") + max(debit(*UNPAID), 0) + max(accounts.unbanked, 0)
    added = -debit("corpus_addition")
    owing = (*chart.OWED, *_own(accounts, "own_liability_"))
    owed = sum(min(debit(code), 0) for code in owing)  # what is overdrawn is no money
    lent = debit(*chart.LENT)
    own_cost = debit(*_own(accounts, "own_expense_"))
    return Books(
        stated=accounts.stated,
        permanent=money(-debit("fund_balance") if accounts.has_corpus else 0),
        added=money(added),
        temporary=money(-debit("temporary_corpus")),
        net_assets=money(debit(*chart.MONEY) + owed + lent),
        lent=money(lent - debit("investments")),
        investments=money(debit("investments")),
        realised=money(-debit(*PROFIT) - unpaid),
        cost=money(max(debit("upkeep", "savings_cost") + own_cost + debit("fee_income"), 0)),
        nazir_paid=money(debit("nazir_fee")),
        granted=money(debit("grants")),
        reserved=money(debit("yield_shared") - added),
        reserve_used=money(-debit("reserve_used")),
        tabarru=money(-debit("tabarru")),
        tabarru_used=money(-debit("tabarru_cover")),
        lost=money(accounts.lost + debit("exchange_loss")),
    )


def _own(accounts: Accounts, prefix: str) -> Iterable[str]:
    return [code for code in accounts.balances if code.startswith(prefix)]
