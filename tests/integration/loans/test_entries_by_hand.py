"""Entries by hand: two persons, one fund, never beyond what there is, and every unit traced."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.accounting.queries import PROOFS
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.ledger import operations as ledger
from services.loans.proof import queries as proof
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.money import Money
from tests import office
from tests.integration.loans import bookkeeping, scene
from tests.integration.loans.bookkeeping import PATH, Bookkeeping, made, refused


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Bookkeeping]:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        kept = Bookkeeping.at(opened)
        await kept.number()
        yield kept


async def test_an_entry_is_booked_when_another_approves_it(books: Bookkeeping) -> None:
    fund_id = await books.fund()

    manual_id = await books.propose(books.rent(fund_id))
    assert await books.balances(fund_id) == {"cash": 1_000_000, "fund_balance": -1_000_000}

    approved = await books.approve(manual_id)

    assert approved["state"] == "booked"
    assert approved["proposed_by"] == str(books.maker.actor.id)
    assert approved["decided_by"] == str(books.checker.actor.id)
    assert await books.balances(fund_id) == {
        "cash": 700_000,
        "fund_balance": -1_000_000,
        "own_expense_522": 300_000,
    }
    await books.assert_sound()


async def test_nobody_decides_on_an_entry_of_their_own(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    manual_id = await books.propose(books.rent(fund_id))

    told = await refused(
        books.maker, f"/manual-entries/{manual_id}/approval", {"outcome": "approve"}
    )

    assert told["problem"] == "manual-maker-decides"
    assert "own_expense_522" not in await books.balances(fund_id)


async def test_the_database_itself_takes_no_decision_of_the_proposer(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    manual_id = await books.propose(books.rent(fund_id))
    with pytest.raises(DBAPIError):
        async with books.office.database.begin(books.office.institution_id) as session:
            await session.execute(
                text(
                    "insert into manual_decision (institution_id, manual_id, outcome, proposer_id,"
                    " actor_id) select institution_id, manual_id, 'reject', actor_id, actor_id"
                    " from manual_entry where manual_id = :id"
                ),
                {"id": manual_id},
            )


async def test_what_was_decided_is_not_decided_again(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    manual_id = await books.propose(books.rent(fund_id))
    assert (await books.approve(manual_id, "reject"))["state"] == "rejected"

    path = f"/manual-entries/{manual_id}/approval"
    told = await refused(books.checker, path, {"outcome": "approve"})

    assert told["problem"] == "manual-not-waiting"
    assert await books.balances(fund_id) == {"cash": 1_000_000, "fund_balance": -1_000_000}


async def test_an_entry_is_taken_back_once_by_two_persons(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    manual_id = await books.book(books.rent(fund_id))
    why = {"reason": "paid twice", "document_sha256": bookkeeping.PAPER}
    path = f"/manual-entries/{manual_id}/reversal"

    first = await made(books.maker, path, why)
    second = await made(books.maker, path, why)
    alone = f"/manual-entries/{first['manual_id']}/approval"
    assert (await refused(books.maker, alone, {"outcome": "approve"}))["status"] == 403
    await books.approve(first["manual_id"])
    again = await refused(
        books.checker, f"/manual-entries/{second['manual_id']}/approval", {"outcome": "approve"}
    )

    assert again["problem"] == "manual-not-booked"
    assert await books.balances(fund_id) == {"cash": 1_000_000, "fund_balance": -1_000_000}
    found = await books.auditor.get(f"{PATH}/manual-entries/{manual_id}")
    assert found.json()["state"] == "reversed"
    undone = await refused(books.maker, f"/manual-entries/{first['manual_id']}/reversal", why)
    assert undone["problem"] == "manual-not-booked"
    await books.assert_sound()


async def test_every_class_of_own_account_is_booked_and_traced(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    for lines in (
        (("15", "debit", "200.000"), ("cash", "credit", "200.000")),  # furniture
        (("521", "debit", "90.000"), ("231", "credit", "90.000")),  # salaries owed
        (("231", "debit", "90.000"), ("101", "credit", "90.000")),  # paid out of cash by number
        (("bank", "debit", "50.000"), ("45", "credit", "50.000")),  # rooms let
        (("521", "debit", "30.000"), ("15", "credit", "30.000")),  # furniture is worn
        (("38", "debit", "20.000"), ("39", "credit", "20.000")),  # equity to equity
    ):
        await books.book(books.entry(fund_id, *lines))

    assert await books.balances(fund_id) == {
        "cash": 710_000,
        "bank": 50_000,
        "fund_balance": -1_000_000,
        "own_asset_15": 170_000,
        "own_expense_521": 120_000,
        "own_income_45": -50_000,
        "own_equity_38": 20_000,
        "own_equity_39": -20_000,
    }
    await books.assert_sound()


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("loans", "contracts owe"),
        ("fund_balance", "given"),
        ("charity", "for others"),
        ("loss_allowance", "close of a day"),
        ("profit_income", "what happened"),
        ("12", "contracts owe"),
        ("31", "given"),
        ("999", "no account"),
        ("1", "no account"),
        ("own_expense_522", "no account"),
    ],
)
async def test_an_account_that_is_not_for_it_is_refused_with_the_reason(
    books: Bookkeeping, account: str, reason: str
) -> None:
    fund_id = await books.fund()
    body = books.entry(fund_id, (account, "debit", "1.000"), ("cash", "credit", "1.000"))

    told = await refused(books.maker, "/manual-entries", body)

    assert told["problem"] == "manual-account-forbidden"
    assert told["account"] == account
    assert reason in told["reason"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((("522", "debit", "2.000"), ("cash", "credit", "1.000")), "unbalanced-entry"),
        ((("bank", "debit", "1.000"), ("cash", "credit", "1.000")), "manual-moves-money-only"),
        ((("cash", "debit", "1.000"), ("38", "credit", "1.000")), "equity-not-alone"),
        ((("522", "debit", "0.000"), ("cash", "credit", "0.000")), "amount-not-positive"),
        ((("522", "debit", "1000.001"), ("cash", "credit", "1000.001")), "fund-exhausted"),
        ((("522", "debit", "1.000"), ("bank", "credit", "1.000")), "fund-exhausted"),
    ],
)
async def test_an_entry_that_cannot_stand_is_refused_by_name(
    books: Bookkeeping, lines: tuple[tuple[str, str, str], ...], problem: str
) -> None:
    fund_id = await books.fund()

    told = await refused(books.maker, "/manual-entries", books.entry(fund_id, *lines))

    assert told["problem"] == problem
    assert await books.scene.scalar("select count(*) from manual_entry") == 0


async def test_another_currency_another_institution_and_tomorrow_are_refused(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund()
    foreign = books.rent(fund_id)
    for one in foreign["lines"]:
        one["amount"] = {"amount": "1.00", "currency": "USD"}
    stranger = books.office.caller(Role.FUNDS_MANAGER, institution_id=InstitutionId(ids.new()))

    assert (await refused(books.maker, "/manual-entries", foreign))[
        "problem"
    ] == "currency-mismatch"
    tomorrow = books.rent(fund_id, occurred_on="2026-04-02")
    assert (await refused(books.maker, "/manual-entries", tomorrow))["problem"] == "day-not-yet"
    told = await refused(stranger, "/manual-entries", books.rent(fund_id))
    assert told["problem"] == "fund-not-found"


async def test_zakat_pays_no_rent(books: Bookkeeping) -> None:
    fund_id = await books.fund(FundKind.ZAKAT)

    told = await refused(books.maker, "/manual-entries", books.rent(fund_id))

    assert told["problem"] == "manual-fund-forbidden"


async def test_a_corpus_is_not_spent_on_rent_and_what_is_above_it_may_be(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund(FundKind.WAQF)  # 1,000 endowed for good
    let = (("cash", "debit", "100.000"), ("45", "credit", "100.000"))
    await books.book(books.entry(fund_id, *let))

    told = await refused(books.maker, "/manual-entries", books.rent(fund_id, "100.001"))

    assert told["problem"] == "below-floor"
    assert told["floor"] == {"amount": "1000.000", "currency": "JOD"}
    await books.book(books.rent(fund_id, "100.000"))
    await books.assert_sound()


async def test_what_is_promised_to_applications_is_not_spent(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    waiting = await books.propose(books.rent(fund_id, "500.000"))
    async with books.office.database.begin(books.office.institution_id) as session:
        await scene.reserve(session, scene.ask(fund_id, "600.000"))

    path = f"/manual-entries/{waiting}/approval"
    told = await refused(books.checker, path, {"outcome": "approve"})

    assert told["problem"] == "fund-exhausted"
    assert told["available"] == {"amount": "400.000", "currency": "JOD"}
    await books.book(books.rent(fund_id, "400.000"))


async def test_what_salaries_are_owed_is_no_money_to_lend(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    owed = (("521", "debit", "700.000"), ("231", "credit", "700.000"))
    await books.book(books.entry(fund_id, *owed))

    told = await refused(books.maker, "/manual-entries", books.rent(fund_id, "300.001"))

    assert told["problem"] == "fund-exhausted"
    with pytest.raises(Exception, match=r"300\.000 JOD is free"):
        async with books.office.database.begin(books.office.institution_id) as session:
            await scene.reserve(session, scene.ask(fund_id, "300.001"))


async def test_a_debt_of_nothing_lets_no_promised_money_out(books: Bookkeeping) -> None:
    fund_id = await books.fund(receives="300.000")
    async with books.office.database.begin(books.office.institution_id) as session:
        await scene.reserve(session, scene.ask(fund_id, "300.000"))

    paid = (("231", "debit", "300.000"), ("cash", "credit", "300.000"))
    told = await refused(books.maker, "/manual-entries", books.entry(fund_id, *paid))

    assert told["problem"] == "own-debt-exceeded"
    assert told["owed"] == {"amount": "0.000", "currency": "JOD"}


async def test_a_closed_day_takes_no_entry_and_the_day_after_does(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    early = await books.propose(books.rent(fund_id, occurred_on="2026-03-15"))
    closing = {"through": "2026-03-31"}
    key = {"Idempotency_Key": str(ids.new())}
    answer = await books.maker.post("/loans/v1/ledger/closings", closing, **key)
    assert answer.status_code == 201, answer.text

    late = await refused(books.checker, f"/manual-entries/{early}/approval", {"outcome": "approve"})
    fresh = await refused(
        books.maker, "/manual-entries", books.rent(fund_id, occurred_on="2026-03-31")
    )

    assert (late["problem"], fresh["problem"]) == ("period-closed", "period-closed")
    await books.book(books.rent(fund_id, occurred_on="2026-04-01"))


async def test_of_many_approvals_at_once_none_takes_more_than_there_is(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund(receives="1000.000")
    waiting = [await books.propose(books.rent(fund_id, "300.000")) for _ in range(6)]

    async def approve(manual_id: str) -> int:
        answer = await books.checker.post(
            f"{PATH}/manual-entries/{manual_id}/approval",
            {"outcome": "approve"},
            Idempotency_Key=str(ids.new()),
        )
        return answer.status_code

    statuses = sorted(await asyncio.gather(*map(approve, waiting)))

    assert statuses == [201, 201, 201, 422, 422, 422]
    assert (await books.balances(fund_id))["cash"] == 100_000
    await books.assert_sound()


async def test_rent_and_a_reservation_at_once_never_take_the_same_money(
    books: Bookkeeping,
) -> None:
    fund_id = await books.fund(receives="1000.000")
    waiting = await books.propose(books.rent(fund_id, "600.000"))

    async def approve() -> bool:
        path = f"{PATH}/manual-entries/{waiting}/approval"
        key = str(ids.new())
        answer = await books.checker.post(path, {"outcome": "approve"}, Idempotency_Key=key)
        return answer.status_code == 201

    async def reserve() -> bool:
        try:
            async with books.office.database.begin(books.office.institution_id) as session:
                await scene.reserve(session, scene.ask(fund_id, "600.000"))
        except Exception:  # noqa: BLE001 - whichever way it is refused
            return False
        return True

    assert sorted(await asyncio.gather(approve(), reserve())) == [False, True]


async def test_the_same_key_books_once(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    manual_id = await books.propose(books.rent(fund_id))
    path, key = f"{PATH}/manual-entries/{manual_id}/approval", str(ids.new())

    answers = [
        await books.checker.post(path, {"outcome": "approve"}, Idempotency_Key=key)
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await books.balances(fund_id))["cash"] == 700_000


async def test_entries_are_listed_by_fund_a_page_at_a_time(books: Bookkeeping) -> None:
    fund_id, other = await books.fund(), await books.fund()
    mine = [await books.propose(books.rent(fund_id, f"{number}.000")) for number in (1, 2, 3)]
    await books.propose(books.rent(other))

    async def page(**query: Any) -> dict[str, Any]:
        answer = await books.auditor.get(f"{PATH}/manual-entries", **query)
        found: dict[str, Any] = answer.json()
        return found

    first = await page(fund_id=str(fund_id), limit=2)
    second = await page(fund_id=str(fund_id), limit=2, after=first["next"])

    assert [one["manual_id"] for one in first["items"] + second["items"]] == mine
    assert len((await page())["items"]) == 4


async def test_verify_names_an_entry_that_was_booked_by_one_alone(books: Bookkeeping) -> None:
    fund_id = await books.fund()
    await books.book(books.rent(fund_id))
    amount = Money(5_000, "JOD")
    entry = JournalEntry(
        kind=EntryKind.MANUAL,
        occurred_on=office.TODAY,
        lines=(
            Line(account_code="own_expense_522", fund_id=fund_id, amount=amount),
            Line(account_code="cash", fund_id=fund_id, amount=-amount),
        ),
    )
    async with books.office.database.begin(books.office.institution_id) as session:
        alone = await ledger.post(session, entry, actor_id=ids.new(), source_id=ids.new())

    async with books.office.database.read(books.office.institution_id) as session:
        (rule,) = PROOFS
        found = await proof.broken(session, rule)

    assert found is not None
    assert (found.row, found.why) == (alone, "nobody proposed it")
