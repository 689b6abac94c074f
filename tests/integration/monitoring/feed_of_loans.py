"""A loans service that tells what a test says: its feed, its directory, its ledger's figures."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.monitoring.subscriptions import Consumer
from shared import ids
from shared.bookings import BookedEntry, BookedLine
from shared.clients.loans import (
    DirectoryEntry,
    FeedEvent,
    FeedPage,
    FundFigures,
    InstitutionEntry,
    LoansUnavailable,
    Names,
)
from shared.db import Database
from shared.events import (
    BranchCreated,
    ContractClosed,
    ContractSigned,
    CorrectedDue,
    DisbursementCompleted,
    DonorLinked,
    Due,
    Event,
    FundBooked,
    FundClaimed,
    FundCreated,
    RepaymentReceived,
    RepaymentReversed,
)
from shared.ids import FundId, InstitutionId

CLASSES = {
    "cash": "asset",
    "loans": "asset",
    "goods": "asset",
    "fund_balance": "equity",
    "fee_income": "income",
    "profit_income": "income",
    "grants": "expense",
    "surplus": "liability",
    "capital_loss": "expense",
}
MORNING = datetime(2026, 7, 1, 6, tzinfo=UTC)


def add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


@dataclass
class FeedOfLoans:
    """Stands for loans: a list of events, numbered as they are told, an hour apart."""

    institution_id: InstitutionId
    told: list[FeedEvent] = field(default_factory=list)
    at: datetime = MORNING
    is_down: bool = False
    figures: FundFigures | None = None
    asked: list[int] = field(default_factory=list)
    branch_id: UUID = field(default_factory=ids.new)
    fund_id: UUID = field(default_factory=ids.new)

    async def institutions(self) -> tuple[DirectoryEntry, ...]:
        self._answer()
        return (DirectoryEntry(institution_id=self.institution_id, code="house"),)

    async def institution(self, institution_id: InstitutionId) -> InstitutionEntry:
        self._answer()
        return InstitutionEntry(
            institution_id=institution_id,
            code="house",
            names=Names(ar="مؤسسة رافد", fr="Fondation Rafid", en="Rafid foundation"),
            country="JO",
            currency="JOD",
            timezone="Asia/Amman",
        )

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        self._answer()
        assert institution_id == self.institution_id
        self.asked.append(after)
        part = tuple(self.told[after : after + limit])
        return FeedPage(events=part, next=part[-1].sequence if part else after, head=len(self.told))

    async def fund_figures(
        self, institution_id: InstitutionId, *, fund_id: FundId, known_at: datetime
    ) -> FundFigures:
        self._answer()
        assert institution_id == self.institution_id
        if self.figures is None:
            raise LoansUnavailable(reason="no figures")
        return self.figures.model_copy(update={"fund_id": fund_id, "known_at": known_at})

    def _answer(self) -> None:
        if self.is_down:
            raise LoansUnavailable(reason="ConnectError")

    def tell(self, event: Event, *, subject: UUID | None = None, after_hours: int = 1) -> FeedEvent:
        """Add an event; with `after_hours=0` it is numbered together with the one before."""
        self.at += timedelta(hours=after_hours)
        envelope = FeedEvent(
            id=ids.new(),
            type=event.type,
            subject=str(subject or ids.new()),
            time=self.at,
            institutionid=self.institution_id,
            sequence=len(self.told) + 1,
            knownat=self.at,
            data=event.model_dump(mode="json"),
        )
        self.told.append(envelope)
        return envelope

    def opens_fund(
        self, *, fund_id: UUID | None = None, kind: str = "waqf", code: str = "W1"
    ) -> UUID:
        fund_id = fund_id or self.fund_id
        names = {"name_ar": f"وقف {code}", "name_fr": f"Waqf {code}", "name_en": f"Waqf {code}"}
        self.tell(FundCreated(fund_id=fund_id, code=code, kind=kind, currency="JOD", **names))
        return fund_id

    def opens_branch(self) -> UUID:
        names = {"name_ar": "عمان", "name_fr": "Amman", "name_en": "Amman"}
        self.tell(BranchCreated(branch_id=self.branch_id, code="A", region="amman", **names))
        return self.branch_id

    def links(self, donor_id: UUID, *, fund_id: UUID | None = None) -> None:
        self.tell(DonorLinked(fund_id=fund_id or self.fund_id, donor_id=donor_id))

    def books(
        self,
        kind: str,
        *,
        on: date,
        fund_id: UUID | None = None,
        contract_id: UUID | None = None,
        after_hours: int = 1,
        undoes: bool = False,
        **lines: int,
    ) -> FeedEvent:
        """Tell an entry of the books by account: debits above nothing, credits below."""
        entry = self.entry(
            kind, on=on, fund_id=fund_id, contract_id=contract_id, undoes=undoes, **lines
        )
        event = FundBooked(booked=entry)
        return self.tell(event, subject=entry.fund_id, after_hours=after_hours)

    def entry(
        self,
        kind: str,
        *,
        on: date,
        fund_id: UUID | None = None,
        contract_id: UUID | None = None,
        undoes: bool = False,
        **lines: int,
    ) -> BookedEntry:
        assert sum(lines.values()) == 0, "an entry balances"
        return BookedEntry(
            entry_id=ids.new(),
            fund_id=fund_id or self.fund_id,
            kind=kind,
            is_reversal=undoes,
            occurred_on=on,
            contract_id=contract_id,
            currency="JOD",
            lines=tuple(
                BookedLine(
                    account=account, account_class=CLASSES[account], amount_minor=amount_minor
                )
                for account, amount_minor in lines.items()
                if amount_minor
            ),
        )

    def receives(
        self, minor: int, *, on: date = date(2025, 1, 5), fund_id: UUID | None = None
    ) -> None:
        self.books("receipt", on=on, fund_id=fund_id, cash=minor, fund_balance=-minor)

    def claims(self, minor: int, *, kind: str, fund_id: UUID | None = None) -> None:
        self.tell(
            FundClaimed(
                fund_id=fund_id or self.fund_id,
                application_id=ids.new(),
                kind=kind,
                amount_minor=minor,
                currency="JOD",
            )
        )

    def signs(self, *, minor: int = 1_000, on: date = date(2026, 1, 10), **changes: Any) -> UUID:
        """Sign a contract of ten equal instalments, a month apart from the month after."""
        contract_id = ids.new()
        values: dict[str, Any] = {
            "contract_id": contract_id,
            "application_id": ids.new(),
            "borrower_id": ids.new(),
            "branch_id": self.branch_id,
            "product_id": ids.new(),
            "fund_id": self.fund_id,
            "fund_kind": "waqf",
            "mode_of_finance": "qard",
            "currency": "JOD",
            "principal_minor": minor,
            "term_months": 10,
            "signed_on": on,
            "sector": "trade",
            "region": "amman",
            "borrower_kind": "person",
            "sex": None,
            "youth": None,
            "dues": tuple(
                Due(
                    number=number,
                    due_on=add_months(on, number),
                    principal_minor=minor // 10,
                    profit_minor=0,
                    fee_minor=0,
                )
                for number in range(1, 11)
            ),
        }
        self.tell(ContractSigned(**(values | changes)), subject=contract_id)
        return contract_id

    def pays_out(
        self,
        contract_id: UUID,
        minor: int = 1_000,
        *,
        on: date = date(2026, 1, 10),
        after_hours: int = 1,
        fee_kept: int = 0,
    ) -> FeedEvent:
        self.books(
            "disbursement",
            on=on,
            contract_id=contract_id,
            after_hours=after_hours,
            loans=minor,
            cash=fee_kept - minor,
            fee_income=-fee_kept,
        )
        return self.tell(
            DisbursementCompleted(
                contract_id=contract_id,
                disbursement_id=ids.new(),
                fund_id=self.fund_id,
                amount_minor=minor,
                fee_kept_minor=fee_kept,
                currency="JOD",
                disbursed_on=on,
                channel="cash",
            ),
            subject=contract_id,
            after_hours=0,
        )

    def pays_back(
        self,
        contract_id: UUID,
        minor: int,
        *,
        on: date,
        dues: tuple[CorrectedDue, ...] | None = None,
    ) -> FeedEvent:
        return self.tell(
            RepaymentReceived(**self._repayment(contract_id, minor, on), dues=dues),
            subject=contract_id,
        )

    def takes_back(self, contract_id: UUID, minor: int, *, on: date, surplus: int = 0) -> FeedEvent:
        values = self._repayment(contract_id, -minor, on)
        values |= {"principal_minor": surplus - minor, "surplus_minor": -surplus}
        return self.tell(
            RepaymentReversed(**values, reverses_repayment_id=ids.new(), reason="duplicate"),
            subject=contract_id,
        )

    def closes(self, contract_id: UUID, *, on: date) -> FeedEvent:
        return self.tell(ContractClosed(contract_id=contract_id, closed_on=on), subject=contract_id)

    def _repayment(self, contract_id: UUID, minor: int, on: date) -> dict[str, Any]:
        return {
            "booked": self.entry(
                "repayment",
                on=on,
                contract_id=contract_id,
                undoes=minor < 0,
                cash=minor,
                loans=-minor,
            ),
            "contract_id": contract_id,
            "repayment_id": ids.new(),
            "fund_id": self.fund_id,
            "amount_minor": minor,
            "currency": "JOD",
            "received_on": on,
            "channel": "cash",
            "principal_minor": minor,
            "profit_minor": 0,
            "fee_minor": 0,
            "surplus_minor": 0,
        }


async def consume(database: Database, loans: FeedOfLoans, *, batch: int = 500) -> Consumer:
    """Read everything told so far."""
    consumer = Consumer(database, loans, poll_seconds=0.01, batch=batch)
    await consumer.look_up()
    await consumer.catch_up(loans.institution_id)
    return consumer
