"""How are a case, its evidence and a grant's debt kept as rows, and read again as values?"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.loans.domain.zakat.classes import Evidence, ZakatClass
from services.loans.domain.zakat.eligibility import Circumstances, Proposal, Reason, Shown
from services.loans.domain.zakat.grants import Debt, Item
from shared.errors import JsonValue, Sentence
from shared.money import Money

Kept = Mapping[str, Any]


def of_circumstances(told: Circumstances) -> dict[str, JsonValue]:
    """What was told, as it is kept."""
    return {
        "persons": told.persons,
        "income": told.income.to_json(),
        "aid": told.aid.to_json(),
        "assets": told.assets.to_json(),
        "debts_due": told.debts_due.to_json(),
        "can_earn_enough": told.can_earn_enough,
        "is_cut_off": told.is_cut_off,
    }


def circumstances(kept: Kept) -> Circumstances:
    """What was told, read again."""
    return Circumstances(
        persons=kept["persons"],
        income=money(kept["income"]),
        aid=money(kept["aid"]),
        assets=money(kept["assets"]),
        debts_due=money(kept["debts_due"]),
        can_earn_enough=kept["can_earn_enough"],
        is_cut_off=kept["is_cut_off"],
    )


def of_proposal(proposal: Proposal) -> dict[str, JsonValue]:
    """A proposal with its reasons, as it is kept."""
    return {
        "classes": [one.value for one in proposal.classes],
        "reasons": [one.to_json() for one in proposal.reasons],
        "need": proposal.need.to_json(),
        "gap": proposal.gap.to_json(),
    }


def proposal(kept: Kept) -> Proposal:
    """A proposal, read again."""
    return Proposal(
        classes=tuple(ZakatClass(name) for name in kept["classes"]),
        reasons=tuple(
            Reason(
                code=one["code"],
                says=Sentence(one["says"]),
                figures=tuple(money(figure) for figure in one["figures"]),
            )
            for one in kept["reasons"]
        ),
        need=money(kept["need"]),
        gap=money(kept["gap"]),
    )


def of_shown(one: Shown) -> dict[str, JsonValue]:
    """A piece of evidence, as it is kept."""
    people: list[JsonValue] = [str(person) for person in one.people]
    return {
        "evidence": one.evidence.value,
        "seen_on": one.seen_on.isoformat(),
        "paper": one.paper,
        "people": people,
    }


def shown(kept: Kept) -> Shown:
    """A piece of evidence, read again."""
    return Shown(
        evidence=Evidence(kept["evidence"]),
        seen_on=date.fromisoformat(kept["seen_on"]),
        paper=kept["paper"],
        people=tuple(UUID(person) for person in kept["people"]),
    )


def of_debt(debt: Debt | None) -> dict[str, JsonValue] | None:
    """A debt, as it is kept."""
    if debt is None:
        return None
    return {
        "amount": debt.amount.to_json(),
        "incurred_on": debt.incurred_on.isoformat(),
        "due_on": debt.due_on.isoformat(),
        "creditor": debt.creditor,
        "contract_id": None if debt.contract_id is None else str(debt.contract_id),
    }


def debt(kept: Kept | None) -> Debt | None:
    """A debt, read again."""
    if kept is None:
        return None
    contract_id = kept["contract_id"]
    return Debt(
        amount=money(kept["amount"]),
        incurred_on=date.fromisoformat(kept["incurred_on"]),
        due_on=date.fromisoformat(kept["due_on"]),
        creditor=kept["creditor"],
        contract_id=None if contract_id is None else UUID(contract_id),
    )


def item(kept: Kept) -> Item:
    """An item of a calculation, read again."""
    return Item(what=kept["what"], amount=money(kept["amount"]))


def money(kept: Kept) -> Money:
    """An amount, read again."""
    return Money.parse(kept["amount"], kept["currency"])
