"""The portfolio of the bench is a portfolio: what COPY wrote is what the domain would say of it."""

from collections import Counter
from datetime import date, timedelta

import pytest

from services.cli.benchmarks import million
from services.cli.benchmarks.million import EVERY, PART, PARTS, PRINCIPAL, Million
from services.loans.contracts import queries as contracts
from services.loans.ledger.queries import Moment
from services.loans.portfolio import queries
from services.loans.portfolio.queries import By
from services.loans.proof import positions as proof
from shared.db import Database

TODAY = date(2026, 6, 30)
CONTRACTS = 400


@pytest.fixture
async def made(admin_url: str) -> Million:
    portfolio = million.new(TODAY, contracts=CONTRACTS)
    await million.make(admin_url, portfolio, instalments=True)
    return portfolio


def stands(portfolio: Million, number: int, as_of: date) -> tuple[int, int] | None:
    """Days late and balance of one contract on a day, counted from its plan; None if it is over."""
    on = portfolio.paid_out_on(number)
    paid = min((as_of - on).days // EVERY, portfolio.parts_paid(number))
    if on > as_of or paid == PARTS:
        return None
    late = max((as_of - on).days - EVERY * (paid + 1), 0)
    return late, PRINCIPAL - PART * paid


@pytest.mark.parametrize("back", [0, 45, 200, 350])
async def test_what_is_at_risk_in_it_is_what_was_planned(
    made: Million, loans_db: Database, back: int
) -> None:
    as_of = TODAY - timedelta(days=back)
    found: Counter[int] = Counter()
    planned: Counter[int] = Counter()
    async with loans_db.read(made.institution_id) as session:
        moment = Moment(as_of=as_of, known_at=None, is_now=back == 0)
        scheme = await queries.scheme_at(session, as_of=as_of)
        for part in await queries.at_risk(session, by=By.FUND, moment=moment, scheme=scheme):
            for place, bucket in enumerate(part.risk.buckets):
                found[place] += bucket.outstanding
    for number in range(CONTRACTS):
        if stood := stands(made, number, as_of):
            planned[scheme.bucket_of(stood[0])] += stood[1]

    assert +found == +planned
    assert len(+found) > 1


async def test_its_positions_follow_from_its_instalments(made: Million, loans_db: Database) -> None:
    """Nothing paid out or in is booked, so only the histories themselves are folded again."""
    async with loans_db.read(made.institution_id) as session:
        for number in range(0, CONTRACTS, 37):
            contract_id = million.contract_id(number)
            agreed = await contracts.instalments(session, [contract_id], currency="JOD")
            head = await contracts.position(session, contract_id)
            assert head is not None
            dues = agreed[contract_id]
            assert len(dues) == PARTS
            oldest = dues[made.parts_paid(number)].due_on if head.status == "active" else None
            assert head.oldest_open_due_on == oldest
        count, broken = await proof.first_broken(session)
    assert (count, broken) == (CONTRACTS, None)
