"""What does the donor page tell, as values: one fund's account and how far it can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.monitoring.domain.portfolio_quality import PortfolioQuality
from services.monitoring.domain.utilisation import Utilisation
from shared.ids import FundId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """Who manages the money: its names by language, its country and its time zone."""

    names: Mapping[str, str]
    country: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """A fund as it is called; its kind (zakat, waqf, donation, state, commercial) never changes."""

    fund_id: FundId
    code: str
    kind: str
    currency: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The two dates of every figure, and how far the feed has been read.

    `known_at` is the newest instant of which everything is loaded; None before the first.
    """

    as_of: date
    known_at: datetime | None
    sequence: int
    head: int

    @property
    def is_complete(self) -> bool:
        """Whether all that loans has told is loaded."""
        return self.sequence >= self.head


class SealState(StrEnum):
    """Whether our totals are the ledger's."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRow:
    """One total in two books: ours, summed from events, and the ledger's, from its journal."""

    name: str
    ours: Money
    ledger: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The comparison with the ledger at the same cut-off; no rows where it could not be made."""

    checked_at: datetime
    rows: Sequence[SealRow]

    @property
    def state(self) -> SealState:
        """Agrees only if every total does, to the last minor unit."""
        if not self.rows:
            return SealState.UNCHECKED
        equal = all(row.ours == row.ledger for row in self.rows)
        return SealState.AGREES if equal else SealState.DIFFERS


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPoint:
    """The portfolio's state at the end of a month."""

    on: date
    quality: PortfolioQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfRepayments:
    """What borrowers paid in a closed month, and on how many contracts."""

    month: date
    amount: Money
    contracts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorShare:
    """What a line of business has of the money that is out, at the end of the last month."""

    sector: str
    contracts: int
    outstanding: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What an approved run of the assignment found of a fund, and when; points for one more unit.

    `short` counts the waiting applications that only the fund's money stood against.
    """

    run_id: UUID
    as_of: date
    approved_at: datetime
    budget: Money
    amount: Money
    financed: int
    short: int
    one_more: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundReport:
    """One fund's account: live money, and the state of its portfolio over closed months.

    `contracts` is all contracts signed; `payers_elsewhere` counts the contracts that paid in
    months which `months` does not list, as a cell that must not be computable either.
    """

    fund: Fund
    utilisation: Utilisation
    contracts: int
    points: Sequence[QualityPoint]
    months: Sequence[MonthOfRepayments]
    payers_elsewhere: int
    sectors: Sequence[SectorShare]
    seal: Seal
    worth: Worth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundLine:
    """A fund in the list of those a person may see."""

    fund: Fund
    received: Money
    at_hand: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorReport:
    """What one person sees: their funds, one of them in full (none when they have none yet)."""

    institution: Institution
    cut: Cut
    funds: Sequence[FundLine]
    chosen: FundReport | None
