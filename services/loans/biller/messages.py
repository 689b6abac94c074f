"""What do the objects of the GSMA Mobile Money API 1.2 look like that a biller takes and gives?

Names and spellings are the standard's. Members that we do not know are read over: it allows them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from services.loans.biller.queries import Account, Entry
from services.loans.biller.tables import BillRequestRow
from services.loans.domain import bills
from services.loans.domain.bills import Bill
from shared import texts
from shared.money import Money
from shared.schemas import Body, Instant

Words = Annotated[str, Field(max_length=256)]
Value = Annotated[str, Field(min_length=1, max_length=256)]
NOTICE = "We received {amount}. Thank you."
Json = dict[str, Any]


class _Open(Body):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class Pair(_Open):
    """A key and its value, as the sender chose them."""

    key: Value
    value: Value


class SupplementaryReference(_Open):
    """What else a payment is known by."""

    payment_reference_type: Value
    payment_reference_value: Value


class BillPaymentIn(_Open):
    """A bill payment as it is asked for."""

    amount_paid: str = Field(min_length=1, max_length=23)
    currency: str = Field(pattern="^[A-Z]{3}$")
    payment_type: Literal["partialpayment", "fullpayment"] | None = None
    requesting_organisation_transaction_reference: Words | None = None
    service_provider_payment_reference: Words | None = None
    customer_reference: Words | None = None
    requesting_organisation: Words | None = None
    supplementary_bill_reference_details: list[SupplementaryReference] | None = Field(
        default=None, max_length=20
    )
    request_date: Instant | None = None
    custom_data: list[Pair] | None = Field(default=None, max_length=20)
    metadata: list[Pair] | None = Field(default=None, max_length=20)

    def amount(self) -> Money:
        """Read the amount, exact in its currency (see `bills.read_amount`)."""
        return bills.read_amount(self.amount_paid, self.currency)


def read_payment(body: bytes) -> BillPaymentIn:
    """Read the body of a bill payment; raises RequestValidationError."""
    try:
        return BillPaymentIn.model_validate_json(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from None


def reference_in(body: bytes) -> str | None:
    """Find the sender's own reference in a body that may be anything; None where there is none."""
    try:
        found = orjson.loads(body)["requestingOrganisationTransactionReference"]
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    is_one = isinstance(found, str) and 0 < len(found) <= 256 and "\x00" not in found  # noqa: PLR2004 - the standard's limit
    return found if is_one else None


def instant(at: datetime) -> str:
    """Write an instant: 2026-11-23T09:30:00.125Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_state(row: BillRequestRow) -> Json:
    """Write where a request stands."""
    status = {"received": "pending", "refused": "failed"}.get(row.status, row.status)
    state: Json = {
        "serverCorrelationId": str(row.request_id),
        "status": status,
        "notificationMethod": "polling" if row.callback_sealed is None else "callback",
    }
    if row.payment_id is not None and status != "failed":
        state["objectReference"] = str(row.payment_id)
    if row.error is not None:
        state["error"] = row.error
    return state


def bill_payment(row: BillRequestRow, body: bytes, *, status: str) -> Json:
    """Write a payment that was made, with what its sender said of it."""
    asked = read_payment(body)
    amount = asked.amount()
    paid: Json = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    paid |= {
        "amountPaid": str(amount),
        "billPaymentStatus": status,
        "creationDate": instant(row.received_at),
        "modificationDate": instant(row.settled_at or row.received_at),
        "serviceProviderPaymentReference": str(row.payment_id),
    }
    if status == "completed":
        said = texts.translate(NOTICE, language="ar", service="loans")
        paid["serviceProviderNotification"] = said.format(amount=amount.to_text())
    return paid


def bill(found: Bill, *, created: datetime) -> Json:
    """Write a bill."""
    return {
        "billReference": found.reference,
        "billStatus": found.status.value,
        "amountDue": str(found.amount),
        "currency": found.amount.currency,
        "dueDate": found.due_on.isoformat(),
        "creationDate": instant(created),
        "billdescription": f"{found.number}",
    }


def account_name(account: Account) -> Json:
    """Write whose account it is."""
    names = {"fullName": account.name_latin or account.name_ar, "nativeName": account.name_ar}
    return {"name": {name: value[:256] for name, value in names.items() if value}}


def account_status(status: str, *, takes: bool) -> Json:
    """Write whether an account takes payments, and how its contract stands."""
    available = "available" if takes else "unavailable"
    return {"accountStatus": available, "subStatus": status}


def entry(found: Entry) -> Json:
    """Write one movement: to the account what is paid back, from it what is paid out."""
    account = [{"key": "accountid", "value": found.account}]
    consumer = [{"key": "consumerno", "value": found.consumer}]
    to_account = found.kind in {"repayment", "disbursement_reversal"}
    return {
        "transactionReference": str(found.entry_id),
        "transactionStatus": "completed",
        "displayType": found.kind,
        "amount": str(Money(found.minor, found.currency)),
        "currency": found.currency,
        "creditParty": account if to_account else consumer,
        "debitParty": consumer if to_account else account,
        "creationDate": instant(found.recorded_at),
        "customData": [{"key": "valueDate", "value": found.moved_on.isoformat()}],
    }


def error_parameters(members: Mapping[str, Any]) -> Sequence[Json]:
    """Write what a refusal speaks of, as keys and values: 20 at most, of 256 characters."""
    found = [
        {"key": str(name)[:256], "value": written[:256]}
        for name, value in members.items()
        if (written := _text(value))
    ]
    return found[:20]


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case {"amount": amount, "currency": currency}:
            return f"{amount} {currency}"
        case _:
            return orjson.dumps(value).decode()


def own_id(text: str) -> UUID | None:
    """Read a reference of ours; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
