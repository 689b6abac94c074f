"""Which clauses of an agreement are quoted, and which could no law of the country bear?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from services.loans.domain import claiming, lawful
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Verdict
from services.loans.domain.lawful import Book
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.unlawful import RateAboveLaw
from shared.errors import Kind, RafidError, Sentence


class SignedClauseUnlawful(RafidError):
    """No law of the country bears what was signed"""

    kind = Kind.RULE
    service = "loans"
    detail = "The clause {article} cannot be kept in {country}: {reason} ({source})."
    article: str
    country: str
    reason: Sentence
    source: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedClause:
    """A clause as it was signed, and what it asks where that can be held against the law.

    `finances` is a mode in which the money must be lent, `annual_rate_at_least` the least rate at
    which it must be. A clause without either is quoted and checked by nobody.
    """

    article: str
    text: str
    finances: ModeOfFinance | None = None
    annual_rate_at_least: Decimal | None = None

    def to_json(self) -> dict[str, str | None]:
        """Plain members, fit for `jsonb`; `from_json` gives an equal value back."""
        least = self.annual_rate_at_least
        return {
            "article": self.article,
            "text": self.text,
            "finances": None if self.finances is None else self.finances.value,
            "annual_rate_at_least": None if least is None else str(least),
        }

    @classmethod
    def from_json(cls, members: Mapping[str, str | None]) -> Self:
        """Read what `to_json` wrote."""
        mode, least = members["finances"], members["annual_rate_at_least"]
        return cls(
            article=members["article"] or "",
            text=members["text"] or "",
            finances=None if mode is None else ModeOfFinance(mode),
            annual_rate_at_least=None if least is None else Decimal(least),
        )


def require_lawful(clause: AgreedClause, *, fund_kind: FundKind, book: Book, on: date) -> None:
    """Refuse a clause that the rulebook of the country forbids: `SignedClauseUnlawful`.

    A mode that a fund of this kind never finances is refused, one that needs a ruling is not: the
    ruling is asked for when the money is lent. A least rate above the cap of the country is
    refused too, unless the cap depends on what nobody has told.
    """
    if clause.finances is not None:
        rule = claiming.financing_rule(fund_kind, mode=clause.finances, country=book.country, on=on)
        if rule.verdict is Verdict.FORBIDDEN:
            raise SignedClauseUnlawful(
                article=clause.article,
                country=book.country,
                reason=Sentence("a fund of this kind never finances this mode"),
                source=Sentence(rule.source),
            )
    if clause.annual_rate_at_least is not None:
        try:
            lawful.check_rate(book, clause.annual_rate_at_least, on=on, strict=False)
        except RateAboveLaw as above:
            raise SignedClauseUnlawful(
                article=clause.article,
                country=book.country,
                reason=Sentence("the least rate lies above the cap of the country"),
                source=Sentence(str(above.fact)),
            ) from above
