"""What do steps of deals, their evidence, suppliers and settlements look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.deals.commands import Paper, Proposed
from services.loans.deals.queries import History
from services.loans.deals.settling import Quoted
from services.loans.deals.suppliers import Registered
from services.loans.deals.tables import DealDocumentRow, DealStepRow, SupplierRow
from services.loans.domain import deal as deals
from services.loans.domain.deal import Step
from services.loans.domain.early import RebateRule
from services.loans.domain.journal import Channel
from shared.money import Money
from shared.schemas import Body, Instant, MoneyBody

CODE = r"^[a-z][a-z_]{0,39}$"
Code = Annotated[str, Field(pattern=CODE)]
Figure = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MOST = 12


class DocumentBody(Body):
    """A paper: its kind, the SHA-256 of its bytes in hexadecimal, and where it is kept."""

    kind: Code
    sha256: Digest
    reference: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @classmethod
    def of(cls, row: DealDocumentRow) -> Self:
        """Write a paper."""
        return cls(kind=row.kind, sha256=row.digest, reference=row.reference)


class StepIn(Body):
    """A step to take; without a day it is taken today.

    `amounts`, `figures` and `days` by their name.
    """

    step: Code
    on: date | None = None
    documents: Annotated[list[DocumentBody], Field(max_length=MOST)] = Field(default_factory=list)
    amounts: Annotated[dict[Code, MoneyBody], Field(max_length=MOST)] = Field(default_factory=dict)
    figures: Annotated[dict[Code, Figure], Field(max_length=MOST)] = Field(default_factory=dict)
    days: Annotated[dict[Code, date], Field(max_length=MOST)] = Field(default_factory=dict)
    supplier_id: UUID | None = None
    channel: Channel = Channel.CASH

    def proposed(self, *, today: date) -> Proposed:
        """Give the step as operations take it."""
        return Proposed(
            code=self.step,
            on=self.on or today,
            papers={
                one.kind: Paper(digest=one.sha256, reference=one.reference)
                for one in self.documents
            },
            amounts={name: amount.money() for name, amount in self.amounts.items()},
            figures=dict(self.figures),
            days=dict(self.days),
            supplier_id=self.supplier_id,
            channel=self.channel,
        )


class ResultIn(Body):
    """What a venture made or lost in a period, from its accounts."""

    profit: MoneyBody | None = None
    loss: MoneyBody | None = None
    on: date | None = None
    documents: Annotated[list[DocumentBody], Field(min_length=1, max_length=MOST)]

    def steps(self, *, today: date) -> list[Proposed]:
        """Give the steps that declare it: profit, loss, or both."""
        said = (("declare_profit", "profit", self.profit), ("declare_loss", "loss", self.loss))
        return [
            StepIn(
                step=code, on=self.on, documents=self.documents, amounts={name: amount}
            ).proposed(today=today)
            for code, name, amount in said
            if amount is not None
        ]


class StepOut(Body):
    """A step that was taken, and where the deal stands after it."""

    step_id: UUID
    contract_id: UUID
    number: int
    step: str
    stage: str
    on: date
    documents: list[DocumentBody]
    amounts: dict[str, MoneyBody]
    figures: dict[str, Decimal]
    days: dict[str, date]
    supplier_id: UUID | None
    entry_id: UUID | None
    reverses_step_id: UUID | None
    recorded_at: Instant

    @classmethod
    def of(cls, row: DealStepRow, *, papers: Sequence[DealDocumentRow]) -> Self:
        """Write a step."""
        return cls(
            step_id=row.step_id,
            contract_id=row.contract_id,
            number=row.number,
            step=row.code,
            stage=row.stage,
            on=row.taken_on,
            documents=[DocumentBody.of(one) for one in papers],
            amounts={
                name: MoneyBody.of(Money(minor, row.currency))
                for name, minor in row.amounts.items()
            },
            figures={name: Decimal(figure) for name, figure in row.figures.items()},
            days={name: date.fromisoformat(day) for name, day in row.days.items()},
            supplier_id=row.supplier_id,
            entry_id=row.entry_id,
            reverses_step_id=row.reverses_step_id,
            recorded_at=row.recorded_at,
        )


class NextOut(Body):
    """A step that may follow, with what it takes."""

    step: str
    documents: list[str]
    amounts: list[str]
    figures: list[str]
    days: list[str]
    may_have: list[str]
    party: str | None
    moves_money: bool
    by_another: bool

    @classmethod
    def of(cls, step: Step) -> Self:
        """Write a row of the mode's table."""
        return cls(
            step=step.code,
            documents=list(step.documents),
            amounts=list(step.amounts),
            figures=list(step.figures),
            days=list(step.days),
            may_have=list(step.may_have),
            party=step.party,
            moves_money=step.moves_money,
            by_another=step.by_another,
        )


class DealOut(Body):
    """What was done on a contract, where it stands, and what may come next with which evidence."""

    contract_id: UUID
    mode_of_finance: str
    stage: str
    steps: list[StepOut]
    following: list[NextOut]

    @classmethod
    def of(cls, contract_id: UUID, *, mode: str, table: Sequence[Step], history: History) -> Self:
        """Write a deal."""
        taken = history.taken()
        return cls(
            contract_id=contract_id,
            mode_of_finance=mode,
            stage=deals.stage(table, taken=taken),
            steps=[
                StepOut.of(row, papers=history.documents.get(row.step_id, ()))
                for row in history.rows
            ],
            following=[NextOut.of(step) for step in deals.following(table, taken=taken)],
        )


class ResultsOut(Body):
    """The steps that declared a result."""

    steps: list[StepOut]


class SettlementIn(Body):
    """A contract to settle early, once what the quote says was received; today without a day.

    A rebate `granted` of good will is refused here: a payoff order gives it, approved by another.
    """

    on: date | None = None
    granted: MoneyBody | None = None


class SettlementOut(Body):
    """What settles a contract on a day; `still` is to be paid before it is settled.

    `remaining` less `rebate` is `to_pay`; `unearned` is all the profit that is not earned yet.
    """

    contract_id: UUID
    on: date
    rule: RebateRule
    source: str
    remaining: MoneyBody
    unearned: MoneyBody
    rebate: MoneyBody
    to_pay: MoneyBody
    still: MoneyBody

    @classmethod
    def of(cls, quoted: Quoted) -> Self:
        """Write a quote."""
        found = quoted.settlement
        return cls(
            contract_id=quoted.contract.contract_id,
            on=found.on,
            rule=found.policy.rule,
            source=found.policy.source,
            remaining=MoneyBody.of(found.remaining),
            unearned=MoneyBody.of(found.unearned),
            rebate=MoneyBody.of(found.rebate),
            to_pay=MoneyBody.of(found.to_pay),
            still=MoneyBody.of(quoted.still),
        )


class SupplierIn(Body):
    """Who sells, makes or buys goods; `borrower_id` where it is a borrower of ours."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    registration: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    phone: Annotated[str, Field(min_length=5, max_length=40)] | None = None
    borrower_id: UUID | None = None

    def registered(self, *, phone: str | None) -> Registered:
        """Give the supplier as operations take it, with its telephone in international form."""
        return Registered(
            code=self.code,
            name=self.name,
            registration=self.registration,
            phone=phone,
            borrower_id=self.borrower_id,
        )


class SupplierOut(Body):
    """A supplier."""

    supplier_id: UUID
    code: str
    name: str
    borrower_id: UUID | None

    @classmethod
    def of(cls, row: SupplierRow) -> Self:
        """Write a supplier."""
        return cls(
            supplier_id=row.supplier_id,
            code=row.code,
            name=row.name,
            borrower_id=row.borrower_id,
        )
