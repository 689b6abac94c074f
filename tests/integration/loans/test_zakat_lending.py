"""Zakat is lent to the poor and needy alone, free and without security, and pursued never."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from services.loans.borrowers.tables import GuarantorRow
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import FundRestricted
from services.loans.domain.savings import Savings
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.funds import operations as funds
from shared import ids
from shared.db import Database
from shared.ids import ApplicationId, ContractId, FundId, InstitutionId
from tests import rulings
from tests.integration.loans import entitling, ordering, signing
from tests.integration.loans.ordering import Desk, cash
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask, reserve

END = text("""
    insert into zakat_eligibility_end (institution_id, eligibility_id, ended_on, reason, actor_id)
    select institution_id, eligibility_id, cast(:on as date), 'found work', :actor
    from zakat_eligibility where borrower_id = :borrower_id
""")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def zakat(scene: Scene, ruling: str | None = rulings.EVERYTHING) -> FundId:
    return await scene.fund(FundKind.ZAKAT, lending_ruling=ruling)


async def applicant(scene: Scene, fund_id: FundId) -> ApplicationId:
    """Somebody who applied, approved but for the money; of a fund of zakat, counted as poor."""
    product = await signing.offer(scene, signing.qard(code=f"Q{ids.new().hex[-10:].upper()}"))
    approval = signing.Approval(product=product, fund_id=fund_id)
    (application_id,) = await signing.approve(scene, [approval], reserved=False)
    return application_id


async def end(scene: Scene, borrower_id: UUID) -> None:
    """The decision ends today."""
    values = {"on": TODAY, "actor": ACTOR, "borrower_id": borrower_id}
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(END, values)


async def refused(scene: Scene, asked: Ask) -> list[str]:
    """The rules that refuse to keep the money; none where it is kept."""
    async with scene.database.begin(scene.institution_id) as session:
        try:
            await reserve(session, asked)
        except FundRestricted as refusal:
            return [one.rule for one in refusal.refusals]
    return []


@pytest.mark.rule("Z-5")
@pytest.mark.requirement("A8.3")
async def test_zakat_is_kept_for_who_is_poor_under_a_ruling(scene: Scene) -> None:
    unruled, fund_id = await zakat(scene, ruling=None), await zakat(scene)
    waqf = await scene.fund()
    stranger, poor = await applicant(scene, waqf), await applicant(scene, fund_id)

    assert await refused(scene, ask(unruled, application_id=poor)) == ["zakat-qard"]
    assert await refused(scene, ask(fund_id, application_id=stranger)) == ["zakat-lending-class"]
    assert await refused(scene, ask(fund_id, application_id=poor)) == []
    assert await refused(scene, ask(waqf, application_id=stranger)) == []


@pytest.mark.rule("Z-5")
@pytest.mark.parametrize("zakat_class", [ZakatClass.GHARIMIN, ZakatClass.IBN_SABIL])
async def test_another_class_is_given_to_and_not_lent_to(
    scene: Scene, zakat_class: ZakatClass
) -> None:
    fund_id, waqf = await zakat(scene), await scene.fund()
    application_id = await applicant(scene, waqf)
    async with scene.database.begin(scene.institution_id) as session:
        await entitling.entitle(session, application_id, zakat_class=zakat_class)
    asked = ask(fund_id, application_id=application_id)

    assert await refused(scene, asked) == ["zakat-lending-class"]
    async with scene.database.begin(scene.institution_id) as session:
        await entitling.entitle(session, application_id, zakat_class=ZakatClass.MASAKIN)
    assert await refused(scene, asked) == []


@pytest.mark.rule("Z-5")
async def test_a_decision_of_a_past_or_later_day_lends_nothing(scene: Scene) -> None:
    fund_id, waqf = await zakat(scene), await scene.fund()
    past, later = await applicant(scene, waqf), await applicant(scene, waqf)
    async with scene.database.begin(scene.institution_id) as session:
        await entitling.entitle(session, past, on=TODAY - timedelta(days=180), days=180)
        await entitling.entitle(session, later, on=TODAY + timedelta(days=1))

    for application_id in (past, later):
        asked = ask(fund_id, application_id=application_id)
        assert await refused(scene, asked) == ["zakat-lending-class"]
    async with scene.database.begin(scene.institution_id) as session:
        await entitling.entitle(session, past, on=TODAY - timedelta(days=179), days=180)
    assert await refused(scene, ask(fund_id, application_id=past)) == []


@pytest.mark.rule("Z-5")
async def test_zakat_takes_no_guarantor_and_no_savings(scene: Scene) -> None:
    fund_id = await zakat(scene)
    answered_for, guarantor, saver = [await applicant(scene, fund_id) for _ in range(3)]
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(
            insert(GuarantorRow).values(
                institution_id=scene.institution_id,
                borrower_id=answered_for,
                guarantor_borrower_id=guarantor,
                since_on=TODAY,
                actor_id=ACTOR,
            )
        )
    product = signing.qard(savings=Savings(upfront_percent=Decimal(10)))
    approval = signing.Approval(product=await signing.offer(scene, product), fund_id=fund_id)
    (saved_for,) = await signing.approve(scene, [approval])

    with_guarantor = ask(fund_id, application_id=answered_for)
    assert await refused(scene, with_guarantor) == ["zakat-lending-guarantor"]
    assert await refused(scene, ask(fund_id, application_id=saver)) == []
    with pytest.raises(FundRestricted) as caught:
        await signing.sign(scene, [saved_for])
    assert [one.rule for one in caught.value.refusals] == ["zakat-lending-security"]


@pytest.mark.rule("Z-5")
async def test_a_decision_that_ended_signs_nothing(scene: Scene) -> None:
    fund_id = await zakat(scene)
    product = await signing.offer(scene, signing.qard())
    approval = signing.Approval(product=product, fund_id=fund_id)
    ended, holding = await signing.approve(scene, [approval, approval])
    await end(scene, ended)

    with pytest.raises(FundRestricted) as caught:
        await signing.sign(scene, [ended])
    assert [one.rule for one in caught.value.refusals] == ["zakat-lending-class"]
    (row,) = await signing.sign(scene, [holding])
    assert row.fund_id == fund_id


@pytest.mark.rule("Z-5")
async def test_a_decision_that_ended_pays_nothing_out(scene: Scene) -> None:
    fund_id = await zakat(scene)
    product = await signing.offer(scene, signing.qard())
    approval = signing.Approval(product=product, fund_id=fund_id)
    rows = await signing.sign(scene, await signing.approve(scene, [approval, approval]))
    await end(scene, rows[0].borrower_id)

    async def pay(contract_id: UUID) -> None:
        payout = Payout(contract_id=ContractId(contract_id), disbursed_on=TODAY)
        async with scene.database.begin(scene.institution_id) as session:
            await disbursements.disburse_contracts(session, [payout], actor=signing.officer(scene))

    with pytest.raises(FundRestricted) as caught:
        await pay(rows[0].contract_id)
    assert [one.rule for one in caught.value.refusals] == ["zakat-lending-class"]
    await pay(rows[1].contract_id)
    assert await held(scene, fund_id, "loans") == 1_000_000


async def held(scene: Scene, fund_id: FundId, code: str) -> object:
    return await scene.scalar(
        "select coalesce(sum(l.amount_minor), 0)::bigint from journal_line l join account a"
        " on a.institution_id = l.institution_id and a.account_id = l.account_id"
        " where a.fund_id = :f and a.code = :code",
        f=fund_id,
        code=code,
    )


@pytest.mark.rule("Z-6")
async def test_what_is_repaid_stays_in_the_pool_under_its_class(desk: Desk) -> None:
    """Paid back to the fund of zakat, it is lent again to the poor alone, and given to no other."""
    scene = desk.scene
    fund_id, waqf = await zakat(scene), await scene.fund()
    contract_id = await desk.lent_from(fund_id, kind=FundKind.ZAKAT)
    before = await held(scene, fund_id, "cash"), await held(scene, waqf, "cash")

    assert (await desk.repay(contract_id, "300.000")).status_code == 201

    after = await held(scene, fund_id, "cash"), await held(scene, waqf, "cash")
    assert before[0] is not None
    assert after == (int(str(before[0])) + 300_000, before[1])
    poor, stranger = await applicant(scene, fund_id), await applicant(scene, waqf)
    all_of_it = "9100.000"
    other = ask(fund_id, all_of_it, application_id=stranger)
    assert await refused(scene, other) == ["zakat-lending-class"]
    assert await refused(scene, ask(fund_id, all_of_it, application_id=poor)) == []


@pytest.mark.rule("Z-7")
@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("charge", {"part": "penalty", "amount": cash("5.000"), "due_on": "2026-03-01"}),
        ("charge", {"part": "fee", "amount": cash("5.000"), "due_on": "2026-03-01"}),
        ("write_off", {"reason": "uncollectable"}),
    ],
)
async def test_who_cannot_pay_zakat_back_is_forgiven_alone(
    desk: Desk, kind: str, members: dict[str, object]
) -> None:
    contract_id = await desk.lent(kind=FundKind.ZAKAT)
    other = await desk.lent(kind=FundKind.WAQF)

    answer = await desk.give(contract_id, kind, **members)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "/problems/loans/order-not-for-zakat"
    if members.get("part") != "fee":
        assert (await desk.give(other, kind, **members)).status_code == 201

    await desk.done(contract_id, "forgiveness", reason="hardship")
    balances = await desk.balances(contract_id)
    assert (balances.get("loans", 0), balances["forgiveness"]) == (0, 1_200_000)


async def test_draws_ask_as_of_their_day(scene: Scene) -> None:
    """A draw that is dated back asks for the class of that day, as the fund's other rules do."""
    fund_id = await zakat(scene)
    application_id = await applicant(scene, fund_id)
    asked = ask(fund_id, application_id=application_id)
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, asked)
        await funds.commit_all(session, [asked], on=TODAY, actor_id=ACTOR)
    long_ago = TODAY - timedelta(days=31)
    async with scene.database.begin(scene.institution_id) as session:
        with pytest.raises(FundRestricted):
            await funds.draw_all(session, [asked], on=long_ago, actor_id=ACTOR)
        await funds.draw_all(session, [asked], on=TODAY, actor_id=ACTOR)
