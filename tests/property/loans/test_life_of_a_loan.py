"""Does money stay whole through any life that a loan may have?"""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.loans.domain import allocation, journal, replay, schedule
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import JournalEntry
from services.loans.domain.replay import ContractState, Movement, MovementKind
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.ids import EntryId
from shared.money import Money
from tests.builders import CONTRACT, NOON, make_fund_accounts
from tests.property.loans.strategies import lawful_terms


class LifeOfALoan(RuleBasedStateMachine):
    """A loan paid out, repaid early, late, in excess, reversed and heard of late."""

    terms: Terms
    instalments: tuple[Instalment, ...]

    @initialize(terms=lawful_terms())
    def sign(self, terms: Terms) -> None:
        self.terms = terms
        self.instalments = schedule.schedule(terms)
        self.movements: list[Movement] = []
        self.entries: dict[UUID, JournalEntry] = {}
        self.clock: datetime = NOON
        self.answers: list[tuple[date, datetime, ContractState]] = []
        self.fund = make_fund_accounts(FundKind.COMMERCIAL, terms.currency)
        self.paid = 0

    def state(self, as_of: date = date.max, known_at: datetime | None = None) -> ContractState:
        return replay.replay(
            self.terms,
            instalments=self.instalments,
            movements=self.movements,
            as_of=as_of,
            known_at=known_at or self.clock,
        )

    def hear(self, kind: MovementKind, amount: Money, on: date, of: UUID | None = None) -> UUID:
        self.clock += timedelta(minutes=1)
        movement_id = uuid4()
        self.movements.append(
            Movement(
                movement_id=movement_id,
                kind=kind,
                amount=amount,
                effective_on=on,
                known_at=self.clock,
                reverses=of,
            )
        )
        return movement_id

    @property
    def is_paid_out(self) -> bool:
        return bool(self.movements)

    @precondition(lambda self: not self.is_paid_out)
    @rule()
    def disburse(self) -> None:
        amount, day = self.terms.principal, self.terms.disbursed_on
        movement_id = self.hear(MovementKind.DISBURSEMENT, amount, day)
        self.entries[movement_id] = journal.disbursement_entry(
            amount, fund=self.fund, disbursed_on=day, contract_id=CONTRACT
        )

    @precondition(lambda self: self.is_paid_out)
    @rule(part=st.integers(1, 140), days=st.integers(0, 900))
    def repay(self, part: int, days: int) -> None:
        """Pay a hundredth or more of the loan, on any day since it was paid out."""
        amount = Money(self.terms.principal.minor * part // 100, self.terms.currency)
        day = self.terms.disbursed_on + timedelta(days=days)
        portions = allocation.allocate(
            amount.minor,
            paid_before=self.paid,
            instalments=schedule.totals(self.instalments),
            order=allocation.order_of(self.terms.allocation_order),
        )
        self.paid += amount.minor
        self.post(self.hear(MovementKind.REPAYMENT, amount, day), portions, day)

    @precondition(lambda self: self.paid > 0)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        """A payment bounced: its opposite is booked as the waterfall stands today."""
        undone = {movement.reverses for movement in self.movements}
        standing = [
            movement
            for movement in self.movements
            if movement.kind is MovementKind.REPAYMENT and movement.movement_id not in undone
        ]
        assume(standing)
        bounced = data.draw(st.sampled_from(standing))
        portions = allocation.allocate(
            -bounced.amount.minor,
            paid_before=self.paid,
            instalments=schedule.totals(self.instalments),
            order=allocation.order_of(self.terms.allocation_order),
        )
        self.paid -= bounced.amount.minor
        day = bounced.effective_on
        movement_id = self.hear(MovementKind.REVERSAL, bounced.amount, day, bounced.movement_id)
        self.post(movement_id, portions, day)

    def post(self, movement_id: UUID, portions: allocation.Portions, day: date) -> None:
        self.entries[movement_id] = journal.repayment_entry(
            Allocation.of(portions, self.terms.currency),
            fund=self.fund,
            received_on=day,
            contract_id=CONTRACT,
        )

    @rule(days=st.integers(0, 1_500))
    def ask(self, days: int) -> None:
        """Remember an answer; it must never change for the same two dates."""
        as_of = self.terms.disbursed_on + timedelta(days=days)
        self.answers.append((as_of, self.clock, self.state(as_of)))

    @invariant()
    def the_books_agree_with_the_contract(self) -> None:
        if not hasattr(self, "terms"):
            return
        found, currency = self.state(), self.terms.currency
        books = journal.balances(self.entries.values())

        def balance(code: str) -> int:
            return books.get((self.fund.fund_id, currency, code), 0)

        assert sum(books.values()) == 0
        assert balance("loans") == found.outstanding_principal.minor
        assert -balance("profit_income") == found.paid.profit.minor
        assert -balance("fee_income") == found.paid.fee.minor
        assert -balance("surplus") == found.surplus.minor
        assert found.paid.total.minor == self.paid

    @invariant()
    def the_order_of_the_movements_does_not_matter(self) -> None:
        if not hasattr(self, "terms"):
            return
        found, told = self.state(), self.movements
        self.movements = told[1::2] + told[::2][::-1]
        turned, self.movements = self.state(), told
        assert turned == found

    @invariant()
    def what_was_answered_stays_true(self) -> None:
        for as_of, known_at, answered in getattr(self, "answers", ())[-3:]:
            assert self.state(as_of, known_at) == answered

    @invariant()
    def a_closed_contract_owes_nothing(self) -> None:
        if not hasattr(self, "terms") or not self.is_paid_out:
            return
        found = self.state()
        open_total = sum(due.total.minor for due in found.open_dues)
        assert found.is_closed == (open_total == 0)
        assert not (found.is_closed and found.outstanding_principal.minor)
        assert found.arrears.total.minor <= open_total

    @invariant()
    def every_entry_has_its_opposite(self) -> None:
        for entry in getattr(self, "entries", {}).values():
            opposite = journal.reversal_entry(
                entry, entry_id=EntryId(uuid4()), reversed_on=entry.occurred_on
            )
            assert set(journal.balances([entry, opposite]).values()) == {0}


LifeOfALoan.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestLifeOfALoan = LifeOfALoan.TestCase
