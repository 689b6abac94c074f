"""Is what was endowed for a time there on its day, whatever was bought, put off or taken back?"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.corpus import queries as corpus
from services.loans.domain import waqf_lending
from services.loans.domain.chart import FundKind
from services.loans.domain.waqf_deed import WaqfUse
from services.loans.domain.waqf_lending import ReturnsNotCovered
from services.loans.domain.waqf_orders import (
    Asset,
    Authority,
    ConflictOfInterest,
    PropertyBeyondReturn,
)
from services.loans.funds import returning
from services.loans.ledger.queries import Cut
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_qard
from tests.integration.loans import endowing, ordering, standing
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.endowing import DEED, Waqf
from tests.integration.loans.ordering import Desk
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod

JUNE = date(2027, 6, 30)
BOTH = replace(DEED, use=WaqfUse.INVESTED, permits_qard=True)
SHOP = Asset(kind="shop", description="a shop in the market")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        yield at


async def lend(waqf: Waqf, principal: str, *, first_due_on: date) -> str:
    """A qard in ten parts, paid out of the fund."""
    terms = make_qard(
        principal=jod(principal), instalments=10, disbursed_on=TODAY, first_due_on=first_due_on
    )
    lent = (await standing.lend(waqf.scene, waqf.fund_id, [terms]))[0]
    return str(lent.contract_id)


async def dues_after(waqf: Waqf, day: date) -> str:
    async with waqf.scene.database.read(waqf.scene.institution_id) as session:
        found = await corpus.dues(session, waqf.fund_id, currency="JOD")
    minor = sum(one.amount.minor for of_one in found.values() for one in of_one if one.on > day)
    return f"{Decimal(minor) / 1000:.3f}"


@pytest.mark.rule("W-8")
async def test_property_and_loans_beyond_a_day_share_what_stays(scene: Scene) -> None:
    """200,000 for good, 100,000 until June, 150,000 lent beyond June: property for 50,000."""
    waqf = await endowing.founded(scene, BOTH, receives="200000.000")
    await waqf.endow_for_a_time("100000.000", until=JUNE)
    await lend(waqf, "150000.000", first_due_on=date(2027, 7, 1))
    with pytest.raises(PropertyBeyondReturn):
        await waqf.order("invest", "50000.001", asset=SHOP)
    await waqf.order("invest", "50000.000", asset=SHOP)
    with pytest.raises(PropertyBeyondReturn):
        await waqf.order("invest", "0.001", asset=SHOP)


@pytest.mark.rule("W-8")
async def test_loans_leave_what_is_property_out_of_what_stays(scene: Scene) -> None:
    waqf = await endowing.founded(scene, BOTH, receives="200000.000")
    await waqf.endow_for_a_time("100000.000", until=JUNE)
    await waqf.order("invest", "150000.000", asset=SHOP)
    async with scene.database.read(scene.institution_id) as session:
        guard = (await corpus.guards(session, [waqf.fund_id]))[waqf.fund_id]
    rung = waqf_lending.rungs(guard)[0]
    assert (rung.due_after, rung.room) == (jod("150000.000"), jod("50000.000"))


@pytest.mark.rule("W-8")
async def test_what_is_endowed_for_good_is_not_taken_back_from_behind_a_return(
    scene: Scene,
) -> None:
    """200,000 for good, 160,000 due beyond June: 40,000 of it may be found an error."""
    waqf = await endowing.founded(scene, receives="160000.000")
    wrong = await scene.receive(waqf.fund_id, "40000.000")
    more = await scene.receive(waqf.fund_id, "0.001")
    await waqf.endow_for_a_time("100000.000", until=JUNE)
    await lend(waqf, "160000.001", first_due_on=date(2027, 7, 1))

    async def take_back(receipt_id: object) -> None:
        async with scene.database.begin(scene.institution_id) as session:
            await returning.reverse_receipt(
                session,
                fund_id=waqf.fund_id,
                receipt_id=receipt_id,  # type: ignore[arg-type]
                on=TODAY,
                actor_id=ACTOR,
            )

    await take_back(wrong)
    with pytest.raises(ReturnsNotCovered):
        await take_back(more)
    assert (await waqf.books()).permanent == jod("160000.001")


@pytest.mark.rule("W-8")
async def test_a_fund_counts_its_own_part_of_a_loan_of_several(scene: Scene) -> None:
    """1,000 in twelve parts, a quarter of it this waqf's, which does not lead: 250 to come."""
    waqf = await endowing.founded(scene, receives="10000.000")
    leads = await scene.fund(FundKind.STATE)
    assert await dues_after(waqf, TODAY) == "0.000"
    await shared_contract(scene, [(leads, 1, 3), (waqf.fund_id, 1, 1)])
    assert Decimal(await dues_after(waqf, TODAY)) == pytest.approx(
        Decimal(250), abs=Decimal("0.02")
    )


@pytest.mark.rule("W-8")
async def test_nothing_is_put_off_beyond_a_day_of_return(desk: Desk) -> None:
    """1,200 are due by March 2027; put off to 2028 they would stand where 1,000 may."""
    waqf = await endowing.founded(desk.scene, receives="1000.000")
    await waqf.endow_for_a_time("500.000", until=JUNE)
    contract_id = await desk.lent_from(waqf.fund_id)
    later = {"instalments": 12, "first_due_on": "2028-01-01"}
    given = await desk.give(contract_id, "reschedule", **later)
    assert given.status_code == 201, given.text
    refused = await desk.approve(given.json())
    assert refused.json()["type"].endswith("/returns-not-covered"), refused.text
    sooner = {"instalments": 12, "first_due_on": "2026-07-01"}
    assert (await desk.done(contract_id, "reschedule", **sooner))["state"] == "in_force"


async def test_a_position_of_a_past_day_reads_the_deed_of_that_day(scene: Scene) -> None:
    waqf = await endowing.founded(scene)
    more = replace(DEED, reference="DEED-2", reserve_share=Decimal("0.5"))
    tomorrow = date.fromordinal(TODAY.toordinal() + 1)
    await waqf.order("deed", deed=more, on=tomorrow)
    read = {}
    async with scene.database.read(scene.institution_id) as session:
        for day in (None, TODAY, date(2025, 1, 1)):
            kept = await corpus.kept(session, [waqf.fund_id], cut=Cut(as_of=day))
            deed = kept[waqf.fund_id].deed
            read[day] = None if deed is None else deed.reference
    assert read == {None: "DEED-2", TODAY: "DEED-1", date(2025, 1, 1): None}


@pytest.mark.rule("W-6")
async def test_the_trustee_decides_on_no_deed_of_the_trustee_s_own_fee(scene: Scene) -> None:
    waqf = await endowing.founded(scene, replace(DEED, nazir_fee_share=Decimal(0)))
    raised = replace(DEED, nazir_id=waqf.maker.id)
    with pytest.raises(ConflictOfInterest):
        await waqf.propose("deed", deed=raised)
    own = await waqf.propose("deed", deed=replace(DEED, nazir_id=waqf.checker.id))
    with pytest.raises(ConflictOfInterest):
        await waqf.decide(own)
    judge = Authority(name="Court", reference="7", decided_on=TODAY)
    await waqf.order("deed", deed=raised, authority=judge)
    with pytest.raises(ConflictOfInterest):
        await waqf.propose("deed", deed=replace(raised, nazir_id=None))
