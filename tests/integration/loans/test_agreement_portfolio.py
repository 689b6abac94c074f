"""Results are counted from real loans, and a payment that has set out is money that is gone."""

from datetime import date, timedelta

import pytest

from services.loans.agreements import measuring
from services.loans.agreements.tables import AgreementRow
from services.loans.domain.agreement_results import Measure
from services.loans.domain.chart import FundKind
from services.loans.funds import expecting
from shared import ids
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.builders import make_qard, money
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod, keyed
from tests.integration.loans.signing import Approval, approve, offer, qard, sign
from tests.integration.loans.standing import lend
from tests.integration.loans.wallet import PHONE, wallet_of

LATE = make_qard(
    principal=money("1000.000"), disbursed_on=date(2025, 12, 1), first_due_on=date(2026, 1, 1)
)
YOUNG = make_qard(
    principal=money("500.000"), disbursed_on=date(2026, 2, 20), first_due_on=date(2026, 3, 20)
)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.mark.requirement("A6.3")
@pytest.mark.parametrize(
    ("measure", "as_of", "numerator", "denominator", "value"),
    [
        (Measure.PAR30, TODAY, 1000000, 1500000, "0.666667"),
        (Measure.PAR90, TODAY, 0, 1500000, "0.000000"),
        (Measure.PAR30, date(2026, 1, 31), 0, 1000000, "0.000000"),
        (Measure.PAR30, date(2026, 2, 1), 1000000, 1000000, "1.000000"),
        (Measure.ABSORPTION, TODAY, 1500000, 10000000, "0.150000"),
        (Measure.DISBURSED, TODAY, 1500, 1, "1500.000000"),
        (Measure.DISBURSED, date(2026, 2, 19), 1000, 1, "1000.000000"),
        (Measure.BORROWERS, TODAY, 2, 1, "2.000000"),
        (Measure.BORROWERS, date(2026, 2, 19), 1, 1, "1.000000"),
    ],
)
async def test_a_result_is_what_the_books_of_loans_say_on_its_day(
    scene: Scene,
    *,
    measure: Measure,
    as_of: date,
    numerator: int,
    denominator: int,
    value: str,
) -> None:
    fund_id, other = await scene.fund(), await scene.fund()
    await lend(scene, fund_id, [LATE, YOUNG])
    await lend(scene, other, [LATE])  # another fund's loans are another's result
    row = AgreementRow(fund_id=fund_id, fund_currency="JOD")
    async with scene.database.read(scene.institution_id) as session:
        figure = await measuring.measured(session, row, measure, as_of=as_of, today=TODAY)
    parts = (int(figure.numerator), int(figure.denominator))
    assert parts == (numerator, denominator)
    assert str(figure.value) == value


async def promised(scene: Scene, fund_id: FundId, text: str) -> None:
    """Let an amount be firmly due to a fund from today on."""
    async with scene.database.begin(scene.institution_id) as session:
        await expecting.expect(
            session,
            fund_id=fund_id,
            source_id=ids.new(),
            number=1,
            amount=jod(text),
            from_on=TODAY,
            until_on=TODAY + timedelta(days=30),
            actor_id=ACTOR,
        )


@pytest.mark.requirement("A6.5")
async def test_of_two_payouts_on_money_for_one_the_second_waits(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="1000.000")
    await promised(scene, fund_id, "1000.000")
    product = await offer(scene, qard())
    two = [Approval(product=product, fund_id=fund_id) for _ in range(2)]
    first, second = await sign(scene, await approve(scene, two))
    async with wallet_of(scene) as wallet:
        pending = await wallet.pay_out(first.contract_id, phone=PHONE + "91")
        assert pending.status_code == 201, pending.text
        again = await wallet.pay_out(second.contract_id, phone=PHONE + "00")
        assert again.json()["type"] == "/problems/loans/fund-exhausted"
        path = f"/loans/v1/contracts/{second.contract_id}/disbursements"
        cash = await wallet.client.post(path, json={"channel": "cash"}, headers=keyed())
        assert cash.json()["type"] == "/problems/loans/fund-exhausted"
        assert cash.json()["available"]["amount"] == "0.000"
        await scene.receive(fund_id, "1000.000")  # another 1,000 came
        paid = await wallet.client.post(path, json={"channel": "cash"}, headers=keyed())
        assert paid.status_code == 201, paid.text


@pytest.mark.requirement("A6.5")
async def test_a_fund_that_holds_all_it_promised_pays_while_others_are_under_way(
    scene: Scene,
) -> None:
    fund_id = await scene.fund(FundKind.DONATION, receives="2000.000")
    product = await offer(scene, qard())
    two = [Approval(product=product, fund_id=fund_id) for _ in range(2)]
    first, second = await sign(scene, await approve(scene, two))
    async with wallet_of(scene) as wallet:
        await wallet.pay_out(first.contract_id, phone=PHONE + "91")
        path = f"/loans/v1/contracts/{second.contract_id}/disbursements"
        paid = await wallet.client.post(path, json={"channel": "cash"}, headers=keyed())
        assert paid.status_code == 201, paid.text
