"""The books of loans themselves, read by monitoring as they are told, and set beside each other."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import text

from services.loans.funds import queries as fund_books
from services.loans.funds.schemas import FiguresOut
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import EVENTS, JOURNAL, Cut
from services.monitoring.dashboards import queries as pages
from services.monitoring.dashboards.report import Seal, SealRow
from services.monitoring.domain.utilisation import Utilisation
from services.monitoring.portfolio import queries
from services.monitoring.portfolio.queries import Moment
from services.monitoring.subscriptions import Consumer
from shared import feed_reading, ids
from shared.clients.loans import (
    DirectoryEntry,
    FeedPage,
    FundFigures,
    InstitutionEntry,
    Names,
)
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import FundId, InstitutionId

DAY = date(2026, 7, 1)
HOLDER = ids.new()


@dataclass
class TwoBooks:
    """Loans and monitoring of one institution; stands for loans towards monitoring."""

    institution_id: InstitutionId
    loans: Database
    monitoring: Database
    asked: list[int] = field(default_factory=list)

    async def institutions(self) -> tuple[DirectoryEntry, ...]:
        return (DirectoryEntry(institution_id=self.institution_id, code="house"),)

    async def institution(self, institution_id: InstitutionId) -> InstitutionEntry:
        return InstitutionEntry(
            institution_id=institution_id,
            code="house",
            names=Names(ar="مؤسسة", fr="Fondation", en="Foundation"),
            country="JO",
            currency="JOD",
            timezone="Asia/Amman",
        )

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        async with self.loans.read(institution_id) as session:
            page = await feed_reading.read(session, after=after, limit=limit, source="loans")
        return FeedPage.model_validate(page)

    async def fund_figures(
        self, institution_id: InstitutionId, *, fund_id: FundId, known_at: datetime
    ) -> FundFigures:
        """What the route of loans answers, from the journal alone."""
        cut = Cut(known_at=known_at)
        async with self.loans.read(institution_id, snapshot=True) as session:
            row = await fund_books.figures(session, fund_id, cut=cut)
            accounts = await ledger.trial_balance(session, cut=cut, fund_id=fund_id)
        told = FiguresOut.of(row, accounts=accounts, as_of=None, known_at=known_at, sequence=1)
        return FundFigures.model_validate(told.model_dump(exclude={"as_of"}))

    async def read_on(self, *, batch: int = 500) -> None:
        """Number what loans committed, and let monitoring read it to the end."""
        sequencer = Sequencer(self.loans, chains=(EVENTS, JOURNAL))
        sequencer.holder = HOLDER  # the one who has the lease
        await sequencer.number(self.institution_id)
        consumer = Consumer(self.monitoring, self, poll_seconds=1, batch=batch)
        await consumer.look_up()
        await consumer.catch_up(self.institution_id)

    async def moment(self, *, as_of: date = DAY) -> Moment:
        async with self.monitoring.read(self.institution_id) as session:
            return await queries.moment(session, as_of=as_of, known_at=None)

    async def used(self, fund_id: FundId) -> Utilisation:
        at = await self.moment()
        async with self.monitoring.read(self.institution_id) as session:
            return await pages.totals(session, at, fund_id=fund_id)

    async def seal(self, fund_id: FundId) -> Seal:
        """The comparison as the donor page makes it, after everything was read."""
        await self.read_on()
        at = await self.moment()
        assert at.known_at is not None
        figures = await self.fund_figures(
            self.institution_id, fund_id=fund_id, known_at=at.known_at
        )
        ours = await self.used(fund_id)
        assert ours.gap.is_zero, "the story explains itself"
        return pages.compare(ours, ledger=figures, checked_at=at.known_at)

    async def unequal(self, *fund_ids: FundId) -> list[SealRow]:
        """The rows of funds' seals in which the two books differ: none of them may."""
        found = []
        for fund_id in fund_ids:
            seal = await self.seal(fund_id)
            assert len(seal.rows) >= 5
            found += [row for row in seal.rows if row.ours != row.ledger]
        return found

    async def forget(self, admin_url: str) -> None:
        """Take away all that monitoring has of the institution, as before its first day."""
        admin = Database(admin_url, pool_size=1)
        async with admin.begin(self.institution_id) as session:
            for table in TABLES:
                statement = f"delete from monitoring.{table} where institution_id = :one"
                await session.execute(text(statement), {"one": self.institution_id})
        await admin.close()


TABLES = (
    *("booked_line", "fund_promise", "contract_share", "contract_movement", "changed_agreement"),
    *("agreed_contract", "project_stage", "project", "observed_fund", "fund_link"),
    *("feed_cursor", "feed_progress"),
)
