"""Which rows tell the whole life of a contract, in the order in which it was recorded?"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from services.loans.domain import portfolio_orders
from services.loans.domain.portfolio_records import MovedKind, RecordKind
from services.loans.domain.servicing.orders import OrderKind
from services.loans.takeover.standing import Stood
from shared.money import Money

Cells = dict[str, str]
Found = Row[Any]
OF_ORDERS = frozenset(OrderKind)


def handed_to(moved: Sequence[Found]) -> set[UUID]:
    """Give the borrowers whom a contract was handed to."""
    return {UUID(one.members["borrower_id"]) for one in moved if "borrower_id" in one.members}


def settled_by(moved: Sequence[Found]) -> set[UUID]:
    """Give the contracts that settled one, also where that was taken back."""
    name = "new_contract_id"
    return {UUID(one.members[name]) for one in moved if name in one.members}


def stands(stood: Stood) -> Cells:
    """Give the cells of a contract's row that say where it stands after its life."""
    return {"status": stood.status, "details": _json(stood.members)}


def movements(
    moved: Sequence[Found], *, reference: str, names: Mapping[str, str], currency: str
) -> list[Cells]:
    """Number the movements as they were recorded; what they name is called as the file calls it."""
    numbers = {str(one.movement_id): str(number) for number, one in enumerate(moved, start=1)}
    named = {**names, **numbers}
    common = {"record": RecordKind.MOVEMENT.value, "reference": reference}
    return [
        {**common, "number": str(number), **_movement(one, named=named, currency=currency)}
        for number, one in enumerate(moved, start=1)
    ]


def _movement(one: Found, *, named: Mapping[str, str], currency: str) -> Cells:
    members, channel, minor = dict(one.members), one.channel or "", one.amount_minor
    is_order = one.kind in OF_ORDERS
    kind = one.kind
    if one.reverses is not None:
        kind, members = MovedKind.REVERSAL.value, {}
    elif is_order:
        minor, channel = int(members.get("amount_minor", 0)), str(members.get("channel", ""))
        members = dict(portfolio_orders.details_of(members, names=named, currency=currency))
    elif kind == MovedKind.DISBURSEMENT:
        saved = int(members["saved"])
        members = {"saved": str(Money(saved, currency))} if saved else {}
    return {
        "kind": kind,
        "on": one.moved_on.isoformat(),
        "amount": str(Money(minor, currency)) if minor else "",
        "channel": channel,
        "reverses": "" if one.reverses is None else named[str(one.reverses)],
        "reason": one.reason or "",
        "booked_on": "" if one.booked_on is None else one.booked_on.isoformat(),
        "details": _json(members) if members else "",
    }


def _json(members: Mapping[str, object]) -> str:
    return orjson.dumps(dict(members), option=orjson.OPT_SORT_KEYS).decode()
