"""What is charged besides principal and profit, when, and is it allowed?"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self, TypedDict

from shared.errors import Kind, RafidError
from shared.money import Money, Rounding


class FeeKind(StrEnum):
    """How the amount of a fee is found."""

    FLAT = "flat"
    PERCENT = "percent"


class FeeWhen(StrEnum):
    """When a fee is taken: kept back from the money paid out, or asked with an instalment."""

    AT_DISBURSEMENT = "at_disbursement"
    FIRST_INSTALMENT = "first_instalment"
    EACH_INSTALMENT = "each_instalment"


class FeeUnclear(RafidError):
    """A fee is either an amount or a percentage above zero"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fee {code} must state one positive amount or one percentage up to 100."
    code: str


class FeeJson(TypedDict):
    """A fee as it stands in the frozen terms."""

    code: str
    kind: str
    when: str
    amount_minor: int | None
    percent: str | None
    documented_cost_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One charge: a flat amount, or a percentage of the principal (`Decimal("2")` is 2 %).

    `documented_cost` is the actual cost that the lender has on paper for this fee. A qard may be
    charged no more than that (AAOIFI Sharia Standard 19); other modes may leave it out.
    """

    code: str
    kind: FeeKind
    when: FeeWhen
    amount: Money | None = None
    percent: Decimal | None = None
    documented_cost: Money | None = None

    def __post_init__(self) -> None:
        flat = self.amount is not None and self.amount.minor > 0 and self.percent is None
        percent = self.percent is not None and 0 < self.percent <= 100 and self.amount is None  # noqa: PLR2004 - a percentage ends at 100
        if not self.code or not (flat if self.kind is FeeKind.FLAT else percent):
            raise FeeUnclear(code=self.code)

    def charge(self, principal: Money, *, rounding: Rounding = "half_even") -> Money:
        """The fee on this principal: 2 % of 1,000.000 JOD is 20.000 JOD, rounded once."""
        if self.amount is not None:
            return self.amount
        return principal.times((self.percent or Decimal(0)).scaleb(-2), rounding=rounding)

    def to_json(self) -> FeeJson:
        """Plain members; amounts in minor units of the currency of the terms."""
        return {
            "code": self.code,
            "kind": self.kind.value,
            "when": self.when.value,
            "amount_minor": None if self.amount is None else self.amount.minor,
            "percent": None if self.percent is None else str(self.percent),
            "documented_cost_minor": (
                None if self.documented_cost is None else self.documented_cost.minor
            ),
        }

    @classmethod
    def from_json(cls, members: FeeJson, *, currency: str) -> Self:
        """The fee that `to_json` wrote."""
        amount, percent = members["amount_minor"], members["percent"]
        cost = members["documented_cost_minor"]
        return cls(
            code=members["code"],
            kind=FeeKind(members["kind"]),
            when=FeeWhen(members["when"]),
            amount=None if amount is None else Money(amount, currency),
            percent=None if percent is None else Decimal(percent),
            documented_cost=None if cost is None else Money(cost, currency),
        )
