"""How is one word, figure, day or name of a paper written in a language?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.loans.contracts.schemas import PaidOut
from services.loans.papers.documents import DayOut, HeadOut, PartyOut
from shared import texts
from shared.money import Money
from shared.printing import Cell, apart, figure, grouped
from shared.schemas import MoneyBody
from shared.texts import Language

PARTS: Final[Mapping[str, str]] = {
    "principal": "Principal",
    "profit": "Profit",
    "fee": "Fees",
    "penalty": "Late amounts",
    "surplus": "Surplus",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, around one paper."""

    language: Language

    def say(self, sentence: str, **members: str) -> str:
        """Say a sentence of the catalogue with its members."""
        said = texts.translate(sentence, language=self.language, service="loans")
        return said.format(**members) if members else said

    def amount(self, money: MoneyBody) -> str:
        """Write an amount with its currency: 1,000.000 JOD."""
        return f"{self.number(money)} {money.currency}"

    def number(self, money: MoneyBody) -> str:
        """Write an amount of a column whose currency is said elsewhere."""
        return grouped(money.amount, language=self.language)

    def day(self, day: DayOut) -> Cell:
        """Write a day with its Hijri date below it."""
        hijri = self.hijri(day)
        return (day.gregorian.isoformat(), hijri) if hijri else day.gregorian.isoformat()

    def day_in_words(self, day: DayOut) -> str:
        """Write a day within a sentence: 2026-03-01 (12 Ramadan 1447 AH)."""
        written, hijri = figure(day.gregorian.isoformat()), self.hijri(day)
        return f"{written} ({apart(hijri)})" if hijri else written

    def hijri(self, day: DayOut) -> str:
        """Write a day by the Hijri calendar; nothing outside its tables."""
        if day.hijri is None:
            return ""
        return texts.hijri(day.gregorian, language=self.language)

    def name(self, head: HeadOut) -> str:
        """Name the borrower of a paper (see `name_of`)."""
        return self.name_of(head.borrower)

    def name_of(self, borrower: PartyOut) -> str:
        """Name a borrower in the script of the language if we can, else by reference."""
        names = [borrower.name_latin, borrower.name_ar]
        if self.language == "ar":
            names.reverse()
        found = next((name for name in names if name), None)
        return figure(borrower.reference) if found is None else apart(found)


def parts_of(paid: PaidOut, *, all_of_them: bool = False) -> list[tuple[str, MoneyBody]]:
    """Give the parts of a payment by name, those that are nothing left out unless asked for."""
    found = [(part, getattr(paid, part)) for part in PARTS if part in PaidOut.model_fields]
    return [(part, money) for part, money in found if all_of_them or not is_zero(money)]


def parts_used(many: Sequence[PaidOut]) -> list[str]:
    """Give the names of the parts that any of these payments has."""
    return [part for part in PARTS if any(part in dict(parts_of(paid)) for paid in many)]


def sum_of(paid: PaidOut) -> MoneyBody:
    """Give a payment as one amount."""
    bodies = [money for _, money in parts_of(paid, all_of_them=True)]
    amounts = [Money.parse(money.amount, money.currency) for money in bodies]
    return MoneyBody.of(Money.total(amounts, amounts[0].currency))


def is_zero(money: MoneyBody) -> bool:
    """Whether an amount is nothing."""
    return not money.amount.strip("-0.")
