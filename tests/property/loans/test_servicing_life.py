"""Does money stay whole through any life of orders, repayments and second thoughts?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.loans.domain import journal
from services.loans.domain.allocation import Allocation
from services.loans.domain.amortisation import Advance
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import deciding, effects
from services.loans.domain.servicing.deciding import History, Step
from services.loans.domain.servicing.orders import (
    Asked,
    OrderKind,
    OrderReason,
    WaivedPart,
)
from services.loans.domain.servicing.shape import Standing
from services.loans.domain.terms import ChargeMethod
from shared.errors import RafidError
from shared.ids import EntryId
from shared.money import Money
from tests.builders import CONTRACT, an_id, make_loan, make_qard
from tests.unit.loans.servicing.standings import stand

K = OrderKind
TERMS = (
    make_qard(principal=Money(1_200_007, "TND")),
    make_loan(principal=Money(987_654, "USD"), instalments=9, annual_rate=Decimal("0.31")),
    make_loan(charge_method=ChargeMethod.FLAT, instalments=7, annual_rate=Decimal("0.2")),
)
AMOUNTS = st.integers(1, 60_000)
PARTS = st.sampled_from(sorted(WaivedPart))


def members(kind: OrderKind) -> st.SearchStrategy[dict[str, Any]]:
    """Members that an order of a kind might have, sound or not."""
    ahead = st.integers(1, 200)
    found: dict[OrderKind, st.SearchStrategy[dict[str, Any]]] = {
        K.WAIVER: st.fixed_dictionaries({"part": PARTS}, optional={"amount_minor": AMOUNTS}),
        K.CHARGE: st.fixed_dictionaries(
            {"part": st.sampled_from([WaivedPart.FEE, WaivedPart.PENALTY])},
            optional={"due_on": ahead},
        ).flatmap(
            lambda chosen: st.fixed_dictionaries({"amount_minor": AMOUNTS}).map(chosen.__or__)
        ),
        K.PAYMENT_HOLIDAY: st.fixed_dictionaries({"periods": st.integers(1, 4)}),
        K.RESCHEDULE: st.fixed_dictionaries(
            {"instalments": st.integers(1, 20), "first_due_on": ahead},
            optional={"grace": st.integers(0, 3)},
        ),
        K.RESTRUCTURE: st.fixed_dictionaries(
            {
                "instalments": st.integers(1, 20),
                "first_due_on": ahead,
                "annual_rate": st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.2")]),
            }
        ),
        K.SET_OFF: st.fixed_dictionaries({"amount_minor": AMOUNTS}),
        K.RATE_CHANGE: st.fixed_dictionaries(
            {"annual_rate": st.decimals(0, 1, places=2, allow_nan=False)}
        ),
        K.PROFIT_PAUSE: st.fixed_dictionaries({"until_on": ahead}),
        K.ADVANCE: st.fixed_dictionaries({"effect": st.sampled_from(sorted(Advance))}),
        K.RECOVERY: st.fixed_dictionaries({"amount_minor": AMOUNTS}),
        K.FORGIVENESS: st.fixed_dictionaries({}, optional={"amount_minor": AMOUNTS}),
        K.REFUND: st.fixed_dictionaries({"amount_minor": AMOUNTS}),
        K.CHARGE_BACK: st.fixed_dictionaries({"amount_minor": AMOUNTS}),
        K.TRANSFER: st.fixed_dictionaries({"borrower_id": st.just(an_id("other"))}),
    }
    return found.get(kind, st.just({}))


# Reversals and the end of drawing have no place here; the others are of contracts whose profit
# every payment counts anew.
LEFT_OUT = {K.REVERSAL, K.DISBURSEMENT_REVERSAL, K.END_DRAWING} | (set(K) - set(effects.EFFECTS))
GIVEN = [kind for kind in K if kind not in LEFT_OUT]
# What ends a contract is asked for seldom, so that lives are long.
ENDING = {K.PAYOFF, K.REFINANCE, K.TOP_UP, K.WRITE_OFF, K.CLOSE}
LASTING = [kind for kind in GIVEN if kind not in ENDING]
OFTEN = [*LASTING, *LASTING, *LASTING, *GIVEN]


class LifeOfAContract(RuleBasedStateMachine):
    """A loan that is repaid, corrected, forgiven, written off, and has all of it taken back."""

    @initialize(
        terms=st.sampled_from(TERMS),
        kind=st.sampled_from([FundKind.ZAKAT, FundKind.COMMERCIAL]),
    )
    def lend(self, terms: Any, kind: FundKind) -> None:
        if terms.annual_rate:
            kind = FundKind.COMMERCIAL
        self.standing: Standing = stand(terms, kind=kind)
        self.today = terms.disbursed_on
        self.history = History(origin=self.standing.shape)
        self.before: dict[UUID, Standing] = {}
        self.entries: list[JournalEntry] = [
            journal.disbursement_entry(
                terms.principal,
                fund=self.standing.fund,
                disbursed_on=self.today,
                contract_id=CONTRACT,
            )
        ]

    @rule(days=st.integers(1, 45))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(amount=AMOUNTS)
    def repay(self, amount: int) -> None:
        if self.standing.status is not ContractStatus.ACTIVE:
            return
        self._received(amount)

    @rule(share=st.floats(0.01, 1))
    def take_money_back(self, share: float) -> None:
        amount = int(self.standing.received * share)
        if 0 < amount <= self.standing.paid and self.standing.status is ContractStatus.ACTIVE:
            self._received(-amount)

    def _received(self, amount: int) -> None:
        after = replace(self.standing, received=self.standing.received + amount)
        pairs = zip(self.standing.portions, after.portions, strict=True)
        portions = type(after.portions)(*(new - old for old, new in pairs))
        self.entries.append(
            journal.repayment_entry(
                Allocation.of(portions, after.terms.currency),
                fund=after.fund,
                received_on=self.today,
                contract_id=CONTRACT,
                sharia_bound=after.sharia_bound,
            )
        )
        self.standing = after
        self.before.clear()

    @rule(kind=st.sampled_from(OFTEN), data=st.data())
    def order(self, kind: OrderKind, data: st.DataObject) -> None:
        chosen = data.draw(members(kind))
        for name in ("due_on", "first_due_on", "until_on"):
            if name in chosen:
                chosen[name] = self.today + timedelta(days=chosen[name])
        if kind is K.CHARGE_BACK:
            chosen["repayment_id"] = an_id("repayment")
        if kind is K.CHARGE:
            chosen["part"] = WaivedPart(chosen["part"])
        if kind in {K.REFINANCE, K.TOP_UP}:
            chosen["new_contract_id"] = an_id("new")
        asked = Asked(kind=kind, effective_on=self.today, reason=OrderReason.AGREEMENT, **chosen)
        self._give(asked)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if not self.history.steps:
            return
        step = data.draw(st.sampled_from(self.history.steps))
        asked = Asked(
            kind=K.REVERSAL,
            effective_on=self.today,
            reason=OrderReason.ERROR,
            order_id=step.order_id,
        )
        is_newest = step == self.history.steps[-1]
        before = self.before.get(step.order_id)
        if not self._give(asked):
            return
        if not is_newest:
            self.before.clear()
        elif before is not None:
            assert self.standing == before, "what stood before the order stands again"

    def _give(self, asked: Asked) -> bool:
        before, order_id = self.standing, uuid4()
        try:
            decided = deciding.decide(
                before,
                asked,
                history=self.history,
                earliest=before.opened_on,
                today=self.today,
                closed_through=None,
            )
        except RafidError:
            assert self.standing == before
            return False
        if decided.entry is not None:
            self.entries.append(decided.entry)
        steps = self.history.steps
        if asked.kind is K.REVERSAL:
            steps = tuple(one for one in steps if one.order_id != asked.order_id)
        else:
            entry_id = EntryId(uuid4())
            step = Step(order_id=order_id, asked=asked, received=before.received, entry_id=entry_id)
            steps = (*steps, step)
            self.before[order_id] = before
        self.history = replace(self.history, steps=steps)
        self.standing = decided.after
        return True

    def book(self, *codes: str) -> int:
        sums = journal.balances(self.entries)
        return sum(minor for (_, _, code), minor in sums.items() if code in codes)

    @invariant()
    def principal_is_conserved(self) -> None:
        rows = self.standing.shape.rows
        assert sum(row.principal for row in rows) == self.standing.terms.principal.minor
        assert all(min(row.parts) >= 0 for row in rows)
        assert list(rows) == sorted(rows, key=lambda row: row.due_on)

    @invariant()
    def the_books_say_what_the_contract_says(self) -> None:
        standing, shape = self.standing, self.standing.shape
        portions = standing.portions
        assert self.book("loans") == standing.outstanding
        assert self.book("surplus") == -portions.surplus
        assert self.book("profit_income") == -portions.profit
        assert self.book("fee_income") == -portions.fee
        assert self.book("charity", "penalty_income") == -portions.penalty
        assert self.book("write_off") == shape.written_off
        assert self.book("forgiveness") == shape.forgiven
        assert self.book("recovery") == -shape.recovered
        cash = standing.received + shape.moved + shape.recovered - standing.paid_out
        assert self.book("cash", "wallet", "savings") == cash, "savings set off are paid like cash"

    @invariant()
    def the_fold_of_the_orders_is_the_shape(self) -> None:
        assert deciding.fold(self.standing, history=self.history) == self.standing.shape

    @invariant()
    def nothing_is_negative(self) -> None:
        assert self.standing.outstanding >= 0
        assert self.standing.owed >= 0
        assert self.standing.paid >= 0


LifeOfAContract.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLifeOfAContract = LifeOfAContract.TestCase


def test_the_machine_gives_orders_of_every_kind_it_can() -> None:
    assert LEFT_OUT - {K.REVERSAL, K.DISBURSEMENT_REVERSAL, K.END_DRAWING} == {
        K.RE_AGE,
        K.RE_AMORTISE,
        K.CHARGE_OFF,
    }
    assert date(2026, 1, 15) == TERMS[0].disbursed_on
