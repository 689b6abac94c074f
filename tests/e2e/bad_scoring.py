"""Requests to scoring that have one fault each: what must refuse them, and the same without it."""

from dataclasses import dataclass
from typing import Any, Final

from shared import ids
from tests import review_plans, running_loans, scoring_cases
from tests.e2e.people import Json
from tests.integration.scoring import waiting_list
from tests.scoring_cases import a_card, a_choice, a_number, amount, make_request

MODELS: Final = "/scoring/v1/models"
ASSESSMENTS: Final = "/scoring/v1/assessments"
REVIEWS: Final = "/scoring/v1/rate-reviews"
BATCHES: Final = "/scoring/v1/warnings/batches"
LADDER: Final = {"basis": "calibrated", "double_every": 20, "points": 600, "odds": "20"}
BINS: Final[dict[str, list[Json]]] = {
    "gap": [{"upper": "6", "points": 0}, {"lower": "8", "points": 10}],
    "overlap": [{"upper": "6", "points": 0}, {"lower": "4", "points": 10}],
    "wrong direction": [{"upper": "6", "points": 10}, {"lower": "6", "points": 0}],
}
CARD = "scoring/card-malformed"
FORM = "scoring/document-malformed"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request that must be refused with 422, and as what; `right` is its permitted neighbour.

    `named` is a word of ours that the detail holds in every language.
    """

    path: str
    body: Json
    problem: str
    right: Json
    named: str = ""


def cards() -> dict[str, Attempt]:
    right = a_card(a_number())
    wrong: dict[str, tuple[Json, str]] = {
        **{f"card with a {it}": (a_card(a_number(bins=bins)), CARD) for it, bins in BINS.items()},
        "card without an end": (a_card(a_number(bins=BINS["gap"][:1] * 2)), CARD),
        "card with a level twice": (
            a_card(a_choice(bins=[{"levels": ["a"], "points": points} for points in (6, 1)])), CARD
        ),
        "card whose groups do not add up": (a_card(a_number(), groups={"business": 11}), CARD),
        "card of a moment nobody knows": (a_card(a_number(known_at="soon")), CARD),
        "card without steps": (a_card(a_number(), pd=LADDER | {"double_every": 0}), CARD),
        "card upside down": (a_card(a_number(), pd=LADDER | {"double_every": -20}), CARD),
        "card of impossible odds": (a_card(a_number(), pd=LADDER | {"odds": "-1"}), CARD),
        "card of endless points": (a_card(a_number(missing=-(10**12))), CARD),
        "card that asks for a sex": (a_card(a_number("sexe")), "scoring/characteristic-protected"),
        "card that knows the end": (
            a_card(a_number(known_at="closing")), "scoring/characteristic-known-too-late"
        ),
        "card with an unwritable sign": (a_card(a_number(), note="a\x00b"), FORM),
        "card with a fraction": (a_card(a_number(), note=0.1), FORM),
    }  # fmt: skip
    return {
        name: Attempt(path=MODELS, body=body, problem=problem, right=right)
        for name, (body, problem) in wrong.items()
    }


def applications() -> dict[str, Attempt]:
    def of(problem: str, named: str = "", **changes: Any) -> Attempt:
        return Attempt(
            path=ASSESSMENTS,
            body=make_request(**changes),
            problem=problem,
            right=make_request(),
            named=named,
        )

    household, answers = make_request()["household"], make_request()["characteristics"]
    price = make_request()["price"]
    return {
        "income below zero": of(
            "scoring/monthly-amount-negative",
            "-1.000",
            household=household | {"sales": amount("-1.000")},
        ),
        "loan of nothing": of("scoring/asked-impossible", amount=amount("0.000")),
        "loan in another currency": of("shared/currency-mismatch", amount=amount("600.00", "USD")),
        "limits the wrong way": of(
            "scoring/limits-contradict",
            "6000.000",
            product=scoring_cases.conventional_product(amount_min=amount("6000.000")),
        ),
        "sex among the answers": of(
            "scoring/characteristic-protected", "sex", characteristics=answers | {"sex": "x"}
        ),
        "answer that is no number": of(
            "scoring/characteristic-unreadable",
            "months_in_business",
            characteristics=answers | {"months_in_business": "nan"},
        ),
        "rate without end": of("invalid-request", price=price | {"cost_of_funds": "1e999"}),
        "amount of a name": of("invalid-request", amount=amount("٦٠٠ دينار")),
        "currency of nowhere": of("invalid-request", amount=amount("600.00", "XXX")),
        "name among the answers": of(
            "invalid-request", characteristics=answers | {"sector": "Fatima Ahmad"}
        ),
    }


def runs() -> dict[str, Attempt]:
    fund = waiting_list.fund()
    one = waiting_list.waiting(fund)
    right = waiting_list.run([fund], [one])

    def of(problem: str, **changes: Any) -> Attempt:
        return Attempt(path=waiting_list.RUNS, body=right | changes, problem=problem, right=right)

    other = waiting_list.fund()
    contradicts = "scoring/assignment-contradicts"
    return {
        "run with a fund twice": of(contradicts, funds=[fund, fund]),
        "run with an application twice": of(contradicts, applications=[one, one]),
        "run for a fund not in it": of(
            contradicts, applications=[waiting_list.waiting(other)]
        ),
        "run of two currencies": of(
            contradicts, applications=[one | {"amount": amount("400.00", "USD")}]
        ),
        "run with loss said twice": of(
            contradicts, applications=[one | {"default_chance": "0.1", "loss_given_default": "1"}]
        ),
        "run of a fund that gave one of them more than all": of(
            contradicts,
            funds=[
                fund
                | {"given": {"women": {"total": amount("1.000"), "of": {"women": amount("2.000")}}}}
            ],
        ),
        "run of a budget below zero": of(
            contradicts, funds=[fund | {"budget": amount("-1.000")}]
        ),
    }  # fmt: skip


def warnings() -> dict[str, Attempt]:
    loan = running_loans.loan()
    right = running_loans.body([loan])
    late = running_loans.body([loan], as_of=running_loans.AS_OF.replace(year=2099))
    twice = running_loans.body([loan, loan])
    return {
        "batch of a day to come": Attempt(
            path=BATCHES, body=late, problem="scoring/day-not-reached", right=right
        ),
        "batch of no capacity": Attempt(
            path=BATCHES,
            body=right | {"capacity": {"share": "-1"}},
            problem="invalid-request",
            right=right,
        ),
        "batch with a loan twice": Attempt(
            path=BATCHES, body=twice, problem="scoring/loan-twice-in-month", right=right
        ),
    }


def reviews() -> dict[str, Attempt]:
    columns = review_plans.columns(20)
    right = review_plans.plan(review_id=str(ids.new()), book=columns)

    def of(problem: str, named: str = "", **changes: Any) -> Attempt:
        body = right | {"review_id": str(ids.new())} | changes
        return Attempt(path=REVIEWS, body=body, problem=problem, right=right, named=named)

    def book(**changes: Any) -> Json:
        return columns | changes

    low_high = [{"name": "x", "changes": [{"term": {"low": "9", "high": "3"}}]}]
    return {
        "book without income": of(
            "scoring/book-unreadable", "income", book=book(income=[0.0] * 20)
        ),
        "book of sure defaults": of("scoring/book-unreadable", "pd", book=book(pd=[1.0] * 20)),
        "book of uneven columns": of(
            "scoring/book-columns-uneven", "income", book=book(income=[1.0])
        ),
        "book without products": of(
            "scoring/book-column-missing", "product", book=book(segments={"sex": ["w"] * 20})
        ),
        "review in no currency": of("invalid-request", currency="XXX"),
        "policy that says the contrary": of("invalid-request", policies=low_high),
    }  # fmt: skip


ATTEMPTS: Final = cards() | applications() | runs() | warnings() | reviews()
