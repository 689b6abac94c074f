"""What may be wrong with a request: lawful bodies of the main routes, and what is done to them."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests import bodies
from tests.bodies import amount
from tests.e2e.people import Json

MISSING: Final = object()
NOBODY: Final = "01900000-0000-7000-8000-000000000000"
MANY_BYTES: Final = 1_100_000
BROKEN_UTF8: Final = b'{"amount": {"amount": "5.000\xff", "currency": "JOD"}}'
HALF: Final = b'{"amount": {"amount": "5.000"'
LATIN: Final = '{"purpose": "crédit"}'.encode("latin-1")

Known = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route that changes something: who may, where, and a body that would be accepted."""

    caller: str
    path: str
    body: Callable[[Known], Json]
    money: str | None = None  # where the body has its amount
    days: tuple[str, ...] = ()  # members that name a day which must have come
    needs_key: bool = True


ROUTES: Final = {
    "application": Route(
        caller="officer",
        path="/loans/v1/applications",
        body=lambda known: bodies.application(borrower_id=known["borrower"]),
        money="amount",
        needs_key=False,
    ),
    "decision": Route(
        caller="approver",
        path="/loans/v1/applications/{assessed}/decisions",
        body=lambda known: {
            "outcome": "approve",
            "reasons": ["نعم"],
            "override_reason": "زيارة",
            "fund_id": known["fund"],
            "terms": {"amount": amount("1000.000"), "term_months": 12},
        },
        money="terms/amount",
    ),
    "contract": Route(
        caller="officer",
        path="/loans/v1/contracts",
        body=lambda known: {"application_id": known["approved"]},
        days=("signed_on",),
    ),
    "disbursement": Route(
        caller="manager",
        path="/loans/v1/contracts/{signed}/disbursements",
        body=lambda _: {"channel": "cash"},
        days=("disbursed_on",),
    ),
    "receipt": Route(
        caller="manager",
        path="/loans/v1/funds/{fund}/receipts",
        body=lambda known: {
            "amount": amount("5.000"),
            "donor_id": known["donor"],
            "nature": "waqf_permanent",
        },
        money="amount",
        days=("received_on",),
    ),
    "repayment": Route(
        caller="officer",
        path="/loans/v1/contracts/{active}/repayments",
        body=lambda _: {"amount": amount("5.000")},
        money="amount",
        days=("received_on",),
    ),
    "collection": Route(
        caller="officer",
        path="/loans/v1/contracts/{active}/collections",
        body=lambda _: {"amount": amount("5.000"), "phone": "+962790000011"},
        money="amount",
    ),
    "order": Route(
        caller="officer",
        path="/loans/v1/contracts/{active}/orders",
        body=lambda _: {
            "kind": "charge",
            "reason": "late_payment",
            "part": "penalty",
            "amount": amount("5.000"),
        },
        money="amount",
        days=("effective_on",),
    ),
    "relief": Route(
        caller="officer",
        path="/loans/v1/relief-orders",
        body=lambda known: {
            "kind": "payment_holiday",
            "reason": "disaster",
            "periods": 1,
            "contract_ids": [known["active"]],
        },
        days=("effective_on",),
    ),
    "fund order": Route(
        caller="manager",
        path="/loans/v1/funds/{fund}/orders",
        body=lambda _: {
            "kind": "channel_transfer",
            "reason": "policy",
            "source": "cash",
            "amount": amount("5.000"),
        },
        money="amount",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing that is wrong with a request, and the status it must bring."""

    route: str
    named: str
    status: int
    changes: tuple[tuple[str, Any], ...] = ()  # members by their pointer
    content: bytes | None = None
    path: tuple[str, str] | None = None  # which id of the path is another
    headers: tuple[tuple[str, str | None], ...] = ()
    caller: str | None = None

    def body(self, known: Known) -> Json:
        """The lawful body with the wrong members."""
        whole = copy.deepcopy(ROUTES[self.route].body(known))
        for pointer, value in self.changes:
            *parents, last = pointer.split("/")
            place = whole
            for parent in parents:
                place = place[parent]
            if value is MISSING:
                del place[last]
            else:
                place[last] = value
        return whole

    def address(self, known: Known) -> str:
        """The path with the wrong id."""
        ids = known if self.path is None else known | {self.path[0]: self.path[1]}
        return ROUTES[self.route].path.format(**ids)


def every_fault() -> Iterator[Wrong]:
    """All that is tried, route by route."""
    for name, route in ROUTES.items():
        yield from _of_any(name, route)
        if route.money is not None:
            yield from _of_money(name, route.money)
        for day in route.days:
            for value in ("2099-01-01", "1999-01-01", "2026-02-30", 20_260_101, "yesterday"):
                if (name, value) != ("receipt", "1999-01-01"):  # an old gift may be booked late
                    yield Wrong(
                        route=name, named=f"{day}-{value}", status=422, changes=((day, value),)
                    )
    yield from _of_single_routes()


def _of_any(name: str, route: Route) -> Iterator[Wrong]:
    def wrong(named: str, status: int, **how: Any) -> Wrong:
        return Wrong(route=name, named=named, status=status, **how)

    yield wrong("broken-utf8", 400, content=BROKEN_UTF8)
    yield wrong("another-encoding", 400, content=LATIN)
    yield wrong("half-a-body", 400, content=HALF)
    yield wrong("no-body", 422, content=b"")
    yield wrong("a-list", 422, content=b"[]")
    yield wrong("another-type", 415, content=b"a=b", headers=(("Content-Type", "text/plain"),))
    yield wrong("too-large", 413, content=b" " * MANY_BYTES)
    yield wrong("unknown-member", 422, changes=(("colour", "green"),))
    yield wrong("no-token", 401, headers=(("Authorization", None),))
    yield wrong("spoilt-token", 401, headers=(("Authorization", "Bearer a.b.c"),))
    yield wrong("wrong-role", 403, caller="auditor")
    yield wrong("another-institution", 404, caller=f"foreign_{route.caller}")
    if route.needs_key:
        yield wrong("no-key", 422, headers=(("Idempotency-Key", None),))
        yield wrong("key-with-blanks", 422, headers=(("Idempotency-Key", "a b"),))
    for name_in_path in ("assessed", "signed", "fund", "active"):
        if f"{{{name_in_path}}}" in route.path:
            yield wrong("unknown-id", 404, path=(name_in_path, NOBODY))
            yield wrong("no-id", 422, path=(name_in_path, "17"))


def _of_money(name: str, where: str) -> Iterator[Wrong]:
    for named, changes in {
        "amount-as-number": ((f"{where}/amount", 5.5),),
        "amount-as-words": ((f"{where}/amount", "fifty"),),
        "amount-missing": ((where, MISSING),),
        "amount-null": ((where, None),),
        "currency-missing": ((f"{where}/currency", MISSING),),
        "too-many-decimals": ((f"{where}/amount", "5.0001"),),
        "comma": ((f"{where}/amount", "1,000.000"),),
        "exponent": ((f"{where}/amount", "1e3"),),
        "negative": ((f"{where}/amount", "-5.000"),),
        "huge": ((f"{where}/amount", "9" * 25),),
        "zero": ((f"{where}/amount", "0.000"),),
        "no-such-currency": ((f"{where}/currency", "XYZ"),),
        "foreign-currency": ((where, amount("5.00", "EUR")),),
    }.items():
        yield Wrong(route=name, named=named, status=422, changes=changes)


def _of_single_routes() -> Iterator[Wrong]:
    for named, status, changes in (
        ("term-as-words", 422, ("term_months", "twelve")),
        ("term-negative", 422, ("term_months", -12)),
        ("term-huge", 422, ("term_months", 10**9)),
        ("term-outside-product", 422, ("term_months", 60)),
        ("amount-outside-product", 422, ("amount", amount("90000.000"))),
        ("purpose-with-nul", 422, ("purpose", "a\x00b")),
        ("purpose-too-long", 422, ("purpose", "x" * 201)),
        ("household-negative", 422, ("household/sales", amount("-1.000"))),
        ("household-foreign", 422, ("household/sales", amount("1.00", "EUR"))),
        ("unknown-borrower", 404, ("borrower_id", NOBODY)),
        ("unknown-product", 404, ("product_code", "NO-SUCH")),
    ):
        yield Wrong(route="application", named=named, status=status, changes=(changes,))
    others: tuple[tuple[str, str, int, tuple[str, Any]], ...] = (
        ("decision", "no-reasons", 422, ("reasons", [])),
        ("decision", "outcome", 422, ("outcome", "perhaps")),
        ("decision", "unknown-fund", 404, ("fund_id", NOBODY)),
        ("contract", "unknown-application", 404, ("application_id", NOBODY)),
        ("disbursement", "phone-for-cash", 422, ("phone", "+962790000011")),
        ("disbursement", "unknown-channel", 422, ("channel", "pigeon")),
        ("receipt", "unlinked-donor", 422, ("donor_id", NOBODY)),
        ("collection", "no-phone", 422, ("phone", "call me")),
    )
    for route, named, status, changes in others:
        yield Wrong(route=route, named=named, status=status, changes=(changes,))
