"""What does a borrower owe elsewhere: as he told it, as a bureau found it, and which counts?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.errors import Kind, RafidError
from shared.money import Money

DECLARED_HOLDS_DAYS: Final = 90
"""How long a borrower's own word stands before he is asked again: a choice of ours, no law."""


class DebtSource(StrEnum):
    """Who says it."""

    DECLARED = "declared"
    BUREAU = "bureau"


class Silence(StrEnum):
    """Why a debt that was said does not reach the assessment."""

    NO_CONSENT = "no_consent"
    STALE = "stale"
    OTHER_CURRENCY = "other_currency"


class Difference(StrEnum):
    """How a borrower's word and a bureau's differ about a lender."""

    ONLY_DECLARED = "only_declared"
    ONLY_BUREAU = "only_bureau"
    AMOUNTS_DIFFER = "amounts_differ"


class DebtImpossible(RafidError):
    """A debt cannot be less than nothing, nor in two currencies"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of the debt to {lender} are told {monthly} a month and {outstanding} in all."
    lender: str
    monthly: Money
    outstanding: Money


class ReportNotYet(RafidError):
    """Nobody knows today what will be owed"""

    kind = Kind.RULE
    service = "loans"
    detail = "The debts are told as of {as_of}; it is {today}."
    as_of: date
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A debt to a lender: what it takes in a month, and what is still owed of it."""

    lender: str
    monthly: Money
    outstanding: Money

    def __post_init__(self) -> None:
        """Raise `DebtImpossible`."""
        in_two = self.monthly.currency != self.outstanding.currency
        if in_two or self.monthly.minor < 0 or self.outstanding.minor < 0:
            raise DebtImpossible(
                lender=self.lender, monthly=self.monthly, outstanding=self.outstanding
            )

    @property
    def key(self) -> str:
        """The lender's name as it is compared: case and spaces do not matter."""
        return " ".join(self.lender.casefold().split())

    def with_(self, other: "Debt") -> "Debt":
        """Give both debts to one lender as one: 30 and 20 a month are 50."""
        return Debt(
            lender=self.lender,
            monthly=self.monthly + other.monthly,
            outstanding=self.outstanding + other.outstanding,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one source said of a borrower's debts on a day; no debts is an answer too."""

    source: DebtSource
    as_of: date
    fresh_until: date
    debts: Sequence[Debt] = ()

    def by_lender(self) -> dict[str, Debt]:
        """Give one debt a lender, by its key: two loans of one lender are added up."""
        found: dict[str, Debt] = {}
        for debt in self.debts:
            key = f"{debt.key} {debt.monthly.currency}"
            before = found.get(key)
            found[key] = debt if before is None else before.with_(debt)
        return found

    def is_stale(self, *, on: date) -> bool:
        """Whether the last day on which it may be relied upon has passed."""
        return on > self.fresh_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A lender about whom the two sources differ."""

    lender: str
    difference: Difference
    declared: Debt | None
    found: Debt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A debt that is known and not counted, and why."""

    source: DebtSource
    debt: Debt
    because: Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDebts:
    """The newest of both sources, and whether the borrower lets a bureau be asked."""

    declared: Report | None = None
    found: Report | None = None
    may_ask_bureau: bool = False

    def reports(self) -> Iterable[Report]:
        """Give the reports there are, the borrower's word first."""
        return (report for report in (self.declared, self.found) if report is not None)

    def silence(self, report: Report, *, on: date) -> Silence | None:
        """Why a report is not relied upon; None where it is.

        A borrower's own word does not go stale in his favour: an old one counts until a newer.
        """
        if report.source is DebtSource.DECLARED:
            return None
        if not self.may_ask_bureau:
            return Silence.NO_CONSENT
        return Silence.STALE if report.is_stale(on=on) else None

    def counted(self, *, currency: str, on: date) -> list[tuple[Report, Debt]]:
        """Give the debts that reach the assessment; of one lender it takes the higher itself.

        Worked: told 50 a month to A; found 60 to A and 20 to B, fresh and with consent: three
        debts are given, and the assessment counts 80.
        """
        return [
            (report, debt)
            for report in self.reports()
            if self.silence(report, on=on) is None
            for debt in report.by_lender().values()
            if debt.monthly.currency == currency
        ]

    def left_out(self, *, currency: str, on: date) -> list[Silent]:
        """Give the debts that are known and not counted, each with its reason."""
        silent = []
        for report in self.reports():
            because = self.silence(report, on=on)
            for debt in report.by_lender().values():
                why = because
                if why is None and debt.monthly.currency != currency:
                    why = Silence.OTHER_CURRENCY
                if why is not None:
                    silent.append(Silent(source=report.source, debt=debt, because=why))
        return silent

    def differences(self) -> list[Differing]:
        """Compare both sources lender by lender; nothing where one of them has not spoken."""
        if self.declared is None or self.found is None:
            return []
        told, found = self.declared.by_lender(), self.found.by_lender()
        differing = []
        for key in sorted(told.keys() | found.keys()):
            ours, theirs = told.get(key), found.get(key)
            if ours is not None and theirs is not None:
                if (ours.monthly, ours.outstanding) == (theirs.monthly, theirs.outstanding):
                    continue
                difference = Difference.AMOUNTS_DIFFER
            else:
                difference = Difference.ONLY_BUREAU if ours is None else Difference.ONLY_DECLARED
            named = ours or theirs
            differing.append(
                Differing(
                    lender="" if named is None else named.lender,
                    difference=difference,
                    declared=ours,
                    found=theirs,
                )
            )
        return differing
