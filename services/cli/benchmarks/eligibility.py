"""What does it take to ask fifty funds about ten thousand applications?

Funds and applications are drawn the same in every run: ten clauses a fund, of every kind that
counts, some contradicting what an application is, some asking what it did not tell. A sample of
pairs is asked of the one function as well and must be answered alike.
"""

import gc
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.loans.domain import claiming, fund_rules, funding, restrictions, screening
from services.loans.domain.cases import About, Case, Counted, Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import Clause, ClauseKind, Quoted, Rule, Whose
from services.loans.domain.funding import Fund, Refusal
from services.loans.domain.regions import Regions
from services.loans.domain.restrictions import Restrictions
from services.loans.domain.screening import Screened
from services.loans.domain.terms import ModeOfFinance
from shared.ids import FundId
from shared.money import Money

ON, START = date(2026, 3, 1), date(2025, 1, 1)
SECTORS = ("crafts", "farming", "trade", "services", "food", "textile", "repair", "transport")
PURPOSES = ("tools", "stock", "livestock", "premises", "licence")
STATUSES = ("individual", "cooperative", "auto_entrepreneur")
PLACES, GOVERNORATES = 60, 12
LEAST, MOST = 100_000, 5_000_000
RECEIVED = 50_000_000_000
UNTOLD = 0.05
SAMPLE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The seconds of each run, how many pairs were answered, how many of them refused."""

    seconds: tuple[float, ...]
    pairs: int
    refused: int
    reasons: int
    single: float
    """Microseconds that one pair takes when the one function is asked for it alone."""


def measure(*, applications: int, funds: int, clauses: int, runs: int) -> Measured:
    """Screen the same cases several times; raises `ValueError` where the ways do not agree."""
    drawn = random.Random(funds)  # noqa: S311 - no secret: the same in every run
    regions = Regions(above=_tree())
    cases = [_case(drawn) for _ in range(applications)]
    asked = [_fund(drawn, regions=regions, cases=cases, clauses=clauses) for _ in range(funds)]
    seconds = []
    screened: list[Screened] = []
    for _ in range(runs):
        gc.collect()
        began = time.perf_counter()
        screened = screening.screen(cases, funds=asked)
        seconds.append(time.perf_counter() - began)
    single = _compare(drawn, cases, asked, screened)
    return Measured(
        seconds=tuple(seconds),
        pairs=applications * funds,
        refused=sum(one.refused.bit_count() for one in screened),
        reasons=sum(
            len(refusals) * bits.bit_count() for one in screened for refusals, bits in one.reasons
        ),
        single=single,
    )


def _compare(
    drawn: random.Random,
    cases: Sequence[Case],
    asked: Sequence[Restrictions],
    screened: Sequence[Screened],
) -> float:
    pairs = [(drawn.randrange(len(cases)), drawn.randrange(len(asked))) for _ in range(SAMPLE)]
    began = time.perf_counter()
    alone = [restrictions.refusals(asked[fund], case=cases[place]) for place, fund in pairs]
    took = time.perf_counter() - began
    for (place, fund), refusals in zip(pairs, alone, strict=True):
        if screened[fund].why(place) != refusals:
            raise ValueError(f"case {place} and fund {fund} are not answered alike")
    return took / SAMPLE * 1e6


def _tree() -> dict[str, str | None]:
    tree: dict[str, str | None] = {"country": None}
    tree |= {f"governorate_{number}": "country" for number in range(GOVERNORATES)}
    return tree | {f"place_{n}": f"governorate_{n % GOVERNORATES}" for n in range(PLACES)}


def _case(drawn: random.Random) -> Case:
    def told(value: Any) -> Any:
        return None if drawn.random() < UNTOLD else value

    amount = Money(drawn.randrange(LEAST, MOST), "JOD")
    return Case(
        application_id=UUID(int=drawn.getrandbits(128)),
        facts=Facts(
            person=UUID(int=drawn.getrandbits(128)),
            zakat_class=told("fuqara"),
            sex=told(drawn.choice(("female", "male"))),
            age=told(drawn.randrange(18, 70)),
            client_status=told(drawn.choice(STATUSES)),
            sector=drawn.choice(SECTORS),
            purpose=drawn.choice(PURPOSES),
            region=f"place_{drawn.randrange(PLACES)}",
            own_contribution=Money(drawn.randrange(LEAST), "JOD"),
        ),
        amount=amount,
        leaving=amount,
        held=Money.zero("JOD"),
        mode=ModeOfFinance.QARD,
        bears_fee=False,
        fund_kinds=frozenset(FundKind),
        on=ON,
    )


def _fund(
    drawn: random.Random, *, regions: Regions, cases: Sequence[Case], clauses: int
) -> Restrictions:
    fund_id = FundId(UUID(int=drawn.getrandbits(128)))
    kind = drawn.choice((FundKind.DONATION, FundKind.STATE, FundKind.WAQF))
    rules = [_rule(drawn, number) for number in range(clauses)]
    found = [_clause(fund_id, number, *rule) for number, rule in enumerate(rules)]
    some = drawn.sample(cases, min(len(cases), 300))
    counted = {
        one.clause_id: Counted().plus((_bucket(one, case.facts), MOST // 4) for case in some)
        for one in found
    }
    mode = ModeOfFinance.QARD
    zero = Money.zero("JOD")
    fund = Fund(fund_id=fund_id, code=fund_id.hex[:8], kind=kind, currency="JOD", floor=zero)
    rule = claiming.financing_rule(kind, mode=mode, country="JO", on=ON)
    sources = fund_rules.sources(country="JO", on=ON)

    def of_kind(case: Case) -> list[Refusal]:
        return funding.check(
            fund,
            mode=mode,
            amount=case.amount,
            bears_fee=case.bears_fee,
            product_fund_kinds=case.fund_kinds,
            rule=rule,
            net_assets=Money(RECEIVED, "JOD"),
            sources=sources,
        )

    return Restrictions(
        of_kind=of_kind,
        clauses=found,
        about=About(regions=regions, received=RECEIVED, free=RECEIVED, counted=counted),
    )


def _bucket(clause: Clause, facts: Facts) -> Any:
    of = clause.rule.of
    if of == "women":
        return facts.sex == "female"
    return facts.sector if of == "sector" else facts.person


def _rule(drawn: random.Random, number: int) -> tuple[ClauseKind, Rule]:
    """The clauses of a fund: one of each of ten kinds, then again."""
    least = drawn.randrange(18, 30)
    places = {f"governorate_{drawn.randrange(GOVERNORATES)}" for _ in range(6)}
    kinds = (
        (ClauseKind.AGE, Rule(least=least, most=least + 30)),
        (ClauseKind.SECTOR, Rule(values=frozenset(drawn.sample(SECTORS, 5)))),
        (ClauseKind.PURPOSE, Rule(values=frozenset(drawn.sample(PURPOSES, 1)), bars=True)),
        (ClauseKind.REGION, Rule(values=frozenset(places))),
        (ClauseKind.CLIENT_STATUS, Rule(values=frozenset(drawn.sample(STATUSES, 2)))),
        (ClauseKind.MOST_PER_CONTRACT, Rule(amount=Money(drawn.randrange(LEAST, MOST), "JOD"))),
        (ClauseKind.MOST_PER_PERSON, Rule(amount=Money(drawn.randrange(LEAST, MOST), "JOD"))),
        (ClauseKind.MOST_SHARE, Rule(share=Decimal("0.4"), of="sector")),
        (ClauseKind.LEAST_SHARE, Rule(share=Decimal("0.3"), of="women")),
        (ClauseKind.OWN_CONTRIBUTION, Rule(share=Decimal("0.010000"))),
    )
    return kinds[number % len(kinds)]


def _clause(fund_id: FundId, number: int, kind: ClauseKind, rule: Rule) -> Clause:
    return Clause(
        clause_id=UUID(int=fund_id.int ^ number + 1),
        fund_id=fund_id,
        reference=f"CL-2025-{number:06}",
        kind=kind,
        rule=rule,
        quoted=Quoted(
            text=f"clause {number}",
            language="en",
            source="agreement",
            dated_on=START,
            whose=Whose.DONOR,
        ),
        valid_from=START,
    )
