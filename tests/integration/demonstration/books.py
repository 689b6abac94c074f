"""What a test needs around the demonstration: to found it, to load it, and to look at its books."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from services.demonstration import founding, loading, making
from services.demonstration.founding import Credential
from services.demonstration.history import History
from services.demonstration.loading import Loaded, Loader
from services.loans.proof import operations as proof
from shared.clients.scoring import ScoringClient
from shared.clock import Clock, SystemClock
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from tests.chained import chain

SEED = 1447
CLOCK: Clock = SystemClock()


def made(contracts: int) -> History:
    return making.make(seed=SEED, today=CLOCK.today("Asia/Amman"), contracts=contracts)


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """A founded demonstration in a test's institution."""

    database: Database
    institution_id: InstitutionId
    code: str
    history: History
    credentials: list[Credential]

    @classmethod
    async def found(
        cls, database: Database, institution_id: InstitutionId, *, contracts: int
    ) -> "Demonstration":
        history, code = made(contracts), f"d{institution_id.hex[-12:]}"
        credentials = await founding.found(
            TenantDb(database, institution_id),
            contracts=contracts,
            since=history.months[0].starts_on,
            code=code,
        )
        return cls(
            database=database,
            institution_id=institution_id,
            code=code,
            history=history,
            credentials=credentials,
        )

    @classmethod
    def bare(cls, database: Database, institution_id: InstitutionId) -> "Demonstration":
        """The books of any institution, for looking at."""
        return cls(
            database=database,
            institution_id=institution_id,
            code="",
            history=made(0),
            credentials=[],
        )

    @property
    def db(self) -> TenantDb:
        return TenantDb(self.database, self.institution_id)

    async def loader(
        self, scoring: ScoringClient, *, tell: Callable[[Loaded], None] = lambda _loaded: None
    ) -> Loader:
        return await loading.open_loader(
            self.database,
            institution_id=self.institution_id,
            history=self.history,
            scoring=scoring,
            clock=CLOCK,
            tell=tell,
        )

    async def number_everything(self) -> None:
        """Chain what is committed, as the sequencer behind the services does."""
        await chain(self.database, self.institution_id)

    async def broken(self) -> list[str]:
        """The rules that the books break."""
        async with self.database.read(self.institution_id, snapshot=True) as session:
            return [
                f"{finding.rule}: {finding.row} {finding.why}"
                async for finding in proof.prove(session)
                if not finding.holds
            ]

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.db() as session:
            found = await session.execute(text(statement), {"i": self.institution_id})
            return [tuple(row) for row in found]

    async def counts(self) -> dict[str, int]:
        """How many rows there are of what was loaded."""
        found = {}
        for table in ("receipt", "borrower", "application", "decision", "contract", "disbursement",
                      "repayment", "journal_entry", "event"):  # fmt: skip
            ((found[table],),) = await self.rows(f"select count(*) from {table}")
        return found
