"""Yemen is two markets: interest is lent in Aden and refused in Sana'a, to the same books."""

from decimal import Decimal

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundRestricted
from services.loans.domain.lawful import Standing
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.unlawful import RateAboveLaw
from services.loans.products import operations as products
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import own_facts
from tests.integration.loans.scene import TODAY, Scene, ask, reserve
from tests.integration.loans.signing import loan, qard


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found(country="YE")


async def works_in(scene: Scene, part: str) -> None:
    said = own_facts.fact("institution", {"part": part}, country="YE")
    await own_facts.give(scene.database, scene.institution_id, said)


@pytest.mark.parametrize(("part", "is_lent"), [("SANAA", False), ("ADEN", True)])
async def test_a_commercial_fund_lends_at_interest_in_aden_alone(
    scene: Scene,
    part: str,
    is_lent: bool,  # noqa: FBT001
) -> None:
    await works_in(scene, part)
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    asked = ask(fund_id, mode=ModeOfFinance.CONVENTIONAL)

    async with scene.database.begin(scene.institution_id) as session:
        if is_lent:
            await reserve(session, asked)
        else:
            with pytest.raises(FundRestricted) as refused:
                await reserve(session, asked)
            told = [one.to_json() for one in refused.value.refusals]
            assert [one["needs_legal_check"] for one in told if isinstance(one, dict)] == [True]


async def test_a_product_at_interest_is_refused_in_sanaa_and_one_without_is_not(
    scene: Scene,
) -> None:
    await works_in(scene, "SANAA")

    async with scene.database.begin(scene.institution_id) as session:
        free = await products.require_lawful(session, qard(), on=TODAY)
        with pytest.raises(RateAboveLaw) as refused:
            await products.require_lawful(session, loan(), on=TODAY)

    assert free == ()
    assert (refused.value.cap, refused.value.needs_check) == (Decimal(0), True)


async def test_where_the_market_is_not_told_it_is_a_warning_until_something_is_decided(
    scene: Scene,
) -> None:
    async with scene.database.begin(scene.institution_id) as session:
        facts = await products.require_lawful(session, loan(), on=TODAY)

    assert [(one.fact.id, one.standing) for one in facts] == [("rate-YE-SANAA", Standing.POSSIBLE)]
