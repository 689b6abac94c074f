"""What funds agree of one contract: their weights, whose a loss is, and what sums are shared."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import cofinancing
from services.loans.domain.chart import FundKind
from services.loans.domain.cofinancing import NOTHING, Part, PartsNotWhole, Plan, Totals
from services.loans.domain.journal import EntryKind
from shared.money import Money
from tests.unit.loans.test_cofinancing import (
    FIRST,
    PAID_OUT,
    RANKED,
    SECOND,
    THIRD,
    after,
    entry,
    fund,
    lines_of,
    plan,
    source,
)

ASKED = Money.parse("1000.000", "JOD")


def part(amount: str | None = None, **members: Decimal) -> Part:
    given = None if amount is None else Money.parse(amount, "JOD")
    return Part(rank=1, amount=given, **members)


def test_amounts_are_the_weights_of_principal_and_of_income() -> None:
    found = cofinancing.weights([part("600"), part("400")], asked=ASKED)
    assert found == [(600_000, 600_000), (400_000, 400_000)]


def test_shares_are_weights_in_billionths() -> None:
    thirds = [part(share=Decimal("0.25")), part(share=Decimal("0.75"))]
    assert cofinancing.weights(thirds, asked=ASKED) == [
        (250_000_000, 250_000_000),
        (750_000_000, 750_000_000),
    ]


def test_income_may_be_shared_otherwise_than_the_principal() -> None:
    parts = [part("600", income_share=Decimal(1)), part("400", income_share=Decimal(0))]
    assert cofinancing.weights(parts, asked=ASKED) == [(600_000, 10**9), (400_000, 0)]


@pytest.mark.parametrize(
    ("parts", "what", "told"),
    [
        ([part("600"), part("399.999")], "amount", "999.999"),
        ([part("600"), part("400.001")], "amount", "1000.001"),
        ([part(share=Decimal("0.6")), part(share=Decimal("0.3"))], "share", "0.9"),
        ([part("600"), part(share=Decimal(1))], "share", "1"),
        ([part("600"), part()], "share", "0"),
        (
            [part("600", income_share=Decimal(1)), part("400")],
            "income_share",
            "1",
        ),
        (
            [
                part("600", income_share=Decimal("0.5")),
                part("400", income_share=Decimal("0.4")),
            ],
            "income_share",
            "0.9",
        ),
    ],
)
def test_parts_that_make_no_whole_are_refused_by_what_they_are(
    parts: list[Part], what: str, told: str
) -> None:
    with pytest.raises(PartsNotWhole) as caught:
        cofinancing.weights(parts, asked=ASKED)
    assert (caught.value.what, caught.value.given) == (what, told)


@pytest.mark.parametrize(
    ("second_rank", "third_rank", "alone"), [(2, 3, True), (1, 2, False), (2, 1, False)]
)
def test_a_lead_is_alone_where_no_other_has_its_rank(
    second_rank: int, third_rank: int, *, alone: bool
) -> None:
    found = plan(source(FIRST, 1, 5), source(SECOND, second_rank, 3), source(THIRD, third_rank, 2))
    assert found.leads_alone() is alone


def test_a_fund_is_owed_what_it_lent_or_wrote_off() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=250, loans=-250)
    lost = entry(EntryKind.WRITE_OFF, write_off=500, loans=-500)
    _, totals = after(PAID_OUT, paid, lost)
    assert RANKED.shares(totals, "loans") == {FIRST.fund_id: 250, SECOND.fund_id: 0}
    assert RANKED.shares(totals, "write_off") == {FIRST.fund_id: 100, SECOND.fund_id: 400}
    assert RANKED.owed(totals) == {FIRST.fund_id: 350, SECOND.fund_id: 400}


def test_what_zakat_forgave_is_of_its_own_layer_and_wholly_gone_it_has_none() -> None:
    """All 600 of the lead are forgiven: nobody of its rank is left to share, the other has 400."""
    zakat = fund(FundKind.ZAKAT)
    led = plan(source(zakat, 1, 600, 0), source(SECOND, 2, 400))
    assert led.stack(700, forgiven=600) == {zakat.fund_id: 0, SECOND.fund_id: 400}
    totals = Totals(drawn=1000, booked={"loans": 400, "forgiveness": 600})
    assert led.shares(totals, "loans") == {zakat.fund_id: 0, SECOND.fund_id: 400}
    assert led.shares(totals, "forgiveness") == {zakat.fund_id: 600, SECOND.fund_id: 0}


def test_income_below_zero_is_shared_as_its_opposite() -> None:
    assert RANKED.income(5) == {FIRST.fund_id: 3, SECOND.fund_id: 2}
    assert RANKED.income(-5) == {FIRST.fund_id: -3, SECOND.fund_id: -2}


def test_totals_are_those_of_all_entries_and_only_payouts_draw() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=330, loans=-300, profit_income=-30)
    found = cofinancing.totals_of([(PAID_OUT, True), (paid, False)])
    assert found.drawn == 1000
    assert found.booked == {"loans": 700, "cash": -670, "profit_income": -30}
    assert found.returned == 300
    assert cofinancing.totals_of([]) == NOTHING


def test_a_fund_whose_lines_are_all_nothing_has_no_entry() -> None:
    paid = entry(EntryKind.REPAYMENT, cash=300, loans=-300)
    made, _ = after(PAID_OUT, paid)
    assert set(made) == {FIRST.fund_id}
    assert lines_of(made, FIRST) == {"cash": 300, "loans": -300}
    assert made[FIRST.fund_id].occurred_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("minor", "told"),
    [(100_000, [60_000, 40_000]), (-100_000, [-60_000, -40_000]), (-1, [None, -1]), (0, [])],
)
def test_an_amount_is_parted_by_weights_and_nothing_is_left_out(
    minor: int, told: list[int | None]
) -> None:
    found = cofinancing.parted(
        Money(minor, "JOD"), {FIRST.fund_id: 600, SECOND.fund_id: 400, THIRD.fund_id: 0}
    )
    expected = {
        one.fund_id: Money(units, "JOD")
        for one, units in zip((FIRST, SECOND), told, strict=False)
        if units is not None
    }
    assert found == expected


def test_nothing_is_shared_where_nobody_has_a_weight() -> None:
    assert cofinancing.shared(0, [0, 0]) == [0, 0]


def test_a_plan_leads_by_its_first_source() -> None:
    found: Plan = plan(source(SECOND, 2, 400), source(FIRST, 1, 600))
    assert found.lead is SECOND
