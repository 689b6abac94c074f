"""What do the funds behind one application or contract look like on the wire?"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.cofinancing.queries import Sources
from services.loans.domain.cofinancing import SOURCES_MOST, Part, Plan, Totals
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Body, MoneyBody

Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=10, decimal_places=9)]


class SourceIn(Body):
    """A fund's part: an amount, or a share of what is financed; every source says the same kind.

    The first rank is drawn on first, is paid back first, and bears a loss last. Without
    `income_share` profit and fees are shared like the principal.
    """

    fund_id: UUID
    rank: Annotated[int, Field(ge=1, le=SOURCES_MOST)] = 1
    amount: MoneyBody | None = None
    share: Share | None = None
    income_share: Share | None = None

    @model_validator(mode="after")
    def _says_its_part_once(self) -> Self:
        if (self.amount is None) == (self.share is None):
            raise ValueError("either amount or share")
        return self

    def part(self) -> tuple[FundId, Part]:
        """Give the source as the domain knows it."""
        amount = None if self.amount is None else self.amount.money()
        return FundId(self.fund_id), Part(
            rank=self.rank, amount=amount, share=self.share, income_share=self.income_share
        )


class SourcesIn(Body):
    """The funds that finance an application together; the first one leads."""

    sources: Annotated[tuple[SourceIn, ...], Field(min_length=2, max_length=SOURCES_MOST)]


class SourceOut(Body):
    """A fund's part as agreed. `income_part` of all `income_parts` is its share of the income."""

    fund_id: UUID
    leads: bool
    rank: int
    amount: MoneyBody
    income_part: int
    income_parts: int


class SourcesOut(Body):
    """The funds behind an application; none where one fund finances it alone."""

    application_id: UUID
    sources: list[SourceOut]

    @classmethod
    def of(
        cls, application_id: UUID, sources: Sources | None, *, principal: int, currency: str
    ) -> Self:
        """Write the funds of an application of so much."""
        if sources is None:
            return cls(application_id=application_id, sources=[])
        plan = sources.plan(principal)
        return cls(application_id=application_id, sources=_sources(plan, currency=currency))


class StandingOut(SourceOut):
    """What one fund has in a contract: paid out, come back, lost, recovered, owed, earned."""

    drawn: MoneyBody
    returned: MoneyBody
    written_off: MoneyBody
    recovered: MoneyBody
    owed: MoneyBody
    income: MoneyBody


class SharedOut(Body):
    """What stands of a contract with each of its funds; the sums are the contract's own."""

    contract_id: UUID
    sources: list[StandingOut]
    drawn: MoneyBody
    owed: MoneyBody

    @classmethod
    def of(cls, contract_id: UUID, plan: Plan, *, totals: Totals, currency: str) -> Self:
        """Write what stands of a contract."""

        def minor(units: int) -> MoneyBody:
            return MoneyBody.of(Money(units, currency))

        drawn = plan.stack(totals.drawn)
        returned = plan.stack(totals.returned)
        shares: Mapping[str, Mapping[FundId, int]] = {
            code: plan.shares(totals, code)
            for code in ("loans", "write_off", "recovery", "profit_income", "fee_income")
        }
        return cls(
            contract_id=contract_id,
            sources=[
                StandingOut(
                    **source.model_dump(),
                    drawn=minor(drawn[fund]),
                    returned=minor(returned[fund]),
                    written_off=minor(shares["write_off"][fund]),
                    recovered=minor(-shares["recovery"][fund]),
                    owed=minor(shares["loans"][fund]),
                    income=minor(-shares["profit_income"][fund] - shares["fee_income"][fund]),
                )
                for source in _sources(plan, currency=currency)
                for fund in [FundId(source.fund_id)]
            ],
            drawn=minor(totals.drawn),
            owed=minor(totals.booked.get("loans", 0)),
        )


def _sources(plan: Plan, *, currency: str) -> list[SourceOut]:
    amounts = plan.amounts()
    whole = sum(source.income_part for source in plan.sources)
    return [
        SourceOut(
            fund_id=source.fund_id,
            leads=source is plan.sources[0],
            rank=source.rank,
            amount=MoneyBody.of(Money(amounts[source.fund_id], currency)),
            income_part=source.income_part,
            income_parts=whole,
        )
        for source in plan.sources
    ]
