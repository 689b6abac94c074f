"""A contract of several funds: who is drawn on, who is paid back, who bears a loss."""

from datetime import date

import pytest

from services.loans.domain import cofinancing, journal
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import AccountNotInChart, FundAccounts, FundKind
from services.loans.domain.cofinancing import NOTHING, Plan, Source, SourcesInvalid, Totals
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from shared import ids
from shared.ids import ContractId, FundId
from shared.money import Money

DAY = date(2026, 3, 1)
CONTRACT = ContractId(ids.new())


def fund(kind: FundKind = FundKind.COMMERCIAL) -> FundAccounts:
    return FundAccounts(fund_id=FundId(ids.new()), kind=kind, currency="JOD")


FIRST, SECOND, THIRD = fund(), fund(FundKind.DONATION), fund(FundKind.STATE)


def source(of: FundAccounts, rank: int, part: int, income_part: int | None = None) -> Source:
    return Source(
        fund=of, rank=rank, part=part, income_part=part if income_part is None else income_part
    )


def plan(*sources: Source, principal: int = 1000) -> Plan:
    return Plan(sources=sources, principal=principal)


RANKED = plan(source(FIRST, 1, 600), source(SECOND, 2, 400))


def entry(kind: EntryKind, **lines: int) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        occurred_on=DAY,
        lines=tuple(
            Line(account_code=code, fund_id=FIRST.fund_id, amount=Money(minor, "JOD"))
            for code, minor in lines.items()
        ),
        contract_id=CONTRACT,
    )


PAID_OUT = entry(EntryKind.DISBURSEMENT, loans=1000, cash=-1000)


def lines_of(entries: dict[FundId, JournalEntry], of: FundAccounts) -> dict[str, int]:
    found = entries.get(of.fund_id)
    return {} if found is None else {one.account_code: one.amount.minor for one in found.lines}


def after(*entries: JournalEntry, of: Plan = RANKED) -> tuple[dict[FundId, JournalEntry], Totals]:
    totals = NOTHING
    made: dict[FundId, JournalEntry] = {}
    for one in entries:
        draws = one.kind is EntryKind.DISBURSEMENT
        made, totals = cofinancing.split(of, one, before=totals, draws=draws)
    return made, totals


def test_a_payout_draws_on_each_fund_by_its_part() -> None:
    made, totals = after(PAID_OUT)
    assert lines_of(made, FIRST) == {"cash": -600, "loans": 600}
    assert lines_of(made, SECOND) == {"cash": -400, "loans": 400}
    assert totals.drawn == 1000


def test_principal_returns_to_the_first_rank_first_and_profit_by_parts() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=330, loans=-300, profit_income=-30)
    made, _ = after(PAID_OUT, paid)
    assert lines_of(made, FIRST) == {"cash": 318, "loans": -300, "profit_income": -18}
    assert lines_of(made, SECOND) == {"cash": 12, "profit_income": -12}


def test_the_last_rank_bears_the_first_loss() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=300, loans=-300)
    lost = entry(EntryKind.WRITE_OFF, write_off=500, loans=-500)
    made, totals = after(PAID_OUT, paid, lost)
    assert lines_of(made, SECOND) == {"loans": -400, "write_off": 400}
    assert lines_of(made, FIRST) == {"loans": -100, "write_off": 100}
    assert RANKED.shares(totals, "loans") == {FIRST.fund_id: 200, SECOND.fund_id: 0}


def test_what_is_recovered_makes_the_first_rank_good_first_and_the_rest_is_income() -> None:
    lost = entry(EntryKind.WRITE_OFF, write_off=1000, loans=-1000)
    again = entry(EntryKind.RECOVERY, cash=700, recovery=-700)
    made, _ = after(PAID_OUT, lost, again)
    assert lines_of(made, FIRST)["recovery"] == -600
    assert lines_of(made, SECOND)["recovery"] == -100
    beyond = entry(EntryKind.RECOVERY, cash=310, recovery=-310)
    made, _ = after(PAID_OUT, lost, again, beyond)
    assert lines_of(made, FIRST)["recovery"] == -6
    assert lines_of(made, SECOND)["recovery"] == -304


def test_funds_of_one_rank_share_each_unit_by_their_parts() -> None:
    level = plan(source(FIRST, 1, 1), source(SECOND, 1, 1), source(THIRD, 1, 1))
    assert level.amounts() == {FIRST.fund_id: 333, SECOND.fund_id: 333, THIRD.fund_id: 334}
    paid = entry(EntryKind.REPAYMENT, cash=100, loans=-100)
    made, _ = after(PAID_OUT, paid, of=level)
    assert [lines_of(made, one)["loans"] for one in (FIRST, SECOND, THIRD)] == [-33, -33, -34]


def test_a_fund_without_a_part_in_income_gets_principal_alone() -> None:
    free = plan(source(FIRST, 1, 600), source(fund(FundKind.ZAKAT), 1, 400, 0))
    paid = entry(EntryKind.REPAYMENT, cash=110, loans=-100, profit_income=-10)
    made, _ = after(PAID_OUT, paid, of=free)
    assert lines_of(made, FIRST) == {"cash": 70, "loans": -60, "profit_income": -10}
    assert lines_of(made, free.sources[1].fund) == {"cash": 40, "loans": -40}


def test_zakat_takes_no_profit() -> None:
    unlawful = plan(source(FIRST, 1, 600), source(fund(FundKind.ZAKAT), 1, 400))
    paid = entry(EntryKind.REPAYMENT, cash=110, loans=-100, profit_income=-10)
    with pytest.raises(AccountNotInChart):
        after(PAID_OUT, paid, of=unlawful)


def test_what_is_not_the_funds_own_stays_with_the_lead() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=1050, loans=-1000, surplus=-50)
    made, _ = after(PAID_OUT, paid)
    assert lines_of(made, FIRST) == {"cash": 650, "loans": -600, "surplus": -50}
    assert lines_of(made, SECOND) == {"cash": 400, "loans": -400}


def test_savings_that_pay_reach_every_fund_as_money() -> None:
    saved = entry(EntryKind.HOLDING, cash=800, savings=-800)
    used = entry(EntryKind.CORRECTION, savings=800, loans=-800)
    made, _ = after(PAID_OUT, saved, used)
    assert lines_of(made, FIRST) == {"savings": 800, "loans": -600, "cash": -200}
    assert lines_of(made, SECOND) == {"loans": -200, "cash": 200}


def test_a_second_payout_starts_where_the_first_one_ended() -> None:
    part = entry(EntryKind.DISBURSEMENT, loans=500, wallet=-500)
    made, _ = after(part)
    assert lines_of(made, FIRST) == {"loans": 500, "wallet": -500}
    made, totals = after(part, part)
    assert lines_of(made, FIRST) == {"loans": 100, "wallet": -100}
    assert lines_of(made, SECOND) == {"loans": 400, "wallet": -400}
    assert RANKED.drawn(500, after=1000) == {FIRST.fund_id: 100, SECOND.fund_id: 400}
    assert totals.returned == 0


def test_an_entry_of_the_engine_is_split_as_it_is() -> None:
    zero = Money.zero("JOD")
    poured = Allocation(
        principal=Money(100, "JOD"), profit=Money(10, "JOD"), fee=zero, penalty=zero, surplus=zero
    )
    whole = journal.repayment_entry(poured, fund=FIRST, received_on=DAY, contract_id=CONTRACT)
    _, totals = after(PAID_OUT)
    made, _ = cofinancing.split(RANKED, whole, before=totals)
    assert {one.contract_id for one in made.values()} == {CONTRACT}
    assert {one.kind for one in made.values()} == {EntryKind.REPAYMENT}


def test_more_came_back_than_was_paid_out_is_no_share() -> None:
    with pytest.raises(ArithmeticError, match="not shared whole"):
        after(PAID_OUT, entry(EntryKind.REPAYMENT, cash=1100, loans=-1100))


@pytest.mark.parametrize(
    "sources",
    [
        (source(FIRST, 1, 1),),
        (source(FIRST, 1, 1), source(FIRST, 2, 1)),
        (source(FIRST, 1, 1), source(SECOND, 1, 0)),
        (source(FIRST, 1, 1), source(SECOND, 1, -1)),
        (source(FIRST, 1, 1, 0), source(SECOND, 1, 1, 0)),
        (source(FIRST, 1, 1), source(SECOND, 1, 1, -1)),
        tuple(source(fund(), 1, 1) for _ in range(13)),
    ],
)
def test_sources_that_are_no_plan_are_refused(sources: tuple[Source, ...]) -> None:
    with pytest.raises(SourcesInvalid):
        plan(*sources)
