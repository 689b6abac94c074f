"""What does a service tell by itself, as an AsyncAPI 3.0 document made from its events?

AsyncAPI 3.0: https://www.asyncapi.com/docs/reference/specification/v3.0.0; the envelope is that of
CloudEvents 1.0.2. The document says what we do: the service sends.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from shared import event_types, feed_reading
from shared.events import Event

VERSION: Final = "1.0.0"
CALLING: Final = {"loans"}
"""The services that call webhooks."""
TEXT: Final = {"type": "string"}
UUID_TEXT: Final = {"type": "string", "format": "uuid"}
INSTANT: Final = {"type": "string", "format": "date-time"}
WEBHOOK_HEADERS: Final = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {**UUID_TEXT, "description": "The event's id, the same on every attempt."},
        "webhook-timestamp": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "When this attempt was signed, in seconds since 1970.",
        },
        "webhook-signature": {
            **TEXT,
            "description": "One or more `v1,` and base64 of HMAC-SHA256 over id.timestamp.body, "
            "parted by spaces; one that fits is enough.",
        },
    },
}


def document(service: str) -> dict[str, Any]:
    """Describe the feed of a service ("loans"), and its webhooks where it has some."""
    has_webhooks = service in CALLING
    events = event_types.of_service(service)
    _, told = models_json_schema(
        [(event, "serialization") for event in events.values()],
        ref_template="#/components/schemas/{model}",
    )
    references = {_name(type_): _reference("messages", _name(type_)) for type_ in events}
    channels: dict[str, Any] = {
        "feed": {
            "address": f"/{service}/v1/events",
            "title": "The numbered feed",
            "description": "Asked for over HTTP: what was told after a number, oldest first.",
            "messages": references,
        }
    }
    if has_webhooks:
        channels["webhook"] = {
            "address": None,
            "title": "An address of yours",
            "description": "POST to each address opened at /webhook-endpoints, in the order of the "
            "numbers for each subject, again and again until it is taken or three days are over.",
            "messages": references,
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Rafid {service}: events",
            "version": VERSION,
            "description": "Facts in the past tense, with ids, codes and minor units, never names. "
            "A published version of an event never changes its meaning.",
        },
        "defaultContentType": feed_reading.MEDIA_TYPE,
        "channels": channels,
        "operations": {
            f"tellBy{name.capitalize()}": {
                "action": "send",
                "channel": _reference("channels", name),
            }
            for name in channels
        },
        "components": {
            "messages": {
                _name(type_): _message(type_, event, has_webhooks=has_webhooks)
                for type_, event in events.items()
            },
            "schemas": told.get("$defs", {}),
        },
    }


def _message(type_: str, event: type[Event], *, has_webhooks: bool) -> dict[str, Any]:
    message = {
        "name": type_,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        "contentType": feed_reading.MEDIA_TYPE,
        "payload": _envelope(type_, event),
    }
    return {**message, "headers": WEBHOOK_HEADERS} if has_webhooks else message


def _envelope(type_: str, event: type[Event]) -> dict[str, Any]:
    """The envelope as `feed_reading` writes it."""
    members: Mapping[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": UUID_TEXT,
        "source": {"const": f"/{type_.partition('.')[0]}"},
        "type": {"const": type_},
        "subject": UUID_TEXT,
        "time": INSTANT,
        "datacontenttype": {"const": "application/json"},
        "institutionid": UUID_TEXT,
        "sequence": {"type": "integer", "minimum": 1},
        "knownat": INSTANT,
        "data": _reference("schemas", event.__name__),
    }
    return {"type": "object", "required": list(members), "properties": dict(members)}


def _name(type_: str) -> str:
    """Give the key of a message: fund-booked-v1 for loans.fund-booked.v1, as keys hold no point."""
    return type_.partition(".")[2].replace(".", "-")


def _reference(kind: str, name: str) -> dict[str, str]:
    where = kind if kind == "channels" else f"components/{kind}"
    return {"$ref": f"#/{where}/{name}"}
