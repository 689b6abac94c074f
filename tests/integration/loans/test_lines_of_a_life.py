"""The life of the bench is a life: its units are all there, whomever one asks about."""

import pytest

from services.cli.benchmarks import lines
from services.cli.benchmarks.lines import Life, contract, receipt, size
from services.loans.domain.lineage import HAND, Place
from services.loans.lineage import queries
from shared.db import Database

RECEIPTS, CONTRACTS = 600, 120


@pytest.fixture
async def life(admin_url: str) -> Life:
    made = Life(receipts=RECEIPTS, contracts=CONTRACTS)
    await lines.make(admin_url, made)
    return made


async def test_every_receipt_is_whole_and_every_contract_says_whose_it_is(
    loans_db: Database, life: Life
) -> None:
    async with loans_db.read(life.institution_id, snapshot=True) as session:
        totals = await queries.totals(session, life.fund_id)
        for number in (0, 1, RECEIPTS // 2, RECEIPTS - 1):
            found = await queries.whereabouts(session, life.fund_id, [receipt(number)])
            assert sum(found.values()) == size(number)
            assert {spot.place for spot in found} <= {Place.HAND, Place.CONTRACT}
        everything = await queries.whereabouts(
            session, life.fund_id, [receipt(number) for number in range(RECEIPTS)]
        )
        named = await queries.origins(session, life.fund_id, contract(CONTRACTS - 1))
        at_hand = await queries.origins(session, life.fund_id, HAND)
    in_contracts = totals[Place.CONTRACT].came - totals[Place.CONTRACT].left
    hand = totals[Place.HAND].came - totals[Place.HAND].left
    assert totals[Place.RECEIPT].left == sum(map(size, range(RECEIPTS))) == in_contracts + hand
    assert everything[HAND] == hand == sum(at_hand.values())
    assert sum(everything.values()) == in_contracts + hand
    assert sum(named.values()) == everything[contract(CONTRACTS - 1)]
