"""What a fund borrows goes back by the engine of loans, and never out of what it has promised."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from services.loans.funds import operations as funds
from services.loans.funds import queries
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import agreements
from tests.agreements import NAMES, PAPER, Givers
from tests.bodies import Json, amount
from tests.integration.loans.scene import ACTOR, TODAY, ask

FREE = {"form": "qard", "annual_rate": "0"}
APPROVE = {"outcome": "approve"}


@pytest.fixture
async def lender(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id, kind="commercial") as opened:
        yield opened


async def drawn(lender: Givers, text: str, **offer: object) -> str:
    """Draw an amount on 1 February, the first instalment due on 1 March."""
    body = lender.facility(total="200000.000", offer=dict(offer))
    agreement_id = await lender.signed(body)
    return await lender.borrowed(agreement_id, text, on="2026-02-01", first="2026-03-01")


async def agrees(lender: Givers) -> Json:
    """What is owed under agreements is what the books say is owed."""
    owing: Json = await lender.read(f"/funds/{lender.fund_id}/lenders")
    assert owing["booked"] == owing["owed"], owing
    assert owing["outside"]["amount"] == "0.000"
    return owing


async def test_a_draw_down_has_the_schedule_of_a_loan_on_its_frozen_terms(lender: Givers) -> None:
    draw_id = await drawn(lender, "120000.000")
    told = await lender.read(f"/draw-downs/{draw_id}", on="2026-02-01")
    # The annuity of 0.5 % a month over 12 months on 120,000: 10,327.97 (level payment formula).
    first, *_, last = told["instalments"]
    assert first["principal"]["amount"] == "9727.972"
    assert first["cost"]["amount"] == "600.000"
    assert last["due_on"] == "2027-02-01"
    assert sum(Decimal(one["principal"]["amount"]) for one in told["instalments"]) == 120000
    assert (told["state"], told["owed"]["principal"]["amount"]) == ("received", "120000.000")
    assert (await agrees(lender))["owed"]["amount"] == "120000.000"


async def test_a_payment_gives_back_and_costs_what_its_instalment_says(lender: Givers) -> None:
    draw_id = await drawn(lender, "120000.000")
    late = await lender.read(f"/draw-downs/{draw_id}", on="2026-03-15")
    assert late["owed"]["due"]["amount"] == "10327.972"
    assert late["owed"]["overdue_since"] == "2026-03-01"
    paid = await lender.paid(draw_id, "10327.972", on="2026-03-20")
    assert (paid["state"], paid["principal"]["amount"], paid["cost"]["amount"]) == (
        "paid",
        "9727.972",
        "600.000",
    )
    assert (await agrees(lender))["owed"]["amount"] == "110272.028"
    books = (await lender.read("/ledger/trial-balance", fund_id=lender.fund_id))["lines"]
    balance = {one["code"]: one["balance"]["amount"] for one in books}
    assert balance["borrowing_cost"] == "600.000"
    assert balance["bank"] == "109672.028"
    statement = await lender.read(f"/lenders/{lender.donor_id}/statement", on="2026-03-31")
    (part,) = statement["items"]
    assert [line["kind"] for line in part["lines"]] == ["drawn", "repayment"]
    assert part["lines"][-1]["owed"] == part["owed"]["principal"]
    before = await lender.read(f"/lenders/{lender.donor_id}/statement", on="2026-03-19")
    assert before["items"][0]["owed"]["principal"]["amount"] == "120000.000"


async def test_paying_early_costs_profit_to_its_day_where_agreed(lender: Givers) -> None:
    draw_id = await drawn(lender, "120000.000", early_to_the_day=True)
    owed = (await lender.read(f"/draw-downs/{draw_id}", on="2026-02-16"))["owed"]
    # 15 of the 28 days of February at 0.5 % a month on 120,000: 321.429.
    assert owed["payoff"]["amount"] == "120321.429"
    refused = await lender.refused(
        f"/draw-downs/{draw_id}/payments",
        {"amount": lender.money("120321.430"), "paid_on": "2026-02-16"},
    )
    assert refused["slug"] == "repaid-beyond-owed"
    assert refused["owed"]["amount"] == "120321.429"


async def test_more_than_the_limit_or_after_its_last_day_is_not_drawn(lender: Givers) -> None:
    agreement_id = await lender.signed(lender.facility(total="1000.000"))
    path = f"/agreements/{agreement_id}/draw-downs"
    first = await lender.made(path, {"amount": lender.money("600.000")})
    told = await lender.refused(path, {"amount": lender.money("400.001")})
    assert (told["slug"], told["left"]["amount"]) == ("drawn-beyond-limit", "400.000")
    own = await lender.refused(f"/draw-downs/{first['draw_id']}/approval", APPROVE)
    assert own["slug"] == "proposer-decides"
    draw = f"/draw-downs/{first['draw_id']}"
    came = {"received_on": "2026-02-01", "first_due_on": "2026-03-01"}
    assert (await lender.refused(f"{draw}/receipt", came))["slug"] == "draw-not-possible"
    reject = {"outcome": "reject"}
    await lender.made(f"{draw}/approval", reject, by=lender.checker)
    second = await lender.made(path, {"amount": lender.money("1000.000")})  # free again
    draw = f"/draw-downs/{second['draw_id']}"
    await lender.made(f"{draw}/approval", APPROVE, by=lender.checker)
    await lender.made(f"{draw}/receipt", came)
    assert (await lender.refused(f"{draw}/receipt", came))["slug"] == "draw-not-possible"
    over = lender.facility(total="10.000", available_until="2026-03-31")
    ended = f"/agreements/{await lender.signed(over)}/draw-downs"
    told = await lender.refused(ended, {"amount": lender.money("1.000")})
    assert told["slug"] == "lender-day-not-possible"


async def test_only_a_commercial_fund_borrows_and_a_gift_is_not_drawn(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with agreements.givers(loans_db, institution_id) as givers:
        body = givers.facility(total="10.000", nature="donation_open")
        assert (await givers.refused("/agreements", body))["slug"] == "lender-of-another-kind"
        gift = givers.agreement(agreements.due("2026-05-01", "10.000"), total="10.000")
        path = f"/agreements/{await givers.signed(gift)}/draw-downs"
        assert (await givers.refused(path, {"amount": givers.money("1.000")}))["slug"] == (
            "not-a-lender"
        )


@pytest.mark.parametrize(
    "offer",
    [
        {"form": "qard", "annual_rate": "0.01"},
        {"form": "mudaraba", "annual_rate": "0.01", "profit_share": "0.3"},
        {"form": "mudaraba", "annual_rate": "0"},
        {"form": "conventional", "profit_share": "0.3"},
    ],
)
async def test_money_lent_by_the_sharia_bears_no_interest(lender: Givers, offer: Json) -> None:
    told = await lender.refused("/agreements", lender.facility(total="10.000", offer=offer))
    assert told["slug"] == "interest-not-in-form"


async def test_a_mudaraba_shares_what_was_declared_and_nothing_else(lender: Givers) -> None:
    draw_id = await drawn(
        lender, "12000.000", form="mudaraba", annual_rate="0", profit_share="0.35"
    )
    body = {"declared": lender.money("1000.001"), "evidence": PAPER, "paid_on": "2026-03-31"}
    shared = await lender.made(f"/draw-downs/{draw_id}/shares", body)
    assert shared["amount"]["amount"] == "350.000"  # what a fils cannot be cut into stays
    path = f"/lender-payments/{shared['payment_id']}"
    paid = await lender.made(f"{path}/approval", APPROVE, by=lender.checker)
    assert (paid["principal"]["amount"], paid["cost"]["amount"]) == ("0.000", "350.000")
    assert (await agrees(lender))["owed"]["amount"] == "12000.000"
    interest = await drawn(lender, "12.000", **FREE)
    told = await lender.refused(f"/draw-downs/{interest}/shares", body)
    assert told["slug"] == "interest-not-in-form"
    refused = await lender.refused(f"{path}/reversal", {}, by=lender.checker)
    assert refused["slug"] == "proposer-decides"
    await lender.made(f"{path}/reversal", {})
    assert (await agrees(lender))["items"][0]["cost"]["amount"] == "0.000"


async def test_a_payment_that_did_not_arrive_is_taken_back_by_another(lender: Givers) -> None:
    draw_id = await drawn(lender, "1200.000", **FREE)
    first = await lender.paid(draw_id, "100.000", on="2026-03-01")
    second = await lender.paid(draw_id, "250.000", on="2026-03-15")
    told = await lender.refused(f"/lender-payments/{first['payment_id']}/reversal", {})
    assert told["slug"] == "lender-day-not-possible"  # a later one rests on it
    path = f"/lender-payments/{second['payment_id']}/reversal"
    back = await lender.made(path, {})
    assert (back["state"], back["principal"]["amount"]) == ("taken_back", "0.000")
    assert (await lender.refused(path, {}))["slug"] == "lender-payment-not-standing"
    assert (await agrees(lender))["owed"]["amount"] == "1100.000"
    await lender.made(f"/lender-payments/{first['payment_id']}/reversal", {})
    assert (await agrees(lender))["owed"]["amount"] == "1200.000"


async def test_a_draw_down_booked_in_error_is_taken_back_whole(lender: Givers) -> None:
    draw_id = await drawn(lender, "1200.000", **FREE)
    receipt_id = (await lender.read(f"/draw-downs/{draw_id}"))["receipt_id"]
    order = {"kind": "receipt_reversal", "receipt_id": receipt_id, "reason": "error"}
    refused = await lender.refused(f"/funds/{lender.fund_id}/orders", order)
    assert refused["slug"] == "receipt-bound"
    path = f"/draw-downs/{draw_id}/reversal"
    assert (await lender.refused(path, {}))["slug"] == "proposer-decides"
    paid = await lender.paid(draw_id, "100.000", on="2026-03-01")
    assert (await lender.refused(path, {}, by=lender.checker))["slug"] == "draw-paid-on"
    await lender.made(f"/lender-payments/{paid['payment_id']}/reversal", {})
    ended = await lender.made(path, {}, by=lender.checker)
    assert ended["state"] == "ended"
    assert (await agrees(lender))["booked"]["amount"] == "0.000"
    told = await lender.refused(
        f"/draw-downs/{draw_id}/payments", {"amount": lender.money("1.000")}
    )
    assert told["slug"] == "draw-not-possible"


async def test_another_rate_holds_from_its_day_once_another_approved_it(lender: Givers) -> None:
    draw_id = await drawn(lender, "120000.000")
    body = {"effective_on": "2026-07-02", "annual_rate": "0.09", "evidence": PAPER}
    change = await lender.made(f"/draw-downs/{draw_id}/rates", body)
    before = await lender.read(f"/draw-downs/{draw_id}", on="2026-07-01")
    path = f"/lender-rates/{change['change_id']}/approval"
    assert (await lender.refused(path, APPROVE))["slug"] == "proposer-decides"
    await lender.made(path, APPROVE, by=lender.checker)
    after = await lender.read(f"/draw-downs/{draw_id}", on="2026-07-01")
    assert after["instalments"][:5] == before["instalments"][:5]
    dearer = [float(one["instalments"][5]["cost"]["amount"]) for one in (before, after)]
    assert dearer[1] == pytest.approx(dearer[0] * 1.5, abs=0.001)
    again = await lender.refused(f"/draw-downs/{draw_id}/rates", body)
    assert again["slug"] == "lender-day-not-possible"
    free = await drawn(lender, "1200.000", **FREE)
    assert (await lender.refused(f"/draw-downs/{free}/rates", body))["slug"] == (
        "interest-not-in-form"
    )


async def test_what_is_promised_to_borrowers_does_not_go_to_the_lender(lender: Givers) -> None:
    draw_id = await drawn(lender, "1200.000", **FREE)
    fund_id = _uuid(lender.fund_id)
    database, institution = lender.opened.database, lender.opened.institution_id
    wanted = ask(fund_id, "1000.000")
    async with database.begin(institution) as session:
        await funds.reserve(session, wanted, on=TODAY, actor_id=ACTOR)
    body = {"amount": lender.money("200.001"), "paid_on": "2026-03-01"}
    proposed = await lender.made(f"/draw-downs/{draw_id}/payments", body)
    path = f"/lender-payments/{proposed['payment_id']}/approval"
    told = await lender.refused(path, APPROVE, by=lender.checker)
    assert (told["slug"], told["available"]["amount"]) == ("fund-exhausted", "200.000")
    still = await lender.paid(draw_id, "200.000", on="2026-03-01")
    assert still["state"] == "paid"


async def test_of_many_payments_at_once_the_fund_pays_what_it_holds_free(lender: Givers) -> None:
    """Twelve approvals of 100 at once, of a fund that holds 500 free: five leave."""
    draw_id = await drawn(lender, "1200.000", **FREE)
    fund_id = _uuid(lender.fund_id)
    database, institution = lender.opened.database, lender.opened.institution_id
    async with database.begin(institution) as session:
        await funds.reserve(session, ask(fund_id, "700.000"), on=TODAY, actor_id=ACTOR)
    body = {"amount": lender.money("100.000"), "paid_on": "2026-03-01"}
    paths = []
    for _ in range(12):
        proposed = await lender.made(f"/draw-downs/{draw_id}/payments", body)
        paths.append(f"/lender-payments/{proposed['payment_id']}/approval")
    answers = await asyncio.gather(
        *(lender.post(path, APPROVE, by=lender.checker) for path in paths)
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [422] * 7
    async with database.read(institution) as session:
        standing = (await queries.standings(session, [fund_id]))[fund_id]
    assert str(standing.available) == "0.000"
    assert (await agrees(lender))["owed"]["amount"] == "700.000"


async def test_more_than_is_owed_is_not_paid_however_many_pay(lender: Givers) -> None:
    draw_id = await drawn(lender, "300.000", **FREE | {"instalments": 3})
    await lender.made(
        f"/funds/{lender.fund_id}/receipts",
        {"amount": lender.money("900.000"), "nature": "commercial"},
    )
    body = {"amount": lender.money("200.000"), "paid_on": "2026-03-01", "channel": "cash"}
    paths = []
    for _ in range(3):
        proposed = await lender.made(f"/draw-downs/{draw_id}/payments", body)
        paths.append(f"/lender-payments/{proposed['payment_id']}/approval")
    answers = await asyncio.gather(
        *(lender.post(path, APPROVE, by=lender.checker) for path in paths)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]
    owing = await lender.read(f"/funds/{lender.fund_id}/lenders")
    assert (owing["owed"]["amount"], owing["outside"]["amount"]) == ("100.000", "900.000")


def _uuid(text: str) -> FundId:
    return FundId(UUID(text))


@pytest.mark.parametrize(
    ("currency", "total", "part", "due", "cost"),
    [
        ("USD", "2000.00", "1200.00", "103.28", "6.00"),
        ("DJF", "200000", "120000", "10328", "600"),
    ],
)
async def test_a_lender_in_another_currency_lends_to_a_fund_in_it_and_to_no_other(
    *, lender: Givers, currency: str, total: str, part: str, due: str, cost: str
) -> None:
    """A fund of the lender's own currency is opened for it; no rate then moves what is owed."""
    foreign = {
        **lender.facility(total="2000.000"),
        "total": amount(total, currency),
    }
    refused = await lender.refused("/agreements", foreign)
    assert refused["slug"] == "currency-mismatch"
    fund = await lender.made(
        "/funds", {"code": "F-2", "kind": "commercial", "currency": currency, "names": NAMES}
    )
    abroad = replace(lender, fund_id=fund["fund_id"], currency=currency)
    await abroad.post(f"/funds/{abroad.fund_id}/donors", {"donor_id": abroad.donor_id})
    agreement_id = await abroad.signed(abroad.facility(total=total))
    draw_id = await abroad.borrowed(agreement_id, part, on="2026-02-01", first="2026-03-01")
    paid = await abroad.paid(draw_id, due, on="2026-03-01")
    assert (paid["principal"]["currency"], paid["cost"]["amount"]) == (currency, cost)
    owing = await abroad.read(f"/funds/{abroad.fund_id}/lenders")
    assert owing["booked"] == owing["owed"]
