"""What was committed comes in instalments: no more than agreed, and not before it is due."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import agreements
from tests.agreements import PAPER, PREFIX, Givers, condition, due


@pytest.fixture
async def givers(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id) as opened:
        yield opened


async def available(givers: Givers) -> str:
    balances = (await givers.read(f"/funds/{givers.fund_id}"))["balances"]
    return str(balances["available"]["amount"])


async def test_a_pledge_is_a_promise_and_no_money(givers: Givers) -> None:
    body = {
        "fund_id": givers.fund_id,
        "donor_id": givers.donor_id,
        "amount": givers.money("9000.000"),
        "pledged_on": "2026-02-01",
        "expires_on": "2026-03-01",
        "evidence": PAPER,
    }
    pledged = await givers.made("/pledges", body)
    assert pledged["reference"] == "PL-2026-000001"
    assert pledged["state"] == "expired"  # it is 1 April
    assert await available(givers) == "0.000"
    signed = givers.agreement(
        due("2026-05-01", "9000.000"), total="9000.000", pledge_id=pledged["pledge_id"]
    )
    await givers.signed(signed)
    (listed,) = (await givers.read("/pledges"))["items"]
    assert (listed["state"], listed["agreed"]["amount"]) == ("agreed", "9000.000")
    withdrawn = await givers.made(f"/pledges/{pledged['pledge_id']}/withdrawal", {})
    assert withdrawn["state"] == "withdrawn"
    again = await givers.refused("/agreements", {**signed, "reference": "AG-2"})
    assert again["slug"] == "pledge-not-open"


@pytest.mark.requirement("A6.1")
async def test_money_of_an_instalment_is_usable_when_it_was_received_and_not_before(
    givers: Givers,
) -> None:
    agreement_id = await givers.signed(
        givers.agreement(
            due("2026-03-01", "600.000"), due("2026-06-01", "400.000"), total="1000.000"
        )
    )
    assert await available(givers) == "0.000"
    path = f"/agreements/{agreement_id}"
    first, second = (await givers.read(path))["instalments"]
    assert (first["state"], second["state"]) == ("late", "planned")
    (overdue,) = await givers.read("/overdue-instalments")
    assert (overdue["number"], overdue["days_late"]) == (1, 31)
    part = {"amount": givers.money("250.000")}
    await givers.made(f"{path}/instalments/1/receipts", part)
    assert await available(givers) == "250.000"
    first, _ = (await givers.read(path, on="2026-03-01"))["instalments"]
    assert (first["state"], first["open"]["amount"]) == ("received_in_part", "350.000")
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("350.000")})
    first, _ = (await givers.read(path))["instalments"]
    assert first["state"] == "received"
    assert await givers.read("/overdue-instalments") == []
    told = await givers.refused(f"{path}/instalments/1/receipts", part)
    assert told["slug"] == "instalment-over-matched"
    assert await available(givers) == "600.000"


async def test_an_agreement_holds_once_another_person_approved_it(givers: Givers) -> None:
    body = givers.agreement(due("2026-05-01", "10.000"), total="10.000")
    entered = await givers.made("/agreements", body)
    path = f"/agreements/{entered['agreement_id']}"
    assert entered["state"] == "proposed"
    early = await givers.refused(
        f"{path}/instalments/1/receipts", {"amount": givers.money("1.000")}
    )
    assert early["slug"] == "agreement-not-in-force"
    approve = {"outcome": "approve"}
    own = await givers.refused(f"{path}/approval", approve)
    assert (own["status"], own["slug"]) == (403, "proposer-decides")
    rejected = await givers.made(f"{path}/approval", {"outcome": "reject"}, by=givers.checker)
    assert rejected["state"] == "rejected"
    late = await givers.refused(f"{path}/approval", approve, by=givers.checker)
    assert late["slug"] == "proposal-decided"
    assert (await givers.refused("/agreements", body))["slug"] == "agreement-taken"


@pytest.mark.parametrize(
    ("instalments", "changes", "slug"),
    [
        ([due("2026-05-01", "9.999")], {}, "commitment-not-whole"),
        ([due("2025-12-31", "10.000")], {}, "commitment-out-of-order"),
        ([due("2026-05-01", "5.000"), due("2026-04-01", "5.000")], {}, "commitment-out-of-order"),
        ([due("2026-05-01", "10.000")], {"nature": "zakat"}, "receipt-nature-foreign"),
        ([due("2026-05-01", "10.000")], {"signed_on": "2026-04-02"}, "day-not-yet"),
        ([due("2026-05-01", "10.000")], {"counts_when_due": True}, "due-not-counted"),
        (
            [due("2026-05-01", "10.000", "JOD", condition("par30", "at_most", "1.5"))],
            {},
            "threshold-not-possible",
        ),
        (
            [due("2026-05-01", "10.000", "JOD", condition("told", "at_least", "3"))],
            {},
            "threshold-not-possible",
        ),
    ],
)
async def test_an_agreement_that_is_not_sound_is_refused_by_name(
    givers: Givers, instalments: list[dict[str, object]], changes: dict[str, object], slug: str
) -> None:
    body = givers.agreement(*instalments, total="10.000", **changes)
    assert (await givers.refused("/agreements", body))["slug"] == slug
    assert (await givers.read("/agreements"))["items"] == []


async def test_a_stranger_to_the_fund_signs_nothing(givers: Givers) -> None:
    other = await givers.made("/donors", {"code": "D-2", "names": agreements.NAMES})
    body = givers.agreement(due("2026-05-01", "10.000"), total="10.000", donor_id=other["donor_id"])
    assert (await givers.refused("/agreements", body))["slug"] == "donor-not-linked"


async def test_a_clause_that_no_law_allows_is_refused_with_its_source(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with agreements.givers(loans_db, institution_id, kind="zakat") as zakat:
        clause = {"article": "7", "text": "The money is sold in murabaha.", "finances": "murabaha"}
        body = zakat.agreement(
            due("2026-05-01", "10.000"), total="10.000", nature="zakat", clauses=[clause]
        )
        told = await zakat.refused("/agreements", body)
        assert (told["slug"], told["article"]) == ("signed-clause-unlawful", "7")
        assert "AAOIFI" in told["source"]
        clause["finances"] = "qard"  # with a ruling, which is asked for when it is lent
        agreement_id = await zakat.signed(body)
        kept = await zakat.read(f"/agreements/{agreement_id}")
        assert kept["clauses"] == [{**clause, "annual_rate_at_least": None}]


async def test_a_receipt_stands_for_instalments_of_its_giver_and_no_more_than_it_is(
    givers: Givers,
) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-03-01", "60.000"), due("2026-06-01", "60.000"), total="120.000")
    )
    receipt_body = {
        "amount": givers.money("100.000"),
        "donor_id": givers.donor_id,
        "nature": "donation_restricted",
    }
    receipts = f"/funds/{givers.fund_id}/receipts"
    receipt = await givers.made(receipts, receipt_body)
    foreign = await givers.made(receipts, {**receipt_body, "nature": "donation_open"})
    path = f"/agreements/{agreement_id}/instalments"

    def match(of: str, text: str) -> dict[str, object]:
        return {"receipt_id": of, "amount": givers.money(text)}

    own = receipt["receipt_id"]
    wrong = await givers.refused(f"{path}/1/matches", match(foreign["receipt_id"], "10.000"))
    assert wrong["slug"] == "receipt-of-another"
    first = await givers.made(f"{path}/1/matches", match(own, "60.000"))
    again = await givers.refused(f"{path}/1/matches", match(own, "10.000"))
    assert again["slug"] == "instalment-over-matched"
    beyond = await givers.refused(f"{path}/2/matches", match(own, "40.001"))
    assert (beyond["slug"], beyond["left"]["amount"]) == ("receipt-over-matched", "40.000")
    await givers.made(f"{path}/2/matches", match(own, "40.000"))
    other = await givers.signed(givers.agreement(due("2026-03-01", "60.000"), total="60.000"))
    spent = await givers.refused(f"/agreements/{other}/instalments/1/matches", match(own, "1.000"))
    assert spent["slug"] == "receipt-over-matched"

    order = {
        "kind": "receipt_reversal",
        "receipt_id": own,
        "reason": "error",
        "effective_on": "2026-04-01",
    }
    orders = f"/funds/{givers.fund_id}/orders"
    assert (await givers.refused(orders, order))["slug"] == "receipt-bound"
    back = f"/agreements/{agreement_id}/movements/{first['move_id']}/reversal"
    assert (await givers.refused(back, {}))["slug"] == "proposer-decides"
    await givers.made(back, {}, by=givers.checker)
    twice = await givers.refused(back, {}, by=givers.checker)
    assert twice["slug"] == "match-not-standing"
    one, two = (await givers.read(f"/agreements/{agreement_id}"))["instalments"]
    assert (one["open"]["amount"], two["open"]["amount"]) == ("60.000", "20.000")
    assert (await givers.refused(orders, order))["slug"] == "receipt-bound"  # for the second
    second = (await givers.read(f"/agreements/{agreement_id}/movements"))[1]
    back = f"/agreements/{agreement_id}/movements/{second['move_id']}/reversal"
    await givers.made(back, {}, by=givers.checker)
    await givers.made(orders, order)  # nothing rests on it any more
    assert await available(givers) == "200.000"


async def test_what_is_cancelled_comes_no_more_and_the_sum_stays(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-05-01", "100.000"), total="100.000")
    )
    path = f"/agreements/{agreement_id}/instalments/1"
    await givers.made(f"{path}/receipts", {"amount": givers.money("30.000")})
    body = {"amount": givers.money("70.001"), "evidence": PAPER}
    told = await givers.refused(f"{path}/cancellation", body)
    assert told["slug"] == "instalment-over-matched"
    await givers.changed(f"{path}/cancellation", {**body, "amount": givers.money("70.000")})
    (one,) = (await givers.read(f"/agreements/{agreement_id}"))["instalments"]
    parts = [one[name]["amount"] for name in ("planned", "received", "open", "cancelled")]
    assert parts == ["100.000", "30.000", "0.000", "70.000"]
    assert one["state"] == "received"


async def test_the_same_key_receives_once(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-03-01", "100.000"), total="100.000")
    )
    path = f"/loans/v1/agreements/{agreement_id}/instalments/1/receipts"
    body = {"amount": givers.money("40.000")}
    first = await givers.maker.post(path, body, Idempotency_Key="once")
    again = await givers.maker.post(path, body, Idempotency_Key="once")
    assert first.json() == again.json()
    other = await givers.maker.post(
        path, {"amount": givers.money("41.000")}, Idempotency_Key="once"
    )
    assert other.status_code == 422
    assert await available(givers) == "40.000"
    assert (await givers.maker.post(path, body)).status_code >= 400  # without a key


async def test_the_same_key_cancels_and_promises_once(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-05-01", "100.000"), total="100.000")
    )
    amount = {"amount": givers.money("40.000"), "evidence": PAPER}
    promise = {"fund_id": givers.fund_id, "donor_id": givers.donor_id, "pledged_on": "2026-02-01"}
    for path, body in (
        (f"/agreements/{agreement_id}/instalments/1/cancellation", amount),
        ("/pledges", amount | promise),
    ):
        target = f"{PREFIX}{path}"
        first, again = [
            await givers.maker.post(target, body, Idempotency_Key=path[-7:]) for _ in range(2)
        ]
        assert first.status_code == 201, first.text
        assert first.json() == again.json()
        assert (await givers.maker.post(target, body)).status_code >= 400  # without a key
    (one,) = (await givers.read(f"/agreements/{agreement_id}"))["instalments"]
    assert one["cancelled"]["amount"] == "0.000"
    assert len((await givers.read("/pledges"))["items"]) == 1


async def test_money_booked_twice_at_once_stands_once(givers: Givers) -> None:
    """Eight receipts of the whole instalment at once, under keys of their own: one stands."""
    agreement_id = await givers.signed(
        givers.agreement(due("2026-03-01", "100.000"), total="100.000")
    )
    path = f"/agreements/{agreement_id}/instalments/1/receipts"
    body = {"amount": givers.money("100.000")}
    answers = await asyncio.gather(*(givers.post(path, body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
    assert await available(givers) == "100.000"


async def test_a_receipt_matched_by_two_at_once_stands_for_what_it_is(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-03-01", "60.000"), due("2026-03-01", "60.000"), total="120.000")
    )
    body = {
        "amount": givers.money("60.000"),
        "donor_id": givers.donor_id,
        "nature": "donation_restricted",
    }
    receipt = await givers.made(f"/funds/{givers.fund_id}/receipts", body)
    match = {"receipt_id": receipt["receipt_id"], "amount": givers.money("60.000")}
    answers = await asyncio.gather(
        *(
            givers.post(f"/agreements/{agreement_id}/instalments/{number}/matches", match)
            for number in (1, 2, 1, 2)
        )
    )
    assert [answer.status_code for answer in answers].count(201) == 1


async def test_nobody_reads_or_writes_agreements_beyond_their_role(givers: Givers) -> None:
    officer = givers.opened.caller(Role.OFFICER)
    body = givers.agreement(due("2026-05-01", "10.000"), total="10.000")
    assert (await givers.post("/agreements", body, by=officer)).status_code == 403
    assert (await officer.get("/loans/v1/agreements")).status_code == 403
