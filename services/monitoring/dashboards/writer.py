"""How does a figure, a day or a sentence read in the reader's language and country?

Digits are western in all three languages; amounts keep every decimal of their currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_currency_name

from shared import texts
from shared.money import Money
from shared.texts import Language

OWN_NAMES: dict[Language, str] = {"ar": "العربية", "fr": "Français", "en": "English"}
NOTHING = "–"

# What a template receives: words and figures ready to print, nothing that could ask or compute.
Printable: TypeAlias = (
    str | int | bool | list["Printable"] | dict[str, "Printable"] | Mapping[str, "Printable"] | None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes for one reader: a language, the institution's country and its time zone."""

    language: Language
    country: str = ""
    timezone: str = "UTC"

    @property
    def is_rtl(self) -> bool:
        """Whether the reader reads from right to left."""
        return self.language == "ar"

    def text(self, msgid: str, **fields: str) -> str:
        """A sentence of the catalogue, with its fields filled in."""
        words = texts.translate(msgid, language=self.language, service="monitoring")
        return words.format(**fields) if fields else words

    def amount(self, money: Money) -> str:
        """An amount in whole units with the currency's decimals: 1,234.500."""
        decimals = "0" * money.exponent
        pattern = f"#,##0.{decimals}" if decimals else "#,##0"
        return self._number(money.decimal, pattern)

    def count(self, number: int) -> str:
        """A number of things: 1,234."""
        return self._number(Decimal(number), "#,##0")

    def decimal(self, number: Decimal) -> str:
        """A figure of two decimals: 1,234.50."""
        return self._number(number, "#,##0.00")

    def share(self, ratio: Decimal | None, *, decimals: int = 1) -> str:
        """A share in per cent: 0.0342 is 3.4%; a dash where there is none."""
        if ratio is None:
            return NOTHING
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        per_cent = self._number(ratio * 100, pattern)
        return f"{per_cent}\u202f%" if self.language == "fr" else f"{per_cent}%"

    def day(self, on: date) -> str:
        """A day: 22 November 2026, with the month's name as the country has it."""
        return format_date(on, "d MMMM y", locale=self._locale)

    def month(self, on: date) -> str:
        """A month in a table: November 2026."""
        return format_date(on, "MMMM y", locale=self._locale)

    def short_month(self, on: date) -> str:
        """A month below a chart: 11/26, the same in every language and never too wide."""
        return format_date(on, "MM/yy", locale=self._locale)

    def instant(self, at: datetime) -> str:
        """An instant in the institution's time zone: 22 November 2026, 09:10."""
        local = at.astimezone(ZoneInfo(self.timezone))
        comma = "،" if self.is_rtl else ","
        return format_datetime(local, f"d MMMM y{comma} HH:mm", locale=self._locale)

    def currency(self, code: str) -> str:
        """A currency's name: Jordanian dinars."""
        return get_currency_name(code, count=100, locale=self._locale)

    @property
    def _locale(self) -> Locale:
        try:
            return Locale.parse(
                f"{self.language}_{self.country}" if self.country else self.language
            )
        except UnknownLocaleError:
            return Locale.parse(self.language)

    def _number(self, value: Decimal, pattern: str) -> str:
        return format_decimal(value, format=pattern, locale=self.language, numbering_system="latn")
