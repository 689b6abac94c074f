"""What do guarantee facilities, covers and claims look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.domain.guaranteeing import Facility
from services.loans.domain.journal import Channel
from services.loans.guarantees.tables import ClaimRow, ClaimStepRow, CoverRow, FacilityRow
from services.loans.institutions.schemas import NamesBody
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Body, Day, MoneyBody

Part = Annotated[Decimal, Field(gt=0, le=1, max_digits=7, decimal_places=6)]
Fee = Annotated[Decimal, Field(ge=0, lt=1, max_digits=7, decimal_places=6)]
Days = Annotated[int, Field(ge=1, le=3650)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FacilityIn(Body):
    """What a guarantor agreed; both caps are in one currency. No product named: all.

    `fund_id` names a guarantee fund of our own; without it the guarantor is another institution.
    """

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    names: NamesBody
    fund_id: UUID | None = None
    covered: Part
    cap_each: MoneyBody
    cap_total: MoneyBody
    claim_after_days: Days
    claim_within_days: Days
    fee: Fee = Decimal(0)
    product_ids: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    starts_on: Day
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _caps_and_days_fit(self) -> Self:
        each, total = self.cap_each.money(), self.cap_total.money()
        if each.currency != total.currency or not each.is_positive or total < each:
            raise ValueError("cap_each above zero, and no more than cap_total")
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            raise ValueError("ends_on after starts_on")
        return self

    def facility(self) -> Facility:
        """Give the facility as the domain knows it."""
        cap_each, cap_total = self.cap_each.money(), self.cap_total.money()
        return Facility(
            code=self.code,
            currency=cap_total.currency,
            covered=self.covered,
            cap_each=cap_each,
            cap_total=cap_total,
            claim_after_days=self.claim_after_days,
            claim_within_days=self.claim_within_days,
            fee=self.fee,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            fund_id=None if self.fund_id is None else FundId(self.fund_id),
            product_ids=frozenset(self.product_ids),
        )


class FacilityOut(Body):
    """A facility, and how much of its cap is used."""

    facility_id: UUID
    code: str
    names: NamesBody
    fund_id: UUID | None
    covered: Decimal
    cap_each: MoneyBody
    cap_total: MoneyBody
    used: MoneyBody | None = None
    claim_after_days: int
    claim_within_days: int
    fee: Decimal
    product_ids: list[UUID]
    starts_on: date
    ends_on: date | None

    @classmethod
    def of(cls, row: FacilityRow, *, used: Money | None = None) -> Self:
        """Write a facility."""
        return cls(
            facility_id=row.facility_id,
            code=row.code,
            names=NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en),
            fund_id=row.fund_id,
            covered=row.covered,
            cap_each=MoneyBody.of(Money(row.cap_each_minor, row.currency)),
            cap_total=MoneyBody.of(Money(row.cap_total_minor, row.currency)),
            used=None if used is None else MoneyBody.of(used),
            claim_after_days=row.claim_after_days,
            claim_within_days=row.claim_within_days,
            fee=row.fee,
            product_ids=list(row.product_ids),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )


class CoverIn(Body):
    """The contract that is to be covered."""

    contract_id: UUID


class DayIn(Body):
    """On which day; without one today. A claim is filed with the hash of its paper."""

    on: Day | None = None
    evidence: Sha256 | None = None


class CoverOut(Body):
    """What a facility answers for of a contract; the fee is what was agreed for it."""

    cover_id: UUID
    facility_id: UUID
    contract_id: UUID
    amount: MoneyBody
    fee: MoneyBody
    covered_on: date
    released_on: date | None
    fee_paid_on: date | None

    @classmethod
    def of(cls, row: CoverRow) -> Self:
        """Write a cover."""
        return cls(
            cover_id=row.cover_id,
            facility_id=row.facility_id,
            contract_id=row.contract_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            fee=MoneyBody.of(Money(row.fee_minor, row.currency)),
            covered_on=row.covered_on,
            released_on=row.released_on,
            fee_paid_on=row.fee_paid_on,
        )


class FeeIn(Body):
    """On which day the guarantor is paid for its cover, and through which account."""

    on: Day | None = None
    channel: Literal["cash", "wallet", "bank"] = Channel.CASH.value


class StepIn(Body):
    """What happens to a claim; `undo` takes the last payment or sharing back.

    `amount` of `accept` is what the guarantor accepts, of `recover` what the borrower paid since;
    without it all that was claimed, and all that came and was not shared.
    """

    event: Literal["submit", "accept", "refuse", "pay", "recover", "undo"]
    on: Day | None = None
    amount: MoneyBody | None = None
    evidence: Sha256 | None = None
    channel: Literal["cash", "wallet", "bank"] = Channel.CASH.value


class StepOut(Body):
    """A step that was taken."""

    number: int
    status: str
    amount: MoneyBody
    received: MoneyBody
    taken_on: date
    evidence: str | None
    actor_id: UUID


class ClaimOut(Body):
    """A claim, where it stands, and what it went through."""

    claim_id: UUID
    cover_id: UUID
    contract_id: UUID
    status: str
    claimed: MoneyBody
    steps: list[StepOut]

    @classmethod
    def of(cls, row: ClaimRow, steps: Sequence[ClaimStepRow]) -> Self:
        """Write a claim with its steps."""
        return cls(
            claim_id=row.claim_id,
            cover_id=row.cover_id,
            contract_id=row.contract_id,
            status=steps[-1].status,
            claimed=MoneyBody.of(Money(row.claimed_minor, row.currency)),
            steps=[
                StepOut(
                    number=step.number,
                    status=step.status,
                    amount=MoneyBody.of(Money(step.amount_minor, row.currency)),
                    received=MoneyBody.of(Money(step.received_minor, row.currency)),
                    taken_on=step.taken_on,
                    evidence=step.evidence,
                    actor_id=step.actor_id,
                )
                for step in steps
            ],
        )
