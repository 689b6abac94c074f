"""How is XML from outside opened, so that it can neither reach out nor blow up?"""

import re
from datetime import date, datetime
from typing import Final, TypeAlias

from lxml import etree

from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

LARGEST_FILE: Final = 20 * 1024 * 1024
_DATE_LENGTH: Final = 10
_AMOUNT: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,5})?")  # eighteen digits, five decimals

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its element no other name


class BankFileUnreadable(RafidError):
    """The bank's file cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "Line {line}: {reason}"
    reason: Sentence
    line: int = 0


TOO_LARGE = Sentence("It is larger than 20 megabytes.")
NOT_XML = Sentence("It is broken off, or not XML.")
HAS_DOCTYPE = Sentence("It declares entities or a document type, which no bank's file does.")
OTHER_KIND = Sentence("It is none of the messages that are read here.")
MISSING = Sentence("A member that the standard demands is missing.")
NOT_A_DAY = Sentence("A day cannot be read.")
NOT_AN_AMOUNT = Sentence("An amount cannot be read in its currency.")


def opened(content: bytes) -> Element:
    """Give the root of a document that declares nothing and names nothing outside itself.

    Raises `BankFileUnreadable` for what is too large, broken off, or declares a document type:
    entities are never resolved, whatever they would say.
    """
    if len(content) > LARGEST_FILE:
        raise BankFileUnreadable(reason=TOO_LARGE)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root: Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BankFileUnreadable(reason=NOT_XML, line=error.lineno or 0) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BankFileUnreadable(reason=HAS_DOCTYPE)
    return root


def message(content: bytes, *names: str) -> Element:
    """Give the message within a document: the element of one of these names under its root."""
    root = opened(content)
    candidates: list[Element] = [root, *root]
    for element in candidates:
        if _local(element) in names:
            return element
    raise BankFileUnreadable(reason=OTHER_KIND, line=line_of(root))


def _local(element: Element) -> str:
    return etree.QName(element).localname


def line_of(element: Element) -> int:
    """Give the line of the file on which an element begins."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def all_of(element: Element, path: str) -> list[Element]:
    """Give every element of a path of names parted by slashes, whatever its namespace."""
    return element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def one_of(element: Element, *paths: str) -> Element | None:
    """Give the first element that one of the paths leads to."""
    for path in paths:
        found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
        if found is not None:
            return found
    return None


def text_of(element: Element, *paths: str) -> str | None:
    """Give the text of the first path that has any."""
    for path in paths:
        for found in all_of(element, path):
            text = (found.text or "").strip()
            if text:
                return text
    return None


def demanded(element: Element, *paths: str) -> str:
    """Give a text that has to be there."""
    text = text_of(element, *paths)
    if text is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(element))
    return text


def day_of(element: Element, *paths: str) -> date | None:
    """Give a day, or the day of a moment as the bank wrote it in its own zone."""
    text = text_of(element, *paths)
    if text is None:
        return None
    try:
        if len(text) > _DATE_LENGTH and "T" in text:
            return datetime.fromisoformat(text).date()
        return date.fromisoformat(text[:_DATE_LENGTH])
    except ValueError:
        raise BankFileUnreadable(reason=NOT_A_DAY, line=line_of(element)) from None


def money_of(element: Element) -> Money:
    """Give an amount with its `Ccy`; zeros beyond the currency's decimals add nothing.

    "200.12500" JOD is 200.125; "200.1255" JOD is no amount of dinars and refused.
    """
    currency, text = element.get("Ccy") or "", (element.text or "").strip()
    if _AMOUNT.fullmatch(text) is None:
        raise BankFileUnreadable(reason=NOT_AN_AMOUNT, line=line_of(element))
    whole, _, decimals = text.partition(".")
    try:
        return Money.parse(f"{whole}.{decimals.rstrip('0')}".rstrip("."), currency)
    except RafidError:
        raise BankFileUnreadable(reason=NOT_AN_AMOUNT, line=line_of(element)) from None
