"""What does a portfolio at risk look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.contracts.tables import ContractRow
from services.loans.domain import at_risk
from services.loans.domain.at_risk import Risk, Scheme, Tally
from services.loans.domain.positions import Position
from services.loans.ledger.queries import Moment
from services.loans.portfolio.queries import By, Part
from services.loans.portfolio.tables import BucketSchemeRow
from shared.money import Money
from shared.schemas import Body, MoneyBody

Days = Annotated[int, Field(ge=0, le=3_650)]


class BucketSchemeIn(Body):
    """The first days of the buckets after "not late", and when profit is no longer accrued."""

    from_days: Annotated[list[Days], Field(min_length=1, max_length=20)]
    non_accrual_after_days: Days = 90

    def scheme(self) -> Scheme:
        """Give the scheme; raises BucketsInvalid."""
        return Scheme(
            from_days=tuple(self.from_days), non_accrual_after_days=self.non_accrual_after_days
        )


class BucketSchemeOut(Body):
    """Buckets and the day from which they hold."""

    effective_on: date
    from_days: list[int]
    non_accrual_after_days: int

    @classmethod
    def of(cls, row: BucketSchemeRow) -> Self:
        """Write a scheme."""
        return cls(
            effective_on=row.effective_on,
            from_days=list(row.from_days),
            non_accrual_after_days=row.non_accrual_after_days,
        )


class TallyOut(Body):
    """So many contracts and what they owe of the principal."""

    contracts: int
    outstanding: MoneyBody

    @classmethod
    def of(cls, tally: Tally, *, currency: str) -> Self:
        """Write a tally."""
        outstanding = MoneyBody.of(Money(tally.outstanding, currency))
        return cls(contracts=tally.contracts, outstanding=outstanding)


class BucketOut(TallyOut):
    """Balances whose oldest open due is so many days late; `to_days` null: and more."""

    from_days: int
    to_days: int | None


class AtRiskOut(TallyOut):
    """PARn: whole balances of contracts with a due more than `more_than_days` days late.

    A second figure, `or_renegotiated`, adds what was renegotiated and is not so late.
    """

    more_than_days: int
    ratio: Decimal
    or_renegotiated: TallyOut
    ratio_or_renegotiated: Decimal


class RiskOut(Body):
    """A part of the portfolio. Renegotiated balances are in it, written-off ones are not."""

    outstanding: TallyOut
    buckets: list[BucketOut]
    at_risk: list[AtRiskOut]
    renegotiated: TallyOut
    non_accrual: TallyOut
    written_off: TallyOut

    @classmethod
    def of(cls, risk: Risk, *, currency: str) -> Self:
        """Write what is at risk."""

        def told(tally: Tally) -> TallyOut:
            return TallyOut.of(tally, currency=currency)

        return cls(
            outstanding=told(risk.total),
            buckets=[
                BucketOut(from_days=first, to_days=last, **told(tally).model_dump())
                for (first, last), tally in zip(risk.scheme.spans(), risk.buckets, strict=True)
            ],
            at_risk=[
                AtRiskOut(
                    more_than_days=days,
                    ratio=risk.ratio(tally),
                    or_renegotiated=told(wider),
                    ratio_or_renegotiated=risk.ratio(wider),
                    **told(tally).model_dump(),
                )
                for (days, tally), (_, wider) in zip(
                    risk.more_than(), risk.or_renegotiated(), strict=True
                )
            ],
            renegotiated=told(risk.renegotiated),
            non_accrual=told(risk.non_accrual),
            written_off=told(risk.written_off),
        )


class PartOut(Body):
    """What is at risk in one branch, product or fund, in one currency."""

    id: UUID
    currency: str
    risk: RiskOut


class WholeOut(Body):
    """What is at risk in one currency, over all parts."""

    currency: str
    risk: RiskOut


class PortfolioOut(Body):
    """The portfolio on a day, as the books knew it; `known_at` null: all that is booked now."""

    as_of: date
    known_at: datetime | None
    by: By
    parts: list[PartOut]
    whole: list[WholeOut]

    @classmethod
    def of(cls, parts: Sequence[Part], *, by: By, moment: Moment, scheme: Scheme) -> Self:
        """Write a portfolio."""
        currencies = sorted({part.currency for part in parts})
        sums = {
            currency: at_risk.whole(
                [part.risk for part in parts if part.currency == currency], scheme=scheme
            )
            for currency in currencies
        }
        return cls(
            as_of=moment.as_of,
            known_at=moment.known_at,
            by=by,
            parts=[
                PartOut(
                    id=part.key,
                    currency=part.currency,
                    risk=RiskOut.of(part.risk, currency=part.currency),
                )
                for part in parts
            ],
            whole=[
                WholeOut(currency=currency, risk=RiskOut.of(risk, currency=currency))
                for currency, risk in sums.items()
            ],
        )


class LatenessOut(Body):
    """How late one contract was on a day, as the books knew it."""

    contract_id: UUID
    as_of: date
    known_at: datetime | None
    status: str
    outstanding_principal: MoneyBody
    oldest_open_due_on: date | None
    days_late: int
    bucket_from_days: int
    bucket_to_days: int | None
    is_non_accrual: bool

    @classmethod
    def of(
        cls,
        row: ContractRow,
        position: Position | None,
        *,
        moment: Moment,
        scheme: Scheme,
    ) -> Self:
        """Write a contract's lateness; one that nothing had moved on owes nothing."""
        days = 0 if position is None else at_risk.lateness(position, as_of=moment.as_of)
        first, last = scheme.spans()[scheme.bucket_of(days)]
        return cls(
            contract_id=row.contract_id,
            as_of=moment.as_of,
            known_at=moment.known_at,
            status="signed" if position is None else position.status.value,
            outstanding_principal=MoneyBody.of(
                Money(0 if position is None else position.outstanding, row.currency)
            ),
            oldest_open_due_on=None if position is None else position.oldest_open_due_on,
            days_late=days,
            bucket_from_days=first,
            bucket_to_days=last,
            is_non_accrual=days > scheme.non_accrual_after_days,
        )
