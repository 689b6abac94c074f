"""On which terms does a lender lend, and what is frozen of them when the money comes?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared.errors import JsonValue, Kind, RafidError
from shared.money import Money
from shared.periods import DayCount


class FacilityForm(StrEnum):
    """On what a lender lends: for interest, without any, or for a share of declared profit."""

    CONVENTIONAL = "conventional"
    QARD = "qard"
    MUDARABA = "mudaraba"


class InterestNotInForm(RafidError):
    """Money lent in this form bears no interest"""

    kind = Kind.RULE
    service = "loans"
    detail = "A facility in the form {form} bears no rate of {annual_rate}, and shares {share}."
    form: FacilityForm
    annual_rate: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """On which terms a lender lends; each draw-down freezes them with its amount and days.

    `annual_rate` is a fraction a year. `profit_share` is the lender's part of declared profit in
    a mudaraba. `early_to_the_day` says that what is paid early costs profit to its day only;
    otherwise all profit that was agreed is asked. Raises `InterestNotInForm`.
    """

    form: FacilityForm
    annual_rate: Decimal
    instalments: int
    frequency: Frequency
    principal_grace: int = 0
    day_count: DayCount = "30/360"
    profit_share: Decimal = Decimal(0)
    early_to_the_day: bool = False

    def __post_init__(self) -> None:
        bears = self.form is FacilityForm.CONVENTIONAL
        shares = self.form is FacilityForm.MUDARABA
        free = bears or not (self.annual_rate or self.early_to_the_day)
        share_fits = 0 < self.profit_share < 1 if shares else not self.profit_share
        if not (free and share_fits):
            raise InterestNotInForm(
                form=self.form, annual_rate=self.annual_rate, share=self.profit_share
            )

    def to_json(self) -> dict[str, JsonValue]:
        """Plain members, fit for `jsonb`; `from_json` gives an equal value back."""
        return {
            "form": self.form.value,
            "annual_rate": str(self.annual_rate),
            "instalments": self.instalments,
            "frequency": self.frequency.value,
            "principal_grace": self.principal_grace,
            "day_count": self.day_count,
            "profit_share": str(self.profit_share),
            "early_to_the_day": self.early_to_the_day,
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            form=FacilityForm(members["form"]),
            annual_rate=Decimal(members["annual_rate"]),
            instalments=members["instalments"],
            frequency=Frequency(members["frequency"]),
            principal_grace=members["principal_grace"],
            day_count=members["day_count"],
            profit_share=Decimal(members["profit_share"]),
            early_to_the_day=members["early_to_the_day"],
        )

    def terms(self, amount: Money, *, received_on: date, first_due_on: date) -> Terms:
        """The terms of one draw-down. Raises what `Terms` raises.

        120,000.00 MAD drawn at 6 % in 12 months, the first due a month later: eleven instalments
        of 10,327.97 and a last of 10,327.99, by the annuity of 0.5 % a month.
        """
        bears = bool(self.annual_rate)
        mode = ModeOfFinance.CONVENTIONAL if bears else ModeOfFinance.QARD
        follows = Recalculation.ON_PAYMENT if self.early_to_the_day else Recalculation.NONE
        return Terms(
            mode_of_finance=mode,
            charge_method=ChargeMethod.DECLINING_BALANCE if bears else ChargeMethod.NONE,
            principal=amount,
            annual_rate=self.annual_rate,
            instalments=self.instalments,
            frequency=self.frequency,
            disbursed_on=received_on,
            first_due_on=first_due_on,
            principal_grace=self.principal_grace,
            day_count=self.day_count,
            charging=Charging(recalculation=follows if bears else Recalculation.NONE),
        )


def freeze(instalments: Sequence[Instalment]) -> list[list[Any]]:
    """Instalments as plain members: number, day, principal, profit, fee in minor units."""
    return [
        [
            one.number,
            one.due_on.isoformat(),
            one.principal.minor,
            one.profit.minor,
            one.fee.minor,
        ]
        for one in instalments
    ]


def frozen(rows: Iterable[Sequence[Any]], *, currency: str) -> tuple[Instalment, ...]:
    """The instalments that `freeze` wrote."""
    return tuple(
        Instalment(
            number=number,
            due_on=date.fromisoformat(due_on),
            principal=Money(principal, currency),
            profit=Money(profit, currency),
            fee=Money(fee, currency),
        )
        for number, due_on, principal, profit, fee in rows
    )


def split_profit(declared: Money, *, share: Decimal) -> Money:
    """The lender's part of a declared profit, rounded down: what is left stays with the fund.

    1,000.000 declared at 0.35: 350.000 to the lender.
    """
    return Money(int(declared.minor * share), declared.currency)
