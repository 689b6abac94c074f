"""What is at risk on any day, as known at any instant, is what the pure domain makes of it."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.loans.contracts import positions as contract_positions
from services.loans.contracts import queries as contracts
from services.loans.domain import replay, schedule
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.positions import Standing
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.portfolio import queries
from services.loans.portfolio import router as portfolio
from services.loans.portfolio.queries import By
from services.loans.repayments.batch import Answer, RepaymentBook
from shared import ids
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import BranchId, InstitutionId, RepaymentId
from shared.money import Money
from tests.builders import make_qard, money
from tests.chained import HOLDER
from tests.integration.loans.scene import ACTOR, TODAY, OpenVerifier, Scene, client_of
from tests.integration.loans.standing import Lent, lend

PATH = "/loans/v1/portfolio/at-risk"
SIGNED = date(2025, 9, 1)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


def terms(disbursed_on: date, amount: str, instalments: int) -> Any:
    return make_qard(
        principal=money(amount),
        instalments=instalments,
        disbursed_on=disbursed_on,
        first_due_on=disbursed_on + timedelta(days=20),
    )


async def pay(scene: Scene, one: Lent, minor: int, on: date) -> UUID:
    (answer,) = await RepaymentBook(scene.database).receive(
        scene.institution_id,
        [
            ReceiveRepayment(
                contract_id=one.contract_id,
                amount=Money(minor, "JOD"),
                received_on=on,
                today=TODAY,
                channel=Channel.CASH,
                actor_id=ACTOR,
            )
        ],
    )
    assert isinstance(answer, Answer)
    found = await scene.scalar(
        "select repayment_id from repayment where contract_id = :c order by recorded_at desc"
        " limit 1",
        c=one.contract_id,
    )
    return UUID(str(found))


async def number(scene: Scene) -> datetime:
    """Number all that is booked; return the instant at which it became known."""
    sequencer = Sequencer(scene.database, chains=(EVENTS, JOURNAL))
    sequencer.holder = HOLDER
    assert await sequencer.number(scene.institution_id) > 0
    found = await scene.scalar("select max(numbered_at) from feed_entry")
    assert isinstance(found, datetime)
    return found


async def by_the_domain(
    scene: Scene, lent: Sequence[Lent], *, as_of: date, known_at: datetime
) -> Counter[tuple[int, str]]:
    """Count contracts and balances by bucket from movements alone, without any position."""
    edges = (1, 31, 61, 91)
    found: Counter[tuple[int, str]] = Counter()
    for one in lent:
        async with scene.database.read(scene.institution_id) as session:
            movements = await contracts.movements(session, one.contract_id, currency="JOD")
        state = replay.replay(
            one.terms,
            instalments=schedule.schedule(one.terms),
            movements=movements,
            as_of=as_of,
            known_at=known_at,
        )
        if state.disbursed.is_positive and not state.is_closed:
            bucket = sum(state.arrears.days_past_due >= edge for edge in edges)
            found[bucket, "contracts"] += 1
            found[bucket, "outstanding"] += state.outstanding_principal.minor
    return found


async def by_positions(scene: Scene, *, as_of: date, known_at: datetime | None) -> Counter[Any]:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        moment = await ledger.moment_of(session, as_of=as_of, known_at=known_at, today=TODAY)
        scheme = await queries.scheme_at(session, as_of=as_of)
        parts = await queries.at_risk(session, by=By.PRODUCT, moment=moment, scheme=scheme)
    found: Counter[Any] = Counter()
    for part in parts:
        for place, bucket in enumerate(part.risk.buckets):
            found[place, "contracts"] += bucket.contracts
            found[place, "outstanding"] += bucket.outstanding
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_positions_say_what_the_movements_say_for_every_pair_of_dates(
    scene: Scene, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - a book of chance that comes again
    fund_id = await scene.fund(receives="1000000.000")
    agreed = [
        terms(SIGNED + timedelta(days=rng.randrange(0, 150)), "1200.000", rng.choice((3, 6, 12)))
        for _ in range(12)
    ]
    lent = await lend(scene, fund_id, agreed)
    taken: list[UUID] = []
    instants = [await number(scene) if await waits(scene) else None]
    for _ in range(4):
        for _ in range(12):
            one = rng.choice(lent)
            if taken and rng.random() < 0.2:
                bounced = taken.pop(rng.randrange(len(taken)))
                await RepaymentBook(scene.database).reverse(
                    scene.institution_id,
                    ReverseRepayment(
                        repayment_id=RepaymentId(bounced),
                        reason="duplicate",
                        actor_id=ACTOR,
                        key=str(ids.new()),
                        request_hash=b"",
                    ),
                )
                continue
            earliest = one.terms.disbursed_on
            on = earliest + timedelta(days=rng.randrange((TODAY - earliest).days + 1))
            taken.append(await pay(scene, one, rng.randrange(1, 500_000), on))
        instants.append(await number(scene))

    for known_at in [instant for instant in instants if instant is not None]:
        for as_of in (SIGNED, date(2025, 12, 24), date(2026, 1, 31), TODAY):
            expected = await by_the_domain(scene, lent, as_of=as_of, known_at=known_at)
            assert +(await by_positions(scene, as_of=as_of, known_at=known_at)) == +expected
    newest = await by_the_domain(scene, lent, as_of=TODAY, known_at=contracts.NOT_YET_KNOWN)
    assert +(await by_positions(scene, as_of=TODAY, known_at=None)) == +newest


async def waits(scene: Scene) -> bool:
    return bool(await scene.scalar("select exists (select from journal_pending)"))


async def a_late_contract(scene: Scene, *, branch_id: UUID | None = None) -> Lent:
    """600 lent in six parts on 1 September, the first of which was due on the 21st."""
    fund_id = await scene.fund(receives="10000.000")
    agreed = [terms(SIGNED, "600.000", 6)]
    return (await lend(scene, fund_id, agreed, branch_id=branch_id))[0]


async def test_the_same_pair_gives_the_same_answer_whatever_is_booked_later(scene: Scene) -> None:
    one = await a_late_contract(scene)
    await pay(scene, one, 100_000, date(2025, 9, 21))
    known_at = (await number(scene)).isoformat()
    asked = {"as_of": "2025-12-31", "known_at": known_at, "by": "fund"}
    async with client_of(scene, portfolio.router, roles="auditor") as http:
        before = await http.get(PATH, params=asked)
        repayment_id = await pay(scene, one, 200_000, date(2025, 10, 1))
        unnumbered = await http.get(PATH, params=asked)
        await number(scene)
        await RepaymentBook(scene.database).reverse(
            scene.institution_id,
            ReverseRepayment(
                repayment_id=RepaymentId(repayment_id),
                reason="wrong_amount",
                actor_id=ACTOR,
                key="k",
                request_hash=b"",
            ),
        )
        await number(scene)
        after = await http.get(PATH, params=asked)
        now = await http.get(PATH, params={"as_of": "2025-12-31", "by": "fund"})
    assert before.status_code == 200
    assert before.content == unnumbered.content == after.content
    assert before.json()["parts"][0]["risk"]["outstanding"]["outstanding"]["amount"] == "500.000"
    assert now.json()["parts"] == before.json()["parts"]
    assert now.json()["known_at"] is None


async def test_an_instant_to_come_is_answered_for_the_newest_that_is_known(scene: Scene) -> None:
    one = await a_late_contract(scene)
    await pay(scene, one, 1, TODAY)
    horizon = await number(scene)
    async with client_of(scene, portfolio.router, roles="auditor") as http:
        answer = await http.get(PATH, params={"known_at": "2099-01-01T00:00:00Z"})
    assert datetime.fromisoformat(answer.json()["known_at"]) == horizon


async def test_a_movement_numbered_long_after_it_was_written_is_unknown_until_then(
    scene: Scene, admin_url: str
) -> None:
    """The sequencer stood still for two hours: what was written meanwhile was not known yet."""
    one = await a_late_contract(scene)
    await number(scene)
    await pay(scene, one, 600_000, TODAY)
    connection = await asyncpg.connect(admin_url)
    for table, column in (("event_pending", "recorded_at"), ("position_history", "known_from")):
        await connection.execute(
            f"update loans.{table} set {column} = {column} - interval '2 hours'"
            " where institution_id = $1",
            scene.institution_id,
        )
    await connection.close()
    instant = await number(scene)
    assert await scene.scalar("select count(*) from event_late") == 2
    for before in (timedelta(microseconds=1), timedelta(minutes=30), timedelta(minutes=100)):
        then = await by_positions(scene, as_of=TODAY, known_at=instant - before)
        assert then[4, "outstanding"] == 600_000
    assert +(await by_positions(scene, as_of=TODAY, known_at=instant)) == Counter()


async def test_each_part_is_told_with_ratios_buckets_and_what_stands_beside(scene: Scene) -> None:
    one = await a_late_contract(scene)
    await pay(scene, one, 500_000, TODAY)
    await a_late_contract(scene)
    async with client_of(scene, portfolio.router, roles="auditor") as http:
        body = (await http.get(PATH, params={"by": "branch"})).json()
    (part,) = body["parts"]
    assert part["id"] == str(scene.branch_id)
    risk = part["risk"]
    assert risk["outstanding"] == {
        "contracts": 2,
        "outstanding": {"amount": "700.000", "currency": "JOD"},
    }
    assert [(one["more_than_days"], one["ratio"], one["contracts"]) for one in risk["at_risk"]] == [
        (0, "1.000000", 2),
        (30, "0.857143", 1),
        (60, "0.857143", 1),
        (90, "0.857143", 1),
    ]
    assert [(one["from_days"], one["to_days"]) for one in risk["buckets"]][-1] == (91, None)
    assert risk["non_accrual"]["contracts"] == 1
    assert body["whole"] == [{"currency": "JOD", "risk": risk}]


async def test_a_renegotiated_contract_is_stated_and_a_written_off_one_is_out(
    scene: Scene,
) -> None:
    first, second = await a_late_contract(scene), await a_late_contract(scene)
    async with scene.database.begin(scene.institution_id) as session:
        rows = await contracts.locked_contracts(session, [first.contract_id, second.contract_id])
        later = [
            schedule.Instalment(
                number=1,
                due_on=TODAY + timedelta(days=30),
                principal=money("600.000"),
                profit=money("0.000"),
                fee=money("0.000"),
            )
        ]
        await contract_positions.replace_instalments(
            session,
            contract=rows[first.contract_id],
            instalments=later,
            effective_on=date(2026, 2, 1),
            status=Standing.RENEGOTIATED,
        )
        await contract_positions.restate(
            session,
            contract=rows[second.contract_id],
            on=date(2026, 2, 10),
            status=Standing.WRITTEN_OFF,
            written_off=600_000,
        )
    async with client_of(scene, portfolio.router, roles="funds_manager") as http:
        now = (await http.get(PATH)).json()["whole"][0]["risk"]
        then = (await http.get(PATH, params={"as_of": "2026-01-31"})).json()["whole"][0]["risk"]
        between = (await http.get(PATH, params={"as_of": "2026-02-09"})).json()["whole"][0]["risk"]
    assert now["outstanding"]["contracts"] == now["renegotiated"]["contracts"] == 1
    assert now["at_risk"][0]["contracts"] == 0
    assert now["written_off"] == {
        "contracts": 1,
        "outstanding": {"amount": "600.000", "currency": "JOD"},
    }
    assert then["at_risk"][3]["contracts"] == 2
    assert then["renegotiated"]["contracts"] == then["written_off"]["contracts"] == 0
    assert (between["renegotiated"]["contracts"], between["at_risk"][0]["contracts"]) == (1, 1)


async def test_a_person_sees_the_branches_that_are_his(scene: Scene) -> None:
    other = BranchId(ids.new())
    await a_late_contract(scene)
    elsewhere = await a_late_contract(scene, branch_id=other)
    verifier = OpenVerifier(scene.institution_id)
    verifier.branch_ids = frozenset({scene.branch_id})
    async with client_of(scene, portfolio.router, roles="auditor", verifier=verifier) as http:
        parts = (await http.get(PATH, params={"by": "branch"})).json()["parts"]
        past = (await http.get(PATH, params={"by": "branch", "as_of": "2026-02-01"})).json()
        hidden = await http.get(f"/loans/v1/portfolio/contracts/{elsewhere.contract_id}")
    assert [part["id"] for part in parts] == [str(scene.branch_id)]
    assert [part["id"] for part in past["parts"]] == [str(scene.branch_id)]
    assert hidden.status_code == 404


async def test_the_lateness_of_one_contract_on_a_day(scene: Scene) -> None:
    one = await a_late_contract(scene)
    path = f"/loans/v1/portfolio/contracts/{one.contract_id}"
    async with client_of(scene, portfolio.router, roles="officer") as http:
        due = (await http.get(path, params={"as_of": "2025-09-21"})).json()
        late = (await http.get(path, params={"as_of": "2025-10-25"})).json()
        before = (await http.get(path, params={"as_of": "2025-08-31"})).json()
    assert (due["days_late"], due["oldest_open_due_on"]) == (0, "2025-09-21")
    assert (late["days_late"], late["bucket_from_days"], late["bucket_to_days"]) == (34, 31, 60)
    assert late["outstanding_principal"]["amount"] == "600.000"
    assert late["is_non_accrual"] is False
    assert (before["status"], before["days_late"]) == ("signed", 0)


async def test_a_day_to_come_is_refused(scene: Scene) -> None:
    async with client_of(scene, portfolio.router, roles="auditor") as http:
        answer = await http.get(PATH, params={"as_of": "2026-03-02"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/loans/day-not-yet"


async def test_buckets_hold_from_tomorrow_on(scene: Scene) -> None:
    path = "/loans/v1/portfolio/buckets"
    body = {"from_days": [1, 8, 15], "non_accrual_after_days": 14}
    async with client_of(scene, portfolio.router, roles="funds_manager") as http:
        made = await http.post(path, json=body)
        again = await http.post(path, json=body)
        listed = (await http.get(path)).json()
    async with scene.database.read(scene.institution_id) as session:
        today = await queries.scheme_at(session, as_of=TODAY)
        tomorrow = await queries.scheme_at(session, as_of=TODAY + timedelta(days=1))
    assert (made.status_code, made.json()["effective_on"]) == (201, "2026-03-02")
    assert again.json()["type"] == "/problems/loans/buckets-set-today"
    assert listed == [made.json()]
    assert today.from_days == (1, 31, 61, 91)
    assert (tomorrow.from_days, tomorrow.non_accrual_after_days) == ((1, 8, 15), 14)


@pytest.mark.parametrize("days", [[], [0, 30], [30, 30], [60, 30], [5_000], [1.5]])
async def test_buckets_that_do_not_follow_are_refused(scene: Scene, days: list[float]) -> None:
    async with client_of(scene, portfolio.router, roles="funds_manager") as http:
        answer = await http.post("/loans/v1/portfolio/buckets", json={"from_days": days})
    assert answer.status_code == 422
    assert await scene.scalar("select count(*) from bucket_scheme") == 0


@pytest.mark.parametrize("roles", ["officer", "integrator", "administrator"])
async def test_who_may_not_read_the_portfolio_is_told_so(scene: Scene, roles: str) -> None:
    async with client_of(scene, portfolio.router, roles=roles) as http:
        assert (await http.get(PATH)).status_code == 403
        assert (await http.post("/loans/v1/portfolio/buckets", json={})).status_code == 403
