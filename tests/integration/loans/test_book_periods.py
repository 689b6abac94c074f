"""Months and years are closed once, in order, when nothing stands against it, and for good."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from services.loans.accounting.tables import BookPeriodCloseRow
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.ledger import operations as postings
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.money import Money
from tests import chained, office
from tests.bodies import amount
from tests.integration.loans import bookkeeping, endowing
from tests.integration.loans.bookkeeping import PAPER, PATH, Bookkeeping, made, refused
from tests.office import Caller


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        kept = Bookkeeping.at(opened)
        await kept.number()
        yield kept


async def chained_up(books: Bookkeeping) -> None:
    await chained.chain(books.office.database, books.office.institution_id)


async def asked(caller: Caller, name: str, *, path: str = "closing") -> dict[str, Any]:
    answer = await caller.post(f"{PATH}/periods/{name}/{path}", {}, Idempotency_Key=str(ids.new()))
    told: dict[str, Any] = answer.json()
    return {**told, "status": answer.status_code}


async def close(books: Bookkeeping, name: str) -> dict[str, Any]:
    """One proposes to close a period, and another closes it; gives the first refusal."""
    proposed = await asked(books.maker, name)
    if proposed["status"] != 201:
        return proposed
    return await asked(books.checker, name, path="closing/approval")


async def states(books: Bookkeeping, year: str = "2026") -> dict[str, str]:
    answer = await books.auditor.get(f"{PATH}/periods", year=year)
    told = answer.json()
    return {one["name"]: one["state"] for one in (told["year"], *told["months"])}


async def against(books: Bookkeeping, name: str) -> dict[str, int]:
    answer = await books.auditor.get(f"{PATH}/periods/{name}")
    return {one["check"]: one["found"] for one in answer.json()["checks"] if not one["holds"]}


async def test_a_month_is_closed_with_the_checks_it_passed_and_takes_no_entry_more(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund()
    await chained_up(books)

    closed = await close(books, "2026-03")

    assert (closed["status"], closed["state"], closed["closed_by"], closed["proposed_by"]) == (
        201,
        "closed",
        str(books.checker.actor.id),
        [str(books.maker.actor.id)],
    )
    assert all(check["holds"] for check in closed["checks"])
    assert {check["check"] for check in closed["checks"]} >= {"trial_balance", "orders"}
    found = await states(books)
    assert (found["2026-02"], found["2026-03"], found["2026-04"]) == ("closed", "closed", "open")
    late = books.rent(fund_id, occurred_on="2026-03-31")
    assert (await refused(books.maker, "/manual-entries", late))["problem"] == "period-closed"
    await books.book(books.rent(fund_id, occurred_on="2026-04-01"))
    await books.assert_sound()


async def test_a_closed_period_is_never_opened_again(books: Bookkeeping) -> None:
    await chained_up(books)
    await close(books, "2026-03")

    again = await close(books, "2026-03")
    earlier = await close(books, "2026-02")

    assert (again["status"], again["type"].rpartition("/")[2]) == (409, "period-closed-already")
    assert (earlier["status"], earlier["state"]) == (201, "closed")  # was closed with March
    closings = await books.scene.scalar("select count(*) from closing")
    assert closings == 1


async def test_what_waits_holds_a_month_open_and_is_named(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    waiting = await books.propose(books.rent(fund_id, occurred_on="2026-03-20"))
    later = await books.propose(books.rent(fund_id, occurred_on="2026-04-01"))
    order = {
        "kind": "channel_transfer",
        "reason": "policy",
        "effective_on": "2026-03-31",
        "amount": amount("10.000"),
        "source": "cash",
    }
    given = await books.maker.post(
        f"/loans/v1/funds/{fund_id}/orders", order, Idempotency_Key=str(ids.new())
    )
    assert given.status_code == 201, given.text

    assert await against(books, "2026-03") == {
        "entries_by_hand": 1,
        "orders": 1,
        "numbering": 1,
    }
    told = await close(books, "2026-03")
    assert told["status"] == 422
    assert told["type"].endswith("/period-not-ready")
    assert [one["check"] for one in told["checks"]] == ["entries_by_hand", "orders", "numbering"]
    assert "wait for a second person" in told["detail"]
    assert await states(books) == dict.fromkeys(await states(books), "open")

    await books.approve(waiting, "reject")
    path = f"/loans/v1/fund-orders/{given.json()['order_id']}/approval"
    await books.checker.post(path, {"outcome": "reject"}, Idempotency_Key=str(ids.new()))
    await chained_up(books)
    assert (await close(books, "2026-03"))["status"] == 201
    assert (await books.approve(later))["state"] == "booked"


async def test_a_month_that_is_not_over_and_a_name_that_is_none_are_refused(
    books: Bookkeeping,
) -> None:
    early = await close(books, "2026-04")
    nameless = [await close(books, name) for name in ("2026-13", "2026-00", "0001", "march-x")]

    assert early["type"].endswith("/day-not-over")
    assert {one["status"] for one in nameless} == {404}


async def test_a_year_is_closed_after_its_months_and_its_result_stays_computed(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund(receives="0.000")
    await books.scene.receive(fund_id, "1000.000", on=bookkeeping.day("2025-02-01"))
    await books.book(books.rent(fund_id, "40.000", occurred_on="2025-03-01"))
    await chained_up(books)
    assert await against(books, "2025") == {"months": 12}
    assert (await close(books, "2025"))["status"] == 422

    for month in range(1, 13):
        assert (await close(books, f"2025-{month:02d}"))["status"] == 201
    year = await close(books, "2025")

    assert (year["status"], year["state"]) == (201, "closed")
    assert await books.scene.scalar("select count(*) from journal_entry") == 2  # no closing entries
    sheet = await books.auditor.get(f"{PATH}/balance-sheet", as_of="2026-01-01")
    (block,) = sheet.json()["blocks"]
    figures = {part["section"]: part["amount"]["amount"] for part in block["parts"]}
    assert figures == {
        "assets": "960.000",
        "liabilities": "0.000",
        "equity": "1000.000",
        "result_of_earlier_years": "-40.000",
        "result_of_the_year": "0.000",
    }
    fixed = await refused(books.maker, "/policy", {"year_starts_month": 7})
    assert (fixed["problem"], fixed["month"]) == ("years-fixed", 1)


async def test_real_accounts_must_fit_their_statements_where_that_is_said(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund()
    account = await made(
        books.maker,
        "/money-accounts",
        {
            "code": "TILL",
            "channel": "cash",
            "provider": "Head office",
            "number": "1",
            "currency": "JOD",
            "opened_on": "2026-01-01",
            "fund_ids": [str(fund_id)],
        },
    )
    await made(books.maker, "/policy", {"must_reconcile": True})
    await chained_up(books)
    path = f"/money-accounts/{account['money_account_id']}/statements"
    said = {"stated_on": "2026-03-31", "document_sha256": PAPER}

    assert await against(books, "2026-03") == {"reconciled": 1}
    wrong = await made(books.maker, path, {**said, "balance": amount("999.000")})
    assert wrong["difference"] == amount("1.000")
    assert await against(books, "2026-03") == {"reconciled": 1}
    right = await made(books.maker, path, {**said, "balance": amount("1000.000")})
    assert right["difference"] == amount("0.000")

    assert (await close(books, "2026-03"))["status"] == 201


async def test_an_account_without_a_number_holds_the_month_open(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    await books.book(books.rent(fund_id, occurred_on="2026-03-05"))
    day = bookkeeping.day("2026-03-06")
    paid, given = Money(-1_000, "JOD"), Money(1_000, "JOD")
    entry = JournalEntry(
        kind=EntryKind.GRANT,
        occurred_on=day,
        lines=(
            Line(account_code="grants", fund_id=fund_id, amount=given),
            Line(account_code="cash", fund_id=fund_id, amount=paid),
        ),
    )
    async with books.office.database.begin(books.office.institution_id) as session:
        await postings.post(session, entry, actor_id=ids.new(), source_id=ids.new())
    await chained_up(books)

    assert await against(books, "2026-03") == {"chart": 1}
    sheet = await books.auditor.get(f"{PATH}/income-statement", until="2026-04-01")
    (expenses,) = [
        part for part in sheet.json()["blocks"][0]["parts"] if part["section"] == "expenses"
    ]
    assert [(row["number"], row["code"]) for row in expenses["rows"]] == [
        ("522", "522"),
        (None, "grants"),
    ]


async def test_two_closes_at_once_are_one(books: Bookkeeping) -> None:
    await chained_up(books)

    answers = await asyncio.gather(close(books, "2026-03"), close(books, "2026-03"))

    assert sorted(one["status"] for one in answers) == [201, 409]
    assert await books.scene.scalar("select count(*) from book_period_close") == 1


async def test_a_waqf_s_order_that_waits_holds_its_month_open(books: Bookkeeping) -> None:
    """It books on its own day: after the close nobody could approve it any more."""
    fund_id = await books.fund(FundKind.WAQF)
    scene = books.scene
    waqf = endowing.Waqf(
        scene=scene,
        fund_id=fund_id,
        maker=endowing.person(scene),
        checker=endowing.person(scene),
    )
    day = bookkeeping.day("2026-03-20")
    waiting = await waqf.propose("deed", deed=endowing.DEED, on=day)
    await chained_up(books)

    assert await against(books, "2026-03") == {"orders": 1}
    assert (await close(books, "2026-03"))["status"] == 422
    await waqf.decide(waiting)
    await chained_up(books)
    assert (await close(books, "2026-03"))["status"] == 201


async def test_a_period_is_closed_by_two(books: Bookkeeping) -> None:
    await chained_up(books)

    early = await asked(books.checker, "2026-03", path="closing/approval")
    proposed = await asked(books.maker, "2026-03")
    again = await asked(books.maker, "2026-03")
    alone = await asked(books.maker, "2026-03", path="closing/approval")

    assert (early["status"], early["type"].rpartition("/")[2]) == (409, "period-not-proposed")
    mine = [str(books.maker.actor.id)]
    assert (proposed["state"], proposed["proposed_by"], again["proposed_by"]) == (
        "open",
        mine,
        mine,
    )
    assert (alone["status"], alone["type"].rpartition("/")[2]) == (403, "period-maker-closes")
    assert set((await states(books)).values()) == {"open"}
    seen = (await books.auditor.get(f"{PATH}/periods/2026-03")).json()
    assert (seen["state"], seen["proposed_by"]) == ("open", mine)
    other = await asked(books.checker, "2026-03")
    crossed = await asked(books.maker, "2026-03", path="closing/approval")
    assert other["status"] == crossed["status"] == 201
    assert crossed["proposed_by"] == [str(books.checker.actor.id)]


async def test_what_came_after_the_proposal_holds_the_period_open(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    await chained_up(books)
    assert (await asked(books.maker, "2026-03"))["status"] == 201
    await books.propose(books.rent(fund_id, occurred_on="2026-03-20"))

    late = await asked(books.checker, "2026-03", path="closing/approval")

    assert (late["status"], late["checks"][0]["check"]) == (422, "entries_by_hand")


@pytest.mark.parametrize("proposer", [None, "closer"])
async def test_the_database_itself_takes_no_close_by_one(
    books: Bookkeeping, proposer: str | None
) -> None:
    await asked(books.maker, "2026-03")
    proposal_id = await books.scene.scalar("select proposal_id from book_period_proposal")
    maker = books.maker.actor.id
    row: dict[str, Any] = {
        "institution_id": books.office.institution_id,
        "name": "2026-03",
        "starts_on": bookkeeping.day("2026-03-01"),
        "ends_on": bookkeeping.day("2026-03-31"),
        "checks": [],
        "proposal_id": proposal_id if proposer else None,
        "proposer_id": maker if proposer else None,
        "actor_id": maker,
    }
    with pytest.raises(IntegrityError, match="book_period_close_two_check"):
        async with books.office.database.begin(books.office.institution_id) as session:
            await session.execute(insert(BookPeriodCloseRow).values(**row))


async def test_an_auditor_closes_nothing(books: Bookkeeping) -> None:
    auditor = books.office.caller(Role.AUDITOR)
    answer = await auditor.post(
        f"{PATH}/periods/2026-03/closing", {}, Idempotency_Key=str(ids.new())
    )

    assert answer.status_code == 403
