"""No product is opened, nothing lent and nothing paid out under a ruling that does not hold."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.loans.contracts.router import router as contracts_router
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import FundRestricted
from services.loans.domain.rulings import (
    RulingDoesNotCover,
    RulingMissing,
    RulingOutOfForce,
    Topic,
)
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds import operations as funds
from services.loans.funds.router import router as funds_router
from services.loans.products.router import router as products_router
from services.loans.rulings import operations
from shared.db import Database
from shared.ids import ContractId, InstitutionId
from tests import bodies, rulings
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask, client_of, reserve
from tests.integration.loans.signing import (
    Approval,
    approve,
    loan,
    offer,
    officer,
    qard,
    sign,
    signed,
)

QARD, MURABAHA = ModeOfFinance("qard"), ModeOfFinance("murabaha")
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OWN = "SSB 7/2026"
PRODUCTS = "/loans/v1/products"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    routers = (products_router, contracts_router, funds_router)
    async with client_of(scene, *routers, roles="administrator+funds_manager+officer") as client:
        yield client


async def rule(scene: Scene, **changes: Any) -> UUID:
    async with scene.database.begin(scene.institution_id) as session:
        return await rulings.register(session, scene.institution_id, **{"reference": OWN} | changes)


async def withdraw(scene: Scene, ruling_id: UUID, *, on: date = TODAY) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        await operations.withdraw(
            session,
            ruling_id,
            withdrawn_on=on,
            reason="new facts",
            document_sha256="cd" * 32,
            today=on,
            actor=officer(scene),
        )


async def older(scene: Scene) -> None:
    """Make the institution one that is older than the register."""
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(text("update institution set rulings_bind = false"))


async def pay_out(scene: Scene, row: ContractRow, *, on: date = TODAY) -> None:
    payout = Payout(contract_id=ContractId(row.contract_id), disbursed_on=on)
    async with scene.database.begin(scene.institution_id) as session:
        await disbursements.disburse_contracts(session, [payout], actor=officer(scene))


async def moved(scene: Scene, asked: Ask, *steps: str) -> None:
    """Take a claim through steps of its life, each in a transaction of its own."""
    for step in steps:
        async with scene.database.begin(scene.institution_id) as session:
            if step == "reserve":
                await reserve(session, asked)
            else:
                move = funds.commit_all if step == "commit" else funds.draw_all
                await move(session, [asked], on=TODAY, actor_id=ACTOR)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


async def test_a_product_of_a_sharia_bound_mode_is_not_opened_without_a_ruling(
    scene: Scene, desk: httpx.AsyncClient
) -> None:
    bare = bodies.qard(ruling=None)
    assert problem(await desk.post(PRODUCTS, json=bare)) == (422, "ruling-missing")
    unknown = bodies.qard(ruling="SSB 99/2026")
    assert problem(await desk.post(PRODUCTS, json=unknown)) == (404, "ruling-unknown")

    assert (await desk.post(PRODUCTS, json=bodies.qard())).status_code == 201
    assert (await desk.post(PRODUCTS, json=bodies.loan())).status_code == 201
    count = await scene.scalar("select count(*) from product")
    assert count == 2


async def test_no_ruling_covers_interest(desk: httpx.AsyncClient) -> None:
    answer = await desk.post(PRODUCTS, json=bodies.loan(ruling=rulings.EVERYTHING))

    assert problem(answer) == (422, "ruling-does-not-cover")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"in_force_until": TODAY}, RulingOutOfForce),
        ({"in_force_from": TOMORROW}, RulingOutOfForce),
        ({"scope": rulings.scope(modes=frozenset({MURABAHA}))}, RulingDoesNotCover),
        ({"scope": rulings.scope(topics=frozenset({Topic.LENDING}))}, RulingDoesNotCover),
    ],
)
async def test_a_ruling_past_its_days_or_on_something_else_opens_nothing(
    scene: Scene, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    await rule(scene, **changes)

    with pytest.raises(refusal):
        await offer(scene, qard(), ruling=OWN)


async def test_the_last_day_of_a_ruling_still_opens_a_product(scene: Scene) -> None:
    await rule(scene, in_force_until=TOMORROW)

    assert (await offer(scene, qard(), ruling=OWN)).ruling_id is not None


@pytest.mark.requirement("F4.3")
async def test_a_contract_keeps_the_ruling_of_its_version_and_tells_it(
    scene: Scene, desk: httpx.AsyncClient
) -> None:
    first = await rule(scene)
    product = await offer(scene, qard(), ruling=OWN)
    fund_id = await scene.fund()
    row = (await sign(scene, await approve(scene, [Approval(product=product, fund_id=fund_id)])))[0]
    await rule(scene, reference="SSB 8/2026", in_force_from=TOMORROW, supersedes=OWN)
    version = bodies.qard(ruling="SSB 8/2026")
    del version["code"]
    early = await desk.post(f"{PRODUCTS}/{product.product_id}/versions", json=version)
    assert problem(early) == (422, "ruling-out-of-force")  # not yet

    told = (await desk.get(f"/loans/v1/contracts/{row.contract_id}")).json()["ruling"]
    later = await desk.get(
        f"/loans/v1/contracts/{row.contract_id}", params={"as_of": str(TOMORROW)}
    )

    assert (told["ruling_id"], told["reference"]) == (str(first), OWN)
    assert (told["board"], told["given_on"]) == (rulings.BOARD.en, str(rulings.GIVEN_ON))
    assert told["standing"] == "in_force"
    assert later.json()["ruling"]["standing"] == "superseded"


async def test_a_new_version_rests_on_the_ruling_of_the_one_before_while_it_holds(
    scene: Scene, desk: httpx.AsyncClient
) -> None:
    ruling_id = await rule(scene)
    made = (await desk.post(PRODUCTS, json=bodies.qard(ruling=OWN))).json()
    version = bodies.qard(ruling=None)
    del version["code"]
    path = f"{PRODUCTS}/{made['product_id']}/versions"
    second = (await desk.post(path, json=version)).json()
    assert (second["version"], second["ruling_id"]) == (2, str(ruling_id))

    await withdraw(scene, ruling_id)
    assert problem(await desk.post(path, json=version)) == (422, "ruling-out-of-force")
    ended = await desk.post(path, json=version | {"offered": False})

    assert (ended.status_code, ended.json()["offered"]) == (201, False)
    renewed = await desk.post(path, json=version | {"ruling": rulings.EVERYTHING})
    assert renewed.status_code == 201


async def test_a_ruling_withdrawn_between_signature_and_payout_stops_the_payout(
    scene: Scene,
) -> None:
    ruling_id = await rule(scene)
    product = await offer(scene, qard(), ruling=OWN)
    fund_id = await scene.fund()
    approvals = [Approval(product=product, fund_id=fund_id) for _ in range(2)]
    rows = await sign(scene, await approve(scene, approvals))
    await pay_out(scene, rows[0])

    await withdraw(scene, ruling_id)
    with pytest.raises(FundRestricted) as refused:
        await pay_out(scene, rows[1])

    (refusal,) = refused.value.refusals
    assert refusal.rule == "product-ruling"
    assert refusal.reason == "the ruling under which the product was opened is not in force"
    assert refusal.source == f"{OWN}, {rulings.BOARD.en}"
    assert refusal.in_force_from == TODAY
    drawn = await scene.scalar("select count(*) from disbursement")
    assert drawn == 1


async def test_a_payout_of_the_day_before_the_withdrawal_is_lawful(scene: Scene) -> None:
    ruling_id = await rule(scene)
    product = await offer(scene, qard(), ruling=OWN, on=YESTERDAY)
    fund_id = await scene.fund()
    approval = Approval(product=product, fund_id=fund_id)
    (row,) = await sign(scene, await approve(scene, [approval]), on=TODAY)
    await withdraw(scene, ruling_id, on=TOMORROW)

    await pay_out(scene, row)

    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_the_ruling_that_takes_its_place_carries_on(scene: Scene) -> None:
    await rule(scene)
    product = await offer(scene, qard(), ruling=OWN)
    row = (
        await sign(
            scene, await approve(scene, [Approval(product=product, fund_id=await scene.fund())])
        )
    )[0]
    await rule(scene, reference="SSB 8/2026", in_force_from=TODAY, supersedes=OWN)

    await pay_out(scene, row)

    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_nothing_is_signed_under_a_withdrawn_ruling(scene: Scene) -> None:
    ruling_id = await rule(scene)
    product = await offer(scene, qard(), ruling=OWN)
    approved = await approve(scene, [Approval(product=product, fund_id=await scene.fund())])
    await withdraw(scene, ruling_id)

    with pytest.raises(FundRestricted, match="product"):
        await sign(scene, approved)


async def test_an_institution_older_than_the_register_goes_on_until_it_binds_itself(
    scene: Scene,
) -> None:
    await older(scene)
    product = await offer(scene, qard(), ruling=None)
    row = await signed(scene, await scene.fund(), product=qard())
    fund_id = await scene.fund(FundKind.WAQF, lending_ruling="Fatwa 12/2019, on paper")
    first, second = ask(fund_id, mode=MURABAHA), ask(fund_id, mode=MURABAHA)
    await moved(scene, first, "reserve", "commit")
    assert product.ruling_id is None

    async with scene.database.begin(scene.institution_id) as session:
        await operations.bind(session)
    with pytest.raises(RulingMissing):
        await offer(scene, qard(), ruling=None)
    for asked, step in ((first, "draw"), (second, "reserve")):
        with pytest.raises(FundRestricted, match="none is registered"):
            await moved(scene, asked, step)

    await rule(scene)
    async with client_of(scene, funds_router, roles="funds_manager") as client:
        answer = await client.post(
            f"/loans/v1/funds/{fund_id}/lending-ruling", json={"ruling": OWN}
        )
    assert answer.status_code == 201
    await moved(scene, first, "draw")
    await pay_out(scene, row)


async def test_a_version_from_before_the_register_stays_as_it_was(scene: Scene) -> None:
    await older(scene)
    product = await offer(scene, qard(), ruling=None)
    approvals = [Approval(product=product, fund_id=await scene.fund()) for _ in range(2)]
    first, second = await approve(scene, approvals)
    (row,) = await sign(scene, [first])
    async with scene.database.begin(scene.institution_id) as session:
        await operations.bind(session)

    await pay_out(scene, row)
    await sign(scene, [second])

    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_an_older_institution_that_names_a_ruling_is_held_to_it(scene: Scene) -> None:
    await older(scene)
    await rule(scene, in_force_until=TODAY)

    with pytest.raises(RulingOutOfForce):
        await offer(scene, qard(), ruling=OWN)
    assert (await offer(scene, loan(), ruling=None)).ruling_id is None
