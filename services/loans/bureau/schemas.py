"""What do debts elsewhere look like on the wire?"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.debts import (
    Debt,
    DebtSource,
    Difference,
    Differing,
    KnownDebts,
    Report,
    Silence,
    Silent,
)
from shared.clients.scoring_requests import OtherDebt
from shared.schemas import Body, MoneyBody

Lender = Annotated[str, Field(min_length=1, max_length=80)]


class DebtBody(Body):
    """A debt to a lender: what it takes in a month, and what is still owed of it."""

    lender: Lender
    monthly: MoneyBody
    outstanding: MoneyBody

    def debt(self) -> Debt:
        """Give the debt as the domain knows it. Raises `DebtImpossible`."""
        return Debt(
            lender=self.lender,
            monthly=self.monthly.money(),
            outstanding=self.outstanding.money(),
        )

    @classmethod
    def of(cls, debt: Debt) -> Self:
        """Write a debt."""
        return cls(
            lender=debt.lender,
            monthly=MoneyBody.of(debt.monthly),
            outstanding=MoneyBody.of(debt.outstanding),
        )


class DeclaredIn(Body):
    """All that a borrower says he owes elsewhere on a day; an empty list says: nothing."""

    as_of: date
    debts: Annotated[tuple[DebtBody, ...], Field(max_length=40)] = ()


class ReportOut(Body):
    """What one source said, and until when it may be relied upon; `silent` says why it is not."""

    as_of: date
    fresh_until: date
    is_stale: bool
    silent: Silence | None
    debts: list[DebtBody]

    @classmethod
    def of(cls, report: Report | None, known: KnownDebts, *, on: date) -> Self | None:
        """Write a report, if there is one."""
        if report is None:
            return None
        return cls(
            as_of=report.as_of,
            fresh_until=report.fresh_until,
            is_stale=report.is_stale(on=on),
            silent=known.silence(report, on=on),
            debts=[DebtBody.of(debt) for debt in report.debts],
        )


class DifferenceOut(Body):
    """A lender about whom word and finding differ."""

    lender: str
    difference: Difference
    declared: DebtBody | None
    bureau: DebtBody | None

    @classmethod
    def of(cls, one: Differing) -> Self:
        """Write a difference."""
        return cls(
            lender=one.lender,
            difference=one.difference,
            declared=None if one.declared is None else DebtBody.of(one.declared),
            bureau=None if one.found is None else DebtBody.of(one.found),
        )


class SilentOut(Body):
    """A debt that is known and does not reach the assessment, and why."""

    source: DebtSource
    debt: DebtBody
    because: Silence

    @classmethod
    def of(cls, one: Silent) -> Self:
        """Write a debt that is not counted."""
        return cls(source=one.source, debt=DebtBody.of(one.debt), because=one.because)


class KnownDebtsOut(Body):
    """What a borrower owes elsewhere, by both sources, and what an assessment would hear of it."""

    borrower_id: UUID
    currency: str
    may_ask_bureau: bool
    declared: ReportOut | None
    bureau: ReportOut | None
    differences: list[DifferenceOut]
    counted: list[OtherDebt]
    left_out: list[SilentOut]

    @classmethod
    def of(
        cls,
        known: KnownDebts,
        *,
        borrower_id: UUID,
        counted: list[OtherDebt],
        currency: str,
        on: date,
    ) -> Self:
        """Write what is known on a day."""
        return cls(
            borrower_id=borrower_id,
            currency=currency,
            may_ask_bureau=known.may_ask_bureau,
            declared=ReportOut.of(known.declared, known, on=on),
            bureau=ReportOut.of(known.found, known, on=on),
            differences=[DifferenceOut.of(one) for one in known.differences()],
            counted=counted,
            left_out=[SilentOut.of(one) for one in known.left_out(currency=currency, on=on)],
        )
