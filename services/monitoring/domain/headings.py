"""Under which heading of a fund's story does each account of its books stand?

Every account has exactly one heading, so that the headings together are the whole fund: what it
was given and earned, less what it gave, spent and lost, is where its money stands now.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Heading(StrEnum):
    """A part of a fund's story, in the order in which it is told."""

    RECEIVED = "received"
    PROFIT = "profit"
    FEES = "fees"
    YIELD = "yield"
    GUARANTORS = "guarantors"
    SUBSIDIES_RECEIVED = "subsidies_received"
    RECOVERED = "recovered"
    OTHER_INCOME = "other_income"
    GRANTED = "granted"
    FORGIVEN = "forgiven"
    AMIL = "amil"
    TRUSTEE = "trustee"
    UPKEEP = "upkeep"
    SUBSIDIES_PAID = "subsidies_paid"
    BORROWING = "borrowing"
    OTHER_COSTS = "other_costs"
    LOST = "lost"
    EXCHANGE = "exchange"
    AT_HAND = "at_hand"
    WITH_BORROWERS = "with_borrowers"
    IN_GOODS = "in_goods"
    IN_PROPERTY = "in_property"
    GUARANTEES_PAID = "guarantees_paid"
    OWED = "owed"


SOURCES = (
    Heading.RECEIVED,
    Heading.PROFIT,
    Heading.FEES,
    Heading.YIELD,
    Heading.GUARANTORS,
    Heading.SUBSIDIES_RECEIVED,
    Heading.RECOVERED,
    Heading.OTHER_INCOME,
)
"""What came to the fund: credits less debits."""

USES = (
    Heading.GRANTED,
    Heading.FORGIVEN,
    Heading.AMIL,
    Heading.TRUSTEE,
    Heading.UPKEEP,
    Heading.SUBSIDIES_PAID,
    Heading.BORROWING,
    Heading.OTHER_COSTS,
    Heading.LOST,
    Heading.EXCHANGE,
)
"""What left it for good: debits less credits."""

PLACES = (
    Heading.AT_HAND,
    Heading.WITH_BORROWERS,
    Heading.IN_GOODS,
    Heading.IN_PROPERTY,
    Heading.GUARANTEES_PAID,
)
"""Where its money stands: debits less credits. What it owes to others of that is `OWED`."""

_OF_CODE: Mapping[str, Heading] = MappingProxyType(
    {
        "fund_balance": Heading.RECEIVED,
        "lender_payable": Heading.RECEIVED,
        "temporary_corpus": Heading.RECEIVED,
        "profit_income": Heading.PROFIT,
        "profit_accrued": Heading.PROFIT,
        "profit_unearned": Heading.PROFIT,
        "profit_receivable": Heading.PROFIT,
        "deferred_profit": Heading.PROFIT,
        "fee_income": Heading.FEES,
        "guarantee_fees": Heading.FEES,
        "penalty_income": Heading.FEES,
        "investment_income": Heading.YIELD,
        "yield_shared": Heading.YIELD,
        "loss_reserve": Heading.YIELD,
        "reserve_used": Heading.YIELD,
        "corpus_addition": Heading.YIELD,
        "guarantee_received": Heading.GUARANTORS,
        "subsidy_income": Heading.SUBSIDIES_RECEIVED,
        "recovery": Heading.RECOVERED,
        "grants": Heading.GRANTED,
        "forgiveness": Heading.FORGIVEN,
        "amil_costs": Heading.AMIL,
        "nazir_fee": Heading.TRUSTEE,
        "upkeep": Heading.UPKEEP,
        "subsidy_expense": Heading.SUBSIDIES_PAID,
        "borrowing_cost": Heading.BORROWING,
        "guarantee_cost": Heading.BORROWING,
        "savings_cost": Heading.OTHER_COSTS,
        "write_off": Heading.LOST,
        "loss_allowance": Heading.LOST,
        "provision_expense": Heading.LOST,
        "capital_loss": Heading.LOST,
        "tabarru_cover": Heading.LOST,
        "exchange_gain": Heading.EXCHANGE,
        "exchange_loss": Heading.EXCHANGE,
        "cash": Heading.AT_HAND,
        "wallet": Heading.AT_HAND,
        "bank": Heading.AT_HAND,
        "savings": Heading.AT_HAND,
        "contribution": Heading.AT_HAND,
        "tabarru": Heading.AT_HAND,
        "suspense": Heading.AT_HAND,
        "loans": Heading.WITH_BORROWERS,
        "goods": Heading.IN_GOODS,
        "goods_due": Heading.IN_GOODS,
        "partnerships": Heading.IN_GOODS,
        "investments": Heading.IN_PROPERTY,
        "guarantee_claims": Heading.GUARANTEES_PAID,
        "surplus": Heading.OWED,
        "charity": Heading.OWED,
        "client_deposit": Heading.OWED,
    }
)
"""What is held at hand for borrowers and participants is theirs, and taken off there.

Profit agreed or counted and not paid moves no money: its accounts are one heading. Yield moved to
a reserve or to the corpus is the same money, and so is what was set aside for a loss.
"""

_OF_CLASS: Mapping[str, Heading] = MappingProxyType(
    {
        "asset": Heading.OTHER_COSTS,
        "liability": Heading.OWED,
        "equity": Heading.OTHER_INCOME,
        "income": Heading.OTHER_INCOME,
        "expense": Heading.OTHER_COSTS,
    }
)
"""Accounts of the institution's own, and any that are new to us. What is bought is spent."""


def heading_of(account: str, *, account_class: str = "") -> Heading:
    """The heading of an account: grants are granted, an own account goes by its class.

    An own account says its class itself: own_expense_6100 stands under other costs.
    """
    if account in _OF_CODE:
        return _OF_CODE[account]
    own, _, rest = account.partition("_")
    known = rest.partition("_")[0] if own == "own" else account_class
    return _OF_CLASS.get(known, Heading.OTHER_COSTS)
