"""What is charged besides principal and profit, when, and is it allowed?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NotRequired, Self, TypedDict

from shared.errors import Kind, RafidError
from shared.money import Money, Rounding


class FeeKind(StrEnum):
    """How the amount of a fee is found."""

    FLAT = "flat"
    PERCENT = "percent"


class FeeWhen(StrEnum):
    """When a fee is taken: kept back from the money paid out, or asked with an instalment.

    `on_date`: with the instalment in whose period its day lies. `overdue`: with each instalment
    that is paid late; it is agreed here and stands in no schedule.
    """

    AT_DISBURSEMENT = "at_disbursement"
    FIRST_INSTALMENT = "first_instalment"
    EACH_INSTALMENT = "each_instalment"
    ON_DATE = "on_date"
    OVERDUE = "overdue"


class FeeBase(StrEnum):
    """What a percentage is taken of.

    The principal, the whole profit, or both; or what is outstanding at the start of a period. Of an
    overdue instalment: its principal, its profit, or both.
    """

    PRINCIPAL = "principal"
    PROFIT = "profit"
    PRINCIPAL_AND_PROFIT = "principal_and_profit"
    OUTSTANDING = "outstanding"


class FeePurpose(StrEnum):
    """Whose money it becomes: the lender's, an insurer's, or that of a takaful's participants."""

    SERVICE = "service"
    INSURANCE = "insurance"
    TAKAFUL = "takaful"


COVER = frozenset({FeePurpose.INSURANCE, FeePurpose.TAKAFUL})
DAYS_AFTER_MAX = 20_000


class FeeUnclear(RafidError):
    """A fee is either an amount or a percentage above zero, and falls due on a day it names"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fee {code} must state one positive amount or one percentage up to 100, and a day"
        " where it is due on one."
    )
    code: str


class FeesEatLoan(RafidError):
    """Fees that are kept back leave something of the loan"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of {least}, the least that is lent, fees of {kept} are kept back: nothing is left."
    least: Money
    kept: Money


class FeeJson(TypedDict):
    """A fee as it stands in the frozen terms."""

    code: str
    kind: str
    when: str
    amount_minor: int | None
    percent: str | None
    documented_cost_minor: int | None
    of: NotRequired[str]
    purpose: NotRequired[str]
    due_on: NotRequired[str]
    days_after: NotRequired[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One charge: a flat amount, or a percentage (`Decimal("2")` is 2 %) `of` a base.

    `documented_cost` is the actual cost that the lender has on paper for this fee. A qard may be
    charged no more than that (AAOIFI Sharia Standard 19); other modes may leave it out. A fee on a
    date names the day (`due_on`), or how many days it lies after the disbursement (`days_after`).
    """

    code: str
    kind: FeeKind
    when: FeeWhen
    amount: Money | None = None
    percent: Decimal | None = None
    documented_cost: Money | None = None
    of: FeeBase = FeeBase.PRINCIPAL
    purpose: FeePurpose = FeePurpose.SERVICE
    due_on: date | None = None
    days_after: int | None = None

    def __post_init__(self) -> None:
        flat = self.amount is not None and self.amount.minor > 0 and self.percent is None
        percent = self.percent is not None and 0 < self.percent <= 100 and self.amount is None  # noqa: PLR2004 - a percentage ends at 100
        states_charge = flat if self.kind is FeeKind.FLAT else percent
        if not self.code or not states_charge or not self._states_day():
            raise FeeUnclear(code=self.code)

    def _states_day(self) -> bool:
        outstanding = self.of is FeeBase.OUTSTANDING
        if outstanding and self.when is not FeeWhen.EACH_INSTALMENT:
            return False
        if self.kind is FeeKind.FLAT and self.of is not FeeBase.PRINCIPAL:
            return False
        if self.when is not FeeWhen.ON_DATE:
            return self.due_on is None and self.days_after is None
        if self.days_after is None:
            return self.due_on is not None
        return self.due_on is None and 0 <= self.days_after <= DAYS_AFTER_MAX

    def charge(self, base: Money, *, rounding: Rounding = "half_even") -> Money:
        """The fee on this base: 2 % of 1,000.000 JOD is 20.000 JOD, rounded once."""
        if self.amount is not None:
            return self.amount
        return base.times((self.percent or Decimal(0)).scaleb(-2), rounding=rounding)

    def day(self, disbursed_on: date) -> date:
        """The day of a fee on a date: ten days after 1 March 2026 is 11 March."""
        return self.due_on or disbursed_on + timedelta(days=self.days_after or 0)

    def to_json(self) -> FeeJson:
        """Plain members; amounts in minor units of the currency of the terms."""
        members: FeeJson = {
            "code": self.code,
            "kind": self.kind.value,
            "when": self.when.value,
            "amount_minor": None if self.amount is None else self.amount.minor,
            "percent": None if self.percent is None else str(self.percent),
            "documented_cost_minor": (
                None if self.documented_cost is None else self.documented_cost.minor
            ),
        }
        if self.of is not FeeBase.PRINCIPAL:
            members["of"] = self.of.value
        if self.purpose is not FeePurpose.SERVICE:
            members["purpose"] = self.purpose.value
        if self.due_on is not None:
            members["due_on"] = self.due_on.isoformat()
        if self.days_after is not None:
            members["days_after"] = self.days_after
        return members

    @classmethod
    def from_json(cls, members: FeeJson, *, currency: str) -> Self:
        """The fee that `to_json` wrote."""
        amount, percent = members["amount_minor"], members["percent"]
        cost = members["documented_cost_minor"]
        due_on = members.get("due_on")
        return cls(
            code=members["code"],
            kind=FeeKind(members["kind"]),
            when=FeeWhen(members["when"]),
            amount=None if amount is None else Money(amount, currency),
            percent=None if percent is None else Decimal(percent),
            documented_cost=None if cost is None else Money(cost, currency),
            of=FeeBase(members.get("of", FeeBase.PRINCIPAL)),
            purpose=FeePurpose(members.get("purpose", FeePurpose.SERVICE)),
            due_on=None if due_on is None else date.fromisoformat(due_on),
            days_after=members.get("days_after"),
        )


def require_left(fees: Iterable[Fee], *, least: Money) -> None:
    """Refuse fees that eat the smallest loan; a percentage of the profit is not known yet.

    Worked: 60 % and 50.000 of 100.000 are 110.000. Raises FeesEatLoan.
    """
    kept = [
        fee.charge(least)
        for fee in fees
        if fee.when is FeeWhen.AT_DISBURSEMENT and fee.of is FeeBase.PRINCIPAL
    ]
    total = Money.total(kept, least.currency)
    if total >= least:
        raise FeesEatLoan(least=least, kept=total)
