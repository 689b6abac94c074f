"""How is this said in Arabic, French or English?

Every sentence a person reads is an English `msgid`; `locale/<language>/LC_MESSAGES/<service>.po`
holds the other languages, one catalogue a service. What is not translated is said in English.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from babel.messages import pofile

from shared.calendar import HijriDate
from shared.digits import to_western_digits
from shared.errors import Filled, JsonValue, RafidError, Say, Sentence

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Language",
    "catalogue",
    "hijri",
    "members",
    "pick_language",
    "render",
    "sayer",
    "to_western_digits",
    "translate",
]

Language = Literal["ar", "fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT: Final[Language] = "en"

_FOLDER: Final = Path(__file__).parent / "locale"
_LONGEST_HEADER: Final = 512
_NAMES: Final[Mapping[str, Language]] = {language: language for language in LANGUAGES}


def translate(msgid: str, *, language: Language, service: str = "shared") -> str:
    """Say an English sentence in a language; in English itself where no translation is kept."""
    return catalogue(service, language=language).get(msgid, msgid)


def render(error: RafidError, *, language: Language) -> tuple[str, str]:
    """Give title and detail of an error in a language, its members filled in.

    A name among the members that the catalogue knows (a status, a role, a member of a body) is
    said in the language too.
    """
    say = sayer(error.service, language=language)
    return say(error.title()), say(error.detail).format_map(error.texts(say=say))


def members(error: RafidError, *, language: Language) -> dict[str, JsonValue]:
    """Give the members of an error for a problem: sentences in a language, codes as they are."""
    say = sayer(error.service, language=language)
    return {name: _said(member, say=say) for name, member in error.fields().items()}


def sayer(service: str, *, language: Language) -> Say:
    """Give what says a text of a service in a language; what all share is in the shared part."""
    own, common = catalogue(service, language=language), catalogue("shared", language=language)
    return lambda text: own.get(text) or common.get(text, text)


def pick_language(header: str | None, *, default: Language = DEFAULT) -> Language:
    """Choose from an `Accept-Language` header (RFC 9110 section 12.5.4), such as "ar-MA, fr;q=.8".

    The highest quality wins, the earlier among equals; what is not understood is passed over.
    """
    best, best_quality = default, 0.0
    for wish in (header or "")[:_LONGEST_HEADER].split(","):
        tag, _, parameter = wish.partition(";")
        language = _NAMES.get(tag.strip().lower().partition("-")[0])
        quality = _quality(parameter)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def hijri(day: date, *, language: Language) -> str:
    """Say a day by the Hijri calendar: 20 March 2026 is "1 Shawwal 1447 AH".

    Raises `ValueError` outside the years that the calendar's tables cover (1924 to 2077).
    """
    found = HijriDate.of(day)
    pattern = translate("{day} {month} {year} AH", language=language)
    month = translate(found.month_name, language=language)
    return pattern.format(day=found.day, month=month, year=found.year)


@cache
def catalogue(service: str, *, language: Language) -> Mapping[str, str]:
    """Give the translations of a service, English sentence to sentence; empty where none are."""
    path = _FOLDER / language / "LC_MESSAGES" / f"{service}.po"
    if not path.is_file():
        return MappingProxyType({})
    with path.open("rb") as stream:
        messages = pofile.read_po(stream, locale=language, abort_invalid=True)
    return MappingProxyType(
        {
            str(message.id): str(message.string)
            for message in messages
            if message.id and message.string and not message.fuzzy
        }
    )


def _said(written: JsonValue, *, say: Say) -> JsonValue:
    """Say every sentence within a JSON value."""
    match written:
        case Filled():
            return written.said(say)
        case Sentence():
            return say(written)
        case list() as many:
            return [_said(one, say=say) for one in many]
        case dict() as named:
            return {name: _said(one, say=say) for name, one in named.items()}
        case plain:
            return plain


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
