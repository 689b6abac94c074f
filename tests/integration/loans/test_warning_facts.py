"""Of a running loan is gathered what was known on a day: its plan, its payments, its group."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy import insert, text

from services.loans.borrowers.tables import BorrowerMemberRow
from services.loans.warnings import queries
from shared import ids
from shared.auth import Role
from shared.clients.warnings import LoanIn
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering, warned
from tests.integration.loans.ordering import Desk
from tests.integration.loans.warned import (
    AS_OF,
    FIRST,
    LATER,
    SECOND,
    gathered,
    known_of,
    lent,
    paid,
    taken_back,
)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with warned.opened(loans_db, institution_id) as opened:
        yield opened


def days_of(loan: LoanIn) -> list[tuple[str, int]]:
    return [(one.paid_on.isoformat(), one.amount_minor) for one in loan.payments]


async def test_what_was_known_of_a_loan_is_its_plan_and_its_payments(desk: Desk) -> None:
    contract_id = ids.new()
    await lent(desk, [contract_id])
    await paid(desk, contract_id, FIRST, "60.000")
    await paid(desk, contract_id, FIRST, "40.000")
    await paid(desk, contract_id, "2026-04-01")
    loan = await known_of(desk, contract_id)

    assert loan.loan_id == contract_id
    assert (loan.branch_id, loan.disbursed_on) == (desk.scene.branch_id, ordering.PAID_OUT_ON)
    assert [(one.due_on.isoformat(), one.amount_minor) for one in loan.dues[:2]] == [
        (FIRST, 100_000),
        (SECOND, 100_000),
    ]
    assert len(loan.dues) == 12
    assert days_of(loan) == [(FIRST, 100_000)], "what came on the 1st of April is not known yet"
    assert (loan.promises, loan.visits, loan.milestones, loan.peak_months) == ((), (), (), ())


async def test_a_payment_taken_back_was_paid_until_it_was_taken_back(desk: Desk) -> None:
    contract_id = ids.new()
    await lent(desk, [contract_id])
    repayment = await paid(desk, contract_id, FIRST)
    await taken_back(desk, repayment)

    assert days_of(await known_of(desk, contract_id)) == [(FIRST, 100_000)]
    assert days_of(await known_of(desk, contract_id, LATER)) == []


async def test_a_plan_agreed_anew_counts_from_the_day_it_was_agreed(desk: Desk) -> None:
    contract_id = ids.new()
    await lent(desk, [contract_id])
    await paid(desk, contract_id, FIRST)
    await desk.done(str(contract_id), "reschedule", instalments=20, first_due_on="2026-05-01")
    before, after = await known_of(desk, contract_id), await known_of(desk, contract_id, LATER)

    assert [one.due_on for one in before.dues][1] == date(2026, 3, 15)
    assert [one.due_on for one in after.dues][1] == date(2026, 5, 1)
    assert sum(one.amount_minor for one in before.dues) == 1_200_000
    assert sum(one.amount_minor for one in after.dues) == 1_200_000


async def test_money_given_back_is_taken_off_what_came_in(desk: Desk) -> None:
    contract_id = ids.new()
    await lent(desk, [contract_id])
    repayment = await paid(desk, contract_id, FIRST)
    await desk.done(
        str(contract_id),
        "charge_back",
        repayment_id=repayment["repayment_id"],
        amount=ordering.cash("30.000"),
    )

    assert days_of(await known_of(desk, contract_id, LATER)) == [(FIRST, 70_000)]


async def test_only_loans_that_run_on_the_day_are_gathered(desk: Desk) -> None:
    running_on, closed = ids.new(), ids.new()
    await lent(desk, [running_on, closed])
    await paid(desk, closed, "2026-03-20", "1200.000")

    assert [one.loan_id for one in await gathered(desk, [running_on, closed])] == [running_on]
    both = await gathered(desk, [running_on, closed], date(2026, 3, 19))
    assert {one.loan_id for one in both} == {running_on, closed}
    assert await gathered(desk, [running_on], date(2026, 1, 14)) == []


async def test_a_group_is_known_with_its_members(desk: Desk) -> None:
    group, member = ids.new(), ids.new()
    await lent(desk, [member])
    assert (await known_of(desk, member)).group_id is None
    await warned.registered(desk, group, kind="solidarity_group")
    row = {
        "institution_id": desk.scene.institution_id,
        "borrower_id": group,
        "member_borrower_id": member,
        "leads": True,
    }
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(insert(BorrowerMemberRow).values(row))

    assert (await known_of(desk, member)).group_id == group


async def test_the_facts_are_read_page_by_page_as_they_are_told(desk: Desk) -> None:
    contracts = sorted(ids.new() for _ in range(5))
    await lent(desk, contracts)
    await paid(desk, contracts[0], FIRST)
    auditor = desk.office.caller(Role.AUDITOR)
    path, query = "/loans/v1/warnings/facts", {"as_of": AS_OF.isoformat(), "limit": 3}
    first = (await auditor.get(path, **query)).json()
    second = (await auditor.get(path, **query, after=first["next"])).json()

    assert (len(first["loans"]), len(second["loans"])) == (3, 2)
    assert second["next"] is None
    told = [LoanIn.model_validate(one) for one in first["loans"] + second["loans"]]
    assert told == await gathered(desk, contracts)
    refused = await auditor.get(path, as_of="2026-04-02")
    assert refused.json()["type"] == "/problems/loans/day-not-yet"
    elsewhere = desk.office.caller(Role.AUDITOR, branches=[desk.office.branches[1]])
    assert (await elsewhere.get(path, **query)).json()["loans"] == []


async def test_facts_gathered_together_are_those_of_each_loan_row_by_row(desk: Desk) -> None:
    """One row a loan, with its days and figures as lists, is what its rows say one by one."""
    contracts = [ids.new() for _ in range(4)]
    await lent(desk, contracts)
    moved, late, _, sound = contracts
    repayment = await paid(desk, moved, FIRST, "60.000")
    await paid(desk, moved, SECOND, "140.000")
    await taken_back(desk, repayment)
    await paid(desk, late, "2026-03-01")
    await desk.done(str(late), "reschedule", instalments=20, first_due_on="2026-05-01")
    await paid(desk, sound, FIRST, "100.000")

    async with desk.scene.database.read(desk.scene.institution_id) as session:
        loans = await queries.running(session, as_of=LATER)
        known = await queries.known(session, loans, as_of=LATER, zone="UTC")
        values = {
            "institution_id": desk.scene.institution_id,
            "contract_ids": contracts,
            "as_of": LATER,
            "zone": "UTC",
        }
        rows = {
            name: (await session.execute(text(facts), values)).all()
            for name, facts in (("dues", queries.DUES), ("moved", queries.MOVED))
        }

    assert {one.running.contract_id for one in known} == set(contracts)
    for one in known:
        for name, found in rows.items():
            own = [(r.day, r.figure) for r in found if r.contract_id == one.running.contract_id]
            assert sorted(getattr(one, name)) == sorted(own)
        assert list(one.dues) == sorted(one.dues)
    assert {len(one.moved) for one in known} == {0, 1}
