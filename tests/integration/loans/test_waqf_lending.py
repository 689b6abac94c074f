"""Does a waqf lend only while its corpus, its cover and its returns stand?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.funding import FundRestricted
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.waqf_deed import DeedNotPossible, WaqfUse
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_losses import NothingLost
from services.loans.domain.waqf_orders import NotTemporary, ReturnNotDue
from services.loans.funds import returning
from services.loans.funds.keeping import TemporaryNotPermitted
from services.loans.funds.operations import FundKindUnlawful
from services.loans.funds.returning import ReceiptReversed
from services.loans.ledger import operations as ledger
from services.loans.waqf.operations import NothingCovers
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_qard
from tests.integration.loans import endowing, standing
from tests.integration.loans.endowing import COVERED, DEED, Waqf
from tests.integration.loans.scene import ACTOR, TODAY, Scene, ask, jod, reserve
from tests.integration.loans.standing import Lent

JUNE = date(2027, 6, 30)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def lend(
    waqf: Waqf,
    principal: str,
    *,
    first_due_on: date = date(2026, 4, 1),
    kind: FundKind = FundKind.WAQF,
) -> Lent:
    """A qard in ten parts, paid out of the fund."""
    terms = make_qard(
        principal=jod(principal), instalments=10, disbursed_on=TODAY, first_due_on=first_due_on
    )
    return (await standing.lend(waqf.scene, waqf.fund_id, [terms], kind=kind))[0]


async def recover(waqf: Waqf, lent: Lent, amount: str) -> None:
    """Money comes in for what was written off."""
    fund = FundAccounts(fund_id=waqf.fund_id, kind=FundKind.WAQF, currency="JOD")
    lines = tuple(
        Line(account_code=fund.account(code), fund_id=waqf.fund_id, amount=moved)
        for code, moved in (("cash", jod(amount)), ("recovery", -jod(amount)))
    )
    entry = JournalEntry(
        kind=EntryKind.REPAYMENT, occurred_on=TODAY, lines=lines, contract_id=lent.contract_id
    )
    async with waqf.scene.database.begin(waqf.scene.institution_id) as session:
        await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())


async def refusals(waqf: Waqf, amount: str = "1.000", *dues: Due) -> list[str]:
    """Why the fund would not reserve so much; nothing stays reserved."""
    asked = replace(ask(waqf.fund_id, amount), dues=dues)
    try:
        async with waqf.scene.database.begin(waqf.scene.institution_id) as session:
            await reserve(session, asked)
            await session.rollback()
    except FundRestricted as caught:
        return [one.rule for one in caught.refusals]
    return []


@pytest.mark.rule("W-1")
@pytest.mark.requirement("A8.4")
async def test_the_floor_follows_the_endowments_and_a_loss_below_it_stops_new_loans(
    scene: Scene,
) -> None:
    waqf = await endowing.founded(scene, receives="1000.000")
    await scene.receive(waqf.fund_id, "500.000")
    lent = await lend(waqf, "400.000")
    books = await waqf.books()
    assert (books.floor, books.deficit) == (jod("1500.000"), jod("0.000"))
    assert await refusals(waqf) == []
    await scene.write_off(waqf.fund_id, lent.contract_id, "0.001")
    assert (await waqf.books()).deficit == jod("0.001")
    with pytest.raises(FundRestricted, match="The sum endowed stands for ever") as caught:
        async with scene.database.begin(scene.institution_id) as session:
            await reserve(session, ask(waqf.fund_id))
    assert [one.rule for one in caught.value.refusals] == ["corpus-floor"]
    await waqf.earn("0.001")
    assert await refusals(waqf) == [], "yield of later days has rebuilt the corpus"


@pytest.mark.rule("W-7")
@pytest.mark.requirement("A8.4")
async def test_a_pool_of_500000_stops_lending_until_15000_cover_its_expected_loss(
    scene: Scene,
) -> None:
    """500,000 endowed, 460,000 lent, 3 % of the pool is 15,000, reserve 9,000: short by 6,000."""
    waqf = await endowing.founded(scene, COVERED, receives="500000.000")
    await waqf.earn("9000.000")
    await waqf.order("reserve", "8100.000")
    await lend(waqf, "460000.000")
    assert await refusals(waqf) == ["waqf-loss-cover"]
    await waqf.earn("6899.999", kind="tabarru")
    assert await refusals(waqf) == ["waqf-loss-cover"]
    await waqf.earn("0.001", kind="tabarru")
    assert await refusals(waqf) == []


@pytest.mark.rule("W-7")
async def test_a_loss_is_borne_by_the_pool_then_the_reserve_and_never_by_the_borrower(
    scene: Scene,
) -> None:
    waqf = await endowing.founded(scene, receives="10000.000")
    await waqf.earn("100.000")
    await waqf.order("reserve", "60.000")
    await waqf.earn("30.000", kind="tabarru")
    lent = await lend(waqf, "1000.000")
    with pytest.raises(NothingLost):
        await waqf.propose("loss_cover", contract_id=lent.contract_id)
    await scene.write_off(waqf.fund_id, lent.contract_id, "120.000")
    covered = await waqf.order("loss_cover", contract_id=lent.contract_id)
    assert covered.order.amount == jod("90.000")
    balances = await waqf.balances()
    assert {code: str(balances[code]) for code in ("tabarru_cover", "reserve_used", "loans")} == {
        "tabarru_cover": "-30.000",
        "reserve_used": "-60.000",
        "loans": "880.000",
    }
    assert not {"tabarru", "loss_reserve"} & {
        code for code, amount in balances.items() if code == "tabarru" or amount.minor > 0
    }
    books = await waqf.books()
    assert (books.unborne, books.reserve, books.tabarru) == (
        jod("30.000"),
        jod("0.000"),
        jod("0.000"),
    )
    assert books.net_assets == jod("10010.000"), "40 of yield bears the 30 that nobody covered"
    owed = await scene.scalar(
        "select sum(principal_minor + profit_minor + fee_minor + penalty_minor) from instalment"
        " where contract_id = :c",
        c=lent.contract_id,
    )
    assert owed == 1_000_000, "no instalment has grown"
    with pytest.raises(NothingCovers):
        await waqf.propose("loss_cover", contract_id=lent.contract_id)


@pytest.mark.rule("W-7")
async def test_what_comes_back_of_a_covered_loss_goes_back_to_who_bore_it(scene: Scene) -> None:
    """The pool bore 30 and the reserve 60 of 90; 70 come back: 60 to the reserve, then 10."""
    waqf = await endowing.founded(scene, receives="10000.000")
    await waqf.earn("100.000")
    await waqf.order("reserve", "60.000")
    await waqf.earn("30.000", kind="tabarru")
    lent = await lend(waqf, "1000.000")
    await scene.write_off(waqf.fund_id, lent.contract_id, "90.000")
    await waqf.order("loss_cover", contract_id=lent.contract_id)
    await recover(waqf, lent, "70.000")
    back = await waqf.order("loss_cover", contract_id=lent.contract_id)
    assert back.order.amount == jod("70.000")
    books = await waqf.books()
    assert (books.tabarru, books.reserve) == (jod("10.000"), jod("60.000"))
    assert (books.tabarru_used, books.reserve_used) == (jod("20.000"), jod("0.000"))
    with pytest.raises(NothingLost):
        await waqf.propose("loss_cover", contract_id=lent.contract_id)
    await recover(waqf, lent, "25.000")  # more than was lost: no more goes back than was borne
    await waqf.order("loss_cover", contract_id=lent.contract_id)
    assert (await waqf.books()).tabarru == jod("30.000")
    with pytest.raises(NothingLost):
        await waqf.propose("loss_cover", contract_id=lent.contract_id)
    assert "tabarru_cover" not in await waqf.balances()


@pytest.mark.rule("W-8")
@pytest.mark.requirement("A8.4")
async def test_loans_beyond_a_day_of_return_stay_within_what_stays(scene: Scene) -> None:
    """200,000 for good, 100,000 until 2027-06-30, 230,000 due after it: longer loans are refused,
    shorter ones are not.
    """
    waqf = await endowing.founded(scene, receives="200000.000")
    await waqf.endow_for_a_time("100000.000", until=JUNE)
    await lend(waqf, "190000.000", first_due_on=date(2027, 7, 1))
    later, sooner = Due(date(2027, 7, 31), jod("40000.000")), Due(JUNE, jod("40000.000"))
    assert await refusals(waqf, "40000.000", later) == ["waqf-maturity-ladder"]
    assert await refusals(waqf, "40000.000", sooner) == []
    fits = Due(date(2027, 7, 31), jod("10000.000"))
    assert await refusals(waqf, "10000.000", fits) == []
    await lend(waqf, "40000.000", first_due_on=date(2027, 7, 1))
    assert await refusals(waqf, "0.001") == ["waqf-maturity-ladder"]


@pytest.mark.rule("W-8")
async def test_the_same_amount_goes_back_on_its_day_and_once(scene: Scene) -> None:
    waqf = await endowing.founded(scene, receives="200.000")
    receipt_id = await waqf.endow_for_a_time("100.000", until=JUNE)
    with pytest.raises(ReturnNotDue):
        await waqf.propose("return", receipt_id=receipt_id, on=date(2027, 6, 29))
    books = await waqf.books()
    assert (books.temporary, books.floor) == (jod("100.000"), jod("300.000"))
    back = await waqf.order("return", receipt_id=receipt_id, on=JUNE)
    assert back.order.amount == jod("100.000")
    after = await waqf.books()
    assert (after.temporary, after.floor, after.deficit) == (
        jod("0.000"),
        jod("200.000"),
        jod("0.000"),
    )
    with pytest.raises(NotTemporary):
        await waqf.propose("return", receipt_id=receipt_id, on=JUNE)
    with pytest.raises(ReceiptReversed):
        async with scene.database.begin(scene.institution_id) as session:
            await returning.reversible_receipt(session, fund_id=waqf.fund_id, receipt_id=receipt_id)
    permanent = await scene.receive(waqf.fund_id, "1.000")
    with pytest.raises(NotTemporary):
        await waqf.propose("return", receipt_id=permanent, on=JUNE)
    assert await endowing.faults(scene) == {}


@pytest.mark.rule("W-8")
async def test_a_deed_that_permits_no_endowment_for_a_time_takes_none(scene: Scene) -> None:
    plain = await endowing.founded(scene, replace(DEED, permits_temporary=False))
    with pytest.raises(TemporaryNotPermitted, match="181"):
        await plain.endow_for_a_time("100.000", until=JUNE)
    none = await endowing.founded(scene, None)
    with pytest.raises(TemporaryNotPermitted):
        await none.endow_for_a_time("100.000", until=JUNE)


@pytest.mark.rule("W-2")
async def test_the_deed_in_force_decides_whether_the_fund_lends(scene: Scene) -> None:
    waqf = await endowing.founded(scene, endowing.INVESTED)
    assert await refusals(waqf) == ["waqf-deed-use"]
    lends = await endowing.founded(scene, DEED)
    assert await refusals(lends) == []


@pytest.mark.rule("W-6")
async def test_a_deed_above_the_cap_on_the_trustee_s_fee_is_not_proposed(scene: Scene) -> None:
    waqf = await endowing.founded(scene, None)
    with pytest.raises(DeedNotPossible, match="law 41 of 2004"):
        await waqf.propose("deed", deed=replace(DEED, nazir_fee_share=Decimal("0.11")))
    await waqf.propose("deed", deed=DEED)


@pytest.mark.rule("W-12")
async def test_where_the_law_knows_no_waqf_a_donation_fund_keeps_the_same_limits(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    """Tunisia, decree of 18 July 1957: no fund of kind waqf; a donation fund under a deed."""
    scene = await Scene(database=loans_db, institution_id=institution_id).found(country="TN")
    with pytest.raises(FundKindUnlawful):
        await scene.fund(FundKind.WAQF)
    same = await endowing.founded(scene, DEED, receives="1000.000", kind=FundKind.DONATION)
    free = await endowing.founded(scene, None, receives="1000.000", kind=FundKind.DONATION)
    for waqf in (same, free):
        lent = await lend(waqf, "100.000", kind=FundKind.DONATION)
        await scene.write_off(waqf.fund_id, lent.contract_id, "1.000")
    assert (await same.books()).deficit == jod("1.000")
    assert await refusals(same) == ["corpus-floor"]
    assert await refusals(free) == [], "a donation without a deed has no corpus to keep"


def test_a_deed_of_use_is_said_in_the_words_of_the_trade() -> None:
    assert {use.value for use in WaqfUse} == {"cash_for_qard", "cash_invested"}
