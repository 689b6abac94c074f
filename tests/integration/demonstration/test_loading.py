"""The history in the books: whole, provable, and once, however often it breaks off."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from services.demonstration import founding
from services.demonstration.history import Application
from services.demonstration.lending import ScoringWaits
from services.demonstration.loading import Loaded
from services.loans.identity import sign_in
from services.loans.identity.sign_in import SignInRefused
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.fakes import FakeScoring
from tests.integration.demonstration.books import CLOCK, Demonstration

CONTRACTS = 30


class BreaksOff(Exception):
    """What ends a load in its middle."""


@dataclass(frozen=True)
class LoadedOnce:
    """One whole load, made once and looked at by many tests."""

    demonstration: Demonstration
    kept: list[int]
    told: list[Loaded]
    began: datetime


async def load_once(url: str) -> LoadedOnce:
    began, kept, told = CLOCK.now(), list[int](), list[Loaded]()
    database = Database(url)
    try:
        made = await Demonstration.found(database, InstitutionId(ids.new()), contracts=CONTRACTS)
        loader = await made.loader(FakeScoring(), tell=told.append)
        await loader.load(after=0, keep=kept.append)
        await made.number_everything()
    finally:
        await database.close()
    return LoadedOnce(made, kept, told, began)


@pytest.fixture(scope="module")
def once(database_urls: dict[str, str]) -> LoadedOnce:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, load_once(database_urls["loans"])).result()


@pytest.fixture
def loaded(once: LoadedOnce, loans_db: Database) -> Demonstration:
    """The whole demonstration, to look at."""
    return replace(once.demonstration, database=loans_db)


@pytest.fixture
async def demonstration(loans_db: Database, institution_id: InstitutionId) -> Demonstration:
    """One of its own that is founded and has no business yet."""
    return await Demonstration.found(loans_db, institution_id, contracts=CONTRACTS)


def planned(demonstration: Demonstration) -> list[Application]:
    return [one for month in demonstration.history.months for one in month.applications]


async def test_the_books_hold_what_was_made_and_every_rule_holds(
    once: LoadedOnce, loaded: Demonstration
) -> None:
    history = loaded.history

    assert once.kept == list(range(1, len(history.months) + 1))
    counts = await loaded.counts()
    assert counts["contract"] == history.contracts
    assert counts["application"] == len(planned(loaded))
    assert counts["receipt"] == sum(len(month.receipts) for month in history.months)
    mistakes = sum(paid.payment.is_mistake for month in history.months for paid in month.payments)
    assert counts["repayment"] == history.payments + mistakes
    assert await loaded.broken() == []


async def test_every_application_stands_where_the_history_leaves_it(
    loaded: Demonstration,
) -> None:
    expected = Counter(
        "rejected" if one.fund is None and one.is_decided
        else "signed" if one.signed_on
        else "approved" if one.is_decided
        else "assessed"
        for one in planned(loaded)
    )  # fmt: skip
    found = await loaded.rows("select status, count(*) from application group by status")
    assert dict(found) == dict(expected)


async def test_value_dates_lie_in_the_past_and_records_are_of_now(
    once: LoadedOnce, loaded: Demonstration
) -> None:
    ((first, last, recorded),) = await loaded.rows(
        "select min(occurred_on), max(occurred_on), min(recorded_at) from journal_entry"
    )
    assert first.replace(day=1) == loaded.history.months[0].starts_on
    assert last <= loaded.history.today
    assert recorded >= once.began


async def test_no_cash_account_is_ever_below_zero(loaded: Demonstration) -> None:
    below = await loaded.rows(
        "select a.code, l.running from (select account_id, sum(amount_minor) over ("
        " partition by account_id order by e.recorded_at, e.entry_id) as running"
        " from journal_line join journal_entry e using (institution_id, entry_id)) l"
        " join account a using (account_id) where a.code in ('cash', 'wallet') and l.running < 0"
    )

    assert below == []


async def test_whoever_made_an_application_did_not_decide_on_it(
    loaded: Demonstration,
) -> None:
    ((decided,),) = await loaded.rows("select count(*) from decision")
    both = await loaded.rows(
        "select 1 from decision d join application a using (institution_id, application_id)"
        " where d.actor_id = a.officer_id"
    )
    assert decided > CONTRACTS
    assert both == []


async def test_large_amounts_were_approved_by_two_people(loaded: Demonstration) -> None:
    rows = await loaded.rows(
        "select a.amount_minor > 2000000, count(distinct d.actor_id) from application a"
        " join decision d using (institution_id, application_id) where a.status = 'signed'"
        " group by a.application_id, a.amount_minor"
    )
    assert {(large, people) for large, people in rows} == {(True, 2), (False, 1)}


async def test_loaded_twice_is_loaded_once(loaded: Demonstration) -> None:
    before = await loaded.counts()

    again = await loaded.loader(FakeScoring())
    await again.load(after=0, keep=lambda _months: None)

    assert await loaded.counts() == before


@pytest.mark.parametrize("payments", [1, 90])
async def test_what_broke_off_is_gone_on_with_and_nothing_is_lost_or_doubled(
    demonstration: Demonstration, payments: int
) -> None:
    def tell(loaded: Loaded) -> None:
        if loaded.payments >= payments:
            raise BreaksOff

    kept = [0]
    broken = await demonstration.loader(FakeScoring(), tell=tell)
    with pytest.raises(BreaksOff):
        await broken.load(after=0, keep=kept.append)
    again = await demonstration.loader(FakeScoring())
    await again.load(after=kept[-1], keep=kept.append)

    history = demonstration.history
    counts = await demonstration.counts()
    assert kept[-1] == len(history.months)
    assert counts["contract"] == counts["disbursement"] + sum(
        one.signed_on is not None and one.disbursed_on is None for one in planned(demonstration)
    )
    assert counts["contract"] == history.contracts
    expected = sum(
        paid.payment.amount.minor
        for month in history.months
        for paid in month.payments
        if not paid.payment.is_mistake
    )
    assert await demonstration.rows("select sum(amount_minor)::bigint from repayment") == [
        (expected,)
    ]
    await demonstration.number_everything()
    assert await demonstration.broken() == []


async def test_a_silent_scoring_stops_the_load_and_the_next_start_goes_on(
    demonstration: Demonstration,
) -> None:
    kept = [0]
    silent = await demonstration.loader(FakeScoring(answers=False))
    with pytest.raises(ScoringWaits):
        await silent.load(after=0, keep=kept.append)
    waiting = await demonstration.rows("select distinct status from application")
    again = await demonstration.loader(FakeScoring())
    await again.load(after=kept[-1], keep=kept.append)

    assert waiting == [("waiting_for_assessment",)]
    assert (await demonstration.counts())["contract"] == demonstration.history.contracts


async def test_what_the_rules_reject_is_not_approved(demonstration: Demonstration) -> None:
    loader = await demonstration.loader(FakeScoring(points=10))
    await loader.load(after=0, keep=lambda _months: None)

    statuses = await demonstration.rows("select distinct status from application order by 1")
    assert statuses == [("assessed",), ("rejected",)]
    assert (await demonstration.counts())["repayment"] == 0


async def test_it_tells_how_much_is_loaded_and_never_goes_back(once: LoadedOnce) -> None:
    history = once.demonstration.history

    assert once.told[-1] == Loaded(
        months=len(history.months), contracts=history.contracts, payments=history.payments
    )
    payments = [told.payments for told in once.told]
    assert payments == sorted(payments)


async def test_what_was_done_before_counts_as_loaded(loaded: Demonstration) -> None:
    told: list[Loaded] = []
    loader = await loaded.loader(FakeScoring(), tell=told.append)

    await loader.load(after=len(loaded.history.months), keep=lambda _months: None)

    assert told[-1].contracts == loaded.history.contracts


async def test_everybody_signs_in_with_what_was_shown(demonstration: Demonstration) -> None:
    for one in demonstration.credentials:
        if one.is_program:
            row = await sign_in.program(
                demonstration.database, client_id=one.login, secret=one.secret
            )
            assert row is not None
            assert tuple(row.roles) == one.roles
        else:
            person = await sign_in.person(
                demonstration.database, login=one.login, password=one.secret, clock=CLOCK
            )
            assert tuple(person.roles) == one.roles


async def test_every_role_has_a_credential(demonstration: Demonstration) -> None:
    held = {role for one in demonstration.credentials for role in one.roles}

    assert held == set(Role) - {Role.SERVICE}


async def test_new_passwords_let_in_and_old_ones_no_more(demonstration: Demonstration) -> None:
    old = demonstration.credentials

    new = await founding.renew_credentials(demonstration.db, clock=CLOCK)

    assert {one.login for one in new if not one.is_program} == {
        one.login for one in old if not one.is_program
    }
    for one in old:
        if one.is_program:
            found = await sign_in.program(
                demonstration.database, client_id=one.login, secret=one.secret
            )
            assert found is None
        else:
            with pytest.raises(SignInRefused):
                await sign_in.person(
                    demonstration.database, login=one.login, password=one.secret, clock=CLOCK
                )
    renewed = replace(demonstration, credentials=new)
    await test_everybody_signs_in_with_what_was_shown(renewed)


async def test_no_password_is_kept_in_clear(demonstration: Demonstration) -> None:
    hashes = await demonstration.rows("select password_hash from staff")
    hashes += await demonstration.rows("select secret_hash from client")

    assert all(text.startswith("$argon2") for (text,) in hashes)


async def test_zakat_lends_to_nobody_since_no_ruling_is_registered(
    loaded: Demonstration,
) -> None:
    rows = await loaded.rows(
        "select f.lending_ruling, count(c.contract_id) from fund f left join contract c"
        " using (institution_id, fund_id) where f.kind = 'zakat' group by 1"
    )
    assert rows == [(None, 0)]
