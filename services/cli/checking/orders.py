"""In which order does a payment pay, as a case states it?"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from services.cli.checking.reading import Malformed, Node, Unsupported, chosen, refuse_unknown
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    Direction,
    PaymentKind,
    Slot,
    Standing,
    Unit,
    in_standing_order,
)
from services.loans.domain.terms import Component
from shared.periods import add_months

ADVANCED: Final = "ADVANCED_PAYMENT_ALLOCATION"
DEFAULT: Final = "DEFAULT"
# Orders of which no rule is known well enough to pay by them; a schedule does not need one.
UNPROVEN: Final = frozenset({"OVERDUE_DUE_FEE_INTEREST_PRINCIPAL"})
PARTS: Final[Mapping[str, Component]] = {
    "PENALTY": Component.PENALTY,
    "FEE": Component.FEE,
    "INTEREST": Component.PROFIT,
    "PRINCIPAL": Component.PRINCIPAL,
}
STANDINGS: Final[Mapping[str, Standing]] = {
    "PAST_DUE": Standing.PAST_DUE,
    "DUE": Standing.DUE,
    "IN_ADVANCE": Standing.IN_ADVANCE,
}
ADVANCES: Final[Mapping[str, Advance]] = {
    "NEXT_INSTALLMENT": Advance.NEXT,
    "LAST_INSTALLMENT": Advance.LAST,
    "NEXT_LAST_INSTALLMENT": Advance.NEXT_THEN_LAST,
    "REAMORTIZATION": Advance.SPREAD,
}
DIRECTIONS: Final[Mapping[str, Direction]] = {
    "HORIZONTAL": Direction.HORIZONTAL,
    "VERTICAL": Direction.VERTICAL,
}
KINDS: Final[Mapping[str, PaymentKind]] = {
    "REPAYMENT": PaymentKind.REPAYMENT,
    "DOWN_PAYMENT": PaymentKind.DOWN_PAYMENT,
    "GOODWILL_CREDIT": PaymentKind.GOODWILL_CREDIT,
    "MERCHANT_ISSUED_REFUND": PaymentKind.MERCHANT_REFUND,
    "PAYOUT_REFUND": PaymentKind.PAYOUT_REFUND,
    "INTEREST_REFUND": PaymentKind.PROFIT_REFUND,
    "INTEREST_PAYMENT_WAIVER": PaymentKind.PROFIT_WAIVER,
    "CHARGE_ADJUSTMENT": PaymentKind.CHARGE_ADJUSTMENT,
}
PENALTY, FEE, PROFIT, PRINCIPAL = (
    Component.PENALTY,
    Component.FEE,
    Component.PROFIT,
    Component.PRINCIPAL,
)


def _split_order(due: tuple[Component, ...], in_advance: tuple[Component, ...]) -> tuple[Slot, ...]:
    return (
        *((Standing.PAST_DUE, part) for part in due),
        *((Standing.DUE, part) for part in due),
        *((Standing.IN_ADVANCE, part) for part in in_advance),
    )


# Orders that go by a name: parts within the earliest open instalment, one instalment after another.
NAMED: Final[Mapping[str, tuple[Slot, ...]]] = {
    "PENALTIES_FEES_INTEREST_PRINCIPAL_ORDER": in_standing_order((PENALTY, FEE, PROFIT, PRINCIPAL)),
    "INTEREST_PRINCIPAL_PENALTIES_FEES_ORDER": in_standing_order((PROFIT, PRINCIPAL, PENALTY, FEE)),
    "PRINCIPAL_INTEREST_PENALTIES_FEES_ORDER": in_standing_order((PRINCIPAL, PROFIT, PENALTY, FEE)),
    "DUE_PENALTY_FEE_INTEREST_PRINCIPAL_IN_ADVANCE_PRINCIPAL_PENALTY_FEE_INTEREST": _split_order(
        (PENALTY, FEE, PROFIT, PRINCIPAL), (PRINCIPAL, PENALTY, FEE, PROFIT)
    ),
    "DUE_PENALTY_INTEREST_PRINCIPAL_FEE_IN_ADVANCE_PENALTY_INTEREST_PRINCIPAL_FEE": _split_order(
        (PENALTY, PROFIT, PRINCIPAL, FEE), (PENALTY, PROFIT, PRINCIPAL, FEE)
    ),
    "OVERDUE_DUE_FEE_INTEREST_PRINCIPAL": in_standing_order((PENALTY, FEE, PROFIT, PRINCIPAL)),
}


def allocation_of(stated: Node | None) -> Allocation:
    """Give the order of payment of a case; ours where it states none."""
    if stated is None:
        return Allocation()
    refuse_unknown(stated, {"strategy", "processing", "rules", "credit_allocation"})
    strategy = stated["strategy"].text()
    if strategy != ADVANCED:
        if strategy not in NAMED:
            raise Unsupported(f"payment_allocation.strategy {strategy}")
        return Allocation(
            rule=AllocationRule(order=NAMED[strategy]),
            charges_by_own_date="_IN_ADVANCE_" in strategy,
        )
    default, by_kind = AllocationRule(), {}
    for rule in stated.listed("rules"):
        kind = rule["transaction_type"].text()
        if kind == DEFAULT:
            default = _rule(rule)
        elif kind in KINDS:
            by_kind[KINDS[kind]] = _rule(rule)
        else:
            raise Unsupported(f"{rule.place}.transaction_type {kind}")
    processing = stated.get("processing")
    return Allocation(
        rule=default,
        by_kind=MappingProxyType(by_kind),
        direction=chosen(processing, DIRECTIONS) if processing else Direction.HORIZONTAL,
        credits=_credits(stated),
    )


def unproven(stated: Node | None) -> str:
    """Give the name of an order that nothing can be paid by, or nothing."""
    strategy = "" if stated is None else stated["strategy"].text()
    return strategy if strategy in UNPROVEN else ""


def later(start: date, count: int, unit: Unit) -> date:
    """Give the day so many units later."""
    if unit is Unit.DAYS:
        return start + timedelta(days=count)
    if unit is Unit.WEEKS:
        return start + timedelta(weeks=count)
    return add_months(start, count if unit is Unit.MONTHS else 12 * count)


def _credits(stated: Node) -> tuple[Component, ...] | None:
    found: tuple[Component, ...] | None = None
    for rule in stated.listed("credit_allocation"):
        if rule["transaction_type"].text() != "CHARGEBACK":
            raise Unsupported(f"{rule.place}.transaction_type {rule['transaction_type'].text()}")
        found = tuple(chosen(part, PARTS) for part in rule["order"].items())
    return found


def _rule(stated: Node) -> AllocationRule:
    refuse_unknown(
        stated, {"transaction_type", "future_installments", "groups", "within_group", "order"}
    )
    explicit, future = stated.get("order"), stated.get("future_installments")
    if explicit is not None:
        slots = tuple(_slot(entry) for entry in explicit.items())
    else:
        groups = [chosen(group, STANDINGS) for group in stated["groups"].items()]
        parts = [chosen(part, PARTS) for part in stated["within_group"].items()]
        slots = tuple((group, part) for group in groups for part in parts)
    if not slots:
        raise Malformed(f"{stated.place} has no order")
    return AllocationRule(order=slots, advance=chosen(future, ADVANCES) if future else Advance.NEXT)


def _slot(stated: Node) -> Slot:
    word = stated.text()
    for name, standing in STANDINGS.items():
        rest = word.removeprefix(f"{name}_")
        if rest != word and rest in PARTS:
            return standing, PARTS[rest]
    raise Unsupported(f"{stated.place} {word}")
