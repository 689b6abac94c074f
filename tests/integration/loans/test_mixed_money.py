"""What is told of mixed money stays as it was told, and its parts are its places, to the unit."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from services.loans.domain.lineage import Policy
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.following import proved, qard, read, take_back
from tests.integration.loans.scene import Scene, jod
from tests.integration.loans.standing import lend
from tests.integration.loans.test_lineage_policies import Calendar, amounts, opened


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def admin(scene: Scene, admin_url: str) -> AsyncIterator[Calendar]:
    database = Database(admin_url, pool_size=1)
    yield Calendar(scene, database)
    await database.close()


async def days_ago(scene: Scene, days: int) -> str:
    day = await scene.scalar(f"select (now() - interval '{days} days')::date from institution")
    return f"as_of={day}"


def by_place(told: Any) -> dict[str, int]:
    names = {"contract": "in_contracts", "hand": "at_hand", "receipt": "given_back"}
    sums: defaultdict[str, int] = defaultdict(int)
    for part in told["parts"]:
        sums[names.get(part["place"], part["place"])] += jod(part["amount"]["amount"]).minor
    return dict(sums)


async def test_what_was_told_of_a_day_stays_when_a_receipt_is_given_back_later(
    scene: Scene, admin: Calendar
) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    kept = await scene.receive(fund_id, "300.000")
    wrong = await scene.receive(fund_id, "100.000")
    (one,) = await lend(scene, fund_id, [qard("200.000")])
    await admin.end_day(days_ago=5)
    await scene.receive(fund_id, "40.000")
    await admin.end_day(days_ago=3)
    then = await days_ago(scene, 4)
    paths = [
        *(f"funds/{fund_id}/receipts/{receipt}/lineage?{then}" for receipt in (kept, wrong)),
        f"contracts/{one.contract_id}/lineage?{then}",
    ]
    first = [await read(scene, path) for path in paths]
    assert amounts(first[0]["places"]) == {"at_hand": "150.000", "in_contracts": "150.000"}
    assert amounts(first[1]["places"]) == {"at_hand": "50.000", "in_contracts": "50.000"}
    assert {part["receipt_id"]: part["amount"]["amount"] for part in first[2]["parts"]} == {
        str(kept): "150.000",
        str(wrong): "50.000",
    }

    await take_back(scene, fund_id, wrong)
    await admin.end_day(days_ago=1)

    assert [await read(scene, path) for path in paths] == first
    now = await read(scene, f"contracts/{one.contract_id}/lineage")
    assert [part["receipt_id"] for part in now["parts"]] == [str(kept)]
    assert await proved(scene) is None


async def test_a_contract_is_told_through_days_that_had_ended_alone(
    scene: Scene, admin: Calendar
) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    first = await scene.receive(fund_id, "400.000")
    await admin.end_day(days_ago=5)
    (one,) = await lend(scene, fund_id, [qard("200.000")])
    await admin.end_day(days_ago=3)
    then = await scene.scalar("select max(numbered_at) from journal_link")
    path = f"contracts/{one.contract_id}/lineage"
    assert isinstance(then, datetime)
    at = f"?known_at={then.isoformat().replace('+', '%2B')}"
    await scene.receive(fund_id, "400.000")  # on the same day, and so in the same mixture
    await admin.end_day(days_ago=3)

    told = await read(scene, path + at)
    assert (told["told_through"], told["parts"]) == (1, [])
    await scene.receive(fund_id, "1.000")
    await admin.end_day(days_ago=1)
    later = await read(scene, f"{path}?{await days_ago(scene, 2)}")
    assert {part["amount"]["amount"] for part in later["parts"]} == {"100.000"}
    assert str(first) in {part["receipt_id"] for part in later["parts"]}
    assert await proved(scene) is None


async def test_the_parts_of_a_receipt_are_its_places_to_the_unit(
    scene: Scene, admin: Calendar
) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    receipts = [await scene.receive(fund_id, amount) for amount in ("200.002", "99.998")]
    lent = await lend(scene, fund_id, [qard("100.000")] * 3)
    await scene.write_off(fund_id, lent[2].contract_id, "100.000")
    await admin.end_day(days_ago=3)

    for receipt in receipts:
        told = await read(scene, f"funds/{fund_id}/receipts/{receipt}/lineage")
        places = {name: jod(text).minor for name, text in amounts(told["places"]).items()}
        assert by_place(told) == places
        assert set(places) == {"in_contracts", "lost"}


async def test_a_tie_goes_to_the_same_place_now_and_for_ever(scene: Scene, admin: Calendar) -> None:
    fund_id = await opened(scene, Policy.PRO_RATA)
    receipt = await scene.receive(fund_id, "100.001")
    await scene.receive(fund_id, "99.999")
    lent = await lend(scene, fund_id, [qard("100.000")] * 2)
    await scene.write_off(fund_id, lent[1].contract_id, "100.000")
    await admin.end_day(days_ago=3)
    path = f"funds/{fund_id}/receipts/{receipt}/lineage"
    now = await read(scene, path)
    await scene.receive(fund_id, "7.000")
    await admin.end_day(days_ago=1)

    past = await read(scene, f"{path}?{await days_ago(scene, 2)}")
    assert amounts(past["places"]) == amounts(now["places"])
    assert amounts(now["places"]) == {"in_contracts": "50.001", "lost": "50.000"}
