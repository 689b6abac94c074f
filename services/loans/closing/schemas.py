"""What rules of closing, closed days and parts of a close look like on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from services.loans.closing.tables import (
    ClosingPolicyRow,
    DayCloseBookRow,
    DayCloseFigureRow,
    DayCloseRow,
)
from services.loans.domain import at_risk
from services.loans.domain.closing_policy import (
    BUCKETS_MAX,
    ClosingPolicy,
    ClosingPolicyInvalid,
    PolicyJson,
)
from services.loans.domain.day_close import Part
from services.loans.domain.lawful import Used
from services.loans.domain.staging import BUCKETS
from services.loans.rulebook.schemas import FactOut
from shared.money import Money
from shared.schemas import Body, MoneyBody

AT_RISK_DAYS = 30

Days = Annotated[int, Field(ge=0, le=3_650)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=10, decimal_places=9)]


class ScenarioBody(Body):
    """One course the world may take: its weight, and the hazard of default in a month."""

    weight: Share
    monthly_hazard: Share


class ExpectedLossBody(Body):
    """What expected loss is computed from: scenarios of the first two stages, loss at default."""

    performing: Annotated[list[ScenarioBody], Field(min_length=1, max_length=10)]
    underperforming: Annotated[list[ScenarioBody], Field(min_length=1, max_length=10)]
    loss_given_default: Share


class ClosingPolicyIn(Body):
    """Rules of closing from a day on, for one fund or for all without rules of their own.

    Without `minimums` those of the country hold, where the rulebook has any; with them, none may
    be lower. A bucket that the law parts takes the share of its latest day.
    """

    fund_id: UUID | None = None
    starts_on: date
    recognition: Literal["cash", "scheduled", "straight_line"] = "cash"
    non_accrual_after_days: Days = 90
    risen_after_days: Days = 30
    default_after_days: Days = 90
    cure_dues: Annotated[int, Field(ge=0, le=60)] = 3
    bucket_days: Annotated[
        list[Days], Field(max_length=BUCKETS_MAX, default_factory=lambda: list(BUCKETS))
    ]
    minimums: Annotated[list[Share], Field(max_length=BUCKETS_MAX + 1)] | None = None
    expected_loss: ExpectedLossBody | None = None
    closes_at_hour: Annotated[int, Field(ge=0, le=23)] | None = None

    def policy(self, *, minimums: Sequence[Decimal]) -> ClosingPolicy:
        """Give the rules as the domain knows them. Raises ClosingPolicyInvalid."""
        if self.fund_id is not None and self.closes_at_hour is not None:
            raise ClosingPolicyInvalid(member="closes_at_hour", value=str(self.closes_at_hour))
        kept: PolicyJson = {
            "recognition": self.recognition,
            "non_accrual_after_days": self.non_accrual_after_days,
            "risen_after_days": self.risen_after_days,
            "default_after_days": self.default_after_days,
            "cure_dues": self.cure_dues,
            "bucket_days": list(self.bucket_days),
            "minimums": [str(share) for share in minimums],
            "loss": None,
            "closes_at_hour": self.closes_at_hour,
        }
        if self.expected_loss is not None:
            told = self.expected_loss.model_dump(mode="json")
            kept["loss"] = {
                "performing": told["performing"],
                "underperforming": told["underperforming"],
                "loss_given_default": told["loss_given_default"],
            }
        return ClosingPolicy.from_json(kept)


class ClosingPolicyOut(Body):
    """Rules of closing as they were given."""

    policy_id: UUID
    fund_id: UUID | None
    starts_on: date
    recognition: str
    non_accrual_after_days: int
    risen_after_days: int
    default_after_days: int
    cure_dues: int
    bucket_days: list[int]
    minimums: list[Decimal]
    expected_loss: ExpectedLossBody | None
    closes_at_hour: int | None
    recorded_at: datetime
    facts: list[FactOut] = []

    @classmethod
    def of(cls, row: ClosingPolicyRow, *, used: Sequence[Used] = ()) -> "ClosingPolicyOut":
        """Write a row; when it is given, with the facts of the rulebook that it rests on."""
        kept = row.members
        return cls(
            policy_id=row.policy_id,
            fund_id=row.fund_id,
            starts_on=row.starts_on,
            recognition=kept["recognition"],
            non_accrual_after_days=kept["non_accrual_after_days"],
            risen_after_days=kept["risen_after_days"],
            default_after_days=kept["default_after_days"],
            cure_dues=kept["cure_dues"],
            bucket_days=kept["bucket_days"],
            minimums=[Decimal(share) for share in kept["minimums"]],
            expected_loss=_loss(kept),
            closes_at_hour=kept.get("closes_at_hour"),
            recorded_at=row.recorded_at,
            facts=[FactOut.of(one) for one in used],
        )


def _loss(kept: PolicyJson) -> ExpectedLossBody | None:
    loss = kept["loss"]
    if loss is None:
        return None
    return ExpectedLossBody(
        performing=[_scenario(one) for one in loss["performing"]],
        underperforming=[_scenario(one) for one in loss["underperforming"]],
        loss_given_default=Decimal(loss["loss_given_default"]),
    )


def _scenario(one: Any) -> ScenarioBody:
    return ScenarioBody(
        weight=Decimal(one["weight"]), monthly_hazard=Decimal(one["monthly_hazard"])
    )


class DayCloseIn(Body):
    """The day to close; it must be over."""

    day: date


class DayCloseOut(Body):
    """A close: what it counted, and how many entries it booked (0: nothing had changed)."""

    run: int
    day: date
    known_at: datetime
    contracts: int
    entries: int

    @classmethod
    def of(cls, row: DayCloseRow) -> "DayCloseOut":
        """Write a close."""
        return cls(
            run=row.run,
            day=row.day,
            known_at=row.known_at,
            contracts=row.contracts,
            entries=row.entries,
        )


class ClosedBookOut(Body):
    """What the books show of a fund's product: profit not yet paid or earned, and losses."""

    fund_id: UUID
    product_id: UUID
    accrued: MoneyBody
    unearned: MoneyBody
    allowance: MoneyBody


class FigureOut(Body):
    """A fund's product in one bucket of lateness and one stage.

    `bucket_from` is the first day late of the bucket. `suspended` is profit earned and not paid
    that is not counted on any more. `allowance` is the sum of the greater of loss and minimum of
    each contract.
    """

    fund_id: UUID
    product_id: UUID
    bucket_from: int
    stage: int
    restructured: bool
    contracts: int
    outstanding: MoneyBody
    earned: MoneyBody
    accrued: MoneyBody
    unearned: MoneyBody
    suspended: MoneyBody
    expected_loss: MoneyBody
    minimum: MoneyBody
    allowance: MoneyBody


class RiskCoverageOut(Body):
    """How much of what is at risk the allowance covers, in one currency.

    `at_risk` is the principal in buckets that begin after 30 days, `or_restructured` with what was
    restructured and is not so late. A ratio is null where nothing is at risk.
    """

    allowance: MoneyBody
    at_risk: MoneyBody
    or_restructured: MoneyBody
    risk_coverage: Decimal | None
    risk_coverage_or_restructured: Decimal | None

    @classmethod
    def of(cls, figures: Sequence[DayCloseFigureRow], *, currency: str) -> Self:
        """Sum up the figures of a currency."""
        own = [row for row in figures if row.currency == currency]
        late = [row for row in own if row.bucket_from > AT_RISK_DAYS]
        either = [row for row in own if row.bucket_from > AT_RISK_DAYS or row.is_restructured]
        allowance = sum(row.allowance_minor for row in own)
        sums = [sum(row.outstanding_minor for row in rows) for rows in (late, either)]
        ratios = [at_risk.risk_coverage(allowance, at_risk=part) for part in sums]
        return cls(
            allowance=_money(allowance, currency),
            at_risk=_money(sums[0], currency),
            or_restructured=_money(sums[1], currency),
            risk_coverage=ratios[0],
            risk_coverage_or_restructured=ratios[1],
        )


class ClosedDayOut(DayCloseOut):
    """A closed day with its books and figures, and what the allowance covers in each currency."""

    books: list[ClosedBookOut]
    figures: list[FigureOut]
    coverage: list[RiskCoverageOut]

    @classmethod
    def of_all(
        cls,
        row: DayCloseRow,
        books: Sequence[DayCloseBookRow],
        figures: Sequence[DayCloseFigureRow],
    ) -> "ClosedDayOut":
        """Write a close with what it found."""
        return cls(
            **DayCloseOut.of(row).model_dump(),
            books=[
                ClosedBookOut(
                    fund_id=book.fund_id,
                    product_id=book.product_id,
                    accrued=_money(book.receivable_minor, book.currency),
                    unearned=_money(book.unearned_minor, book.currency),
                    allowance=_money(book.allowance_minor, book.currency),
                )
                for book in books
            ],
            figures=[_figure(figure) for figure in figures],
            coverage=[
                RiskCoverageOut.of(figures, currency=currency)
                for currency in sorted({figure.currency for figure in figures})
            ],
        )


class ContractPartOut(Body):
    """What one contract adds to the close of a day; the figures are the sums of these."""

    contract_id: UUID
    day: date
    bucket_from: int
    stage: int
    restructured: bool
    outstanding: MoneyBody
    received: MoneyBody
    earned: MoneyBody
    accrued: MoneyBody
    unearned: MoneyBody
    suspended: MoneyBody
    expected_loss: MoneyBody
    minimum: MoneyBody
    allowance: MoneyBody

    @classmethod
    def of(cls, row: Row[Any], part: Part, *, day: date) -> "ContractPartOut":
        """Write a contract's part."""
        minor = {
            "outstanding": row.outstanding,
            "received": row.received,
            "earned": part.earned,
            "accrued": part.stock.receivable,
            "unearned": part.stock.unearned,
            "suspended": part.suspended,
            "expected_loss": part.expected_loss,
            "minimum": part.minimum,
            "allowance": part.stock.allowance,
        }
        return cls(
            contract_id=row.contract_id,
            day=day,
            bucket_from=part.bucket_from,
            stage=int(part.stage),
            restructured=part.is_restructured,
            **{name: _money(amount, row.currency) for name, amount in minor.items()},
        )


def _figure(row: DayCloseFigureRow) -> FigureOut:
    minor = {
        "outstanding": row.outstanding_minor,
        "earned": row.earned_minor,
        "accrued": row.receivable_minor,
        "unearned": row.unearned_minor,
        "suspended": row.suspended_minor,
        "expected_loss": row.expected_loss_minor,
        "minimum": row.minimum_minor,
        "allowance": row.allowance_minor,
    }
    return FigureOut(
        fund_id=row.fund_id,
        product_id=row.product_id,
        bucket_from=row.bucket_from,
        stage=row.stage,
        restructured=row.is_restructured,
        contracts=row.contracts,
        **{name: _money(amount, row.currency) for name, amount in minor.items()},
    )


def _money(minor: int, currency: str) -> MoneyBody:
    return MoneyBody.of(Money(minor, currency))
