"""A clause refuses when money is reserved, committed and paid out; and it is never edited."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.loans.clauses import operations as clauses
from services.loans.clauses.operations import (
    ClauseDecided,
    ClauseMakerDecides,
    ClauseNotFollowed,
    RegionKnown,
)
from services.loans.clauses.queries import ClauseFundUnknown, ClauseUnknown
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.clashing import (
    ClauseContradicts,
    ClauseRegionUnknown,
    ClauseUnlawful,
)
from services.loans.domain.clauses import ClauseKind, ClauseMalformed, Quoted, Whose
from services.loans.domain.funding import FundRestricted, Refusal
from services.loans.funds import operations as funds
from shared import ids
from shared.db import Database
from shared.ids import ContractId, FundId, InstitutionId
from shared.money import Money
from tests.integration.loans import clausing
from tests.integration.loans.clausing import asked, borrower, decide, draft, propose, write
from tests.integration.loans.scene import ACTOR, TODAY, Scene
from tests.integration.loans.signing import officer, signed

pytestmark = pytest.mark.requirement("A6.2")
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def fund(scene: Scene) -> FundId:
    return await scene.fund(FundKind.DONATION)


async def claim(scene: Scene, step: Any, *asks: Ask, on: date = TODAY) -> list[Refusal]:
    """Reserve, commit or draw; what refused it, or nothing."""
    async with scene.database.begin(scene.institution_id) as session:
        try:
            found = await step(session, list(asks), on=on, actor_id=ACTOR)
        except FundRestricted as refused:
            await session.rollback()
            return list(refused.refusals)
    refusals = [one for one in found or [] if one is not None]
    return [one for each in refusals for one in each.refusals]


async def test_each_kind_of_fact_that_a_clause_names_is_read_from_the_application(
    scene: Scene, fund: FundId
) -> None:
    await clausing.region(scene, "jordan")
    await clausing.region(scene, "Amman ", above="jordan")
    refusing: dict[ClauseKind, dict[str, Any]] = {
        ClauseKind.SEX: {"values": ["male"]},
        ClauseKind.AGE: {"least": 30},
        ClauseKind.SECTOR: {"values": ["farming"]},
        ClauseKind.PURPOSE: {"values": ["sewing_machine"], "bars": True},
        ClauseKind.REGION: {"values": ["jordan"], "bars": True},
        ClauseKind.MODE: {"values": ["murabaha"]},
        ClauseKind.CLIENT_STATUS: {"values": ["refugee"]},
        ClauseKind.GIVING_DAYS: {"closes_on": YESTERDAY},
        ClauseKind.MOST_PER_CONTRACT: {"amount": "499.999"},
        ClauseKind.OWN_CONTRIBUTION: {"share": "0.1"},
    }
    clause_ids = []
    for kind, rule in refusing.items():
        clause_ids.append((await write(scene, fund, kind, **rule)).row.clause_id)
    ask = await asked(scene, fund)
    found = await claim(scene, funds.reserve_all, ask)
    assert [one.clause_id for one in found] == clause_ids
    assert [one.is_told for one in found].count(False) == 1
    for clause_id in clause_ids:
        await clausing.lift(scene, clause_id, ends_on=TODAY)
    assert await claim(scene, funds.reserve_all, ask) == []


@pytest.mark.parametrize("step", ["reserve", "commit", "draw"])
async def test_a_clause_refuses_at_each_of_the_three_moments(
    scene: Scene, fund: FundId, step: str
) -> None:
    ask = await asked(scene, fund)
    steps = {"reserve": funds.reserve_all, "commit": funds.commit_all, "draw": funds.draw_all}
    for name, do in steps.items():
        if name == step:
            break
        assert await claim(scene, do, ask) == []
    written = await write(scene, fund, ClauseKind.SEX, values=["male"])
    (refusal,) = await claim(scene, steps[step], ask)
    assert refusal.clause_id == written.row.clause_id
    assert refusal.rule == written.row.reference
    assert "يصرف هذا المال على النساء" in refusal.source
    assert refusal.in_force_from == clausing.START
    await clausing.lift(scene, written.row.clause_id, ends_on=TODAY)
    assert await claim(scene, steps[step], ask) == []


async def test_a_clause_may_spare_what_was_signed_before_it(scene: Scene) -> None:

    async def pay(fund_id: FundId, *, spares: bool) -> None:
        row = await signed(scene, fund_id)
        await write(
            scene,
            fund_id,
            ClauseKind.SEX,
            values=["male"],
            valid_from=TOMORROW,
            spares_agreed=spares,
        )
        payout = Payout(contract_id=ContractId(row.contract_id), disbursed_on=TOMORROW)
        async with scene.database.begin(scene.institution_id) as session:
            await disbursements.disburse_contracts(session, [payout], actor=officer(scene))

    await pay(await scene.fund(FundKind.DONATION), spares=True)
    with pytest.raises(FundRestricted):
        await pay(await scene.fund(FundKind.DONATION), spares=False)


async def test_a_clause_holds_on_its_days_alone_and_another_may_follow_it(
    scene: Scene, fund: FundId
) -> None:
    first = await write(scene, fund, ClauseKind.SEX, values=["female"], valid_through=TOMORROW)
    then = await write(
        scene, fund, ClauseKind.AGE, least=20, valid_from=TODAY, succeeds_id=first.row.clause_id
    )
    assert await clausing.standing(scene, fund, on=YESTERDAY) == ["sex"]
    assert await clausing.standing(scene, fund, on=TODAY) == ["age"]
    assert await clausing.standing(scene, fund, on=clausing.START - timedelta(days=1)) == []
    with pytest.raises(ClauseNotFollowed):
        await write(scene, fund, ClauseKind.YOUTH, succeeds_id=first.row.clause_id)
    with pytest.raises(ClauseNotFollowed):
        await propose(scene, draft(fund, ClauseKind.YOUTH, succeeds_id=then.row.clause_id))
    other = await scene.fund(FundKind.DONATION)
    with pytest.raises(ClauseNotFollowed):
        await propose(scene, draft(other, ClauseKind.YOUTH, succeeds_id=then.row.clause_id))


async def test_one_writes_and_another_decides_once(scene: Scene, fund: FundId) -> None:
    writer = clausing.person(scene)
    async with scene.database.begin(scene.institution_id) as session:
        made = await clauses.propose(
            session, draft(fund, ClauseKind.SEX, values=["female"]), on=TODAY, actor=writer
        )
    assert await clausing.standing(scene, fund) == []
    clause_id = made.row.clause_id
    with pytest.raises(ClauseMakerDecides):
        async with scene.database.begin(scene.institution_id) as session:
            await clauses.decide(session, clause_id, outcome="approved", on=TODAY, actor=writer)
    await decide(scene, clause_id, outcome="rejected")
    with pytest.raises(ClauseDecided):
        await decide(scene, clause_id)
    assert await clausing.standing(scene, fund) == []
    with pytest.raises(ClauseUnknown):
        await decide(scene, ids.new())
    with pytest.raises(ClauseFundUnknown):
        await propose(scene, draft(ids.new(), ClauseKind.YOUTH))


@pytest.mark.parametrize(
    "statement",
    [
        "update clause set words = 'other' where fund_id = :f",
        "delete from clause where fund_id = :f",
        "update clause_decision set outcome = 'rejected' where clause_id = :c",
    ],
)
async def test_the_database_lets_nobody_edit_a_clause(
    scene: Scene, fund: FundId, statement: str
) -> None:
    written = await write(scene, fund, ClauseKind.YOUTH)
    values = {"f": fund, "c": written.row.clause_id}
    async with scene.database.begin(scene.institution_id) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(statement), values)
        await session.rollback()


async def test_no_program_makes_one_person_two(scene: Scene, fund: FundId) -> None:
    row = (await propose(scene, draft(fund, ClauseKind.YOUTH))).row
    values = {"i": row.institution_id, "c": row.clause_id, "a": row.actor_id, "o": ids.new()}
    statement = (
        "insert into clause_decision (institution_id, clause_id, outcome, proposer_id, actor_id)"
        " values (:i, :c, 'approved', {}, :a)"
    )
    async with scene.database.begin(scene.institution_id) as session:
        for proposer in (":a", ":o"):
            with pytest.raises(IntegrityError):
                async with session.begin_nested():
                    await session.execute(text(statement.format(proposer)), values)


async def test_a_clause_that_contradicts_is_found_when_written_and_when_approved(
    scene: Scene, fund: FundId
) -> None:
    waiting = await propose(scene, draft(fund, ClauseKind.SEX, values=["male"]))
    standing = await write(scene, fund, ClauseKind.LEAST_SHARE, share="0.5", of="women")
    with pytest.raises(ClauseContradicts) as caught:
        await decide(scene, waiting.row.clause_id)
    assert caught.value.other_reference == standing.row.reference
    with pytest.raises(ClauseContradicts):
        await propose(scene, draft(fund, ClauseKind.SEX, values=["male"]))
    assert await clausing.standing(scene, fund) == ["least_share"]
    with pytest.raises(ClauseRegionUnknown):
        await propose(scene, draft(fund, ClauseKind.REGION, values=["nowhere"]))
    euros = draft(fund, ClauseKind.MOST_PER_PERSON, amount=Money(100, "EUR"))
    with pytest.raises(ClauseMalformed):
        await propose(scene, euros)


async def test_regions_are_entered_once_below_what_is_there(scene: Scene) -> None:
    await clausing.region(scene, "North")
    with pytest.raises(RegionKnown):
        await clausing.region(scene, "north")
    with pytest.raises(ClauseRegionUnknown):
        await clausing.region(scene, "irbid", above="south")


async def test_no_founder_stipulates_where_the_country_knows_no_waqf(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    tunis = Scene(database=loans_db, institution_id=institution_id)
    await tunis.found(country="TN", currency="TND")
    fund = await tunis.fund(FundKind.DONATION, receives="0.000")
    said = Quoted(text="وقف", language="ar", source="deed", dated_on=TODAY, whose=Whose.FOUNDER)
    with pytest.raises(ClauseUnlawful) as caught:
        await propose(tunis, draft(fund, ClauseKind.YOUTH, quoted=said))
    assert "1957" in caught.value.source
    assert (await write(tunis, fund, ClauseKind.YOUTH)).state == "approved"


async def test_no_clause_asks_for_a_mode_that_the_fund_never_finances(scene: Scene) -> None:
    zakat = await scene.fund(FundKind.ZAKAT, receives="0.000")
    with pytest.raises(ClauseUnlawful):
        await propose(scene, draft(zakat, ClauseKind.MODE, values=["murabaha"]))
    barred = draft(zakat, ClauseKind.MODE, values=["murabaha"], bars=True)
    assert (await propose(scene, barred)).state == "proposed"


async def test_money_not_spent_in_its_days_is_not_paid_out_any_more(scene: Scene) -> None:
    fund = await scene.fund(FundKind.DONATION, receives="0.000")
    await scene.receive(fund, "600.000", on=date(2026, 1, 5))
    await scene.receive(fund, "400.000", on=TODAY)
    await write(scene, fund, ClauseKind.SPEND_WITHIN, most=30)
    small, large = await asked(scene, fund, "400.000"), await asked(scene, fund, "401.000")
    (refusal,) = await claim(scene, funds.reserve_all, large)
    assert refusal.reason.startswith("what came in more than 30 days ago")
    assert await claim(scene, funds.reserve_all, small) == []
    assert await claim(scene, funds.commit_all, small) == []
    late = TODAY + timedelta(days=31)
    assert len(await claim(scene, funds.draw_all, small, on=late)) == 1
    assert await claim(scene, funds.draw_all, small, on=TODAY + timedelta(days=30)) == []


async def test_a_fund_may_ask_to_be_joined_or_to_stay_alone(scene: Scene) -> None:
    state = await scene.fund(FundKind.STATE)
    joined = await scene.fund(FundKind.DONATION)
    alone = await scene.fund(FundKind.DONATION)
    await write(scene, joined, ClauseKind.JOINED_BY, values=["state"])
    await write(scene, alone, ClauseKind.NOT_JOINED_BY, values=["forsa"])
    told: dict[str, Any] = {"characteristics": {"aids": "none"}}
    lonely = await asked(scene, joined, **told)
    assert len(await claim(scene, funds.reserve_all, lonely)) == 1
    person = await borrower(scene)
    with_aid = await asked(scene, alone, characteristics={"aids": "Forsa"}, borrower_id=person)
    assert len(await claim(scene, funds.reserve_all, with_aid)) == 1
    silent = await asked(scene, alone)
    (refusal,) = await claim(scene, funds.reserve_all, silent)
    assert not refusal.is_told
    assert await claim(scene, funds.reserve_all, await asked(scene, alone, **told)) == []
    assert isinstance(state, UUID)
