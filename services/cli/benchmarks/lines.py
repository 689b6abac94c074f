"""The lines of a fund with a million receipts: how is its whole life made in a minute?

Receipts of very different sizes come in; a loan goes out as soon as the fund holds it; loans are
paid back in parts, and what came back is lent again. The lines, and the versions of a pool that is
mixed, are laid by the domain and written by COPY, as the follower of the journal would have.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from services.cli.benchmarks.million import CURRENCY, pieces
from services.loans.domain.lineage import HAND, Flow, Lines, Move, Place, Policy, Spot
from services.loans.domain.pools import Pool
from services.loans.lineage.mixing import Mixture
from services.loans.lineage.queries import DaySums
from shared import ids
from shared.ids import FundId, InstitutionId

LARGE_EVERY: Final = 10_000
LARGE, SMALL, SPREAD = 50_000_000, 10_000, 90_001
"""A large receipt is 50,000 dinars; the others are 10 to 100 dinars and a few fils."""
PARTS: Final = 12
MONTHS: Final = 60
"""Loans go out over five years; each is paid back in twelve parts, one a month."""
STEP: Final = 7_919
DAYS: Final = MONTHS * 30
BEGUN_ON: Final = date(2020, 1, 1)
COLUMNS: Final = {
    "lineage_move": "institution_id fund_id number part source_place source_owner source_start"
    " target_place target_owner target_start amount_minor version",
    "lineage_day": "institution_id fund_id told_on number came_minor left_minor",
    "lineage_version": "institution_id fund_id version begun_on first_number came_minor"
    " drawn_minor paid_back_minor carried_minor returned_from returned_minor",
    "lineage_draw": "institution_id fund_id version place units_minor",
    "lineage_count": "institution_id fund_id place owner came_minor left_minor",
}
FUND: Final = f"""
    insert into fund (institution_id, fund_id, code, kind, currency, name_ar, name_fr, name_en,
      lineage_policy, actor_id)
    values ($1::uuid, $2::uuid, 'LINES', 'waqf', '{CURRENCY}', 'قياس', 'Mesure', 'Bench', $3,
      $1::uuid)
"""
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
    policy: Policy = Policy.FIFO
    institution_id: InstitutionId = field(default_factory=lambda: InstitutionId(ids.new()))
    fund_id: FundId = field(default_factory=lambda: FundId(ids.new()))
    lines: Lines = field(default_factory=Lines)
    mixture: Mixture = field(default_factory=lambda: Mixture(pool=Pool()))
    sums: DaySums = field(default_factory=lambda: DaySums(came=[0] * 6, left=[0] * 6))
    days: dict[date, tuple[int, DaySums]] = field(default_factory=dict)

    def moves(self) -> Iterator[tuple[Move, int | None]]:
        """Lay what happens, in its order, with versions; the lines count it meanwhile."""
        due: defaultdict[int, list[tuple[Spot, int]]] = defaultdict(list)
        number, each = 0, max(self.receipts // self.contracts, 1)
        month = max(self.contracts // MONTHS, 1)
        for place in range(self.contracts):
            day = BEGUN_ON + timedelta(days=place * DAYS // self.contracts)
            for one in range(place * each, (place + 1) * each):
                number += 1
                yield from self._lay(receipt(one), HAND, size(one), number, day)
            for spot, part in due.pop(place, ()):
                number += 1
                yield from self._lay(spot, HAND, part, number, day)
            number += 1
            hand, lent = self.lines.counts[HAND], contract(place)
            amount = (hand.came - hand.left) * (80 + place * STEP % 20) // 100
            yield from self._lay(HAND, lent, amount, number, day)
            for part in range(1, PARTS + 1):
                minor = amount * part // PARTS - amount * (part - 1) // PARTS
                if minor:
                    due[place + part * month].append((lent, minor))
            self.days[day] = (number, self.sums.copy())

    def _lay(
        self, source: Spot, target: Spot, amount: int, number: int, day: date
    ) -> list[tuple[Move, int | None]]:
        flow = Flow(source=source, target=target, amount=amount)
        parts: list[tuple[Flow, int | None]] = [(flow, None)]
        if self.policy is Policy.PRO_RATA:
            laid = self.mixture.lay(flow, number=number, day=day)
            parts = [(replace(flow, amount=part.amount), part.version) for part in laid]
        self.sums.add(source.place, target.place, amount)
        moves = self.lines.lay([one for one, _ in parts], number=number)
        return list(zip(moves, (version for _, version in parts), strict=True))

    def rows(self) -> Iterator[str]:
        """Write the moves as COPY reads them."""
        key, last, part = f"{self.institution_id}\t{self.fund_id}", 0, 0
        for move, version in self.moves():
            part = part + 1 if move.number == last else 0
            last = move.number
            yield (
                f"{key}\t{move.number}\t{part}\t{move.source.place}\t{move.source.owner}\t"
                f"{move.source_start}\t{move.target.place}\t{move.target.owner}\t"
                f"{move.target_start}\t{move.amount}\t{_null(version)}\n"
            )

    def counts(self) -> Iterator[str]:
        """Write what came to each spot and left it; the moves must have been laid."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for spot, count in self.lines.counts.items():
            yield f"{key}\t{spot.place}\t{spot.owner}\t{count.came}\t{count.left}\n"

    def day_rows(self) -> Iterator[str]:
        """Write the sums of places, day by day."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for day, (number, sums) in self.days.items():
            yield f"{key}\t{day}\t{number}\t{_array(sums.came)}\t{_array(sums.left)}\n"

    def versions(self) -> Iterator[str]:
        """Write the versions of the pool."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for one in self.mixture.pool.versions:
            yield (
                f"{key}\t{one.number}\t{one.begun_on}\t"
                f"{self.mixture.first_numbers[one.number]}\t{one.came}\t{one.drawn}\t"
                f"{one.paid_back}\t{one.carried}\t{_array(one.returned)}\t"
                f"{_array(one.returned.values())}\n"
            )

    def draws(self) -> Iterator[str]:
        """Write in which places what was drawn from versions stands."""
        key = f"{self.institution_id}\t{self.fund_id}"
        for (version, place), units in self.mixture.draws.items():
            yield f"{key}\t{version}\t{place}\t{units}\n"


def _array(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _null(value: int | None) -> str:
    return "\\N" if value is None else str(value)


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
        await connection.execute(FUND, life.institution_id, life.fund_id, life.policy.value)
        for table, rows in (
            ("lineage_move", life.rows),
            ("lineage_count", life.counts),
            ("lineage_day", life.day_rows),
            ("lineage_version", life.versions),
            ("lineage_draw", life.draws),
        ):
            await connection.copy_to_table(
                table, source=pieces(rows()), columns=COLUMNS[table].split()
            )
            await connection.execute(f"vacuum (analyze) {table}")
    finally:
        await connection.close()
