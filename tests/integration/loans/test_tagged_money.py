"""Money that was given for a tag is spent on nothing else, whichever way money leaves the fund."""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.compliance.router import router as compliance_router
from services.loans.contracts.router import router as contracts_router
from services.loans.domain import giving
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Policy
from services.loans.domain.waqf_orders import Asset
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds.tagging import TagExhausted
from services.loans.funds.tags import queries as tags
from services.loans.institutions.names import Names
from services.loans.rulings.router import router as rulings_router
from services.loans.subsidies.router import router as subsidies_router
from services.loans.zakat import purse
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import agreements, office
from tests.builders import make_loan, money
from tests.integration.loans import bookkeeping, breaches, dealing, endowing, following, ordering
from tests.integration.loans.bookkeeping import Bookkeeping
from tests.integration.loans.endowing import Waqf
from tests.integration.loans.ordering import keyed
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.test_fund_account import account

HOUSE = Asset(kind="real property", description="a house of two floors")


async def fund(
    scene: Scene, kind: FundKind, *, unbound: str = "100.000", ruling: str | None = None
) -> FundId:
    """A fund that follows its money by tag: so much open, and 900.000 given for women."""
    async with scene.database.begin(scene.institution_id) as session:
        row = await funds.create_fund(
            session,
            code=f"F{ids.new().hex[-10:]}",
            kind=kind,
            names=Names(ar="صندوق", fr="Fonds", en="Fund"),
            floor=jod("0.000"),
            lending_ruling=ruling,
            on=TODAY,
            actor_id=ACTOR,
            policy=Policy.TAG,
        )
        for amount, tag in ((unbound, None), ("900.000", "women")):
            if jod(amount).is_positive:
                await funds.receive(
                    session,
                    fund_id=FundId(row.fund_id),
                    donor_id=None,
                    amount=jod(amount),
                    received_on=TODAY,
                    channel=Channel.CASH,
                    nature=giving.NATURES[kind][0],
                    actor_id=ACTOR,
                    tag=tag,
                )
    return FundId(row.fund_id)


def at(database: Database, institution_id: InstitutionId) -> Scene:
    return Scene(database=database, institution_id=institution_id)


async def test_zakat_given_for_a_tag_is_no_open_zakat(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await at(loans_db, institution_id).found()
    fund_id = await fund(scene, FundKind.ZAKAT)
    async with loans_db.begin(institution_id) as session:
        row = await fund_queries.fund_by_id(session, fund_id)
        await purse.require_money(session, row, jod("100.000"), Channel.CASH)
        with pytest.raises(TagExhausted) as refused:
            await purse.require_money(session, row, jod("100.001"), Channel.CASH)
    assert (refused.value.tag, refused.value.available) == ("open", jod("100.000"))


async def test_a_waqf_invests_open_money_and_what_was_invested_is_not_at_hand(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await at(loans_db, institution_id).found()
    fund_id = await fund(scene, FundKind.WAQF)
    maker, checker = endowing.person(scene), endowing.person(scene)
    waqf = Waqf(scene=scene, fund_id=fund_id, maker=maker, checker=checker)
    await waqf.order("deed", deed=endowing.INVESTED)
    with pytest.raises(TagExhausted):
        await waqf.propose("invest", "100.001", asset=HOUSE)
    await waqf.order("invest", "60.000", asset=HOUSE)
    async with loans_db.read(institution_id) as session:
        row = await fund_queries.fund_by_id(session, fund_id)
        standing = {one.tag: one.at_hand for one in await tags.standings(session, row)}
    assert standing == {None: jod("40.000"), "women": jod("900.000")}
    with pytest.raises(TagExhausted):
        await waqf.propose("invest", "40.001", asset=HOUSE)
    await following.number(scene)
    told = await following.read(scene, f"funds/{fund_id}/lineage")
    assert {one["tag"]: one["at_hand"]["amount"] for one in told["tags"]} == {
        None: "40.000",
        "women": "900.000",
    }
    names = ("at_hand", "invested", "free")
    assert [told[name]["amount"] for name in names] == ["1000.000", "60.000", "940.000"]
    closing = (await account(scene, fund_id))["closing"]
    assert [closing[name]["amount"] for name in names[:2]] == ["1000.000", "60.000"]


async def test_an_entry_by_hand_takes_open_money(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with office.opened(loans_db, institution_id, *bookkeeping.ROUTERS) as opened:
        books = Bookkeeping.at(opened)
        await books.number()
        fund_id = await fund(books.scene, FundKind.DONATION)
        rent = books.rent(fund_id, "100.001")
        told = await bookkeeping.refused(books.maker, "/manual-entries", rent)
        assert told["problem"] == "tag-exhausted"
        await books.approve(await books.propose(books.rent(fund_id, "100.000")))


async def test_tainted_income_goes_to_charity_out_of_open_money(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    routers = (compliance_router, rulings_router, contracts_router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        scene = at(opened.database, opened.institution_id)
        maker, checker = opened.caller(Role.FUNDS_MANAGER), opened.caller(Role.FUNDS_MANAGER)
        fund_id = await fund(scene, FundKind.WAQF, unbound="0.000")
        await breaches.earn(scene, fund_id, "500.000", into="wallet")
        case_id = await breaches.decided(maker, fund_id, "500.000")
        waqf = Waqf(
            scene=scene,
            fund_id=fund_id,
            maker=endowing.person(scene),
            checker=endowing.person(scene),
        )
        await waqf.order("deed", deed=endowing.INVESTED)
        await waqf.order("invest", "200.000", asset=HOUSE, channel=Channel.WALLET)
        order = await breaches.propose(maker, case_id, "300.001")
        refused = await breaches.approve(checker, order)
        assert breaches.problem(refused) == (422, "tag-exhausted")
        order = await breaches.propose(maker, case_id, "300.000")
        assert (await breaches.approve(checker, order)).status_code == 201


async def test_a_subsidy_is_paid_out_of_open_money(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with ordering.opened(loans_db, institution_id) as desk:
        desk.office.app.include_router(subsidies_router)
        lending = await desk.scene.fund(FundKind.COMMERCIAL)
        terms = make_loan(principal=money("1200.000"))
        contract_id = await desk.lent_from(lending, terms, kind=FundKind.COMMERCIAL)
        for unbound, status in (("0.001", 422), ("100.000", 201)):
            body = {
                "fund_id": str(await fund(desk.scene, FundKind.STATE, unbound=unbound)),
                "measure": "profit_share",
                "part": "0.5",
                "starts_on": "2026-01-01",
            }
            path = f"/loans/v1/contracts/{contract_id}/subsidies"
            agreed = await keyed(desk.maker, path, body)
            path = f"/loans/v1/subsidies/{agreed.json()['subsidy_id']}"
            await keyed(desk.checker, f"{path}/approval", {})
            paid = await keyed(desk.manager, f"{path}/payments", {})
            assert paid.status_code == status, paid.text
            assert status == 201 or paid.json()["type"].endswith("/tag-exhausted")


async def test_a_lender_is_paid_out_of_open_money(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with agreements.givers(loans_db, institution_id, kind="commercial") as opened:
        scene = at(loans_db, institution_id)
        fund_id = await fund(scene, FundKind.COMMERCIAL, unbound="0.000")
        lender = replace(opened, fund_id=str(fund_id))
        await lender.post(f"/funds/{fund_id}/donors", {"donor_id": lender.donor_id})
        offer = {"form": "mudaraba", "annual_rate": "0", "profit_share": "0.5"}
        agreement_id = await lender.signed(lender.facility(total="100.000", offer=offer))
        draw_id = await lender.borrowed(agreement_id, "10.000", on="2026-02-01", first="2026-03-01")
        for declared, status in (("20.002", 422), ("20.000", 201)):
            body = {
                "declared": lender.money(declared),
                "evidence": agreements.PAPER,
                "paid_on": "2026-03-31",
                "channel": "cash",
            }
            shared = await lender.made(f"/draw-downs/{draw_id}/shares", body)
            path = f"/lender-payments/{shared['payment_id']}/approval"
            paid = await lender.post(path, {"outcome": "approve"}, by=lender.checker)
            assert paid.status_code == status, paid.text
            assert status == 201 or paid.json()["type"].endswith("/tag-exhausted")


async def test_what_was_endowed_for_a_time_and_a_tag_goes_back_out_of_that_tag(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    scene = await at(loans_db, institution_id).found()
    fund_id = await fund(scene, FundKind.WAQF)
    maker, checker = endowing.person(scene), endowing.person(scene)
    waqf = Waqf(scene=scene, fund_id=fund_id, maker=maker, checker=checker)
    await waqf.order("deed", deed=endowing.INVESTED)
    until = date(2027, 6, 30)
    receipt_id = await waqf.endow_for_a_time("300.000", until=until, tag="orphans")
    await waqf.order("invest", "100.000", asset=HOUSE)
    await waqf.order("return", receipt_id=receipt_id, on=until)
    async with loans_db.read(institution_id) as session:
        row = await fund_queries.fund_by_id(session, fund_id)
        standing = {one.tag: one.at_hand for one in await tags.standings(session, row)}
    assert standing == {None: jod("0.000"), "orphans": jod("0.000"), "women": jod("900.000")}
    await following.number(scene)
    told = await following.read(scene, f"funds/{fund_id}/lineage")
    assert {one["tag"]: one["at_hand"]["amount"] for one in told["tags"]} == {
        None: "0.000",
        "orphans": "0.000",
        "women": "900.000",
    }
    assert await endowing.faults(scene) == {}


async def test_upkeep_beyond_what_was_committed_takes_the_contracts_own_tag(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    async with dealing.opened(loans_db, institution_id) as table:
        fund_id = await fund(table.scene, FundKind.COMMERCIAL, unbound="1010.000")
        contract_id = await table.deal("ijara", fund_id=fund_id)
        await table.take(
            contract_id,
            ("promise", {}),
            ("purchase", {"amounts": {"invoice": "1000.000"}}),
            ("possess", {}),
            ("lease", {}),
        )
        much = {"amounts": {"amount": "10.001"}}
        await table.refused(contract_id, "upkeep", "tag-exhausted", **much)
        await table.take(contract_id, ("upkeep", {"amounts": {"amount": "10.000"}}))
