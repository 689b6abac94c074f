"""Which event of ours is what a case says happened?"""

from collections.abc import Callable, Mapping
from typing import Final

from services.cli.checking import changes, moneys
from services.cli.checking.happened import Happened
from services.cli.checking.reading import Node, Unsupported

# What changes nothing in a contract: papers before it, the lender's own books, and clockwork.
SILENT: Final = frozenset({"submit", "job", "global_config"})
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


def hear(heard: Happened, stated: Node) -> None:
    """Take in the next event of a case. Raises `Unsupported`, `Malformed`."""
    kind = stated["kind"].text()
    if kind in SILENT:
        return
    if kind == "set_business_date":
        heard.today = stated["date"].day()
        return
    if kind == "approve":
        changes.approve(heard, stated)
        return
    heard.work_out(stated)
    if kind == "close_of_business":
        return
    if kind == "early_closure_quote":
        heard.quote = stated["date"].day()
        return
    if kind not in HEARINGS:
        raise Unsupported(f"event {kind}")
    HEARINGS[kind](heard, stated)
