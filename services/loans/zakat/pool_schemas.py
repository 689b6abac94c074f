"""What do costs of zakat work, the age of what is in hand, and investments look like?"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.journal import Channel
from services.loans.domain.zakat import ageing
from services.loans.domain.zakat.ageing import Layer, Level
from services.loans.domain.zakat.costs import CostPurpose
from services.loans.domain.zakat.holding import Checks
from services.loans.rulebook.schemas import FactOut
from services.loans.zakat.costing import Aged, Cap, Placing, Spending
from services.loans.zakat.queries import Cost, Investment
from services.loans.zakat_payers.commands import used
from services.loans.zakat_payers.schemas import DayBody, Sha256, Words
from shared.money import Money
from shared.schemas import Body, MoneyBody


class CostIn(Body):
    """A cost of zakat work to enter; wages name the appointment and the record of the work."""

    fund_id: UUID
    amount: MoneyBody
    purpose: CostPurpose
    what: Words
    appointment: Words | None = None
    work_record: Sha256 | None = None
    channel: Channel = Channel.CASH

    def spending(self) -> Spending:
        """Give the cost to enter."""
        return Spending(
            fund_id=self.fund_id,
            amount=self.amount.money(),
            purpose=self.purpose,
            what=self.what,
            appointment=self.appointment,
            work_record=self.work_record,
            channel=self.channel,
        )


class CostOut(Body):
    """A cost, and once it is paid what was collected, booked and allowed then."""

    cost_id: UUID
    reference: str
    fund_id: UUID
    amount: MoneyBody
    purpose: CostPurpose
    what: str
    appointment: str | None
    channel: Channel
    state: Literal["entered", "paid"]
    paid_on: date | None
    entry_id: UUID | None
    collected: MoneyBody | None
    booked_before: MoneyBody | None
    limit: MoneyBody | None
    entered_by: UUID
    paid_by: UUID | None
    facts: list[FactOut]

    @classmethod
    def of(cls, cost: Cost) -> Self:
        """Write a cost."""
        row, paid = cost.row, cost.payment

        def body(minor: int | None) -> MoneyBody | None:
            return None if minor is None else MoneyBody.of(Money(minor, row.currency))

        return cls(
            cost_id=row.cost_id,
            reference=row.reference,
            fund_id=row.fund_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            purpose=CostPurpose(row.purpose),
            what=row.what,
            appointment=row.appointment,
            channel=Channel(row.channel),
            state="entered" if paid is None else "paid",
            paid_on=None if paid is None else paid.paid_on,
            entry_id=None if paid is None else paid.entry_id,
            collected=body(None if paid is None else paid.collected_minor),
            booked_before=body(None if paid is None else paid.booked_minor),
            limit=body(None if paid is None else paid.limit_minor),
            entered_by=row.actor_id,
            paid_by=None if paid is None else paid.actor_id,
            facts=[FactOut.of_kept(one) for one in (paid.facts if paid else [])],
        )


class CapOut(Body):
    """What zakat work may still cost: a share of what was collected since a day, less its cost."""

    fund_id: UUID
    on: DayBody
    since: DayBody
    share: str
    collected: MoneyBody
    booked: MoneyBody
    limit: MoneyBody
    passes: MoneyBody
    facts: list[FactOut]

    @classmethod
    def of(cls, cap: Cap, *, fund_id: UUID, on: date) -> Self:
        """Write the cap of a day."""
        return cls(
            fund_id=fund_id,
            on=DayBody.of(on),
            since=DayBody.of(cap.since),
            share=f"{cap.room.share.normalize():f}",
            collected=MoneyBody.of(cap.room.collected),
            booked=MoneyBody.of(cap.room.booked),
            limit=MoneyBody.of(cap.room.limit),
            passes=MoneyBody.of(cap.room.passes),
            facts=[FactOut.of(one) for one in used(list(cap.facts))],
        )


class LayerOut(Body):
    """What of a receipt is still in hand, its age in days, and by when it is to be given."""

    receipt_id: UUID
    received: DayBody
    amount: MoneyBody
    open: MoneyBody
    age_days: int
    level: Level
    distribute_by: DayBody
    lunar_year_ends: DayBody

    @classmethod
    def of(cls, layer: Layer) -> Self:
        """Write a layer."""
        return cls(
            receipt_id=layer.receipt.receipt_id,
            received=DayBody.of(layer.receipt.received_on),
            amount=MoneyBody.of(layer.receipt.amount),
            open=MoneyBody.of(layer.open),
            age_days=layer.age_days,
            level=layer.level,
            distribute_by=DayBody.of(layer.distribute_by),
            lunar_year_ends=DayBody.of(layer.lunar_year_ends_on),
        )


class LevelOut(Body):
    """How much is in hand of one level of urgency, in how many receipts."""

    level: Level
    receipts: int
    open: MoneyBody


class AgeingOut(Body):
    """How long zakat has lain in a fund: sums by level, and receipts, the oldest first.

    The layers sum to what is in hand; what went out was of the oldest receipt first. The list
    holds the five hundred oldest.
    """

    fund_id: UUID
    on: DayBody
    in_hand: MoneyBody
    urgent_waiting: int
    levels: list[LevelOut]
    layers: list[LayerOut]
    facts: list[FactOut]

    @classmethod
    def of(cls, aged: Aged, *, fund_id: UUID, on: date) -> Self:
        """Write the age of what is in hand."""
        return cls(
            fund_id=fund_id,
            on=DayBody.of(on),
            in_hand=MoneyBody.of(aged.in_hand),
            urgent_waiting=aged.urgent_waiting,
            levels=_levels(aged.layers, currency=aged.in_hand.currency),
            layers=[LayerOut.of(one) for one in aged.layers[:500]],
            facts=[FactOut.of(one) for one in used(list(aged.facts))],
        )


class InvestmentIn(Body):
    """An investment of zakat to propose, with what was shown of its three checks."""

    fund_id: UUID
    amount: MoneyBody
    what: Words
    needs_met: Annotated[str, Field(max_length=1_000)] = ""
    safeguards: Annotated[str, Field(max_length=1_000)] = ""
    end_ownership: Annotated[str, Field(max_length=1_000)] = ""

    def placing(self) -> Placing:
        """Give the investment to propose."""
        checks = Checks(
            needs_met=self.needs_met,
            safeguards=self.safeguards,
            end_ownership=self.end_ownership,
        )
        return Placing(
            fund_id=self.fund_id, amount=self.amount.money(), what=self.what, checks=checks
        )


class InvestmentOut(Body):
    """A proposed investment, and whether a second person approved it.

    An approval is a permission: it moves no money, and a fund of zakat has no account to book an
    investment on.
    """

    investment_id: UUID
    reference: str
    fund_id: UUID
    amount: MoneyBody
    what: str
    state: Literal["proposed", "approved"]
    approved_on: date | None
    proposed_by: UUID
    approved_by: UUID | None
    moves_money: Literal[False] = False
    facts: list[FactOut]

    @classmethod
    def of(cls, investment: Investment) -> Self:
        """Write an investment."""
        row, approval = investment.row, investment.approval
        return cls(
            investment_id=row.investment_id,
            reference=row.reference,
            fund_id=row.fund_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            what=row.what,
            state="proposed" if approval is None else "approved",
            approved_on=None if approval is None else approval.approved_on,
            proposed_by=row.actor_id,
            approved_by=None if approval is None else approval.actor_id,
            facts=[FactOut.of_kept(one) for one in (approval.facts if approval else [])],
        )


def _levels(layers: Sequence[Layer], *, currency: str) -> list[LevelOut]:
    return [
        LevelOut(
            level=level,
            receipts=sum(1 for one in layers if one.level is level),
            open=MoneyBody.of(ageing.total(layers, level=level, currency=currency)),
        )
        for level in Level
    ]
