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
from shared.errors import RafidError

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Language",
    "catalogue",
    "hijri",
    "pick_language",
    "render",
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

    A name among the members that the catalogue knows (a status, a member of a body) is said in the
    language too.
    """
    title = translate(error.title(), language=language, service=error.service)
    detail = translate(error.detail, language=language, service=error.service)
    members = {
        name: translate(text, language=language, service=error.service)
        for name, text in error.texts().items()
    }
    return title, detail.format_map(members)


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


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
