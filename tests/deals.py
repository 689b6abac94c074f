"""Deals that tests start from: a contract in a mode of finance, with steps that were done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain.chart import FundKind
from services.loans.domain.deal import Deal, Party, Step, Taken
from services.loans.domain.journal import JournalEntry
from services.loans.domain.modes import MODES
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared.ids import ContractId
from shared.money import Money
from tests.builders import an_id, make_fund_accounts

SIGNED = date(2026, 1, 15)
CLIENT, SUPPLIER = an_id("client"), an_id("supplier")
OTHER = Party(party_id=SUPPLIER)
HASH = "ab" * 32


def make_terms(
    mode: str, principal: str = "20500.00", currency: str = "MAD", **changes: Any
) -> Terms:
    """A sale of 20,500.00 MAD at 12 % flat in twelve months; a share without profit."""
    is_debt = MODES[ModeOfFinance(mode)].IS_DEBT
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance(mode),
        "charge_method": ChargeMethod.FLAT if is_debt else ChargeMethod.NONE,
        "principal": Money.parse(principal, currency),
        "annual_rate": Decimal("0.12") if is_debt else Decimal(0),
        "instalments": 12,
        "frequency": Frequency.MONTHLY,
        "disbursed_on": SIGNED,
        "first_due_on": date(2026, 2, 15),
    }
    if mode == "diminishing_musharaka":
        members["charge_method"] = ChargeMethod.DECLINING_BALANCE
    return Terms(**members | changes)


def took(
    code: str, on: date = SIGNED, *, figures: Mapping[str, str] | None = None, **members: Any
) -> Taken:
    """A step with figures as text; amounts are texts too and become MAD unless they are money."""
    numbers = {name: Decimal(text) for name, text in (figures or {}).items()}
    amounts = {
        name: amount if isinstance(amount, Money) else Money.parse(amount, "MAD")
        for name, amount in members.pop("amounts", {}).items()
    }
    documents = dict.fromkeys(members.pop("documents", ()), HASH)
    members["days"] = {
        name: date.fromisoformat(day) for name, day in members.pop("days", {}).items()
    }
    return Taken(code=code, on=on, figures=numbers, amounts=amounts, documents=documents, **members)


def make_deal(terms: Terms, *taken: Taken, **changes: Any) -> Deal:
    """A deal agreed with a client, out of a commercial fund; what was taken is not checked."""
    members: dict[str, Any] = {
        "contract_id": ContractId(an_id("contract")),
        "borrower_id": CLIENT,
        "terms": terms,
        "agreed_on": SIGNED,
        "fund": make_fund_accounts(FundKind.COMMERCIAL, terms.currency),
        "owed": Money.zero(terms.currency),
        "paid_profit": Money.zero(terms.currency),
        "paid": Money.zero(terms.currency),
        "instalments": MODES[terms.mode_of_finance].schedule(terms),
        "taken": taken,
    }
    return Deal(**members | changes)


def row_of(deal: Deal, code: str) -> Step:
    """The row of a step that is possible now."""
    steps = MODES[deal.terms.mode_of_finance].STEPS
    return next(step for step in deals.following(steps, taken=deal.taken) if step.code == code)


def lawful(deal: Deal, code: str, **members: Any) -> Taken:
    """A step as its row wants it: every document there, its party named, a day after the last."""
    row = row_of(deal, code)
    last = deal.taken[-1].on if deal.taken else deal.agreed_on
    party = OTHER if row.party not in (None, deals.CLIENT) else None
    on = members.get("on", last)
    later = (on + timedelta(days=90)).isoformat()
    days = {name: later if name == "deliver_by" else on.isoformat() for name in row.days}
    usual: dict[str, Any] = {"on": on, "documents": row.documents, "party": party, "days": days}
    return took(code, **usual | members)


def walk(deal: Deal, *steps: tuple[str, dict[str, Any]]) -> tuple[Deal, list[JournalEntry]]:
    """Take steps one after the other; the deal after them and what they booked."""
    entries = []
    for code, members in steps:
        step = lawful(deal, code, **members)
        mode = MODES[deal.terms.mode_of_finance]
        _, entry = deals.follow(mode, step, deal=deal)
        change = mode.change(step, deal=deal)
        kept = replace(step, amounts={**step.amounts, **change.kept})
        deal = replace(
            deal,
            taken=(*deal.taken, kept),
            terms=change.terms or deal.terms,
            instalments=deal.instalments if change.instalments is None else change.instalments,
        )
        if entry is not None:
            entries.append(entry)
    return deal, entries


def moved(entry: JournalEntry) -> dict[str, str]:
    """An entry as account and amount, debit positive."""
    return {line.account_code: str(line.amount) for line in entry.lines}


INVOICE = {"amounts": {"invoice": "20000.00", "direct_costs": "500.00"}}
SALE = {"amounts": {"cost": "20500.00", "mark_up": "2460.00"}}
BOUGHT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promise", {}),
    ("purchase", INVOICE),
    ("possess", {}),
)


def mad(text: str) -> Money:
    return Money.parse(text, "MAD")


def deal_of(mode: str, **changes: Any) -> Deal:
    return make_deal(make_terms(mode, **changes))


def refuse(deal: Deal, code: str, error: type[Exception], **members: Any) -> Any:
    before = deal.taken
    with pytest.raises(error) as told:
        walk(deal, (code, members))
    assert deal.taken == before
    return told.value


def booked(deal: Deal, code: str, **members: Any) -> dict[str, str]:
    _, entries = walk(deal, (code, members))
    return moved(entries[0]) if entries else {}
