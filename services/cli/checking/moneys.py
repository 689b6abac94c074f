"""How is money that a case says moved, or was undone, entered as an event of ours?"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Final

from services.cli.checking.happened import Entered, Happened
from services.cli.checking.plans import charge_of
from services.cli.checking.reading import Node, Unsupported
from services.loans.domain.course import events as course_events
from services.loans.domain.course import fold
from services.loans.domain.course.plan import ChargeWhen, PaymentKind

PAYOFF: Final = "OUTSTANDING_PREPAY_AMOUNT"
PAYMENTS: Final[Mapping[str, PaymentKind]] = {
    "repayment": PaymentKind.REPAYMENT,
    "goodwill_credit": PaymentKind.GOODWILL_CREDIT,
    "merchant_issued_refund": PaymentKind.MERCHANT_REFUND,
    "payout_refund": PaymentKind.PAYOUT_REFUND,
    "interest_payment_waiver": PaymentKind.PROFIT_WAIVER,
}
# The names under which a payment is undone: a kind, or any of several.
UNDONE: Final[Mapping[str, frozenset[str]]] = {
    "Repayment": frozenset({"repayment", "pay_off"}),
    "last repayment": frozenset({"repayment", "pay_off"}),
    "any repayment": frozenset({"repayment", "pay_off"}),
    "any": frozenset({*PAYMENTS, "pay_off", "chargeback", "credit_balance_refund"}),
    "Down Payment": frozenset({"down_payment"}),
    "Merchant Issued Refund": frozenset({"merchant_issued_refund"}),
    "Payout Refund": frozenset({"payout_refund"}),
    "Goodwill Credit": frozenset({"goodwill_credit"}),
    "Interest Payment Waiver": frozenset({"interest_payment_waiver"}),
    "Chargeback": frozenset({"chargeback"}),
    "Credit Balance Refund": frozenset({"credit_balance_refund"}),
    "Charge Adjustment": frozenset({"charge_adjustment"}),
    "Re-age": frozenset({"re_age"}),
    "Re-amortize": frozenset({"re_amortize"}),
}
DISBURSEMENTS: Final = frozenset({"disburse"})


def disburse(heard: Happened, stated: Node) -> None:
    """Money was paid out."""
    head = heard.head(stated)
    without = stated.get("without_auto_down_payment")
    if without is not None and without.flag() and heard.plan.down_payment is not None:
        heard.plan = replace(
            heard.plan, down_payment=replace(heard.plan.down_payment, automatic=False)
        )
    heard.add(
        "disburse",
        course_events.Disbursed(
            **head,
            amount=heard.scale.minor(stated["amount"]),
        ),
    )


def expect(heard: Happened, stated: Node) -> None:
    """A further tranche is expected."""
    head = heard.head(stated, dated="expected_date")
    amount = heard.scale.minor(stated["amount"])
    heard.add("add_expected_disbursement", course_events.TrancheExpected(**head, amount=amount))


def pay(heard: Happened, stated: Node) -> None:
    """Money, or credit that stands for money, came in."""
    head, kind = heard.head(stated), stated["kind"].text()
    _refuse_unproven_order(heard)
    refunds = stated.get("interest_refund_calculation")
    heard.add(
        kind,
        course_events.Paid(
            **head,
            amount=heard.scale.minor(stated["amount"]),
            kind=PAYMENTS[kind],
            refunds_profit=None if refunds is None else refunds.flag(),
        ),
    )


def pay_off(heard: Happened, stated: Node) -> None:
    """What was quoted as the payoff of the day came in."""
    _refuse_unproven_order(heard)
    head = heard.head(stated)
    if stated["amount"].value == PAYOFF:
        amount = fold.payoff(heard.plan, heard.events, on=head["on"])
    else:
        amount = heard.scale.minor(stated["amount"])
    heard.add(
        "pay_off",
        course_events.Paid(**head, amount=amount),
    )


def _refuse_unproven_order(heard: Happened) -> None:
    if heard.unproven_order:
        raise Unsupported(f"payments by {heard.unproven_order}")


def charge(heard: Happened, stated: Node) -> None:
    """A fee or penalty was charged."""
    head = heard.head(stated)
    charge = charge_of(stated["charge"], heard.scale)
    if charge.when not in {ChargeWhen.ON_DATE, ChargeWhen.EACH_INSTALMENT}:
        raise Unsupported(f"adding a charge with time {charge.when}")
    heard.add(
        "add_charge",
        course_events.ChargeAdded(**head, charge=charge),
    )


def waive(heard: Happened, stated: Node) -> None:
    """The charge added last is waived."""
    head = heard.head(stated)
    added = [_charge_named(heard, stated)] if stated.get("charge_code") else []
    added = added or heard.standing(frozenset({"add_charge"}))
    if not added:
        raise Unsupported("waiving a charge that is no event of its own")
    heard.add(
        "waive",
        course_events.ChargeWaived(**head, charge=added[-1].event.key),
    )


def adjust_charge(heard: Happened, stated: Node) -> None:
    """A charge was paid by a credit."""
    heard.add(
        "charge_adjustment",
        course_events.Paid(
            **heard.head(stated),
            amount=heard.scale.minor(stated["amount"]),
            kind=PaymentKind.CHARGE_ADJUSTMENT,
            charge=_charge_named(heard, stated).event.key,
        ),
    )


def _charge_named(heard: Happened, stated: Node) -> Entered:
    """Give the charge that was added last under a code, and due on a day where one is named."""
    code, due = stated["charge_code"].text(), stated.get("charge_due_date")
    for entry in reversed(heard.entered):
        added = entry.event
        if (
            isinstance(added, course_events.ChargeAdded)
            and added.charge.code == code
            and (due is None or added.charge.due_on == due.day())
        ):
            return entry
    raise Unsupported("naming a charge that was not added as an event")


def undo_transaction(heard: Happened, stated: Node) -> None:
    """A payment or another transaction was undone."""
    name = stated["transaction_type"].text()
    if name not in UNDONE:
        raise Unsupported(f"undoing a {name}")
    day, nth = stated.get("transaction_date"), stated.get("nth")
    all_of_them = heard.standing(UNDONE[name])
    found = [entry for entry in all_of_them if day is None or entry.event.on == day.day()]
    if nth is not None:
        # The nth on its date; where there are fewer on it, the nth of all, if that is its date.
        counted = found if len(found) >= nth.whole() else all_of_them
        found = [entry for entry in counted[: nth.whole()][nth.whole() - 1 :] if entry in found]
    heard.undo(heard.head(stated), found, what=f"a {name}")


def undoing(kind: str) -> Callable[[Happened, Node], None]:
    """Give what undoes the last event of a kind."""

    def undo(heard: Happened, stated: Node) -> None:
        heard.undo(heard.head(stated), heard.standing(frozenset({kind})), what=kind)

    return undo


def undo_all_disbursals(heard: Happened, stated: Node) -> None:
    """Every disbursement was undone."""
    for number, _ in enumerate(heard.standing(DISBURSEMENTS)):
        found = heard.standing(DISBURSEMENTS)
        head = heard.head(stated)
        head["key"] = (head["key"], number)
        heard.undo(head, found, what="a disbursement")


def undo_last_disbursal(heard: Happened, stated: Node) -> None:
    """The last disbursement was undone, and with it the payments that came after it."""
    paid_out = heard.standing(DISBURSEMENTS)
    if not paid_out:
        raise Unsupported("undoing a disbursement that was not made")
    later = heard.entered[heard.entered.index(paid_out[-1]) :]
    gone = [entry for entry in heard.standing(UNDONE["any"]) if entry in later]
    for number, entry in enumerate([paid_out[-1], *gone]):
        head = heard.head(stated)
        head["key"] = (head["key"], number)
        heard.undo(head, [entry], what="a disbursement")
    heard.hidden.update(entry.event.key for entry in gone)


def charge_back(heard: Happened, stated: Node) -> None:
    """A payment was claimed back."""
    head, of, nr = heard.head(stated), stated["of"].text(), stated.get("nr")
    kinds: Mapping[str, frozenset[str]] = {
        "payment": frozenset({*PAYMENTS, "pay_off"}),
        "last repayment": frozenset({"repayment", "pay_off"}),
        "mir": frozenset({"merchant_issued_refund"}),
    }
    key: Hashable
    if of == "downpayment":
        first = heard.standing(DISBURSEMENTS)
        if heard.plan.down_payment is None or not first:
            raise Unsupported("charging back a down payment that was not made")
        key = (first[0 if nr is None else nr.whole() - 1].event.key, "down_payment")
    elif of in kinds:
        found = heard.standing(kinds[of])
        at = len(found) if nr is None else nr.whole()
        if not 1 <= at <= len(found):
            raise Unsupported(f"charging back {of} number {at} of {len(found)}")
        key = found[at - 1].event.key
    else:
        raise Unsupported(f"charging back a {of}")
    heard.add(
        "chargeback",
        course_events.ChargedBack(
            **head,
            of=key,
            amount=heard.scale.minor(stated["amount"]),
        ),
    )


def refund_credit(heard: Happened, stated: Node) -> None:
    """What was paid too much was paid back."""
    head = heard.head(stated)
    heard.add(
        "credit_balance_refund",
        course_events.CreditRefunded(
            **head,
            amount=heard.scale.minor(stated["amount"]),
        ),
    )
