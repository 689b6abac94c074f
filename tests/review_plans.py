"""Made-up plans and books of reviews, as they are sent and as they stand in files."""

from typing import Any

from tests.books import a_book

Json = dict[str, Any]


def plan(**changes: object) -> Json:
    """Half the rate, a longer term, one rate for all; a ceiling of 18 % in the north."""
    return {
        "name": "Spring review",
        "currency": "JOD",
        "costs": {
            "cost_of_funds": "0.05", "operating_cost": "20", "operating_cost_monthly": "1",
            "loss_given_default": "0.6", "market_rate": "0.12", "inflation": "0.04",
            "equity_share": "0.3",
        },
        "compared_by": ["region", "sex"],
        "caps": [
            {"where": {"region": "north"}, "basis": "nominal", "cap": "0.18", "source": "Law 7"}
        ],
        "policies": [
            {"name": "half", "changes": [{"annual_rate": {"times": "0.5"}}]},
            {"name": "long", "changes": [{"term": {"times": "1.5"}}]},
            {"name": "one rate", "changes": [{"annual_rate": {"set_to": "0.24"}}]},
        ],
    } | changes  # fmt: skip


def columns(rows: int = 60) -> Json:
    """A book as columns; every third borrower is a woman."""
    book = a_book(rows)
    return {
        "principal": book.principal.tolist(),
        "annual_rate": book.annual_rate.tolist(),
        "term": book.term.tolist(),
        "grace": book.grace.tolist(),
        "fee_share": book.fee_share.tolist(),
        "pd": book.pd.tolist(),
        "income": book.income.tolist(),
        "debts": book.debts.tolist(),
        "segments": {
            "product": [book.labels["product"][code] for code in book.codes["product"]],
            "region": [book.labels["region"][code] for code in book.codes["region"]],
            "sex": ["women" if row % 3 == 0 else "men" for row in range(rows)],
        },
    }


def search(**changes: object) -> Json:
    """The cheapest terms that keep the fund whole."""
    return {"name": "cheapest", "aim": "lowest_cost", "terms": ["1", "1.5"]} | changes
