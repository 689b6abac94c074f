"""How does a contract's position come to be and change, other than by a repayment?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries, restating
from services.loans.contracts.restating import Change, Restated
from services.loans.contracts.tables import (
    ContractRow,
    GenerationRow,
)
from services.loans.domain.positions import Position, Standing
from services.loans.domain.schedule import Instalment
from shared import tenancy

PAY_OUT = text("""
    with paid as (
      update position p
      set disbursed_minor = p.disbursed_minor + o.amount_minor, version = p.version + 1,
        outstanding_principal_minor = p.outstanding_principal_minor + o.amount_minor,
        moved_on = o.paid_on, status = 'active'
      from unnest(cast(:contract_ids as uuid[]), cast(:amounts as bigint[]),
          cast(:days as date[]), cast(:events as uuid[]))
        as o(contract_id, amount_minor, paid_on, event_id)
      where p.institution_id = :institution_id and p.contract_id = o.contract_id
      returning p.*, o.event_id
    )
    insert into position_history (institution_id, contract_id, valid_from, version, event_id,
      generation, status, disbursed_minor, paid_minor, outstanding_principal_minor,
      oldest_open_due_on)
    select institution_id, contract_id, moved_on, version, event_id, generation, status,
      disbursed_minor, 0, outstanding_principal_minor, oldest_open_due_on
    from paid
""")


WRITE_DUES = text("""
    insert into instalment (institution_id, contract_id, generation, number, due_on,
      principal_minor, profit_minor, fee_minor, penalty_minor)
    select cast(:institution_id as uuid), cast(:contract_id as uuid),
      cast(:generation as integer), u.number, u.due_on, u.principal, u.profit, u.fee, u.penalty
    from unnest(cast(:numbers as integer[]), cast(:days as date[]),
        cast(:principals as bigint[]), cast(:profits as bigint[]), cast(:fees as bigint[]),
        cast(:penalties as bigint[]))
      as u(number, due_on, principal, profit, fee, penalty)
""")
"""Of a contract of many movements a generation is long: it is written in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut:
    """A contract on which money left on a day, and the event that tells it.

    The whole principal, and its instalments stay; or a part, with the `instalments` that what is
    drawn makes, over which what was paid pours anew with what is `moved` with the payout.
    """

    contract: ContractRow
    on: date
    event_id: UUID
    amount_minor: int | None = None
    instalments: Sequence[Instalment] | None = None
    moved: int = 0


def signed(row: ContractRow, instalments: Sequence[Instalment]) -> dict[str, object]:
    """Give the position of a contract at signing: nothing out, nothing in."""
    ladder = restating.ladder_of(row, instalments)
    return {
        "institution_id": row.institution_id,
        "contract_id": row.contract_id,
        "branch_id": row.branch_id,
        "product_id": row.product_id,
        "fund_id": row.fund_id,
        "currency": row.currency,
        "oldest_open_due_on": ladder.oldest_open(0),
    }


async def pay_out(session: AsyncSession, paid: Sequence[PaidOut]) -> None:
    """Let the positions of locked contracts carry what was paid out from a day on."""
    for one in paid:
        if one.instalments is not None:
            await replace_instalments(
                session,
                contract=one.contract,
                instalments=one.instalments,
                effective_on=one.on,
                event_id=one.event_id,
                moved=one.moved,
                disbursed=one.amount_minor or 0,
            )
    paid = [one for one in paid if one.instalments is None]
    if not paid:
        return
    await session.execute(
        PAY_OUT,
        {
            "institution_id": tenancy.institution_of(session),
            "contract_ids": [one.contract.contract_id for one in paid],
            "amounts": [one.contract.principal_minor for one in paid],
            "days": [one.on for one in paid],
            "events": [one.event_id for one in paid],
        },
    )


async def replace_instalments(
    session: AsyncSession,
    *,
    contract: ContractRow,
    instalments: Sequence[Instalment],
    effective_on: date,
    order_id: UUID | None = None,
    event_id: UUID | None = None,
    status: Standing | None = None,
    moved: int = 0,
    disbursed: int = 0,
) -> Restated:
    """Give a locked contract a new generation of instalments, which holds from a day on.

    The generation is the whole course: what is paid stands in it as instalments of its own, and
    the total paid, with what is `moved` now, pours over it from the first. `event_id` names the
    event told with it. A `status` other than None is the contract's from that day. `disbursed` is
    paid out with it, or came back.
    """
    change = Change(
        contract=contract,
        on=effective_on,
        event_id=event_id,
        status=status,
        instalments=instalments,
        order_id=order_id,
        moved=moved,
        disbursed=disbursed,
    )
    (restated,) = await restating.restate_all(session, [change])
    return restated


async def agree_anew(
    session: AsyncSession,
    *,
    contract: ContractRow,
    instalments: Sequence[Instalment],
    effective_on: date,
    event_id: UUID,
    order_id: UUID | None = None,
) -> None:
    """Let a locked contract follow other instalments from a day on; nothing else is changed.

    What a payment makes of the course: the payment itself carries the difference, and writes the
    positions of its day and of every later one.
    """
    head = await queries.locked_position(session, contract.contract_id)
    head.generation, head.generation_from = head.generation + 1, effective_on
    session.add(
        GenerationRow(
            institution_id=contract.institution_id,
            contract_id=contract.contract_id,
            generation=head.generation,
            effective_on=effective_on,
            event_id=event_id,
            order_id=order_id,
        )
    )
    await session.flush()
    values: dict[str, object] = {
        "institution_id": contract.institution_id,
        "contract_id": contract.contract_id,
        "generation": head.generation,
        "numbers": [due.number for due in instalments],
        "days": [due.due_on for due in instalments],
        "principals": [due.principal.minor for due in instalments],
        "profits": [due.profit.minor for due in instalments],
        "fees": [due.fee.minor for due in instalments],
        "penalties": [due.penalty_minor for due in instalments],
    }
    await session.execute(WRITE_DUES, values)


async def restate(
    session: AsyncSession,
    *,
    contract: ContractRow,
    on: date,
    event_id: UUID | None = None,
    status: Standing | None = None,
    disbursed: int = 0,
    written_off: int = 0,
) -> Position:
    """Change what was paid out or given up on a locked contract, or its standing, from a day on.

    Amounts are differences in minor units; the instalments stay. Gives the newest position.
    """
    change = Change(
        contract=contract,
        on=on,
        event_id=event_id,
        status=status,
        disbursed=disbursed,
        written_off=written_off,
    )
    (restated,) = await restating.restate_all(session, [change])
    return restated.head
