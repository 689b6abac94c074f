"""What do portfolio quality and a fund's use look like on the wire?"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from services.monitoring.domain import portfolio_quality, utilisation
from services.monitoring.domain.portfolio_quality import AtRisk, PortfolioQuality
from services.monitoring.domain.utilisation import Utilisation
from services.monitoring.portfolio.queries import Moment
from shared.schemas import Body, Instant, MoneyBody


class Cut(StrEnum):
    """By what the portfolio is cut."""

    FUND = "fund"
    BRANCH = "branch"
    SECTOR = "sector"


class AtRiskOut(Body):
    """Contracts later than a threshold; `ratio` is absent where nothing is out."""

    contracts: int
    outstanding: MoneyBody
    ratio: Decimal | None

    @classmethod
    def of(cls, risk: AtRisk) -> Self:
        """Build the body."""
        return cls(
            contracts=risk.contracts, outstanding=MoneyBody.of(risk.outstanding), ratio=risk.ratio
        )


class QualityOut(Body):
    """A portfolio in one currency, whole or a part of it; `group` is absent for the whole."""

    group: str | None
    contracts: int
    outstanding: MoneyBody
    par1: AtRiskOut
    par30: AtRiskOut
    par60: AtRiskOut
    par90: AtRiskOut

    @classmethod
    def of(cls, quality: PortfolioQuality, *, group: str | None) -> Self:
        """Build the body."""
        return cls(
            group=group,
            contracts=quality.contracts,
            outstanding=MoneyBody.of(quality.outstanding),
            **{name: AtRiskOut.of(risk) for name, risk in quality.at_risk.items()},
        )


class PortfolioOut(Body):
    """The portfolio on two dates; `known_at` is the one used, absent before anything is loaded.

    `sequence` is the newest event of the loans feed that the answer rests on.
    """

    as_of: date
    known_at: Instant | None
    sequence: int
    definition: str
    by: Cut
    whole: list[QualityOut]
    groups: list[QualityOut]

    @classmethod
    def of(
        cls,
        at: Moment,
        *,
        by: Cut,
        whole: Mapping[tuple[str, str], PortfolioQuality],
        groups: Mapping[tuple[str, str], PortfolioQuality],
    ) -> Self:
        """Build the body; groups stand in the order of their names."""
        return cls(
            as_of=at.as_of,
            known_at=at.known_at,
            sequence=at.sequence,
            definition=portfolio_quality.DEFINITION,
            by=by,
            whole=[QualityOut.of(quality, group=None) for _, quality in sorted(whole.items())],
            groups=[
                QualityOut.of(quality, group=group)
                for (group, _), quality in sorted(groups.items())
            ],
        )


class UtilisationOut(Body):
    """What became of a fund's money.

    received + returned = disbursed + under way + at hand. `lent` is the part of what was paid out
    that borrowers owe, `given_back` went back to who had lent it or given it for a time. In
    `story` stand the headings of the whole fund: those that came, less those that left for good,
    are those where the money stands, less what of it is owed to others.
    """

    fund_id: UUID
    as_of: date
    known_at: Instant | None
    sequence: int
    definition: str
    received: MoneyBody
    committed: MoneyBody
    disbursed: MoneyBody
    returned: MoneyBody
    returned_principal: MoneyBody
    returned_income: MoneyBody
    returned_surplus: MoneyBody
    lent_again: MoneyBody
    at_hand: MoneyBody
    outstanding: MoneyBody
    lent: MoneyBody
    given_back: MoneyBody
    under_way: MoneyBody
    story: dict[str, MoneyBody]

    @classmethod
    def of(cls, used: Utilisation, *, fund_id: UUID, at: Moment) -> Self:
        """Build the body."""
        return cls(
            fund_id=fund_id,
            as_of=at.as_of,
            known_at=at.known_at,
            sequence=at.sequence,
            definition=utilisation.DEFINITION,
            received=MoneyBody.of(used.received),
            committed=MoneyBody.of(used.committed),
            disbursed=MoneyBody.of(used.disbursed),
            returned=MoneyBody.of(used.returned),
            returned_principal=MoneyBody.of(used.principal),
            returned_income=MoneyBody.of(used.income),
            returned_surplus=MoneyBody.of(used.surplus),
            lent_again=MoneyBody.of(used.lent_again),
            at_hand=MoneyBody.of(used.at_hand),
            outstanding=MoneyBody.of(used.outstanding),
            lent=MoneyBody.of(used.lent),
            given_back=MoneyBody.of(used.given_back),
            under_way=MoneyBody.of(used.under_way),
            story={
                heading.value: MoneyBody.of(amount) for heading, amount in used.balances.items()
            },
        )
