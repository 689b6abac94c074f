"""How are the books proved? Every rule, both chains, every contract's sums, from the rows up."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import allocation
from services.loans.domain.proved import Broken
from services.loans.domain.terms import Component
from services.loans.fund_accounts import queries as fund_accounts
from services.loans.lineage import queries as lineages
from services.loans.lineage.checks import queries as lines
from services.loans.proof import courses, positions, queries
from services.loans.proof.several import proving
from shared import feed, feed_reading
from shared.periods import MAX_DAY, Period

PAGE = 2_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVER = Period(date(1900, 1, 2), MAX_DAY)
POSITIONS = "a contract's positions are what its movements make of them"
COURSES = "a contract's instalments are what its course folds to"
LINES = "the lines of funds tell where every unit is"
SHARES = "each fund bears its part of the contracts that several finance"
FirstBroken = Callable[[AsyncSession], Awaitable[tuple[int, Broken | None]]]
"""What makes every row anew: how many fit, and the first that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's result: the first row that breaks it, or how much was looked at."""

    rule: str
    row: str | None = None
    why: str | None = None
    looked_at: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the rule holds."""
        return self.row is None


async def prove(
    session: AsyncSession, *, rules: Iterable[str] = queries.RULES
) -> AsyncIterator[Finding]:
    """Prove the books of the session's institution, rule by rule, within one snapshot."""
    for rule in rules:
        row = await queries.broken(session, rule)
        if row is None:
            yield Finding(rule=rule)
        else:
            yield Finding(rule=rule, row=str(row.row), why=row.why)
    yield await _prove_sums(session)
    yield await _folded(session, POSITIONS, positions.first_broken)
    yield await _folded(session, COURSES, courses.first_broken)
    yield await prove_lines(session)
    yield await prove_accounts(session)
    yield await _folded(session, SHARES, proving.first_broken)
    yield await _prove_journal_chain(session)
    yield await feed_chain_finding(session)
    tail = await queries.tail(session)
    yield Finding(
        rule=f"{tail.waiting} entries are not chained yet, the oldest for {tail.seconds:.1f} s",
        looked_at=tail.waiting,
    )


async def _prove_sums(session: AsyncSession) -> Finding:
    """Let every contract's total paid run down its instalments again."""
    rule, after, count = "a contract's sums are where its payments fall", UUID(int=0), 0
    while rows := await queries.standings(session, after=after, limit=PAGE):
        for row in rows:
            paid = (
                row.paid_principal_minor,
                row.paid_profit_minor,
                row.paid_fee_minor,
                row.paid_penalty_minor,
                row.surplus_minor,
            )
            expected = allocation.waterfall(
                sum(paid),
                instalments=list(zip(row.principal, row.profit, row.fee, row.penalty, strict=True)),
                order=allocation.order_of([Component(name) for name in row.allocation_order]),
            )
            if tuple(expected) != paid:
                why = f"booked {paid}, expected {tuple(expected)}"
                return Finding(rule=rule, row=str(row.contract_id), why=why)
        count += len(rows)
        after = rows[-1].contract_id
    return Finding(rule=rule, looked_at=count)


async def _folded(session: AsyncSession, rule: str, first_broken: FirstBroken) -> Finding:
    """What a rule finds that is proved by making each row anew."""
    count, broken = await first_broken(session)
    if broken is None:
        return Finding(rule=rule, looked_at=count)
    return Finding(rule=rule, row=broken.row, why=broken.why)


async def prove_lines(session: AsyncSession) -> Finding:
    """Let every unit of every fund have one way in and one out, and stand where it is booked."""
    return await _folded(session, LINES, lines.first_broken)


async def prove_accounts(session: AsyncSession) -> Finding:
    """Let the account of every fund, from its beginning, be what the ledger holds today."""
    rule = "a fund's account is the change of its money at hand and with borrowers"
    told, count = await lineages.told(session), 0
    async for fund_id, account in fund_accounts.every(session, period=EVER, through=told.number):
        if any(account.gaps):
            return Finding(rule=rule, row=str(fund_id), why=f"missing: {account.gaps}")
        count += 1
    return Finding(rule=rule, looked_at=count)


async def _prove_journal_chain(session: AsyncSession) -> Finding:
    rule, number, previous = "the journal's chain of hashes is whole", 0, b""
    while rows := await queries.journal_links(session, after=number, limit=PAGE):
        for row in rows:
            number += 1
            if row.number != number:
                return Finding(rule=rule, row=str(row.number), why=f"number {number} is missing")
            previous = feed.link_hash(previous, number, _digest(row))
            if previous != row.hash:
                return Finding(
                    rule=rule, row=str(row.entry_id), why=f"link {number} has another content"
                )
    return Finding(rule=rule, looked_at=number)


def _digest(row: Row[Any]) -> bytes:
    """Hash an entry as the sequencer did, spelled here by itself."""
    if row.kind is None or row.numbers is None:
        return b""
    lines = ";".join(
        ",".join(map(str, line))
        for line in zip(
            row.numbers, row.accounts, row.funds, row.currencies, row.amounts, strict=True
        )
    )
    moment = (row.recorded_at - EPOCH) // (EPOCH.resolution)
    parts = (
        row.entry_id,
        row.kind,
        row.occurred_on.isoformat(),
        row.source_id,
        row.contract_id or "-",
        row.reverses_entry_id or "-",
        row.actor_id,
        moment,
        lines,
    )
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


async def feed_chain_finding(session: AsyncSession) -> Finding:
    """Prove the feed's chain of hashes (see `feed_reading.first_broken_link`)."""
    checked, broken = await feed_reading.first_broken_link(session)
    rule = "the feed's chain of hashes is whole"
    if broken is None:
        return Finding(rule=rule, looked_at=checked)
    return Finding(rule=rule, row=str(broken), why="the number has another content")
