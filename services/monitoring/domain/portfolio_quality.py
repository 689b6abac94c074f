"""How much of the money that is out stands in contracts that are late, and how much was lost?

Definitions: CGAP, Definitions of Selected Financial Terms, Ratios, and Adjustments for
Microfinance (consensus of 2003, with MIX and SEEP). IRIS+ ids: FP2630 gross portfolio, FP2635,
FP6354 and FP6373 past due more than 30, 60 and 90 days.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from shared.money import Money

DEFINITION = "par-cgap-2003.v1"
# PAR1 is "at least one day late", that is more than 0 days; the others are more than N days.
THRESHOLDS: Mapping[str, int] = MappingProxyType({"par1": 0, "par30": 30, "par60": 60, "par90": 90})
PLACES = Decimal("0.000001")

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPosition:
    """One contract on a day, with the attributes that portfolios are cut by.

    Of a contract that several funds finance, the part of one of them.
    """

    contract_id: UUID
    fund_id: UUID
    branch_id: UUID
    sector: str
    outstanding: Money
    days_past_due: int

    def __post_init__(self) -> None:
        if self.days_past_due < 0 or self.outstanding.is_negative:
            raise ValueError("days past due and outstanding principal are not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """The contracts later than a threshold: how many, and their whole outstanding principal."""

    contracts: int
    outstanding: Money
    ratio: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioQuality:
    """A portfolio in one currency: contracts with principal out, the principal, and what is late.

    `at_risk` has par1, par30, par60 and par90; a ratio is None where nothing is out.
    """

    contracts: int
    outstanding: Money
    at_risk: Mapping[str, AtRisk]


def ratio(part: Money, *, whole: Money) -> Decimal | None:
    """Part over whole to six places, half to even; None when the whole is zero.

    Example: 2,000 of 3,500 is 0.571429.
    """
    if part.currency != whole.currency:
        raise ValueError(f"a ratio is of one currency, not {part.currency} over {whole.currency}")
    if whole.minor == 0:
        return None
    exact = Decimal(part.minor) / Decimal(whole.minor)
    return exact.quantize(PLACES, rounding=ROUND_HALF_EVEN)


def quality(positions: Iterable[LoanPosition], *, currency: str) -> PortfolioQuality:
    """PAR-N = outstanding principal of contracts more than N days late / outstanding principal.

    The whole outstanding principal of a late contract counts, not only its late instalments.
    Worked: balances 1,000 (0 days late), 800 (5), 600 (35), 400 (65), 200 (120), 500 (0) give a
    portfolio of 3,500; PAR1 0.571429, PAR30 0.342857, PAR60 0.171429, PAR90 0.057143. Write-offs
    lower PAR, so it is always shown with the write-off ratio. Raises CurrencyMismatch when a
    position is in another currency.
    """
    out = [p for p in positions if p.outstanding.is_positive]
    whole = _total(out, currency=currency)
    at_risk = {}
    for name, days in THRESHOLDS.items():
        late = [p for p in out if p.days_past_due > days]
        late_principal = _total(late, currency=currency)
        at_risk[name] = AtRisk(
            contracts=_contracts(late),
            outstanding=late_principal,
            ratio=ratio(late_principal, whole=whole),
        )
    return PortfolioQuality(
        contracts=_contracts(out), outstanding=whole, at_risk=MappingProxyType(at_risk)
    )


def quality_by(
    positions: Iterable[LoanPosition], *, key: Callable[[LoanPosition], Group]
) -> dict[tuple[Group, str], PortfolioQuality]:
    """`quality` for each group and currency: the groups' sums are the portfolio's sums."""
    groups: dict[tuple[Group, str], list[LoanPosition]] = {}
    for position in positions:
        groups.setdefault((key(position), position.outstanding.currency), []).append(position)
    return {
        (group, currency): quality(members, currency=currency)
        for (group, currency), members in groups.items()
    }


def write_off_ratio(written_off: Money, *, gross_portfolios: Sequence[Money]) -> Decimal | None:
    """Principal written off in a period / average outstanding principal over its points.

    Worked: 30 written off, portfolio 900, 1,000 and 1,100 at start, middle and end: 0.03.
    None when there was no portfolio. Source: CGAP consensus 2003; IRIS+ FP9717 over FP2630.
    """
    if not gross_portfolios:
        return None
    whole = Money.total(gross_portfolios, written_off.currency)
    return ratio(written_off * len(gross_portfolios), whole=whole)


def _contracts(positions: Sequence[LoanPosition]) -> int:
    """How many contracts: one that several funds finance is one."""
    return len({position.contract_id for position in positions})


def _total(positions: Sequence[LoanPosition], *, currency: str) -> Money:
    return Money.total((position.outstanding for position in positions), currency)
