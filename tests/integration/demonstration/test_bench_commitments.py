"""The bench of claims finds no overdraft where there is none, and one where there is."""

from datetime import date

import pytest
from sqlalchemy import text

from services.cli.benchmarks import commitments, queries
from services.cli.benchmarks.commitments import HELD
from shared import ids
from shared.db import Database

TODAY = date(2026, 4, 1)


@pytest.mark.parametrize("is_gathered", [False, True])
async def test_clients_at_once_claim_never_more_than_the_fund_holds(
    loans_db: Database, *, is_gathered: bool
) -> None:
    place = await commitments.prepare(loans_db, today=TODAY)

    run = await commitments.contend(
        loans_db, place, clients=4, seconds=1.0, is_gathered=is_gathered
    )

    assert run.measured.done == sum(run.by_command.values()) > 0
    assert 0 < run.highest_minor <= HELD.minor
    assert not run.is_overdrawn
    assert run.by_command["reserve"] >= run.refused


async def test_an_overdraft_of_a_moment_would_have_been_seen(loans_db: Database) -> None:
    place = await commitments.prepare(loans_db, today=TODAY)
    claims = (("reserve", HELD.minor), ("reserve", 1), ("release", 1))
    async with loans_db.begin(place.institution_id) as session:
        for kind, minor in claims:
            values = {
                "i": place.institution_id,
                "c": ids.new(),
                "f": place.fund_id,
                "a": ids.new(),
                "k": kind,
                "m": minor,
            }
            await session.execute(
                text(
                    "insert into fund_claim (institution_id, claim_id, fund_id, application_id,"
                    " kind, amount_minor, actor_id) values (:i, :c, :f, :a, :k, :m, :a)"
                ),
                values,
            )

    highest, count = await queries.highest(
        loans_db, institution_id=place.institution_id, fund_id=place.fund_id
    )

    assert (highest, count) == (HELD.minor + 1, 3)
