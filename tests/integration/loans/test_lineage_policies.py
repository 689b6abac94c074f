"""A fund's money is followed as the fund was opened to follow it: by share, by tag, in order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import giving
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Policy
from services.loans.funds import donors, tagging
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tagging import Binding, TagExhausted, TagNotFollowed
from services.loans.institutions.names import Names
from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.lineage import router as lineage
from shared import ids
from shared.auth import Actor
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import ApplicationId, ContractId, DonorId, FundId, InstitutionId
from tests.chained import HOLDER
from tests.integration.loans.following import pay, proved, qard, read, take_back, tell
from tests.integration.loans.scene import ACTOR, TODAY, OpenVerifier, Scene, client_of, jod
from tests.integration.loans.standing import lend

NAMES = Names(ar="صندوق", fr="Fonds", en="Fund")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def admin(scene: Scene, admin_url: str) -> AsyncIterator["Calendar"]:
    database = Database(admin_url, pool_size=1)
    yield Calendar(scene, database)
    await database.close()


class Calendar:
    """Lets numbered entries be of earlier days than the clock of the database says."""

    def __init__(self, scene: Scene, database: Database) -> None:
        self._scene, self._database = scene, database

    async def end_day(self, *, days_ago: int) -> None:
        """Number what was booked, put it some days back, and tell it."""
        sequencer = Sequencer(self._scene.database, chains=(EVENTS, JOURNAL))
        sequencer.holder = HOLDER
        await sequencer.number(self._scene.institution_id)
        async with self._database.begin(self._scene.institution_id) as session:
            await session.execute(
                text(
                    "update loans.journal_link set numbered_at = numbered_at - make_interval(days"
                    " => :days) where institution_id = :i and numbered_at > now() - interval '12 h'"
                ),
                {"i": self._scene.institution_id, "days": days_ago},
            )
        await tell(self._scene)


async def opened(scene: Scene, policy: Policy, *, kind: FundKind = FundKind.WAQF) -> FundId:
    async with scene.database.begin(scene.institution_id) as session:
        row = await funds.create_fund(
            session,
            code=f"F{ids.new().hex[-10:]}",
            kind=kind,
            names=NAMES,
            floor=jod("0.000"),
            lending_ruling=None,
            on=TODAY,
            actor_id=ACTOR,
            policy=policy,
        )
    return FundId(row.fund_id)


async def given(
    session: AsyncSession,
    fund_id: FundId,
    amount: str,
    *,
    tag: str | None = None,
    donor_id: UUID | None = None,
) -> UUID:
    fund = await fund_queries.fund_by_id(session, fund_id)
    row = await funds.receive(
        session,
        fund_id=fund_id,
        donor_id=donor_id,
        amount=jod(amount),
        received_on=TODAY,
        channel=Channel.CASH,
        nature=giving.NATURES[FundKind(fund.kind)][0],
        actor_id=ACTOR,
        tag=tag,
    )
    return row.receipt_id


def amounts(told: Any) -> dict[str, str]:
    return {name: money["amount"] for name, money in told.items() if money["amount"] != "0.000"}


async def test_shares_of_mixed_money_add_up_in_every_answer(scene: Scene, admin: Calendar) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    first = await scene.receive(fund_id, "100.001")
    second = await scene.receive(fund_id, "300.000")
    (one,) = await lend(scene, fund_id, [qard("200.000")])
    await admin.end_day(days_ago=3)
    third = await scene.receive(fund_id, "99.999")
    await pay(scene, one.contract_id, "100.000")
    (other,) = await lend(scene, fund_id, [qard("200.000")])
    await scene.write_off(fund_id, one.contract_id, "40.000")
    await admin.end_day(days_ago=1)

    found = {
        receipt: await read(scene, f"funds/{fund_id}/receipts/{receipt}/lineage")
        for receipt in (first, second, third)
    }
    assert amounts(found[first]["places"]) == {
        "at_hand": "37.500",
        "in_contracts": "52.501",
        "lost": "10.000",
    }
    assert amounts(found[third]["places"]) == {"at_hand": "49.999", "in_contracts": "50.000"}
    for told in found.values():
        parts = [jod(part["amount"]["amount"]) for part in told["parts"]]
        places = [jod(minor) for minor in amounts(told["places"]).values()]
        assert (
            sum(parts[1:], parts[0]) == sum(places[1:], places[0]) == jod(told["amount"]["amount"])
        )
    assert [drawn["amount"]["amount"] for drawn in found[first]["drawn"]] == ["25.000", "37.501"]
    for lent, amount in ((one, "60.000"), (other, "200.000")):
        told = await read(scene, f"contracts/{lent.contract_id}/lineage")
        parts = [jod(part["amount"]["amount"]) for part in told["parts"]]
        assert sum(parts[1:], parts[0]) == jod(amount) == jod(told["amount"]["amount"])
        assert {part["receipt_id"] for part in told["parts"]} <= {str(one) for one in found}
    assert await proved(scene) is None


async def test_what_the_past_knew_is_answered_for_ever(scene: Scene, admin: Calendar) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    ordered = await opened(scene, Policy.FIFO)
    mixed, kept = [await scene.receive(one, "400.000") for one in (fund_id, ordered)]
    lent = [(await lend(scene, one, [qard("200.000")]))[0] for one in (fund_id, ordered)]
    await admin.end_day(days_ago=5)
    for one in lent:
        await pay(scene, one.contract_id, "150.000")
    await admin.end_day(days_ago=2)
    then = "as_of=" + str(
        await scene.scalar("select (now() - interval '4 days')::date from institution")
    )

    for fund, receipt, contract in ((fund_id, mixed, lent[0]), (ordered, kept, lent[1])):
        path = f"funds/{fund}/receipts/{receipt}/lineage"
        past, now = await read(scene, f"{path}?{then}"), await read(scene, path)
        assert amounts(past["places"]) == {"at_hand": "200.000", "in_contracts": "200.000"}
        assert amounts(now["places"]) == {"at_hand": "350.000", "in_contracts": "50.000"}
        whole = await read(scene, f"funds/{fund}/lineage?{then}")
        assert (whole["at_hand"]["amount"], whole["told_through"]) == ("200.000", 4)
        owned = await read(scene, f"contracts/{contract.contract_id}/lineage?{then}")
        assert owned["amount"]["amount"] == "200.000"
    before = await read(scene, f"funds/{ordered}/lineage?known_at=2020-01-01T00:00:00Z")
    assert (before["received"]["amount"], before["told_through"]) == ("0.000", 0)
    assert await proved(scene) is None


async def test_a_receipt_in_error_leaves_a_mixed_fund_as_if_never_there(
    scene: Scene, admin: Calendar
) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    kept = await scene.receive(fund_id, "300.000")
    wrong = await scene.receive(fund_id, "200.000")
    (one,) = await lend(scene, fund_id, [qard("250.000")])
    await admin.end_day(days_ago=2)
    await take_back(scene, fund_id, wrong)
    await admin.end_day(days_ago=1)

    told = await read(scene, f"funds/{fund_id}/receipts/{wrong}/lineage")
    assert amounts(told["places"]) == {"given_back": "200.000"}
    told = await read(scene, f"funds/{fund_id}/receipts/{kept}/lineage")
    assert amounts(told["places"]) == {"at_hand": "50.000", "in_contracts": "250.000"}
    whose = await read(scene, f"contracts/{one.contract_id}/lineage")
    assert [part["receipt_id"] for part in whose["parts"]] == [str(kept)]
    assert await proved(scene) is None


async def bound(
    scene: Scene, fund_id: FundId, contract_id: ContractId, amount: str, tag: str | None
) -> None:
    binding = Binding(
        contract_id=contract_id,
        application_id=ApplicationId(ids.new()),
        amount=jod(amount),
        tag=tag,
        purpose="sewing",
    )
    async with scene.database.begin(scene.institution_id) as session:
        await fund_queries.locked_funds(session, [fund_id])
        await tagging.bind(session, fund_id, [binding], actor_id=ACTOR)


async def test_tagged_money_is_lent_for_its_tag_and_comes_back_to_it(
    scene: Scene, admin: Calendar
) -> None:
    fund_id = await opened(scene, Policy.TAG)
    async with scene.database.begin(scene.institution_id) as session:
        open_money = await given(session, fund_id, "500.000")
        women = await given(session, fund_id, "300.000", tag="women")
        sewing = await given(session, fund_id, "100.000", tag="sewing")
    lent = await lend(scene, fund_id, [qard("250.000"), qard("80.000")], status="signed")
    await bound(scene, fund_id, lent[0].contract_id, "250.000", "women")
    await bound(scene, fund_id, lent[1].contract_id, "80.000", None)  # its purpose is a tag
    with pytest.raises(TagExhausted) as refused:
        await bound(scene, fund_id, ContractId(ids.new()), "300.001", "women")
    assert (refused.value.tag, refused.value.available) == ("women", jod("300.000"))
    await admin.end_day(days_ago=1)

    whole = await read(scene, f"funds/{fund_id}/lineage")
    assert {one["tag"]: one["at_hand"]["amount"] for one in whole["tags"]} == {
        None: "500.000",
        "sewing": "100.000",
        "women": "300.000",
    }
    for receipt, amount in ((open_money, "500.000"), (women, "300.000"), (sewing, "100.000")):
        told = await read(scene, f"funds/{fund_id}/receipts/{receipt}/lineage")
        assert amounts(told["places"]) == {"at_hand": amount}
    assert await proved(scene) is None


async def test_a_tag_means_nothing_in_a_fund_that_goes_by_order(scene: Scene) -> None:
    fund_id = await opened(scene, Policy.FIFO)
    with pytest.raises(TagNotFollowed):
        async with scene.database.begin(scene.institution_id) as session:
            await given(session, fund_id, "1.000", tag="women")
    with pytest.raises(TagNotFollowed):
        await bound(scene, fund_id, ContractId(ids.new()), "1.000", "women")
    await bound(scene, fund_id, ContractId(ids.new()), "1.000", None)
    assert await scene.scalar("select count(*) from contract_tag") == 0
    assert await scene.scalar("select count(*) from receipt") == 0


class Donor(OpenVerifier):
    """A person who signed in for a donor."""

    donor_id: DonorId

    async def verify(self, token: str, *, institution: str | None = None) -> Actor:
        return replace(await super().verify(token, institution=institution), donor_id=self.donor_id)


async def test_a_donor_reads_where_its_own_money_is_and_no_more(
    scene: Scene, admin: Calendar
) -> None:
    fund_ids = [await opened(scene, policy) for policy in (Policy.FIFO, Policy.PRO_RATA)]
    async with scene.database.begin(scene.institution_id) as session:
        donor, other = [
            await donors.create_donor(
                session, code=f"D{ids.new().hex[-9:]}", names=NAMES, actor_id=ACTOR
            )
            for _ in range(2)
        ]
        for fund_id in fund_ids:
            for one in (donor, other):
                await donors.link_donor(
                    session, fund_id=fund_id, donor_id=one.donor_id, actor_id=ACTOR
                )
                await given(session, fund_id, "200.000", donor_id=one.donor_id)
    for fund_id in fund_ids:
        await lend(scene, fund_id, [qard("100.000")])
    await admin.end_day(days_ago=1)

    verifier = Donor(scene.institution_id)
    verifier.donor_id = DonorId(donor.donor_id)
    told = await read(scene, f"donors/{donor.donor_id}/lineage", roles="donor", verifier=verifier)
    assert [one["fund_id"] for one in told["funds"]] == [str(one) for one in sorted(fund_ids)]
    ordered, mixed = (
        next(one for one in told["funds"] if one["policy"] == policy)
        for policy in ("fifo", "pro_rata")
    )
    assert (ordered["contracts"], ordered["are_few"]) == (None, True), "one contract is a secret"
    assert amounts(ordered["places"]) == {"at_hand": "100.000", "in_contracts": "100.000"}
    assert amounts(mixed["places"]) == {"at_hand": "150.000", "in_contracts": "50.000"}
    async with client_of(scene, lineage.router, roles="donor", verifier=verifier) as http:
        for stranger in (other.donor_id, ids.new()):
            answer = await http.get(f"/loans/v1/donors/{stranger}/lineage")
            assert answer.json()["type"] == "/problems/loans/donor-not-found"
