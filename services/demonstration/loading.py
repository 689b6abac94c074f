"""How does the made history come into the books? Month by month, by the services' operations.

What happened lies in the past, and so do its value dates; when it was recorded is now, and says
so. Whatever breaks off is taken up again: applications are known by name, receipts by fund and
day, repayments by their idempotency keys.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import orjson

from services.demonstration import founding, lending, queries
from services.demonstration import institution as plan
from services.demonstration.history import Application, History, Month, Paid
from services.demonstration.lending import Case, Desk
from services.demonstration.people import Person
from services.demonstration.queries import Founded
from services.loans.domain import giving
from services.loans.domain.borrower import (
    BorrowerKind,
    Consent,
    ConsentPurpose,
    Document,
    DocumentType,
    Member,
    NewBorrower,
)
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.product import Product
from services.loans.funds import operations as funds
from services.loans.repayments.batch import RepaymentBook
from shared import periods
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.errors import RafidError
from shared.ids import BorrowerId, BranchId, ContractId, InstitutionId, ProductId, RepaymentId

PAYMENTS_AT_ONCE: Final = 250
DOCUMENTS: Final = {
    BorrowerKind.PERSON: DocumentType.NATIONAL_ID,
    BorrowerKind.PRODUCTIVE_FAMILY: DocumentType.NATIONAL_ID,
    BorrowerKind.MICRO_ENTERPRISE: DocumentType.COMMERCIAL_REGISTER,
    BorrowerKind.SOLIDARITY_GROUP: DocumentType.FILE_NUMBER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much of the history is in the books."""

    months: int
    contracts: int
    payments: int


Tell = Callable[[Loaded], None]


@dataclass(slots=True, kw_only=True)
class Loader:
    """Brings one history into the books of one institution."""

    desk: Desk
    book: RepaymentBook
    founded: Founded
    history: History
    tell: Tell
    products: dict[str, Product]
    loaded: Loaded = Loaded(months=0, contracts=0, payments=0)

    async def load(self, *, after: int, keep: Callable[[int], None]) -> None:
        """Load what lies after so many months; `keep` is told each number that is whole."""
        for number, month in enumerate(self.history.months, start=1):
            if number > after:
                await self._receive(month)
                await self._lend(month)
                await self._collect(month)
                keep(number)
            else:
                signed = sum(one.signed_on is not None for one in month.applications)
                self._count(contracts=signed, payments=len(month.payments))
            self.loaded = replace(self.loaded, months=number)
            self.tell(self.loaded)

    def _count(self, *, contracts: int = 0, payments: int = 0) -> None:
        self.loaded = replace(
            self.loaded,
            contracts=self.loaded.contracts + contracts,
            payments=self.loaded.payments + payments,
        )
        self.tell(self.loaded)

    async def _receive(self, month: Month) -> None:
        async with self.desk.db.begin() as session:
            booked = await queries.booked_receipts(session)
            for receipt in month.receipts:
                if (receipt.fund, receipt.received_on) in booked:
                    continue
                donor = plan.FUND_BY_CODE[receipt.fund].donor
                await funds.receive(
                    session,
                    fund_id=self.founded.funds[receipt.fund],
                    donor_id=self.founded.donors[donor],
                    amount=receipt.amount,
                    received_on=receipt.received_on,
                    channel=Channel.CASH,
                    nature=giving.NATURES[plan.FUND_BY_CODE[receipt.fund].kind][0],
                    actor_id=self.desk.funds_manager.id,
                )

    async def _lend(self, month: Month) -> None:
        last = periods.add_months(month.starts_on, 1, month_end_rule="clamp")
        on = min(last, self.history.today)
        members = await self._members(month.applications, on=on)
        for start in range(0, len(month.applications), lending.AT_ONCE):
            part = month.applications[start : start + lending.AT_ONCE]
            cases = [self._case(one, members) for one in part]
            await lending.take_through(self.desk, cases, on=on)
            self._count(contracts=sum(one.signed_on is not None for one in part))

    async def _members(
        self, applications: Iterable[Application], *, on: date
    ) -> dict[str, BorrowerId]:
        """Register the persons of groups that are not registered, and return them all by name."""
        people = {
            member.external_id: (self.branch(one), self._borrower(member, one=one))
            for one in applications
            for member in one.person.members
        }
        async with self.desk.db() as session:
            known = await queries.borrower_ids(session, people)
        for branch_id, officer in self.desk.officers.items():
            missing = [
                borrower
                for name, (where, borrower) in people.items()
                if where == branch_id and name not in known
            ]
            await lending.register(self.desk, missing, on=on, actor=officer)
        async with self.desk.db() as session:
            return await queries.borrower_ids(session, people)

    def branch(self, one: Application) -> BranchId:
        """The branch that an application came in at."""
        return BranchId(self.founded.branches[one.branch])

    def _case(self, one: Application, members: dict[str, BorrowerId]) -> Case:
        return Case(
            external_id=one.external_id,
            branch_id=self.branch(one),
            request=one.request,
            product=self.products[one.offer],
            borrower=self._borrower(one.person, one=one, members=members),
            submitted_on=one.submitted_on,
            reason=one.reason,
            fund_id=self.founded.funds[one.fund] if one.fund else None,
            signed_on=one.signed_on,
            disbursed_on=one.disbursed_on,
            is_decided=one.is_decided,
        )

    def _borrower(
        self, person: Person, *, one: Application, members: dict[str, BorrowerId] | None = None
    ) -> NewBorrower:
        document = Document(
            type=DOCUMENTS[person.kind], number=person.document_number, country=plan.COUNTRY
        )
        consent = Consent(purpose=ConsentPurpose.CREDIT_DECISION, effective_on=one.submitted_on)
        return NewBorrower(
            kind=person.kind,
            branch_id=self.branch(one),
            region=one.region,
            name_ar=person.name_ar,
            name_latin=person.name_latin,
            sex=person.sex,
            born_on=person.born_on,
            documents=(document,),
            consents=(consent,),
            members=tuple(
                Member(borrower_id=(members or {})[member.external_id], leads=place == 0)
                for place, member in enumerate(person.members)
            ),
            external_id=person.external_id,
        )

    async def _collect(self, month: Month) -> None:
        names = {paid.external_id for paid in month.payments}
        async with self.desk.db() as session:
            standings = await queries.standings(session, names)
        contracts = {
            name: one.contract_id for name, one in standings.items() if one.contract_id is not None
        }
        for start in range(0, len(month.payments), PAYMENTS_AT_ONCE):
            part = month.payments[start : start + PAYMENTS_AT_ONCE]
            booked = [paid for paid in part if paid.external_id in contracts]
            await self._book(booked, contracts)
            self._count(payments=len(part))

    async def _book(self, payments: Sequence[Paid], contracts: dict[str, ContractId]) -> None:
        """Book payments together, then take the mistakes among them back."""
        actor = self.desk.officers[next(iter(self.desk.officers))]
        commands = [
            ReceiveRepayment(
                contract_id=contracts[paid.external_id],
                amount=paid.payment.amount,
                received_on=paid.payment.received_on,
                today=self.history.today,
                channel=paid.payment.channel,
                actor_id=actor.id,
                key=f"{paid.external_id}-{paid.payment.number}",
                request_hash=b"demonstration",
            )
            for paid in payments
        ]
        outcomes = await self.book.receive(self.desk.db.institution_id, commands)
        for paid, command, outcome in zip(payments, commands, outcomes, strict=True):
            if isinstance(outcome, RafidError):
                raise outcome
            if paid.payment.is_mistake:
                told = orjson.loads(outcome.body)
                await self.book.reverse(
                    self.desk.db.institution_id,
                    ReverseRepayment(
                        reason="duplicate",
                        repayment_id=RepaymentId(told["repayment_id"]),
                        actor_id=self.desk.funds_manager.id,
                        key=f"{command.key}-reversed",
                        request_hash=b"demonstration",
                    ),
                )


async def open_loader(
    database: Database,
    *,
    institution_id: InstitutionId,
    history: History,
    scoring: ScoringClient,
    clock: Clock,
    tell: Tell = lambda _loaded: None,
) -> Loader:
    """Look up what the founded institution consists of, and stand ready to load."""
    db = TenantDb(database, institution_id)
    async with db() as session:
        founded = await queries.founded(session)
    officers = {
        BranchId(founded.branches[post.branch]): founding.actor_of(
            founded, post.login, institution_id=institution_id
        )
        for post in plan.STAFF
        if post.branch
    }
    desk = Desk(
        db=db,
        scoring=scoring,
        clock=clock,
        officers=officers,
        approvers=[
            founding.actor_of(founded, login, institution_id=institution_id)
            for login in plan.APPROVERS
        ],
        funds_manager=founding.actor_of(founded, plan.FUNDS_MANAGER, institution_id=institution_id),
    )
    return Loader(
        desk=desk,
        book=RepaymentBook(database),
        founded=founded,
        history=history,
        tell=tell,
        products={
            offer.product.code: replace(
                offer.product, product_id=ProductId(founded.products[offer.product.code])
            )
            for offer in plan.OFFERS
        },
    )
