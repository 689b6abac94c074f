"""What do the answers of assignment runs look like?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from services.scoring.assignments import wording
from services.scoring.assignments.queries import Moved
from services.scoring.assignments.tables import (
    AssignmentFundRow,
    AssignmentLineRow,
    AssignmentRunRow,
)
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.texts import Language

Status = Literal["proposed", "approved", "rejected"]


class LotOut(Body):
    """A part of a fund's money with a deadline, and what the run spends of it, oldest first."""

    amount: MoneyBody
    spend_by: date
    spent: MoneyBody


class RefusedOut(Body):
    """How many applications one rule of a fund stands against."""

    code: str
    of: str
    applications: int
    text: str


class FundOut(Body):
    """What a run would do to a fund; `one_more` is in points for one more unit of its currency."""

    fund_id: UUID
    budget: MoneyBody
    amount: MoneyBody
    left: MoneyBody
    financed: int
    trait_amounts: dict[str, MoneyBody]
    lots: list[LotOut]
    refused: list[RefusedOut]
    one_more: str

    @classmethod
    def of(cls, row: AssignmentFundRow, run: AssignmentRunRow, language: Language) -> Self:
        """Write a row."""
        return cls(
            fund_id=row.fund_id,
            budget=_money(row.budget_minor, run),
            amount=_money(row.amount_minor, run),
            left=_money(row.budget_minor - row.amount_minor, run),
            financed=row.financed,
            trait_amounts={name: _money(it, run) for name, it in row.trait_amounts.items()},
            lots=[
                LotOut(
                    amount=_money(lot["amount_minor"], run),
                    spend_by=date.fromisoformat(lot["spend_by"]),
                    spent=_money(lot["spent_minor"], run),
                )
                for lot in row.lots
            ],
            refused=[RefusedOut(**item, text=_text(item, run, language)) for item in row.refused],
            one_more=f"{row.one_more:f}",
        )


class RunOut(Body):
    """A run: how good it is, how far from the best it may be, and what was decided."""

    run_id: UUID
    input_hash: str
    as_of: date
    currency: str
    applications: int
    financed: int
    method: str
    value: str
    bound: str
    gap: str
    status: Status
    made_by: UUID
    made_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_note: str | None

    @classmethod
    def of(cls, row: AssignmentRunRow) -> Self:
        """Write a row."""
        return cls(**_members(row))


class MovedOut(Body):
    """An application that is not as it was when the run was made."""

    application_id: UUID
    code: Literal["changed", "financed", "assessed"]


class RunFileOut(RunOut):
    """A run with its weights, its funds, and the applications that changed meanwhile."""

    weights: dict[str, int | dict[str, int]]
    funds: list[FundOut]
    is_outdated: bool
    moved: list[MovedOut]

    @classmethod
    def whole(
        cls,
        row: AssignmentRunRow,
        funds: Sequence[AssignmentFundRow],
        moved: Sequence[Moved],
        *,
        language: Language,
    ) -> Self:
        """Write the rows."""
        return cls(
            **_members(row),
            weights=row.weights,
            funds=[FundOut.of(fund, row, language) for fund in funds],
            is_outdated=bool(moved),
            moved=[
                MovedOut.model_validate({"application_id": it.application_id, "code": it.code})
                for it in moved
            ],
        )


class RefusalOut(Body):
    """The rule by which one fund does not finance an application."""

    fund_id: UUID
    code: str
    of: str
    text: str


class LineOut(Body):
    """What is proposed for one application: a fund, or the rule of every fund against it."""

    application_id: UUID
    place: int
    amount: MoneyBody
    fund_id: UUID | None
    refusals: list[RefusalOut]

    @classmethod
    def of(cls, row: AssignmentLineRow, run: AssignmentRunRow, language: Language) -> Self:
        """Write a row."""
        return cls(
            application_id=row.application_id,
            place=row.place,
            amount=_money(row.amount_minor, run),
            fund_id=row.fund_id,
            refusals=[
                RefusalOut(
                    fund_id=UUID(item["fund_id"]),
                    code=item["code"],
                    of=item["of"],
                    text=_text(item, run, language),
                )
                for item in row.refusals
            ],
        )


class WorthOut(Body):
    """What one more unit in a fund would have brought in the newest approved run, in points."""

    fund_id: UUID
    run_id: UUID
    as_of: date
    currency: str
    one_more: str


def _members(row: AssignmentRunRow) -> dict[str, Any]:
    gap = (row.bound - row.value) / row.bound if row.bound > 0 else Decimal(0)
    own = {name: getattr(row, name) for name in RunOut.model_fields if hasattr(row, name)}
    return own | {"value": f"{row.value:f}", "bound": f"{row.bound:f}", "gap": f"{gap:.6f}"}


def _text(item: Mapping[str, str], run: AssignmentRunRow, language: Language) -> str:
    return wording.sentence(item["code"], item["of"], words=run.words, language=language)


def _money(minor: int, run: AssignmentRunRow) -> MoneyBody:
    return MoneyBody.of(Money(minor, run.currency))
