"""The life of the bench is a life: its units are all there, whomever one asks about."""

import pytest

from services.cli.benchmarks import lines
from services.cli.benchmarks.lines import Life, contract, receipt, size
from services.loans.domain.lineage import HAND, Place, Policy
from services.loans.funds import queries as funds
from services.loans.lineage import queries, reading
from services.loans.lineage.pooled import queries as pooled
from services.loans.lineage.queries import EVER, Told
from services.loans.lineage.reading import Asked
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


async def test_a_mixed_life_is_shared_to_the_last_unit(loans_db: Database, admin_url: str) -> None:
    life = Life(receipts=RECEIPTS, contracts=CONTRACTS, policy=Policy.PRO_RATA)
    await lines.make(admin_url, life)
    now = Asked(told=Told(number=0, at=None), through=EVER)
    half = list(life.days.values())[len(life.days) // 2][0]
    then = Asked(told=Told(number=half, at=None), through=half)
    async with loans_db.read(life.institution_id, snapshot=True) as session:
        fund = await funds.fund_by_id(session, life.fund_id)
        for number in (0, 1, RECEIPTS // 2):
            whole = await reading.of_receipt(
                session, fund, receipt(number).owner, ask=now, after=None
            )
            assert sum(whole.places.values()) == size(number)
            parts, page = dict(whole.parts), whole
            while page.next_version is not None:
                page = await reading.of_receipt(
                    session, fund, receipt(number).owner, ask=now, after=page.next_version
                )
                for spot, units in page.parts.items():
                    parts[spot] = parts.get(spot, 0) + units
            assert sum(parts.values()) == size(number)
        past = await reading.of_receipt(session, fund, receipt(1).owner, ask=then, after=None)
        assert sum(past.places.values()) == size(1)
        assert past.places != whole.places
        spot = contract(CONTRACTS - 1)
        named = await reading.of_contract(session, fund, spot.owner, ask=now, after=None)
        standing = await pooled.pieces(session, life.fund_id, [spot])
    assert named.mixed is not None
    assert sum(one.amount for one in named.mixed) == sum(standing[spot].values())
    assert {spot.place for spot in named.parts} == {Place.RECEIPT}
