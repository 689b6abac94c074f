"""What do the facts of running loans and the list of warnings look like on the wire?"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Row

from services.loans.domain import early_warning
from services.loans.papers.documents import PartyOut
from services.loans.warnings.queries import Known
from services.loans.warnings.tables import WarningPartRow
from shared.clients.warnings import (
    DUES_MAX,
    PAYMENTS_MAX,
    BranchCapacityIn,
    BurdenIn,
    CapacityIn,
    GradeName,
    LoanDueIn,
    LoanIn,
    PaymentIn,
    WarningRead,
)
from shared.schemas import Body

RATIO_MAX: Final = Decimal("9999.999999")
BURDENS_MAX: Final = 50


def told_of(known: Known) -> LoanIn | None:
    """Write what was known of a loan; None where there is no plan, or more than can be told.

    Visits, milestones, promises and the months of most income are kept by no service and left out.
    """
    payments = early_warning.netted(known.moved)
    if not 0 < len(known.dues) <= DUES_MAX or len(payments) > PAYMENTS_MAX:
        return None
    return LoanIn(
        loan_id=known.running.contract_id,
        branch_id=known.running.branch_id,
        group_id=known.running.group_id,
        disbursed_on=known.started_on,
        dues=[LoanDueIn(due_on=day, amount_minor=minor) for day, minor in known.dues],
        payments=tuple(PaymentIn(paid_on=day, amount_minor=minor) for day, minor in payments),
        burdens=tuple(
            BurdenIn(found_on=day, share=f"{min(max(share, Decimal(0)), RATIO_MAX):.6f}")
            for day, share in known.burdens[-BURDENS_MAX:]
        ),
    )


def capacity_of(parts: Sequence[WarningPartRow]) -> CapacityIn:
    """How many loans of each branch its officers can look after in a month."""
    loads: Counter[str] = Counter()
    for part in parts:
        loads.update(part.capacity)
    branches = (BranchCapacityIn(branch_id=UUID(k), loans=v) for k, v in sorted(loads.items()))
    return CapacityIn(branches=tuple(branches))


class FactsOut(Body):
    """What was known of running loans on a day; `next` is the id after which the list goes on.

    `untold` are those without a plan, or with more facts than a grading takes.
    """

    as_of: date
    loans: list[LoanIn]
    untold: list[UUID]
    next: str | None = None


class ReasonOut(Body):
    """Why a loan stands among the warnings, and what to do, in the reader's language."""

    characteristic: str
    text: str
    hint: str


class WarnedOut(Body):
    """A loan to be looked after, whose it is and who looks after it; the newest outcome last."""

    warning_id: UUID
    contract_id: UUID
    reference: str
    branch_id: UUID
    officer_id: UUID | None
    borrower: PartyOut
    phone: str | None
    grade: GradeName
    rank: int
    points: int
    reasons: list[ReasonOut]
    outcomes: list[str]

    @classmethod
    def of(cls, read: WarningRead, named: Row[Any]) -> Self:
        """Write a warning with the names that scoring does not know."""
        return cls(
            warning_id=read.warning_id,
            contract_id=read.loan_id,
            reference=named.reference,
            branch_id=named.branch_id,
            officer_id=named.officer_id,
            borrower=PartyOut(
                borrower_id=named.borrower_id,
                reference=named.borrower_reference,
                name_ar=named.name_ar,
                name_latin=named.name_latin,
            ),
            phone=named.phone,
            grade=read.grade,
            rank=read.rank,
            points=read.points,
            reasons=[
                ReasonOut(characteristic=one.characteristic, text=one.text, hint=one.hint)
                for one in read.reasons
            ],
            outcomes=[one.outcome for one in read.outcomes],
        )


class BranchLoadOut(Body):
    """How many loans the officers of a branch can look after in a month."""

    branch_id: UUID
    loans: int


class MonthOut(Body):
    """How far a month is graded, and by what was known on which day.

    `capacity` names the branches that have officers of their own.
    """

    month: date
    as_of: date
    parts: int
    graded: int
    red: int
    amber: int
    green: int
    left_out: int
    capacity: list[BranchLoadOut]

    @classmethod
    def of(cls, parts: Sequence[WarningPartRow]) -> Self:
        """Write a month's parts together."""
        return cls(
            month=parts[0].month,
            as_of=parts[0].as_of,
            parts=len(parts),
            graded=sum(part.graded_at is not None for part in parts),
            red=sum(part.red for part in parts),
            amber=sum(part.amber for part in parts),
            green=sum(part.green for part in parts),
            left_out=sum(part.left_out for part in parts),
            capacity=[
                BranchLoadOut(branch_id=one.branch_id, loans=one.loans)
                for one in capacity_of(parts).branches
            ],
        )


class WarningsOut(Body):
    """A month's warnings, the worst first; before any month is graded, none."""

    month: MonthOut | None
    items: list[WarnedOut]
    next: str | None = None
