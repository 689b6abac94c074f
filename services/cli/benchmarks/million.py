"""A million contracts by COPY: how is a large portfolio made in less than two minutes?

The rows are those that lending would write, of loans paid back in twelve equal parts, one every
thirty days: every part paid gives a position of its own. All ids come from one counter, so foreign
keys are not checked on the way in.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared import ids
from shared.ids import ContractId, FundId, InstitutionId
from shared.money import Money

CURRENCY: Final = "JOD"
PARTS: Final = 12
PART: Final = 100_000
PRINCIPAL: Final = PART * PARTS
EVERY: Final = 30
DAYS_BACK: Final = 540
DAYS_BETWEEN: Final = 7_919  # a prime, so that neighbours begin on days far apart
BRANCHES, PRODUCTS, FUNDS = 60, 12, 20
PIECE: Final = 5_000
"""So many contracts are handed to COPY at once."""

COLUMNS: Final = {
    "contract": "institution_id contract_id reference application_id borrower_id branch_id"
    " product_id product_version fund_id currency principal_minor terms signed_on status"
    " effective_annual_rate total_cost_minor actor_id",
    "position": "institution_id contract_id branch_id product_id fund_id currency version status"
    " moved_on disbursed_minor paid_principal_minor outstanding_principal_minor"
    " oldest_open_due_on",
    "position_history": "institution_id contract_id valid_from version known_from generation"
    " status disbursed_minor paid_minor outstanding_principal_minor oldest_open_due_on",
    "instalment": "institution_id contract_id number due_on principal_minor profit_minor fee_minor",
}
FOUND = (
    "insert into tenant (institution_id) values ($1::uuid)",
    f"""insert into institution (institution_id, code, name_ar, name_fr, name_en, country,
      currency, timezone)
    values ($1::uuid, 'million-' || $1, 'قياس', 'Mesure', 'Bench', 'JO', '{CURRENCY}', 'UTC')""",
)
TABLES = ("contract", "position", "position_history")


@dataclass(frozen=True, kw_only=True)
class Million:
    """A portfolio to be made; contract n was paid out on a day and has paid so many parts."""

    institution_id: InstitutionId
    today: date
    contracts: int = 1_000_000
    texts: dict[tuple[str, object], Any] = field(default_factory=dict)

    def paid_out_on(self, number: int) -> date:
        """Spread the days of paying out over the last two years."""
        return self.today - timedelta(days=1 + number * DAYS_BETWEEN % DAYS_BACK)

    def parts_paid(self, number: int) -> int:
        """Most pay each part on its day; one in seven stops after none to ten of them."""
        due = (self.today - self.paid_out_on(number)).days // EVERY
        stops = number % 11 if number % 7 == 0 else PARTS
        return min(due, stops, PARTS)

    def rows(self, table: str) -> Iterator[str]:
        """Give the rows of a table as COPY reads them, those of a contract together."""
        write: Callable[[int], str] = getattr(self, f"_{table}")
        return map(write, range(self.contracts))

    def kept(self, name: str, key: object, make: Callable[[], Any]) -> Any:
        """Give a text that many contracts share, made once."""
        found = self.texts.get((name, key))
        if found is None:
            found = self.texts[name, key] = make()
        return found

    def _contract(self, number: int) -> str:
        on = self.paid_out_on(number)
        terms = self.kept("terms", on, lambda: json.dumps(_terms(on).to_json()))
        own = contract_id(number).hex
        return (
            f"{self.institution_id.hex}\t{own}\tLN-{number}\t{own}\t{own}\t"
            f"{_noun(1, number % BRANCHES)}\t{_noun(2, number % PRODUCTS)}\t1\t"
            f"{_noun(3, number % FUNDS)}\t{CURRENCY}\t{PRINCIPAL}\t{terms}\t{on}\tactive\t0\t0\t"
            f"{own}\n"
        )

    def _position(self, number: int) -> str:
        paid, on = self.parts_paid(number), self.paid_out_on(number)
        rest = self.kept("head", (on, paid), lambda: "\t".join(_stood(on, paid, head=True)))
        return (
            f"{self.institution_id.hex}\t{contract_id(number).hex}\t{_noun(1, number % BRANCHES)}\t"
            f"{_noun(2, number % PRODUCTS)}\t{_noun(3, number % FUNDS)}\t{CURRENCY}\t{rest}\n"
        )

    def _position_history(self, number: int) -> str:
        paid, on = self.parts_paid(number), self.paid_out_on(number)
        rests = self.kept(
            "history",
            (on, paid),
            lambda: ["\t".join(_stood(on, part)) + "\n" for part in range(paid + 1)],
        )
        key = f"{self.institution_id.hex}\t{contract_id(number).hex}\t"
        return "".join([key + rest for rest in rests])

    def _instalment(self, number: int) -> str:
        on = self.paid_out_on(number)
        key = f"{self.institution_id.hex}\t{contract_id(number).hex}\t"
        rests = self.kept(
            "dues",
            on,
            lambda: [f"{part}\t{_due(on, part)}\t{PART}\t0\t0\n" for part in range(1, PARTS + 1)],
        )
        return "".join([key + rest for rest in rests])


def contract_id(number: int) -> ContractId:
    """Give the id of the contract with a number."""
    return ContractId(UUID(int=(4 << 96) + number))


def fund_id(number: int) -> FundId:
    """Give the id of the fund with a number."""
    return FundId(UUID(_noun(3, number)))


def _noun(kind: int, number: int) -> str:
    return f"{(kind << 96) + number:032x}"


def _due(on: date, part: int) -> date:
    return on + timedelta(days=EVERY * part)


def _stood(on: date, paid: int, *, head: bool = False) -> list[str]:
    """The members of a position after so many parts, in the order of `COLUMNS`."""
    is_paid = paid == PARTS
    status = "closed" if is_paid else "active"
    oldest = "\\N" if is_paid else str(_due(on, paid + 1))
    moved_on = str(_due(on, paid))
    sums = [str(PRINCIPAL), str(PART * paid), str(PRINCIPAL - PART * paid), oldest]
    if head:
        return [str(paid + 2), status, moved_on, *sums]
    return [moved_on, str(paid + 2), f"{moved_on} 00:00:00+00", "1", status, *sums]


def _terms(on: date) -> Terms:
    return Terms(
        mode_of_finance=ModeOfFinance.QARD,
        charge_method=ChargeMethod.NONE,
        principal=Money(PRINCIPAL, CURRENCY),
        annual_rate=Decimal(0),
        instalments=PARTS,
        frequency=Frequency.MONTHLY,
        disbursed_on=on,
        first_due_on=_due(on, 1),
    )


async def make(admin_url: str, million: Million, *, instalments: bool = False) -> None:
    """Write the portfolio into an empty database, by COPY, and let the planner know of it."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set search_path = loans; set session_replication_role = replica")
        for statement in FOUND:
            await connection.execute(statement, million.institution_id)
        for table in (*TABLES, *(("instalment",) if instalments else ())):
            await connection.copy_to_table(
                table, source=pieces(million.rows(table)), columns=COLUMNS[table].split()
            )
            await connection.execute(f"vacuum (analyze) {table}")
    finally:
        await connection.close()


async def pieces(rows: Iterator[str]) -> AsyncIterator[bytes]:
    """Join rows into pieces that are worth a message."""
    piece: list[str] = []
    for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            yield "".join(piece).encode()
            piece.clear()
    if piece:
        yield "".join(piece).encode()


def new(today: date, *, contracts: int) -> Million:
    """Name a portfolio that is not made yet."""
    return Million(institution_id=InstitutionId(ids.new()), today=today, contracts=contracts)
