"""Which event of ours is what a case says happened?"""

from collections.abc import Callable, Mapping
from typing import Final

from services.cli.checking import changes, moneys
from services.cli.checking.happened import Happened
from services.cli.checking.reading import Node, Unsupported, refuse_unknown

# What is no event of ours: papers before it, what moves the day, works everything out, or asks.
OTHERS: Final = frozenset(
    {"submit", "approve", "set_business_date", "close_of_business", "reprocess"}
    | {"early_closure_quote", "job", "global_config"}
)
# Settings and timed jobs of another system that touch a lender's books only; the last one says
# whether overdue profit is compounded, which we never do.
OF_THE_BOOKS: Final = frozenset(
    {"charge-accrual-date", "enable-immediate-charge-accrual-post-maturity"}
    | {"is-principal-compounding-disabled-for-overdue-loans"}
)
ACCRUAL, RECALCULATION = "Accrual", "Recalculate Interest"
HEARINGS: Final[Mapping[str, Callable[[Happened, Node], None]]] = {
    "disburse": moneys.disburse,
    "add_expected_disbursement": moneys.expect,
    **dict.fromkeys(moneys.PAYMENTS, moneys.pay),
    "pay_off": moneys.pay_off,
    "add_charge": moneys.charge,
    "waive_last_added_charge": moneys.waive,
    "waive_charge": moneys.waive,
    "undo_charge_waiver": moneys.undoing("waive"),
    "charge_adjustment": moneys.adjust_charge,
    "undo_transaction": moneys.undo_transaction,
    "undo_disbursal": moneys.undo_all_disbursals,
    "undo_last_disbursal": moneys.undo_last_disbursal,
    "chargeback": moneys.charge_back,
    "credit_balance_refund": moneys.refund_credit,
    "charge_off": changes.charge_off,
    "undo_charge_off": moneys.undoing("charge_off"),
    "write_off": changes.write_off,
    "re_age": changes.re_age,
    "undo_re_age": moneys.undoing("re_age"),
    "re_amortize": changes.re_amortise,
    "undo_re_amortize": moneys.undoing("re_amortize"),
    "rate_change": changes.change_rate,
    "reschedule": changes.reschedule,
    "interest_pause": changes.pause,
}


_AMOUNT: Final = frozenset({"amount"})
_CHARGE: Final = frozenset({"charge_code", "charge_due_date"})
_OPEN_PROFIT: Final = frozenset({"interest_handling"})
# What is read of each kind beside its number, kind and date; other members are not offered.
MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "job": frozenset({"name"}),
    "global_config": frozenset({"name", "value"}),
    "approve": _AMOUNT | {"expected_disbursement_date"},
    "disburse": _AMOUNT | {"without_auto_down_payment"},
    "add_expected_disbursement": _AMOUNT | {"expected_date"},
    **dict.fromkeys(moneys.PAYMENTS, _AMOUNT | {"interest_refund_calculation"}),
    "pay_off": _AMOUNT,
    "add_charge": frozenset({"charge"}),
    "waive_charge": _CHARGE,
    "charge_adjustment": _AMOUNT | _CHARGE,
    "undo_transaction": frozenset({"nth", "transaction_type", "transaction_date"}),
    "chargeback": _AMOUNT | {"of", "nr"},
    "credit_balance_refund": _AMOUNT,
    "charge_off": frozenset({"reason"}),
    "re_age": _OPEN_PROFIT | {"frequency", "start_date", "number_of_installments"},
    "re_amortize": _OPEN_PROFIT,
    "rate_change": frozenset({"effective_date", "new_interest_rate_percent"}),
    "reschedule": frozenset(
        {"reschedule_from_date", "new_interest_rate_percent", "adjusted_due_date"}
        | {"extra_terms", "grace_on_principal", "grace_on_interest"}
    ),
    "interest_pause": frozenset({"start_date", "end_date"}),
}


def hear(heard: Happened, stated: Node) -> None:
    """Take in the next event of a case. Raises `Unsupported`, `Malformed`."""
    kind = stated["kind"].text()
    if kind not in HEARINGS and kind not in OTHERS:
        raise Unsupported(f"event {kind}")
    refuse_unknown(stated, {"seq", "kind", "date"} | MEMBERS.get(kind, frozenset()))
    if kind == "set_business_date":
        heard.today = stated["date"].day()
    elif kind == "approve":
        changes.approve(heard, stated)
    elif kind in {"job", "global_config"}:
        _hear_of_system(heard, stated)
    elif kind != "submit":
        heard.work_out(stated)
        if kind == "early_closure_quote":
            heard.quote = stated["date"].day()
        elif kind in HEARINGS:
            HEARINGS[kind](heard, stated)


def _hear_of_system(heard: Happened, stated: Node) -> None:
    """Take in a timed job or a setting: those of the books change no contract."""
    name = stated["name"].text()
    if RECALCULATION in name:
        heard.work_out(stated)
    elif name not in OF_THE_BOOKS and ACCRUAL not in name:
        raise Unsupported(f"{stated['kind'].text()} {name}")
