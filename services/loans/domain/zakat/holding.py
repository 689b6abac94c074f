"""May zakat be invested or lent instead of given at once?"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.loans.domain.funding import Refusal
from services.loans.domain.zakat.classes import NEEDY, ZakatClass
from shared.errors import Kind, RafidError, Sentence

OIC_15: Final = Sentence("OIC Fiqh Academy, resolution 15 (3/3), Amman 1986")
OIC_DAY: Final = date(1986, 10, 16)
QARADAGHI: Final = Sentence("Ali al-Qaradaghi, fatwa on lending from zakat (28 November 2021)")
QARADAGHI_DAY: Final = date(2021, 11, 28)


class ZakatInvestmentOff(RafidError):
    """Investing zakat is not allowed here"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Zakat is invested only where the institution's own fact with the authority's ruling"
        " allows it. Source: {source}."
    )
    source: Sentence


class UrgentCasesWait(RafidError):
    """Urgent cases wait for this money"""

    kind = Kind.RULE
    service = "loans"
    detail = "{waiting} urgent cases wait: they are met before anything is invested ({source})."
    waiting: int
    source: Sentence


class InvestmentUnchecked(RafidError):
    """A check of the investment is missing"""

    kind = Kind.RULE
    service = "loans"
    detail = "Still to be shown: {missing} ({source})."
    missing: tuple[Sentence, ...]
    source: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What was shown of an investment: each check in words, or nothing.

    Urgent needs are met; there are safeguards against loss; it ends owned by the entitled or by
    the lawful zakat body.
    """

    needs_met: str
    safeguards: str
    end_ownership: str

    @property
    def missing(self) -> tuple[Sentence, ...]:
        """The checks of which nothing was shown."""
        named = (
            ("urgent needs are met", self.needs_met),
            ("safeguards against loss", self.safeguards),
            ("ownership by the entitled in the end", self.end_ownership),
        )
        return tuple(Sentence(name) for name, said in named if not said.strip())


def require_investable(policy: str, *, source: str, waiting: int, checks: Checks) -> None:
    """Raise unless the ruling allows it, no urgent case waits, and all three checks were shown.

    Raises `ZakatInvestmentOff`, `UrgentCasesWait`, `InvestmentUnchecked`.
    """
    if policy != "allowed_with_checks":
        raise ZakatInvestmentOff(source=Sentence(source))
    if waiting:
        raise UrgentCasesWait(waiting=waiting, source=OIC_15)
    if checks.missing:
        raise InvestmentUnchecked(missing=checks.missing, source=OIC_15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who would borrow zakat: counted to which classes that day, and whether somebody answers."""

    classes: frozenset[ZakatClass] = frozenset()
    has_guarantor: bool = False


def lending_refusals(receiver: Receiver | None, *, keeps_savings: bool) -> list[Refusal]:
    """Why zakat may not be lent to a person, beside the fund's own rules; none is an empty list.

    Only the poor and the needy, by a decision in force that day; without savings kept as
    security, and without a guarantor.
    """
    known = receiver or Receiver()
    found = [
        (
            "zakat-lending-class",
            "zakat is lent only to the poor and needy, by a decision in force",
            not known.classes & NEEDY,
        ),
        (
            "zakat-lending-security",
            "a loan from zakat is given without savings or other goods kept as security",
            keeps_savings,
        ),
        (
            "zakat-lending-guarantor",
            "a loan from zakat is given without a guarantor",
            known.has_guarantor,
        ),
    ]
    return [
        Refusal(rule=rule, reason=Sentence(reason), source=QARADAGHI, in_force_from=QARADAGHI_DAY)
        for rule, reason, stands in found
        if stands
    ]
