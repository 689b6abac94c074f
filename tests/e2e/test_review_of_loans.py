"""A review of rates on what loans had lent: taken, adopted, followed by a product, and held to."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services import data_folder
from services.cli import reaching, reviewing
from services.cli.reaching import Reached
from shared import ids
from shared.clients.review_books import PATH, BookAsked, HttpReviewBooks
from shared.clients.tokens import ServiceTokens
from tests import bodies, review_plans
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import SITE, House, until
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json

REVIEWS = "/scoring/v1/rate-reviews"
LOAN = {"product_code": "LOAN", "term_months": 12}


async def priced_office(house: House) -> tuple[Office, str]:
    """An office with a priced product, lent out of a fund that may; gives the product's id."""
    office = await journey.open_office(house)
    product = await office.institution.administrator.post("/loans/v1/products", bodies.loan())
    fund_id, _ = await journey.open_fund(office.manager, receipt="9000.000", kind="commercial")
    return Office(**{**vars(office), "fund_id": fund_id}), str(product["product_id"])


def plan(**changes: Any) -> Json:
    return review_plans.plan(
        compared_by=["sex"],
        caps=[],
        policies=[
            {
                "name": "half",
                "changes": [{"annual_rate": {"times": "0.5"}, "frequency": "weekly"}],
            }
        ],
        **changes,
    )


async def taken(house: House, folder: Path, office: Office, asked: BookAsked) -> Any:
    """The book as scoring takes it."""
    secret = data_folder.open_secrets(folder)["scoring_client_secret"]
    http = house.client()
    token_url = f"{SITE}/loans/v1/token"
    tokens = ServiceTokens(http, token_url=token_url, client_id="scoring", client_secret=secret)
    books = HttpReviewBooks(http, tokens=tokens)
    return await books.book(asked, institution_id=office.institution.id)


async def today_of(office: Office) -> date:
    waiting = await office.manager.get("/loans/v1/waiting-list")
    return date.fromisoformat(waiting["as_of"])


async def test_a_review_of_what_was_lent_goes_round_from_loans_to_loans(
    house: House, tmp_path: Path
) -> None:
    office, product_id = await priced_office(house)
    for principal in ("1000.000", "1200.000", "800.000"):
        await journey.active_contract(office, amount=amount(principal), **LOAN)
    await journey.followed_up(office)
    today = await today_of(office)
    manager = Caller(house.client("scoring"), office.manager.token)
    committee = Caller(house.client("scoring"), office.approver.token)
    body = plan(review_id=str(ids.new()), from_loans={"as_of": today.isoformat()})

    drafted = await manager.post(REVIEWS, body)
    again = await manager.post(REVIEWS, body)

    assert again == drafted
    asked = BookAsked.model_validate(
        {"as_of": drafted["book"]["as_of"], "known_at": drafted["book"]["known_at"]}
    ).with_frequency()
    book = await taken(house, tmp_path, office, asked)
    assert book.foot.sha256 == drafted["book"]["sha256"]
    assert (book.foot.loans, book.foot.left_out) == (3, 0)
    assert sorted(book.figures["principal"]) == ["1000", "1200", "800"]
    assert set(book.labels["product"]) == {"LOAN"}
    assert set(book.labels["frequency"]) == {"monthly"}
    assert set(book.labels["sex"]) == {"female"}
    assert set(book.figures["bad"]) == {"0"}
    yesterday = BookAsked(as_of=today - timedelta(days=1))
    assert (await taken(house, tmp_path, office, yesterday)).foot.loans == 0

    path = f"{REVIEWS}/{body['review_id']}"
    ran = await manager.post(f"{path}/run", {})
    assert ran["status"] == "run"
    result = (await manager.get(path))["result"]
    assert (result["book"]["loans"], result["book"]["lent"]) == (3.0, 3000.0)
    await manager.post(f"{path}/recommendation", {"policy": "half"})
    await committee.post(f"{path}/decision", {"outcome": "adopt", "note": "Minutes 9"})

    await _is_followed(office, product_id, body["review_id"])
    await journey.active_contract(office, amount=amount("900.000"), **LOAN)
    await journey.followed_up(office)
    now = await taken(house, tmp_path, office, BookAsked(as_of=today).with_frequency())
    told = sorted(zip(now.labels["frequency"], now.figures["term"], strict=True))
    assert told == [*[("monthly", "12")] * 3, ("weekly", "12")]  # 52 weeks of a year of 52
    observed = await manager.post(f"{path}/observed/from-loans", {"as_of": today.isoformat()})
    assert observed == await manager.post(
        f"{path}/observed/from-loans", {"as_of": today.isoformat()}
    )
    (later,) = observed["observations"]
    assert later["source"].startswith("loans · ≥ ")
    assert "n = 4" in later["source"]  # of the day of the decision on
    assert set(later["figures"]) == {"effective_rate", "total_cost", "burden_over_40"}
    await _is_on_the_page(committee, path, later["source"].rpartition(" ")[2])


async def _is_followed(office: Office, product_id: str, review_id: str) -> None:
    """The adopted review waits for a version of the product, until one is opened from it."""
    administrator = office.institution.administrator
    reviews = f"/loans/v1/products/{product_id}/reviews"

    async def is_heard() -> bool:
        return bool((await administrator.try_get(reviews)).json())

    await until(is_heard, named="loans hearing the adopted review")
    (waits,) = (await administrator.try_get(reviews)).json()
    assert (waits["review_id"], waits["version"]) == (review_id, None)
    opened = await administrator.post(
        f"/loans/v1/products/{product_id}/versions/from-review", {"review_id": review_id}
    )
    (followed,) = (await administrator.try_get(reviews)).json()
    assert followed["version"] == opened["version"] == 2
    assert opened["frequency"] == "weekly"


async def _is_on_the_page(committee: Caller, path: str, sha256: str) -> None:
    """What was observed stands on the review's page, with the hash of its book."""
    for language, direction in {"ar": "rtl", "fr": "ltr"}.items():
        page = await committee.try_get(f"{path}/page", lang=language)
        assert (page.status_code, f'dir="{direction}"' in page.text) == (200, True)
        assert sha256 in page.text


async def test_a_book_of_a_day_that_no_rule_knows_is_refused_before_its_first_line(
    house: House,
) -> None:
    office, _ = await priced_office(house)
    answer = await office.auditor.try_get(PATH, as_of="2000-01-01")
    assert (answer.status_code, answer.json()["type"].split("/")[-1]) == (422, "no-rule")


async def test_the_command_reviews_what_was_lent_on_a_day(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _ = await priced_office(house)
    await journey.active_contract(office, amount=amount("1000.000"), **LOAN)
    await journey.followed_up(office)
    today = await today_of(office)
    secret = data_folder.open_secrets(tmp_path)["scoring_client_secret"]
    http = house.client()
    tokens = ServiceTokens(
        http, token_url=f"{SITE}/loans/v1/token", client_id="scoring", client_secret=secret
    )
    services = Reached(loans=http, scoring=http, tokens=tokens)
    monkeypatch.setattr(reaching, "services", lambda *_, **__: _Given(services))
    spec = reviewing.SpecBody.model_validate(plan(segments={"product": "product", "sex": "sex"}))

    read = await reviewing.taken(None, None, office.institution.code, asked=spec, as_of=today)

    assert len(read.loans) == 1
    assert read.origin is not None
    assert (read.origin["loans"], read.origin["left_out"]) == ("1", "0")
    assert json.dumps(read.origin)
    assert read.hash.decode() == read.origin["sha256"]


class _Given:
    """Services that a test has opened already."""

    def __init__(self, reached: Reached) -> None:
        self._reached = reached

    async def __aenter__(self) -> Reached:
        return self._reached

    async def __aexit__(self, *_: object) -> None:
        return None
