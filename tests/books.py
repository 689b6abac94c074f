"""Made-up books for reviews of rates and terms."""

from typing import Any

import numpy as np

from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.outcomes import CostModel, Review
from services.scoring.domain.simulation.policy import DEFAULT_BEHAVIOUR

RATES = (0.0, 0.12, 0.24)


def a_book(rows: int = 400, *, seed: int = 1) -> Book:
    """Loans of three products, a third of them qard, in two regions."""
    random = np.random.default_rng(seed)
    product = random.integers(0, 3, rows)
    return Book(
        count=np.ones(rows),
        principal=(random.integers(10, 60, rows) * 50).astype(np.float64),
        annual_rate=np.array(RATES)[product],
        term=random.choice([6, 12, 24], rows).astype(np.float64),
        grace=np.where(random.uniform(size=rows) < 0.2, 1.0, 0.0),
        fee_share=np.where(product == 0, 0.0, 0.01),
        pd=random.choice([0.0, 0.03, 0.10], rows),
        income=(random.integers(20, 40, rows) * 20).astype(np.float64),
        debts=(random.integers(0, 3, rows) * 10).astype(np.float64),
        per_year=np.full(rows, 12.0),
        codes={"product": product.astype(np.int64), "region": random.integers(0, 2, rows)},
        labels={"product": ("qard", "light", "dear"), "region": ("north", "south")},
    )


def one_loan(**changes: Any) -> Book:
    """The worked loan: 1,000 over 12 months at 13.0766 % with a fee of 1 %."""
    members: dict[str, Any] = {
        "count": 1.0, "principal": 1000.0, "annual_rate": 0.130766364, "term": 12, "grace": 0,
        "fee_share": 0.01, "pd": 1 - 0.997**12, "income": 500.0, "debts": 0.0,
        "per_year": 12.0,
    } | changes  # fmt: skip
    columns: dict[str, Any] = {
        name: np.array([value], dtype=np.float64) for name, value in members.items()
    }
    return Book(
        **columns,
        codes={"product": np.array([0])},
        labels={"product": ("one",)},
    )


def costs(**changes: float) -> CostModel:
    """Funds at 5 %, 20 at disbursement and 1 a month, 60 % lost of what defaults."""
    members = {
        "cost_of_funds": 0.05, "operating_cost": 20.0, "operating_cost_monthly": 1.0,
        "loss_given_default": 0.60, "market_rate": 0.12, "inflation": 0.04, "equity_share": 0.3,
    }  # fmt: skip
    return CostModel(**(members | changes))


def a_review(book: Book, **changes: Any) -> Review:
    members: dict[str, Any] = {
        "costs": costs(), "behaviour": DEFAULT_BEHAVIOUR, "caps": (), "segments": (),
    }  # fmt: skip
    return Review(book=book, **(members | changes))
