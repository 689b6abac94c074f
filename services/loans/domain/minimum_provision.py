"""What must an institution set aside at least, by how late a loan is?"""

from collections.abc import Sequence
from decimal import Decimal

from services.loans.domain.closing_policy import DAYS_MAX
from shared.errors import Kind, RafidError, Sentence
from shared.rulebook import Fact


class ProvisionBelowMinimum(RafidError):
    """Less would be set aside than the country asks for"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{given} for loans {days} days late is below {least}, the least to set aside by"
        " {source} ({dated})."
    )
    days: int
    given: Decimal
    least: Decimal
    source: Sentence
    dated: str | None
    confidence: str
    needs_check: bool


def floors(fact: Fact, *, bucket_days: Sequence[int]) -> tuple[Decimal, ...]:
    """The least share of each bucket, "not late" first.

    A bucket that the law parts takes the share of its latest day, so that no loan is set aside
    for less than the law asks: with 10 % from day 90, buckets of 1, 61 and 91 days give
    0, 0, 0.1, 0.1.
    """
    shares = sorted((int(day), Decimal(str(share))) for day, share in fact.members.items())
    ends = [*(day - 1 for day in bucket_days), DAYS_MAX]
    return tuple(max(share for day, share in shares if day <= end) for end in ends)


def require(given: Sequence[Decimal], *, fact: Fact, bucket_days: Sequence[int]) -> None:
    """Raise `ProvisionBelowMinimum` for the first bucket with less than the law asks for."""
    least = floors(fact, bucket_days=bucket_days)
    for days, share, floor in zip((0, *bucket_days), given, least, strict=False):
        if share < floor:
            raise ProvisionBelowMinimum(
                days=days,
                given=share,
                least=floor,
                source=Sentence(fact.source.title),
                dated=fact.source.dated,
                confidence=fact.confidence,
                needs_check=fact.needs_check,
            )
