"""Is a contract of a waqf held to its founder, to its returns and to actual cost?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.clauses import ClauseKind
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.funding import FundRestricted
from services.loans.domain.terms import QardFeeNotCost
from services.loans.waqf.queries import DeedClauseUnknown
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_qard
from tests.integration.loans import clausing, endowing, signing
from tests.integration.loans.endowing import DEED
from tests.integration.loans.scene import Scene, jod

SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.mark.rule("W-3")
async def test_a_deed_names_stipulations_that_two_persons_entered_for_its_fund(
    scene: Scene,
) -> None:
    waqf = await endowing.founded(scene, None)
    other = await endowing.founded(scene, None)
    own = await clausing.write(scene, waqf.fund_id, ClauseKind.STIPULATION)
    foreign = await clausing.write(scene, other.fund_id, ClauseKind.STIPULATION)
    waiting = await clausing.propose(scene, clausing.draft(waqf.fund_id, ClauseKind.STIPULATION))
    for unknown in (foreign.row.clause_id, waiting.row.clause_id, ids.new()):
        with pytest.raises(DeedClauseUnknown):
            await waqf.propose("deed", deed=replace(DEED, clause_ids=(unknown,)))
    made = await waqf.order("deed", deed=replace(DEED, clause_ids=(own.row.clause_id,)))
    assert made.order.deed is not None
    assert made.order.deed.clause_ids == (own.row.clause_id,)


@pytest.mark.rule("W-8")
async def test_a_contract_is_signed_by_the_days_on_which_it_is_owed(scene: Scene) -> None:
    """1,000 in twelve months, the last part the largest: 500.002 is due after 1 September."""
    for endowed, passes in (("500.002", True), ("500.001", False)):
        waqf = await endowing.founded(scene, receives=endowed)
        await waqf.earn("501.000")
        product = await signing.offer(scene, signing.qard())
        approval = signing.Approval(product=product, fund_id=waqf.fund_id)
        approved = await signing.approve(scene, [approval])
        await waqf.endow_for_a_time("100.000", until=SEPTEMBER)
        if passes:
            (row,) = await signing.sign(scene, approved)
            assert row.principal_minor == 1_000_000
        else:
            with pytest.raises(FundRestricted) as caught:
                await signing.sign(scene, approved)
            assert [one.rule for one in caught.value.refusals] == ["waqf-maturity-ladder"]


@pytest.mark.rule("W-11")
@pytest.mark.requirement("A8.4")
async def test_the_service_fee_of_a_waqf_s_qard_is_its_actual_cost(scene: Scene) -> None:
    """AAOIFI Sharia Standard 19; 10.000 of documented cost: 10.000 passes, 10.001 does not."""
    waqf = await endowing.founded(scene)
    at_cost = signing.qard(fees=(signing.COST,))
    row = await signing.signed(scene, waqf.fund_id, product=at_cost)
    assert row.total_cost_minor == 10_000
    above = replace(signing.COST, amount=jod("10.001"))
    share = Fee(
        code="share", kind=FeeKind.PERCENT, when=FeeWhen.AT_DISBURSEMENT, percent=Decimal(3)
    )
    for fee in (above, replace(signing.COST, documented_cost=None), share):
        with pytest.raises(QardFeeNotCost):
            make_qard(principal=jod("1000.000"), fees=(fee,))
