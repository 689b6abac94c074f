"""How does a contract stand while its events are applied one by one?"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.loans.domain.course.events import Disbursed, Event
from services.loans.domain.course.lines import Line
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.plan import Charge, InstalmentRule, Plan
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.terms import ChargeMethod


class Entry:
    """A transaction while a course is being computed: what it paid, part by part.

    `covered` is principal that it made outstanding and that an earlier surplus paid at once.
    """

    __slots__ = ("amount", "covered", "key", "kind", "on", "parts", "surplus")

    def __init__(self, key: Hashable, on: date, kind: TransactionKind, amount: int) -> None:
        self.key = key
        self.on = on
        self.kind = kind
        self.amount = amount
        self.parts = [0, 0, 0, 0]
        self.surplus = 0
        self.covered = 0


class Owed(NamedTuple):
    """What is owed of the two components that the model of the periods knows."""

    principal: int
    profit: int


@dataclass(frozen=True, slots=True)
class ChargeOn:
    """A charge where it was put: part of a line, with its amount."""

    line: Line
    part: int
    amount: int
    due_on: date | None = None


@dataclass(slots=True)
class Standing:
    """The lines, the model of the periods, and what was paid beyond them.

    `follows_days` says whether profit follows the real days (a plan with recalculation) and still
    does: after a charge-off or write-off nothing is recalculated any more. `drawn` is all that is
    paid out in the whole course: day, amount, and down payment. `owed` remembers what the model
    answered while nothing has changed in it.
    """

    plan: Plan
    model: Model
    lines: list[Line]
    entries: list[Entry] = field(default_factory=list)
    disbursed: list[Disbursed] = field(default_factory=list)
    overpaid: int = 0
    is_charged_off: bool = False
    is_written_off: bool = False
    is_payoff: bool = False
    charged: dict[Hashable, ChargeOn] = field(default_factory=dict)
    each_instalment: list[Charge] = field(default_factory=list)
    left_to_charge_back: dict[Hashable, list[int]] = field(default_factory=dict)
    is_expected_only: bool = False
    owed: dict[tuple[int, date], Owed] = field(default_factory=dict)
    expected: list[tuple[date, int]] = field(default_factory=list)
    applied: list[Event] = field(default_factory=list)
    drawn: list[tuple[date, int, int]] = field(default_factory=list)
    by_instalment: dict[tuple[int, int], int] = field(default_factory=dict)
    fees_paid_out: dict[Hashable, int] = field(default_factory=dict)

    @property
    def follows_days(self) -> bool:
        """Whether payments change what is due."""
        return (
            self.plan.recalculation is not None
            and self.plan.instalment_rule is InstalmentRule.BY_PERIOD_RATES
            and self.plan.annual_rate > 0
            and self.plan.charge_method is ChargeMethod.DECLINING_BALANCE
            and not self.is_charged_off
            and not self.is_written_off
        )

    def line_of(self, period: Period) -> Line | None:
        """The line of a period of the model."""
        for line in self.lines:
            if line.due == period.due and line.start == period.start and not line.is_down_payment:
                return line
        return None

    def sync(self, on: date | None = None) -> None:
        """Take over into the lines what the model now says is due."""
        tallies = self.model.tally()
        by_days = {(line.start, line.due): line for line in self.lines if not line.is_down_payment}
        for period, tally in zip(self.model.periods, tallies, strict=True):
            line = by_days.get(period.days)
            if line is not None:
                line.asked[0], line.asked[1] = tally.principal, tally.profit
                if on is not None:
                    line.credited = period.credited
                    line.note(on)

    def sync_if_following(self) -> None:
        """Take over what the model says, where payments change what is due."""
        if self.follows_days:
            self.sync()

    def take_open_lines(self, since: date) -> None:
        """Take over what the model says into the lines that are open and due from a day on.

        No line asks for less than was paid of it. Where the model was told of payments it may open
        a settled line again; where not, the last open lines take what that leaves over.
        """
        tallies = self.model.tally()
        for period, tally in zip(self.model.periods, tallies, strict=True):
            line = self.line_of(period)
            if line is None or (line.is_settled and not self.follows_days):
                continue
            if line.due >= since:
                again = line.credited - period.credited
                line.asked[0] = max(tally.principal + again, line.paid[0])
                line.asked[1] = max(tally.profit + line.credited_profit, line.paid[1])
                line.note(since)
        if not self.follows_days:
            self.fit_principal(since)

    def fit_principal(self, on: date) -> None:
        """The last open instalments ask so much that all principal is what is owed."""
        lines = [line for line in self.lines if not line.is_added]
        owed = sum(event.amount for event in self.disbursed if self._is_within(event))
        owed += sum(line.credited for line in lines)
        missing = owed - sum(line.asked[0] for line in lines)
        for line in reversed(lines):
            if not missing:
                return
            if not line.is_settled:
                before = line.asked[0]
                line.asked[0] = max(before + missing, line.paid[0])
                line.note(on)
                missing -= line.asked[0] - before

    def _is_within(self, event: Disbursed) -> bool:
        """Whether a disbursement came before the end: later ones have a line of their own."""
        return event.on <= self.model.last.due

    def forget_missed_tranches(self, day: date) -> None:
        """A tranche is expected no more once its day, or a later disbursement's, has passed."""
        last = max(event.on for event in self.disbursed)
        self.expected = [(on, amount) for on, amount in self.expected if on >= day and on > last]

    def last_line_due(self, due: date) -> Line:
        """The last of the lines due on a day: an old one may end where a new one is due."""
        return [line for line in self.lines if line.due == due and not line.is_down_payment][-1]

    def put_in(self, line: Line) -> None:
        """A new line, in the order of due dates."""
        self.lines.append(line)
        self.in_order()

    def in_order(self) -> None:
        """Lines by due date; on one day the down payment comes last, of level instalments first."""
        is_level = self.plan.instalment_rule is InstalmentRule.FIXED_LEVEL
        self.lines.sort(
            key=lambda each: (
                each.due,
                each.is_down_payment is not is_level,
                each.is_added,
                each.start,
            )
        )
