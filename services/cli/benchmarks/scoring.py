"""What do cards, reviews and assignments take? Made-up inputs, always the same."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy_financial

from services.scoring.domain.assignment import reasons, solving
from services.scoring.domain.assignment.problem import Applicant, Fund, Problem
from services.scoring.domain.card_form import scorecard_of
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.simulation import book as books
from services.scoring.domain.simulation import comparing
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.outcomes import CostModel, LegalCap, Review, outcome_of
from services.scoring.domain.simulation.policy import (
    DEFAULT_BEHAVIOUR,
    Case,
    Change,
    Policy,
    Rule,
)
from services.scoring.domain.training import card as cards
from services.scoring.domain.training.fitting import Columns

LOOPED = 300  # loans that the loop of floats is timed on
GRACE_SHARE = 0.1
ELIGIBLE_SHARE = 0.4
RATES = (0.0, 0.12, 0.18, 0.24, 0.30, 0.36)
TERMS = (6, 9, 12, 18, 24, 36)
MEGA = 1024  # ru_maxrss is told in kibibytes
TODAY = Policy(name="today")
HALF_AND_WEEKLY = Change(
    where={}, annual_rate=Rule(times=0.5), term=Rule(times=1.5), frequency="weekly"
)
CHANGED = Policy(name="half the rate, longer, weekly", changes=(HALF_AND_WEEKLY,))


@dataclass(slots=True)
class Runs:
    """Seconds of each run of one way."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what is done inside."""
        started = time.perf_counter()
        yield
        self.seconds.append(time.perf_counter() - started)

    @property
    def best(self) -> float:
        """The quickest run."""
        return min(self.seconds)


def memory_mb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGA


def a_book(rows: int) -> Book:
    """Loans of six products in five regions, as a review reads them."""
    random = np.random.default_rng(0)
    product = random.integers(0, len(RATES), rows)
    steps = random.integers(0, 4, rows) * 0.01
    return Book(
        count=np.ones(rows),
        principal=np.exp(random.normal(7, 0.6, rows)) + 50,
        annual_rate=np.array(RATES)[product] + np.where(product > 0, steps, 0.0),
        term=random.choice(TERMS, rows).astype(np.float64),
        grace=(random.uniform(size=rows) < GRACE_SHARE).astype(np.float64),
        fee_share=np.where(product == 0, 0.0, 0.01),
        pd=random.beta(2, 30, rows),
        income=np.exp(random.normal(6.2, 0.5, rows)),
        debts=np.zeros(rows),
        per_year=np.full(rows, 12.0),
        codes={"product": product.astype(np.int64)},
        labels={"product": tuple(f"p{i}" for i in range(len(RATES)))},
    )


def a_review(book: Book) -> Review:
    """The review of a book with costs and a ceiling."""
    return Review(
        book=book,
        costs=CostModel(
            cost_of_funds=0.05,
            operating_cost=20.0,
            operating_cost_monthly=1.0,
            loss_given_default=0.6,
            market_rate=0.12,
            inflation=0.05,
            equity_share=0.3,
        ),
        behaviour=DEFAULT_BEHAVIOUR,
        caps=(LegalCap(where={}, basis="effective", cap=0.36, source="of the bench"),),
        segments=(),
    )


def policies(count: int) -> list[Policy]:
    """Factors of the rate by factors of the term, paid as today, weekly or every two weeks."""
    terms, paid = (0.75, 1.0, 1.25, 1.5, 2.0, 3.0), (None, "weekly", "biweekly")
    return [
        Policy(
            name=f"policy {i}",
            changes=(
                Change(
                    where={},
                    annual_rate=Rule(times=0.1 * (i // len(terms))),
                    term=Rule(times=terms[i % len(terms)]),
                    frequency=paid[i // len(terms) % len(paid)],
                ),
            ),
        )
        for i in range(count)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the ways of a review took, and how far cells were off."""

    loop: float
    loans: Runs
    changed: Runs
    cells: int
    joining: float
    by_cells: Runs
    errors: dict[str, float]


def review(rows: int, *, count: int, alternations: int) -> Reviewed:
    """Time one policy by loans and all by cells, in turns, and a loop of floats on a sample.

    Loans come each time as a new book, of which nothing is known yet; of their two policies one is
    today's, the other half the rate over one and a half of the term, paid weekly.
    """
    of_loans = a_review(a_book(rows))
    started = time.perf_counter()
    cells = books.cells_of(of_loans.book, step=books.step_for(of_loans.book))
    joining = time.perf_counter() - started
    of_cells = replace(of_loans, book=cells)
    tried = policies(count)
    loans, changed, by_cells = Runs(), Runs(), Runs()
    for _ in range(alternations):
        for runs, rules in ((loans, TODAY), (changed, CHANGED)):
            fresh = replace(of_loans, book=replace(of_loans.book))
            with runs.timed():
                outcome_of(fresh, rules=rules, case=Case.CENTRAL)
        with by_cells.timed():
            for rules in tried:
                outcome_of(of_cells, rules=rules, case=Case.CENTRAL)
    return Reviewed(
        loop=looped(of_loans.book) * rows,
        loans=loans,
        changed=changed,
        cells=len(cells),
        joining=joining,
        by_cells=by_cells,
        errors=comparing.cells_error(of_loans, cells=cells, rules=tried[-1], case=Case.CENTRAL),
    )


def looped(book: Book) -> float:
    """Return seconds a loan of one ipmt and one ppmt over its periods, timed on a sample."""
    charged = np.flatnonzero(book.annual_rate > 0)  # the loop divides by the rate
    rows = charged[np.linspace(0, len(charged) - 1, min(LOOPED, len(charged))).astype(np.int64)]
    started = time.perf_counter()
    for i in rows:
        periods = np.arange(int(book.term[i])) + 1
        rate, count = book.annual_rate[i] / 12, int(book.term[i])
        numpy_financial.ipmt(rate, periods, count, -book.principal[i])
        numpy_financial.ppmt(rate, periods, count, -book.principal[i])
    return (time.perf_counter() - started) / len(rows)


def a_run(applications: int, *, funds: int) -> Problem:
    """Waiting applications and funds with shares for women and youth, sectors and losses."""
    random = np.random.default_rng(0)
    names = [f"fund {i}" for i in range(funds)]
    return Problem(
        applicants=tuple(
            Applicant(
                id=f"{i:06}",
                amount=int(random.integers(300, 2000)) * 100,
                applied_on=date(2026, 1, 1) + timedelta(days=int(random.integers(0, 60))),
                sector=f"sector {random.integers(0, 8)}",
                traits=frozenset(
                    trait
                    for trait, share in (("women", 0.45), ("youth", 0.3))
                    if random.random() < share
                ),
                loss=int(random.integers(5_000, 120_000)),
                eligible={
                    name: float(random.uniform(20, 100))
                    for name in names
                    if random.random() < ELIGIBLE_SHARE
                },
            )
            for i in range(applications)
        ),
        funds=tuple(
            Fund(
                id=name,
                budget=applications * 50_000 // funds,
                shares={"women": 400_000, "youth": 200_000} if i % 2 else {},
                sector_share_max=250_000,
                loss_share_max=None if i % 3 else 60_000,
            )
            for i, name in enumerate(names)
        ),
    )


def assign(problem: Problem) -> tuple[float, solving.Solution, int]:
    """Solve a run with its reasons; give the seconds, the solution, and how many are served."""
    fresh = Problem(applicants=problem.applicants, funds=problem.funds)
    started = time.perf_counter()
    solution = solving.solve(fresh)
    lines = reasons.lines_of(fresh, solution)
    reasons.fund_lines(fresh, solution)
    taken = time.perf_counter() - started
    return taken, solution, sum(line.fund is not None for line in lines)


def a_card(characteristics: int) -> Scorecard:
    """A card of numbers with six bins each."""
    words = dict.fromkeys(("ar", "fr", "en"), "of the bench")
    points = [0, 4, 8, 12, 16, 20]
    document = {
        "card_id": "bench",
        "version": "1.0.0",
        "groups": {"all": 20 * characteristics},
        "grades": [{"grade": "A", "from": 0, "advice": "refer"}],
        "pd": {"basis": "assumed", "double_every": 20, "points": 600, "odds": "20"},
        "unknown_reason": words,
        "characteristics": [
            {
                "id": f"figure_{i}",
                "group": "all",
                "source": "application",
                "known_at": "application",
                "direction": "up",
                "missing": 0,
                "label": words,
                "reason": words,
                "hint": words,
                "bins": [
                    {
                        **({"lower": str(place)} if place else {}),
                        **({"upper": str(place + 1)} if place < len(points) - 1 else {}),
                        "points": value,
                    }
                    for place, value in enumerate(points)
                ],
            }
            for i in range(characteristics)
        ],
    }
    return scorecard_of(document)


def score(rows: int, *, characteristics: int, alternations: int) -> Runs:
    """Score many rows at once."""
    card = a_card(characteristics)
    random = np.random.default_rng(0)
    columns: Columns = {item.id: random.uniform(0, 6, rows) for item in card.characteristics}
    runs = Runs()
    for _ in range(alternations):
        with runs.timed():
            cards.totals(card, columns)
    return runs
