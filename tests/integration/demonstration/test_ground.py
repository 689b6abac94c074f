"""The bench's ground: contracts that are really lent, and a program that may be paid to."""

from pathlib import Path

from sqlalchemy import text

from services.cli.benchmarks import ground as grounds
from services.cli.benchmarks import repayments as measuring
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.identity import sign_in
from services.loans.repayments.batch import Answer, RepaymentBook
from shared.auth import Role
from shared.db import Database
from shared.money import Money
from tests.integration.demonstration.books import Demonstration

CONTRACTS = 12
FORMS = text("""
    select distinct array(select jsonb_object_keys(data) order by 1)
      || array(select jsonb_object_keys(data -> 'booked') order by 1)
    from event where type = 'loans.repayment-received.v1'
""")


async def test_contracts_are_active_provable_and_take_repayments(
    tmp_path: Path, database_urls: dict[str, str], loans_db: Database
) -> None:
    told: list[tuple[int, int]] = []

    prepared = await grounds.prepare(
        database_urls,
        tmp_path,
        contracts=CONTRACTS,
        progress=lambda done, whole: told.append((done, whole)),
    )

    ground = prepared.ground
    assert len(set(ground.contract_ids)) == CONTRACTS
    assert told == [(CONTRACTS, CONTRACTS)]
    commands = [
        ReceiveRepayment(
            contract_id=contract_id,
            amount=Money(100, ground.currency),
            received_on=ground.today,
            today=ground.today,
            channel=Channel.CASH,
            actor_id=ground.actor_id,
        )
        for contract_id in ground.contract_ids
    ]
    outcomes = await RepaymentBook(loans_db).receive(ground.institution_id, commands)
    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    books = Demonstration.bare(loans_db, ground.institution_id)
    await books.number_everything()
    assert await books.broken() == []


async def test_by_hand_the_same_is_written_and_told_as_by_the_operation(
    tmp_path: Path, database_urls: dict[str, str], admin_url: str, loans_db: Database
) -> None:
    prepared = await grounds.prepare(database_urls, tmp_path, contracts=2)
    ground, url = prepared.ground, database_urls["loans"]
    await measuring.install_baseline(admin_url)

    by_hand = await measuring.baseline(url, ground, connections=2, seconds=0.1)
    posted = await measuring.operation(url, ground, seconds=0.1)

    assert by_hand.done > 0 < posted.done
    async with loans_db.read(ground.institution_id) as session:
        forms = (await session.execute(FORMS)).scalars().all()
    assert len(forms) == 1
    books = Demonstration.bare(loans_db, ground.institution_id)
    await books.number_everything()
    assert await books.broken() == []


async def test_the_program_is_an_officer_with_a_secret_of_its_own(
    tmp_path: Path, database_urls: dict[str, str], loans_db: Database
) -> None:
    prepared = await grounds.prepare(database_urls, tmp_path, contracts=1)

    row = await sign_in.program(
        loans_db, client_id=prepared.client_id, secret=prepared.client_secret
    )

    assert row is not None
    assert set(row.roles) == {Role.OFFICER, Role.INTEGRATOR}
