"""Does the course of a contract come out as a case with dates states it?"""

from datetime import date

from services.cli.checking import hearing, orders, plans, tables
from services.cli.checking.happened import Happened
from services.cli.checking.reading import Malformed, Node, refuse_unknown
from services.loans.domain.course import closing_early, fold


def comparing(case: Node) -> tables.Compare:
    """Give what compares a checkpoint of a case; they are asked in the order of events."""
    scale = plans.scale_of(case["inputs"])
    heard = Happened(
        plan=plans.plan_of(case),
        scale=scale,
        unproven_order=orders.unproven(case["inputs"].get("payment_allocation")),
    )
    waiting = case["events"].items()
    columns = tables.names_of(case, "schedule_columns", needed=("nr",))
    movement_columns = tables.names_of(
        case, "transaction_columns", needed=("transaction_date", "transaction_type")
    )

    def compare(checkpoint: Node, *, two_columns_only: bool) -> str:
        after = checkpoint["after_event"].whole()
        while waiting and waiting[0]["seq"].whole() <= after:
            hearing.hear(heard, waiting[0])
            del waiting[0]
        as_of = _as_of(checkpoint, heard)
        table = tables.Table(
            checkpoint=checkpoint,
            columns=columns,
            movement_columns=movement_columns,
            scale=scale,
            two_columns_only=two_columns_only,
            hidden=frozenset(heard.hidden),
        )
        found = fold.course(heard.plan, heard.events, as_of=as_of)
        return table.difference(found, as_of=as_of) or _closure(checkpoint, heard)

    return compare


def _closure(checkpoint: Node, heard: Happened) -> str:
    stated = checkpoint.get("early_closure")
    if stated is None:
        return ""
    if heard.quote is None:
        raise Malformed(f"{checkpoint.place} has an early closure that was never asked for")
    found = closing_early.closure(heard.plan, heard.events, on=heard.quote)
    ours = {
        "principal": found.principal,
        "interest": found.profit,
        "fees": found.fee,
        "penalties": found.penalty,
        "total": found.total,
    }
    refuse_unknown(stated, ours)
    for name in stated.members():
        if heard.scale.minor(stated[name]) != ours[name]:
            return f"early_closure {name}: theirs {stated[name].value}, ours {ours[name]} minor"
    return ""


def _as_of(checkpoint: Node, heard: Happened) -> date:
    stated = checkpoint.get("business_date")
    if stated is not None and heard.today is None:
        return stated.day()
    found = heard.as_of or heard.plan.starts_on
    return max(found, heard.plan.signed_on) if heard.as_of is None else found
