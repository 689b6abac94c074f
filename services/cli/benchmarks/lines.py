"""The lines of a fund with a million receipts: how is its whole life made in a minute?

Receipts of very different sizes come in; a loan goes out as soon as the fund holds it; loans are
paid back in parts, and what came back is lent again. The lines are laid by the domain and written
by COPY, as the follower of the journal would have written them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from services.cli.benchmarks.million import CURRENCY, pieces
from services.loans.domain.lineage import HAND, Flow, Lines, Move, Place, Spot
from shared import ids
from shared.ids import FundId, InstitutionId

LARGE_EVERY: Final = 10_000
LARGE, SMALL, SPREAD = 50_000_000, 10_000, 90_001
"""A large receipt is 50,000 dinars; the others are 10 to 100 dinars and a few fils."""
PARTS: Final = 12
MONTHS: Final = 60
"""Loans go out over five years; each is paid back in twelve parts, one a month."""
STEP: Final = 7_919
COLUMNS: Final = {
    "lineage_move": "institution_id fund_id number part source_place source_owner source_start"
    " target_place target_owner target_start amount_minor",
    "lineage_count": "institution_id fund_id place owner came_minor left_minor",
}
FOUND: Final = (
    "insert into tenant (institution_id) values ($1::uuid)",
    f"""insert into institution (institution_id, code, name_ar, name_fr, name_en, country,
      currency, timezone)
    values ($1::uuid, 'lines-' || $1, 'قياس', 'Mesure', 'Bench', 'JO', '{CURRENCY}', 'UTC')""",
)


@dataclass(frozen=True, kw_only=True)
class Life:
    """A fund's life to be made: so many receipts, and so many loans out of them."""

    receipts: int
    contracts: int
    institution_id: InstitutionId = field(default_factory=lambda: InstitutionId(ids.new()))
    fund_id: FundId = field(default_factory=lambda: FundId(ids.new()))
    lines: Lines = field(default_factory=Lines)

    def moves(self) -> Iterator[Move]:
        """Lay what happens, in its order; the lines count it meanwhile."""
        due: defaultdict[int, list[tuple[Spot, int]]] = defaultdict(list)
        number, each = 0, max(self.receipts // self.contracts, 1)
        month = max(self.contracts // MONTHS, 1)
        for place in range(self.contracts):
            for one in range(place * each, (place + 1) * each):
                number += 1
                yield from self._lay(receipt(one), HAND, size(one), number)
            for spot, part in due.pop(place, ()):
                number += 1
                yield from self._lay(spot, HAND, part, number)
            number += 1
            hand, lent = self.lines.counts[HAND], contract(place)
            amount = (hand.came - hand.left) * (80 + place * STEP % 20) // 100
            yield from self._lay(HAND, lent, amount, number)
            for part in range(1, PARTS + 1):
                minor = amount * part // PARTS - amount * (part - 1) // PARTS
                if minor:
                    due[place + part * month].append((lent, minor))

    def _lay(self, source: Spot, target: Spot, amount: int, number: int) -> list[Move]:
        return self.lines.lay([Flow(source=source, target=target, amount=amount)], number=number)

    def rows(self) -> Iterator[str]:
        """Write the moves as COPY reads them."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for move in self.moves():
            yield (
                f"{key}\t{move.number}\t0\t{move.source.place}\t{move.source.owner}\t"
                f"{move.source_start}\t{move.target.place}\t{move.target.owner}\t"
                f"{move.target_start}\t{move.amount}\n"
            )

    def counts(self) -> Iterator[str]:
        """Write what came to each spot and left it; the moves must have been laid."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for spot, count in self.lines.counts.items():
            yield f"{key}\t{spot.place}\t{spot.owner}\t{count.came}\t{count.left}\n"


def receipt(number: int) -> Spot:
    """Give the receipt with a number."""
    return Spot(Place.RECEIPT, UUID(int=(1 << 96) + number))


def contract(number: int) -> Spot:
    """Give the contract with a number."""
    return Spot(Place.CONTRACT, UUID(int=(4 << 96) + number))


def size(number: int) -> int:
    """Give the amount of the receipt with a number, in fils."""
    return LARGE if number % LARGE_EVERY == 0 else SMALL + number * STEP % SPREAD


async def make(admin_url: str, life: Life) -> None:
    """Write a fund's life into an empty database, by COPY, and let the planner know of it."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set search_path = loans; set session_replication_role = replica")
        for statement in FOUND:
            await connection.execute(statement, life.institution_id)
        for table, rows in (("lineage_move", life.rows), ("lineage_count", life.counts)):
            await connection.copy_to_table(
                table, source=pieces(rows()), columns=COLUMNS[table].split()
            )
            await connection.execute(f"vacuum (analyze) {table}")
    finally:
        await connection.close()
