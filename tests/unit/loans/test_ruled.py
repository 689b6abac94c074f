"""Whether a fund's or a product's ruling still permits it, and what is said where it does not."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.loans.domain import ruled
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FinancingRule, Fund, Refusal, Verdict
from services.loans.domain.ruled import Register
from services.loans.domain.rulings import Ruling, RulingVerdict, Scope, Topic
from services.loans.domain.terms import ModeOfFinance
from shared.errors import Sentence
from shared.ids import FundId
from shared.money import Money
from tests.unit.loans.test_rulings import MURABAHA, QARD, ruling

CONVENTIONAL = ModeOfFinance.CONVENTIONAL
FUND_ID = FundId(uuid4())
TODAY = date(2026, 7, 1)
JUNE = date(2026, 6, 1)
AUGUST = date(2026, 8, 1)
LINE = FinancingRule(
    verdict=Verdict.WITH_RULING, source="AAOIFI 35", in_force_from=date(2026, 1, 1)
)
OFFERS = Scope(topics=frozenset({Topic.OFFERING}), modes=frozenset({MURABAHA}))


def fund(kind: FundKind = FundKind.ZAKAT) -> Fund:
    return Fund(fund_id=FUND_ID, code="F", kind=kind, currency="JOD", floor=Money.zero("JOD"))


def register(*chain: Ruling, binds: bool = True) -> Register:
    if not chain:
        return Register(place="JO", on=TODAY, binds=binds)
    named = chain[0].ruling_id
    return Register(
        place="JO", on=TODAY, binds=binds, chains={named: chain}, of_funds={FUND_ID: named}
    )


def lack(
    *chain: Ruling, mode: ModeOfFinance = QARD, kind: FundKind = FundKind.ZAKAT
) -> Refusal | None:
    found = register(*chain).rule(LINE, fund=fund(kind), mode=mode)
    assert replace(found, lack=None) == LINE, "nothing else of the line is touched"
    return found.lack


@pytest.mark.parametrize(
    ("line", "kind", "mode"),
    [
        (replace(LINE, verdict=Verdict.ALLOWED), FundKind.ZAKAT, QARD),
        (replace(LINE, verdict=Verdict.FORBIDDEN), FundKind.WAQF, QARD),
        (LINE, FundKind.DONATION, QARD),
        (LINE, FundKind.ZAKAT, CONVENTIONAL),
    ],
)
def test_a_line_that_asks_no_board_stays_as_it_is(
    line: FinancingRule, kind: FundKind, mode: ModeOfFinance
) -> None:
    assert register().rule(line, fund=fund(kind), mode=mode) is line


def test_where_no_register_is_kept_nothing_is_missed() -> None:
    assert register(binds=False).rule(LINE, fund=fund(), mode=QARD) is LINE


def test_a_fund_that_names_no_ruling_lacks_one_by_the_rulebooks_source() -> None:
    assert lack(mode=MURABAHA) == Refusal(
        rule="zakat-murabaha",
        reason=ruled.NONE_REGISTERED,
        source=Sentence("AAOIFI 35"),
        in_force_from=date(2026, 1, 1),
    )


def test_a_ruling_in_force_that_covers_it_leaves_nothing_to_say() -> None:
    assert lack(ruling()) is None


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({"in_force_until": JUNE}, JUNE),
        ({"withdrawn_on": JUNE}, JUNE),
        ({"in_force_from": AUGUST}, AUGUST),
        ({"in_force_from": AUGUST, "in_force_until": date(2027, 1, 1)}, AUGUST),
    ],
)
def test_a_ruling_out_of_force_says_since_when(changes: dict[str, Any], since: date) -> None:
    assert lack(ruling(**changes)) == Refusal(
        rule="zakat-qard",
        reason=ruled.FUND_ENDED,
        source=Sentence("SSB 4/2026, Sharia board"),
        in_force_from=since,
    )


@pytest.mark.parametrize(
    ("changes", "mode", "kind"),
    [
        ({}, MURABAHA, FundKind.ZAKAT),
        ({}, QARD, FundKind.WAQF),
        ({"country": "TN"}, QARD, FundKind.ZAKAT),
        ({"verdict": RulingVerdict.FORBIDDEN}, QARD, FundKind.ZAKAT),
        ({"in_force_until": JUNE}, MURABAHA, FundKind.ZAKAT),
    ],
)
def test_a_ruling_on_something_else_does_not_cover_it(
    changes: dict[str, Any], mode: ModeOfFinance, kind: FundKind
) -> None:
    found = lack(ruling(**changes), mode=mode, kind=kind)
    assert found is not None
    assert (found.rule, found.reason) == (f"{kind.value}-{mode.value}", ruled.FUND_UNCOVERED)
    assert found.in_force_from == date(2026, 1, 1)


def test_a_ruling_that_took_its_place_serves() -> None:
    ended = ruling(superseded_from=JUNE)
    assert lack(ended, ruling(in_force_from=JUNE)) is None
    assert lack(ended, ruling(in_force_from=AUGUST)) is not None


def product_lack(
    *chain: Ruling, named: UUID | None = None, mode: ModeOfFinance = MURABAHA
) -> Refusal | None:
    given = chain[0].ruling_id if chain else named
    return register(*chain).product_lack(given, mode=mode)


def test_a_product_is_held_to_the_ruling_that_it_names_and_one_without_stays() -> None:
    assert product_lack() is None
    assert product_lack(ruling(scope=OFFERS)) is None
    ended = product_lack(ruling(scope=OFFERS, in_force_until=JUNE))
    assert ended is not None
    assert (ended.rule, ended.reason) == ("product-ruling", ruled.PRODUCT_ENDED)
    assert ended.in_force_from == JUNE
    uncovered = product_lack(ruling(scope=OFFERS), mode=QARD)
    assert uncovered is not None
    assert (uncovered.rule, uncovered.reason) == ("product-ruling", ruled.PRODUCT_UNCOVERED)


def test_a_ruling_on_lending_is_none_on_offering() -> None:
    found = product_lack(ruling(), mode=QARD)
    assert found is not None
    assert found.reason == ruled.PRODUCT_UNCOVERED
