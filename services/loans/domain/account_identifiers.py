"""Which account does an address name, by one identifier or by up to three?

As the GSMA Mobile Money API 1.2 writes them in a path: `accountid/LN-2026-000001`, or
`msisdn@+962791234567$organisationid@aman`. The signs `@`, `$` and `+` stand as they are.
"""

import re
from dataclasses import dataclass
from typing import Final

KINDS: Final = (
    "accountcategory",
    "bankaccountno",
    "accountrank",
    "identityalias",
    "iban",
    "accountid",
    "msisdn",
    "swiftbic",
    "sortcode",
    "organisationid",
    "username",
    "walletid",
    "linkref",
    "consumerno",
    "serviceprovider",
    "storeid",
    "bankname",
    "bankaccounttitle",
    "emailaddress",
    "mandatereference",
)
LONGEST = 256
_KIND = "(?:" + "|".join(KINDS) + ")"
_PAIR = rf"{_KIND}@[^$/\n]+"
FORM: Final = rf"(?:{_KIND}/[^/\n]+|{_PAIR}(?:\${_PAIR}){{0,2}})"
"""What an account looks like in a path; nothing else is taken for one."""

_FORM = re.compile(FORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One of the things an account is known by."""

    kind: str
    value: str


def read(text: str) -> tuple[Identifier, ...] | None:
    """Give the identifiers of an account as a path writes it; None for what is none.

    Worked: "msisdn@+962791234567$accountid@LN-2026-000001" is the msisdn +962791234567 and the
    accountid LN-2026-000001; "accountid/a@b$c" is the one accountid a@b$c.
    """
    if not _FORM.fullmatch(text):
        return None
    kind, slash, value = text.partition("/")
    pairs = [(kind, value)] if slash else [_split(pair) for pair in text.split("$")]
    if any(len(value) > LONGEST for _, value in pairs):
        return None
    return tuple(Identifier(kind=kind, value=value) for kind, value in pairs)


def _split(pair: str) -> tuple[str, str]:
    kind, _, value = pair.partition("@")
    return kind, value
