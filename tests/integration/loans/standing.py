"""Contracts signed and paid out, written into their tables for tests of what comes after."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from services.loans.contracts import positions
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.tables import (
    ContractHistoryRow,
    ContractRow,
    InstalmentRow,
    PositionRow,
)
from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain import chart, journal, schedule
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.terms import Terms
from services.loans.ledger import operations as ledger
from shared import ids
from shared.ids import ContractId, EntryId, FundId
from tests.integration.loans.scene import ACTOR, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A contract under test with its fund and agreed terms."""

    contract_id: ContractId
    fund_id: FundId
    terms: Terms


async def lend(
    scene: Scene,
    fund_id: FundId,
    terms: Sequence[Terms],
    *,
    kind: FundKind = FundKind.WAQF,
    status: str = "active",
    branch_id: UUID | None = None,
    contract_id: ContractId | None = None,
    borrower_id: UUID | None = None,
) -> list[Lent]:
    """Write contracts; active ones are paid out in cash, position and journal included."""
    lent = [
        Lent(contract_id=contract_id or ContractId(ids.new()), fund_id=fund_id, terms=one)
        for one in terms
    ]
    paid_out = status == "active"
    async with scene.database.begin(scene.institution_id) as session:
        common = {"institution_id": scene.institution_id}
        contracts = [
            _contract(scene, one, status, branch_id or scene.branch_id)
            | {"borrower_id": borrower_id or ids.new()}
            for one in lent
        ]
        statement = insert(ContractRow).returning(ContractRow, sort_by_parameter_order=True)
        rows = (await session.scalars(statement, contracts)).all()
        await session.execute(insert(ContractHistoryRow), [_entered(row) for row in rows])
        await session.execute(
            insert(InstalmentRow),
            [
                {
                    **common,
                    "contract_id": one.contract_id,
                    "number": due.number,
                    "due_on": due.due_on,
                    "principal_minor": due.principal.minor,
                    "profit_minor": due.profit.minor,
                    "fee_minor": due.fee.minor,
                }
                for one in lent
                for due in schedule.schedule(one.terms)
            ],
        )
        await session.execute(
            insert(PositionRow), [_position(row, one) for row, one in zip(rows, lent, strict=True)]
        )
        if paid_out:
            postings = [_paid_out(one, kind) for one in lent]
            await ledger.post_all(session, postings)
            await session.execute(
                insert(DisbursementRow),
                [_disbursed(row, one) for row, one in zip(rows, postings, strict=True)],
            )
            await positions.pay_out(session, [_money_out(row) for row in rows])
    return lent


def _contract(scene: Scene, one: Lent, status: str, branch_id: UUID) -> dict[str, object]:
    return {
        "institution_id": scene.institution_id,
        "contract_id": one.contract_id,
        "reference": f"LN-{one.contract_id.hex}",
        "application_id": ids.new(),
        "branch_id": branch_id,
        "product_id": ids.new(),
        "product_version": 1,
        "fund_id": one.fund_id,
        "currency": one.terms.currency,
        "principal_minor": one.terms.principal.minor,
        "terms": one.terms.to_json(),
        "signed_on": one.terms.disbursed_on,
        "status": status,
        "servicing": one.terms.servicing,
        "effective_annual_rate": one.terms.annual_rate,
        "total_cost_minor": 0,
        "actor_id": ACTOR,
    }


def _entered(row: ContractRow) -> dict[str, object]:
    return {
        "institution_id": row.institution_id,
        "contract_id": row.contract_id,
        "version": row.version,
        "status": row.status,
        "reason": "not_collected" if row.status == "cancelled" else None,
        "effective_on": row.signed_on,
        "actor_id": ACTOR,
    }


def _position(row: ContractRow, one: Lent) -> dict[str, object]:
    return positions.signed(row, schedule.schedule(one.terms))


def _money_out(row: ContractRow) -> PaidOut:
    return PaidOut(contract=row, on=row.signed_on, event_id=ids.new())


def _disbursed(row: ContractRow, posting: ledger.Posting) -> dict[str, object]:
    return {
        "institution_id": row.institution_id,
        "disbursement_id": posting.source_id,
        "contract_id": row.contract_id,
        "currency": row.currency,
        "amount_minor": row.principal_minor,
        "fee_kept_minor": 0,
        "disbursed_on": row.signed_on,
        "channel": Channel.CASH.value,
        "entry_id": posting.entry_id,
        "actor_id": ACTOR,
    }


def _paid_out(one: Lent, kind: FundKind) -> ledger.Posting:
    accounts = chart.FundAccounts(fund_id=one.fund_id, kind=kind, currency=one.terms.currency)
    entry = journal.disbursement_entry(
        one.terms.principal,
        fund=accounts,
        disbursed_on=one.terms.disbursed_on,
        contract_id=one.contract_id,
        channel=Channel.CASH,
    )
    return ledger.Posting(
        entry=entry, actor_id=ACTOR, source_id=ids.new(), entry_id=EntryId(ids.new())
    )
