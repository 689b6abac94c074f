"""Whatever happens on a contract of several funds, each fund's books balance and none is short."""

from collections import defaultdict
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import chart, cofinancing
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.cofinancing import NOTHING, Plan, Source
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from shared import ids
from shared.ids import FundId
from shared.money import Money

DAY = date(2026, 3, 1)
LEAD = FundId(ids.new())
KINDS = ("draw", "repay", "waive", "lose", "recover", "hold", "set_off", "undo")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    sources = tuple(
        Source(
            fund=FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.COMMERCIAL, currency="JOD"),
            rank=draw(st.integers(1, 3)),
            part=draw(st.integers(1, 10**9)),
            income_part=draw(st.integers(0 if place else 1, 1000)),
        )
        for place in range(draw(st.integers(2, 5)))
    )
    return Plan(sources=sources, principal=draw(st.integers(len(sources), 10**10)))


@given(plan=plans(), units=st.integers(0, 10**10))
def test_the_stack_is_exact_and_never_falls(plan: Plan, units: int) -> None:
    units = min(units, plan.principal - 1)
    here, more = plan.stack(units), plan.stack(units + 1)
    assert sum(here.values()) == units
    assert all(more[fund] >= part for fund, part in here.items())
    assert plan.stack(plan.principal) == plan.amounts()
    assert sum(plan.amounts().values()) == plan.principal


@given(plan=plans(), units=st.integers(0, 10**10))
def test_nobody_is_further_from_the_exact_share_than_there_are_funds(
    plan: Plan, units: int
) -> None:
    whole = sum(source.income_part for source in plan.sources)
    for source in plan.sources:
        off = plan.income(units)[source.fund_id] * whole - units * source.income_part
        assert abs(off) < whole * len(plan.sources)


@settings(max_examples=60)
@given(
    plan=plans(),
    steps=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 10**10)), max_size=25),
)
def test_any_history_leaves_each_fund_balanced_and_nothing_below_zero(
    plan: Plan, steps: list[tuple[str, int]]
) -> None:
    totals, done = NOTHING, list[tuple[JournalEntry, bool]]()
    books: defaultdict[tuple[FundId, str], int] = defaultdict(int)
    for kind, amount in steps:
        if kind == "undo":
            whole, draws = _undone(done, totals, amount)
        else:
            whole, draws = _entry(plan, totals, kind, amount), kind == "draw"
        if whole is None:
            continue
        entries, totals = cofinancing.split(plan, whole, before=totals, draws=draws)
        _book(entries, books)
        for code in {line.account_code for line in whole.lines}:
            parts = sum(one.amount_of(code).minor for one in entries.values())
            assert parts == whole.amount_of(code).minor
        if kind != "undo":
            done.append((whole, draws))
        _stands(plan, books, totals)
    for whole, draws in reversed(done):
        entries, totals = cofinancing.split(plan, _opposite(whole), before=totals, draws=draws)
        _book(entries, books)
    assert not any(books.values())


def _book(entries: dict[FundId, JournalEntry], books: dict[tuple[FundId, str], int]) -> None:
    for fund_id, one in entries.items():
        assert {line.fund_id for line in one.lines} == {fund_id}
        for line in one.lines:
            books[fund_id, line.account_code] += line.amount.minor


def _stands(plan: Plan, books: dict[tuple[FundId, str], int], totals: cofinancing.Totals) -> None:
    """Each account is what its shares say, and nobody owes or lost less than nothing."""
    for source in plan.sources:
        for code in totals.booked:
            if code not in chart.MONEY:
                assert books[source.fund_id, code] == plan.shares(totals, code)[source.fund_id]
        assert books.get((source.fund_id, "loans"), 0) >= 0
        assert books.get((source.fund_id, "write_off"), 0) >= 0
        assert books.get((source.fund_id, "recovery"), 0) <= 0
        assert books.get((source.fund_id, "loans"), 0) <= plan.amounts()[source.fund_id]


def _entry(plan: Plan, totals: cofinancing.Totals, kind: str, amount: int) -> JournalEntry | None:
    owed, saved = totals.booked.get("loans", 0), -totals.booked.get("savings", 0)
    profit = -totals.booked.get("profit_income", 0)
    gain, fee, minor = amount % 97, amount % 7, min(amount, owed)
    drawn, waived = min(amount, plan.principal - totals.drawn), min(profit, minor)
    recovered, used = amount if totals.lost else 0, min(saved, minor)
    of_kind: dict[str, tuple[EntryKind, dict[str, int]]] = {
        "draw": (EntryKind.DISBURSEMENT, {"loans": drawn, "cash": -drawn}),
        "repay": (
            EntryKind.REPAYMENT,
            {
                "wallet": minor + gain + fee,
                "loans": -minor,
                "profit_income": -gain,
                "fee_income": -fee,
            },
        ),
        "waive": (EntryKind.CORRECTION, {"profit_income": waived, "loans": -waived}),
        "lose": (EntryKind.WRITE_OFF, {"write_off": minor, "loans": -minor}),
        "recover": (EntryKind.RECOVERY, {"cash": recovered, "recovery": -recovered}),
        "hold": (EntryKind.HOLDING, {"cash": amount, "savings": -amount}),
        "set_off": (EntryKind.CORRECTION, {"savings": used, "loans": -used}),
    }
    return _made(*of_kind[kind])


def _made(kind: EntryKind, lines: dict[str, int]) -> JournalEntry | None:
    if not any(lines.values()):
        return None
    return JournalEntry(
        kind=kind,
        occurred_on=DAY,
        lines=tuple(
            Line(account_code=code, fund_id=LEAD, amount=Money(minor, "JOD"))
            for code, minor in lines.items()
        ),
    )


def _undone(
    done: list[tuple[JournalEntry, bool]], totals: cofinancing.Totals, place: int
) -> tuple[JournalEntry | None, bool]:
    """Take any of the entries back, out of its turn too, unless more would be gone than came."""
    if not done:
        return None, False
    whole, draws = done[place % len(done)]
    opposite = _opposite(whole)
    after = totals.after(opposite, draws=draws)
    low = (after.returned, after.lost, after.recovered, after.booked.get("loans", 0))
    if min(low) < 0 or -after.booked.get("savings", 0) < 0:
        return None, False
    done.remove((whole, draws))
    return opposite, draws


def _opposite(whole: JournalEntry) -> JournalEntry:
    return JournalEntry(
        kind=EntryKind.REVERSAL,
        occurred_on=whole.occurred_on,
        lines=tuple(
            Line(account_code=line.account_code, fund_id=line.fund_id, amount=-line.amount)
            for line in whole.lines
        ),
    )
