"""Does every fund bear what it should of each contract that several finance together?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries as cofinancing
from services.loans.cofinancing.queries import Booked
from services.loans.domain import chart
from services.loans.domain.cofinancing import NOTHING, Plan, Totals
from services.loans.domain.proved import Broken
from services.loans.proof.several import queries
from shared.ids import ContractId

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the books hold of a contract: over all its funds, and by fund."""

    plan: Plan
    totals: Totals
    books: Booked


async def first_broken(session: AsyncSession) -> tuple[int, Broken | None]:
    """Share each such contract's totals again; return how many fit, and the first that does not."""
    every, count = await cofinancing.every_contract(session), 0
    for start in range(0, len(every), PAGE):
        page = every[start : start + PAGE]
        kept = await _kept(session, page)
        for row in await queries.positions(session, page):
            why = next(_faults(row, kept[ContractId(row.contract_id)]), None)
            if why is not None:
                return count, Broken(row=str(row.contract_id), why=why)
            count += 1
    return count, None


async def _kept(session: AsyncSession, page: Sequence[ContractId]) -> Mapping[ContractId, _Kept]:
    plans = await cofinancing.plans_of(session, page)
    booked = await cofinancing.booked_of(session, page)
    return {
        one: _Kept(plan=plans[one], totals=totals, books=books)
        for one in page
        for totals, books in [booked.get(one, (NOTHING, {}))]
    }


def _faults(row: Row[Any], kept: _Kept) -> Iterator[str]:
    totals, plan = kept.totals, kept.plan
    booked = totals.booked
    pairs = (
        ("drawn", totals.drawn, row.disbursed_minor),
        ("claimed", row.drawn_minor, row.disbursed_minor),
        ("principal", totals.returned, row.paid_principal_minor),
        ("written off", totals.lost, row.written_off_minor),
        ("profit", -booked.get("profit_income", 0), row.paid_profit_minor),
        ("fees", -booked.get("fee_income", 0), row.fee_minor),
        (
            "late amounts",
            -booked.get("charity", 0) - booked.get("penalty_income", 0),
            row.paid_penalty_minor,
        ),
        ("surplus", -booked.get("surplus", 0), row.surplus_minor),
    )
    for what, found, expected in pairs:
        if found != expected:
            yield f"{what}: its funds book {found}, its position says {expected}"
    funds = {source.fund_id for source in plan.sources}
    for stranger in kept.books.keys() - funds:
        yield f"the fund {stranger} is none of its funds"
    for code in booked:
        shares = {} if code in chart.MONEY else plan.shares(totals, code)
        for fund, share in shares.items():
            found = kept.books.get(fund, {}).get(code, 0)
            if found != share:
                yield f"the fund {fund} books {found} on {code}, its share is {share}"
    for fund, lines in kept.books.items():
        if sum(lines.values()):
            yield f"the fund {fund} does not balance"
