"""An instalment falls due when its results are met, and may be counted on where agreed."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.funds import operations as funds
from services.loans.funds import queries
from services.loans.ledger import operations as ledger
from shared import ids
from shared.db import Database
from shared.errors import RafidError
from shared.ids import ApplicationId, FundId, InstitutionId
from tests import agreements
from tests.agreements import PAPER, Givers, condition, due
from tests.bodies import Json
from tests.integration.loans.scene import ACTOR, ask, jod
from tests.office import TODAY

APPROVE = {"outcome": "approve"}


@pytest.fixture
async def givers(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id) as opened:
        yield opened


async def graduated(givers: Givers) -> str:
    """Three steps that rise: at signing, at an absorption of 80 %, at 25 jobs verified."""
    jobs = condition("told", "at_least", "25", code="jobs_verified")
    body = givers.agreement(
        due("2026-02-01", "1000.000"),
        due("2026-03-01", "2000.000", "JOD", condition("absorption", "at_least", "0.8")),
        due("2026-04-01", "3000.000", "JOD", jobs, condition("par30", "at_most", "0.05")),
        total="6000.000",
    )
    return f"/agreements/{await givers.signed(body)}"


async def states(givers: Givers, path: str) -> list[str]:
    return [one["state"] for one in (await givers.read(path))["instalments"]]


@pytest.mark.requirement("A6.3")
async def test_a_step_falls_due_when_its_figure_reaches_what_was_agreed(givers: Givers) -> None:
    path = await graduated(givers)
    assert (await givers.read(path))["rises"] is True
    assert await states(givers, path) == ["late", "planned", "planned"]
    early = await givers.refused(
        f"{path}/instalments/2/receipts", {"amount": givers.money("1.000")}
    )
    assert (early["slug"], early["met"], early["conditions"]) == ("instalment-not-due", 0, 1)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("1000.000")})
    figures = f"{path}/instalments/2/conditions/1/figures"
    figure = await givers.made(figures, {"as_of": "2026-04-01"})
    assert (figure["value"], figure["is_met"]) == ("0.000000", False)
    assert (figure["numerator"], figure["denominator"]) == ("0", "1000000")
    assert figure["formula"] == "paid out to borrowers / received by the fund"
    assert await states(givers, path) == ["received", "planned", "planned"]


@pytest.mark.requirement("A6.3")
async def test_what_is_told_counts_once_another_person_confirmed_it(givers: Givers) -> None:
    body = givers.agreement(
        due(
            "2026-04-01", "10.000", "JOD", condition("told", "at_least", "25", code="jobs_verified")
        ),
        total="10.000",
    )
    path = f"/agreements/{await givers.signed(body)}"
    figures = f"{path}/instalments/1/conditions/1/figures"
    told = {"as_of": "2026-03-31", "numerator": "25", "evidence": PAPER}
    bare = await givers.refused(figures, {"as_of": "2026-03-31"})
    assert bare["slug"] == "figure-not-counted"
    few = await givers.made(figures, {**told, "numerator": "24"})
    approval = f"/agreement-figures/{few['figure_id']}/approval"
    await givers.made(approval, APPROVE, by=givers.checker)
    assert await states(givers, path) == ["planned"]
    enough = await givers.made(figures, told)
    assert (enough["is_met"], enough["state"]) == (True, "told")
    assert await states(givers, path) == ["planned"]
    approval = f"/agreement-figures/{enough['figure_id']}/approval"
    assert (await givers.refused(approval, APPROVE))["slug"] == "proposer-decides"
    confirmed = await givers.made(approval, APPROVE, by=givers.checker)
    assert confirmed["state"] == "confirmed"
    assert await states(givers, path) == ["due"]
    (only,) = (await givers.read(path))["instalments"]
    assert only["conditions"][0]["is_met"]
    assert [one["value"] for one in only["conditions"][0]["figures"]] == ["24.000000", "25.000000"]


async def test_a_share_of_nothing_and_a_figure_of_tomorrow_are_no_results(givers: Givers) -> None:
    path = await graduated(givers)
    par = f"{path}/instalments/3/conditions/2/figures"
    nothing = await givers.refused(par, {"as_of": "2026-04-01"})
    assert nothing["slug"] == "result-not-measurable"
    assert (await givers.refused(par, {"as_of": "2026-04-02"}))["slug"] == "day-not-yet"
    told = {"as_of": "2026-04-01", "numerator": "0", "evidence": PAPER}
    assert (await givers.refused(par, told))["slug"] == "figure-not-told"
    missing = await givers.refused(
        f"{path}/instalments/1/conditions/1/figures", {"as_of": "2026-04-01"}
    )
    assert missing["slug"] == "condition-not-found"


async def counted(givers: Givers, text: str = "1000.000", **changes: object) -> str:
    """An agreement whose instalment of 1 April may be reserved against for 30 days."""
    body = givers.agreement(
        due("2026-04-01", text), total=text, counts_when_due=True, firm_days=30, **changes
    )
    return f"/agreements/{await givers.signed(body)}"


async def reserve(givers: Givers, wanted: Ask) -> RafidError | None:
    opened = givers.opened
    try:
        async with opened.database.begin(opened.institution_id) as session:
            await funds.reserve(session, wanted, on=TODAY, actor_id=ACTOR)
    except FundExhausted as refusal:
        return refusal
    return None


def fund_of(givers: Givers) -> FundId:
    return FundId(UUID(givers.fund_id))


@pytest.mark.requirement("A6.5")
async def test_what_is_due_is_not_counted_unless_the_agreement_says_so(givers: Givers) -> None:
    body = givers.agreement(due("2026-04-01", "1000.000"), total="1000.000")
    await givers.signed(body)
    assert isinstance(await reserve(givers, ask(fund_of(givers), "0.001")), FundExhausted)
    await counted(givers)
    assert await reserve(givers, ask(fund_of(givers), "1000.000")) is None
    assert isinstance(await reserve(givers, ask(fund_of(givers), "0.001")), FundExhausted)


@pytest.mark.requirement("A6.5")
async def test_what_rests_on_a_promise_is_paid_once_the_money_came(givers: Givers) -> None:
    path = await counted(givers)
    application_id = ApplicationId(UUID(int=7))
    wanted = ask(fund_of(givers), "600.000", application_id=application_id)
    opened = givers.opened
    async with opened.database.begin(opened.institution_id) as session:
        await funds.reserve(session, wanted, on=TODAY, actor_id=ACTOR)
        await funds.commit_all(session, [wanted], on=TODAY, actor_id=ACTOR)
        with pytest.raises(FundExhausted) as caught:
            await funds.draw_all(session, [wanted], on=TODAY, actor_id=ACTOR)
        assert str(caught.value.available) == "0.000"
        with pytest.raises(FundExhausted):
            await funds.require_payable(session, wanted, on=TODAY)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("599.999")})
    async with opened.database.begin(opened.institution_id) as session:
        with pytest.raises(FundExhausted):
            await funds.draw_all(session, [wanted], on=TODAY, actor_id=ACTOR)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("0.001")})
    async with opened.database.begin(opened.institution_id) as session:
        await funds.draw_all(session, [wanted], on=TODAY, actor_id=ACTOR)


@pytest.mark.requirement("A6.5")
async def test_receiving_moves_nothing_of_what_may_be_promised(givers: Givers) -> None:
    path = await counted(givers)
    for text in ("250.000", "750.000"):
        await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money(text)})
        opened = givers.opened
        async with opened.database.read(opened.institution_id) as session:
            standing = (await queries.standings(session, [fund_of(givers)], on=TODAY))[
                fund_of(givers)
            ]
        assert str(standing.counted_on) == "1000.000"
        (shown,) = (await givers.read(path))["instalments"]
        assert shown["counted_on"]["amount"] == str(standing.due)


@pytest.mark.requirement("A6.5")
async def test_a_promise_that_claims_rest_on_is_not_cancelled(givers: Givers) -> None:
    path = await counted(givers)
    assert await reserve(givers, ask(fund_of(givers), "600.000")) is None
    cancel = f"{path}/instalments/1/cancellation"

    def body(text: str) -> Json:
        return {"amount": givers.money(text), "evidence": PAPER}

    much = await givers.made(cancel, body("400.001"))
    approval = f"/instalment-changes/{much['change_id']}/approval"
    told = await givers.refused(approval, {"outcome": "approve"}, by=givers.checker)
    assert (told["slug"], told["missing"]["amount"]) == ("claims-rest-on-due", "0.001")
    await givers.changed(cancel, body("400.000"))
    assert isinstance(await reserve(givers, ask(fund_of(givers), "0.001")), FundExhausted)


@pytest.mark.requirement("A6.5")
async def test_a_promise_counts_from_its_day_and_while_it_is_firm(givers: Givers) -> None:
    body = givers.agreement(
        due("2026-03-01", "5.000"),
        due("2026-04-02", "7.000"),
        total="12.000",
        counts_when_due=True,
        firm_days=31,
    )
    await givers.signed(body)  # the first was firm until 31 March, the second is due tomorrow
    assert isinstance(await reserve(givers, ask(fund_of(givers), "0.001")), FundExhausted)


@pytest.mark.requirement("A6.5")
async def test_many_reservations_at_once_rest_on_no_more_than_is_due(givers: Givers) -> None:
    """Fifty of 100 at once, on 300 in hand and 700 due: ten are kept."""
    path = await counted(givers)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("300.000")})
    outcomes = await asyncio.gather(
        *(reserve(givers, ask(fund_of(givers), "100.000")) for _ in range(50))
    )
    assert outcomes.count(None) == 10


@pytest.mark.requirement("A6.5")
async def test_many_payouts_at_once_take_no_more_than_has_come(givers: Givers) -> None:
    """Ten commitments of 100 rest on 300 in hand and 700 due: three are paid, whoever comes."""
    path = await counted(givers)
    await givers.made(f"{path}/instalments/1/receipts", {"amount": givers.money("300.000")})
    opened, asks = givers.opened, [ask(fund_of(givers), "100.000") for _ in range(10)]
    async with opened.database.begin(opened.institution_id) as session:
        for wanted in asks:
            await funds.reserve(session, wanted, on=TODAY, actor_id=ACTOR)
        await funds.commit_all(session, asks, on=TODAY, actor_id=ACTOR)

    async def draw(wanted: Ask) -> bool:
        try:
            async with opened.database.begin(opened.institution_id) as session:
                await funds.draw_all(session, [wanted], on=TODAY, actor_id=ACTOR)
                await _paid_out(session, givers)
        except FundExhausted:
            return False
        return True

    assert sum(await asyncio.gather(*(draw(wanted) for wanted in asks))) == 3


async def _paid_out(session: AsyncSession, givers: Givers) -> None:
    """Book what leaves as any payout does: out of the bank."""
    fund_id = fund_of(givers)
    accounts = FundAccounts(fund_id=fund_id, kind=FundKind.DONATION, currency="JOD")
    lines = tuple(
        Line(account_code=accounts.account(code), fund_id=fund_id, amount=amount)
        for code, amount in (("grants", jod("100.000")), (Channel.BANK.value, jod("-100.000")))
    )
    entry = JournalEntry(kind=EntryKind.GRANT, occurred_on=TODAY, lines=lines)
    await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
