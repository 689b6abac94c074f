"""What does deciding a batch of repayments need of contracts and their funds?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.loans.domain import allocation
from services.loans.domain.allocation import Order, Portions
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.collecting import Agreed, ReceiveRepayment, Standing
from services.loans.domain.modes import MODES
from services.loans.domain.positions import Day, Ladder
from services.loans.domain.terms import Component, ModeOfFinance
from services.loans.ledger.queries import AccountKey
from shared.ids import AccountId, ContractId, FundId, InstitutionId

PARTS = ("principal", "profit", "fee", "penalty")


class Reader:
    """Reads standings; remembers the accounts of funds, which never change."""

    def __init__(self) -> None:
        self._accounts: dict[FundId, tuple[FundKind, dict[str, AccountKey]]] = {}

    def account(self, fund_id: FundId, code: str) -> AccountKey:
        """Give an account of a fund that a standing was read of."""
        return self._accounts[fund_id][1][code]

    async def standings(
        self, connection: Any, institution_id: InstitutionId, first: Mapping[ContractId, date]
    ) -> tuple[dict[ContractId, Standing], dict[ContractId, UUID]]:
        """Read what deciding needs of contracts, each with the earliest day it is moved on."""
        rows = await connection.fetch(
            "select * from repayment_contexts($1, $2)", institution_id, sorted(first)
        )
        unknown = {row["fund_id"] for row in rows} - self._accounts.keys()
        if unknown:
            await self._learn_accounts(connection, institution_id, unknown)
        standings = {row["contract_id"]: self._standing(row) for row in rows}
        late = {
            contract_id: first[contract_id]
            for contract_id, standing in standings.items()
            if standing.days and first[contract_id] < standing.days[-1].valid_from
        }
        for contract_id, days in (await _days(connection, institution_id, late)).items():
            standings[contract_id] = replace(standings[contract_id], days=tuple(days))
        before = {
            contract_id: standing.order
            for contract_id, standing in standings.items()
            if standing.reaches_before(first[contract_id])
        }
        for contract_id, earlier in (await agreements(connection, institution_id, before)).items():
            standings[contract_id] = replace(standings[contract_id], earlier=tuple(earlier))
        return standings, {row["contract_id"]: row["branch_id"] for row in rows}

    def _standing(self, row: Mapping[str, Any]) -> Standing:
        kind, _ = self._accounts[row["fund_id"]]
        moved_on = row["moved_on"]
        paid = Portions(
            row["paid_principal_minor"],
            row["paid_profit_minor"],
            row["paid_fee_minor"],
            row["paid_penalty_minor"],
            row["surplus_minor"],
        )
        return Standing(
            contract_id=row["contract_id"],
            status=row["status"],
            signed_on=row["signed_on"],
            fund=FundAccounts(fund_id=row["fund_id"], kind=kind, currency=row["currency"]),
            order=allocation.order_of([Component(name) for name in row["allocation_order"]]),
            instalments=tuple(zip(*(row[name] or () for name in PARTS), strict=True)),
            due_on=tuple(map(date.fromordinal, row["due_on"] or ())),
            paid=paid,
            version=row["version"],
            closed_through=row["closed_through"],
            disbursed=row["disbursed_minor"],
            days=() if moved_on is None else (Day(moved_on, row["disbursed_minor"], paid.total),),
            generation=row["generation"],
            generation_from=row["generation_from"],
            servicing=row["servicing"],
            renegotiated_on=row["renegotiated_on"],
            sharia_bound=row["mode_of_finance"] != ModeOfFinance.CONVENTIONAL,
            defers_profit=MODES[ModeOfFinance(row["mode_of_finance"])].DEFERS_PROFIT,
            owes_money=MODES[ModeOfFinance(row["mode_of_finance"])].IS_DEBT,
        )

    async def _learn_accounts(
        self, connection: Any, institution_id: InstitutionId, fund_ids: set[FundId]
    ) -> None:
        rows = await connection.fetch(
            "select * from fund_accounts($1, $2)", institution_id, list(fund_ids)
        )
        for row in rows:
            _, accounts = self._accounts.setdefault(row["fund_id"], (FundKind(row["kind"]), {}))
            accounts[row["code"]] = AccountKey(
                account_id=AccountId(row["account_id"]), currency=row["currency"]
            )


async def _days(
    connection: Any, institution_id: InstitutionId, late: Mapping[ContractId, date]
) -> dict[ContractId, list[Day]]:
    """Read the days that movements dated back fall into, and all later ones."""
    if not late:
        return {}
    rows = await connection.fetch(
        "select * from position_days($1, $2, $3)", institution_id, list(late), list(late.values())
    )
    found: defaultdict[ContractId, list[Day]] = defaultdict(list)
    for row in rows:
        day = Day(row["valid_from"], row["disbursed_minor"], row["paid_minor"])
        found[row["contract_id"]].append(day)
    return found


async def agreements(
    connection: Any, institution_id: InstitutionId, orders: Mapping[ContractId, Order]
) -> dict[ContractId, list[Agreed]]:
    """Read every agreement of contracts that are moved on days before the newest."""
    if not orders:
        return {}
    rows = await connection.fetch(
        "select * from contract_agreements($1, $2)", institution_id, list(orders)
    )
    found: defaultdict[ContractId, list[Agreed]] = defaultdict(list)
    for row in rows:
        contract_id = row["contract_id"]
        parts = list(zip(*(row[name] for name in PARTS), strict=True))
        ladder = Ladder.of(parts, row["due_on"], orders[contract_id])
        found[contract_id].append(Agreed(row["generation"], row["since"], ladder))
    return found


def earliest(commands: Iterable[ReceiveRepayment]) -> dict[ContractId, date]:
    """Give the contracts of commands with the first day that is moved on each."""
    days: dict[ContractId, date] = {}
    for command in commands:
        known = days.setdefault(command.contract_id, command.received_on)
        days[command.contract_id] = min(known, command.received_on)
    return days
