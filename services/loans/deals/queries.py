"""Which steps were taken on a contract, with which papers and parties?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import (
    ContractRow,
    GenerationRow,
    InstalmentRow,
    PositionRow,
)
from services.loans.deals.tables import DealDocumentRow, DealStepRow, SupplierRow
from services.loans.domain.chart import FundAccounts
from services.loans.domain.deal import Deal, Party, Taken
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.funds import queries as fund_queries
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ContractId, FundId
from shared.money import Money
from shared.schemas import Page


class SupplierUnknown(RafidError):
    """There is no such supplier"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No supplier {supplier_id} is registered."
    supplier_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The steps of a contract in their order, those that stand, and the papers of each."""

    rows: Sequence[DealStepRow]
    documents: Mapping[UUID, Sequence[DealDocumentRow]]

    @property
    def standing(self) -> list[DealStepRow]:
        """The steps that were not taken back."""
        undone = {row.reverses_step_id for row in self.rows}
        return [
            row for row in self.rows if row.reverses_step_id is None and row.step_id not in undone
        ]

    def taken(self) -> tuple[Taken, ...]:
        """The steps that stand, as the domain knows them."""
        return tuple(
            Taken(
                code=row.code,
                on=row.taken_on,
                documents={one.kind: one.digest for one in self.documents.get(row.step_id, ())},
                amounts={name: Money(minor, row.currency) for name, minor in row.amounts.items()},
                figures={name: Decimal(figure) for name, figure in row.figures.items()},
                days={name: date.fromisoformat(day) for name, day in row.days.items()},
                party=None if row.supplier_id is None else Party(party_id=row.supplier_id),
                channel=Channel(row.channel),
            )
            for row in self.standing
        )


async def history(session: AsyncSession, contract_id: UUID) -> History:
    """Return every step of a contract with its papers."""
    institution_id = tenancy.institution_of(session)
    statement = (
        select(DealStepRow)
        .where(DealStepRow.institution_id == institution_id, DealStepRow.contract_id == contract_id)
        .order_by(DealStepRow.number)
    )
    rows = (await session.scalars(statement)).all()
    papers = select(DealDocumentRow).where(
        DealDocumentRow.institution_id == institution_id,
        DealDocumentRow.step_id.in_([row.step_id for row in rows]),
    )
    documents: defaultdict[UUID, list[DealDocumentRow]] = defaultdict(list)
    for paper in await session.scalars(papers.order_by(DealDocumentRow.kind)):
        documents[paper.step_id].append(paper)
    return History(rows=rows, documents=documents)


async def deal(
    session: AsyncSession, row: ContractRow, *, fund: FundAccounts, steps: History
) -> tuple[Deal, PositionRow | None]:
    """Return a contract as the modes of finance look at it, and its position."""
    position = await contract_queries.position(session, row.contract_id)
    agreed = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    found = Deal(
        contract_id=ContractId(row.contract_id),
        borrower_id=row.borrower_id,
        terms=contract_queries.terms_of(row),
        agreed_on=row.signed_on,
        fund=fund,
        owed=Money(0 if position is None else position.outstanding_principal_minor, row.currency),
        paid_profit=Money(0 if position is None else position.paid_profit_minor, row.currency),
        paid=Money(0 if position is None else _paid(position), row.currency),
        country=await fund_queries.country(session),
        instalments=agreed.get(row.contract_id, ()),
        taken=steps.taken(),
    )
    return found, position


def _paid(position: PositionRow) -> int:
    return (
        position.paid_principal_minor
        + position.paid_profit_minor
        + position.paid_fee_minor
        + position.paid_penalty_minor
    )


async def instalments(session: AsyncSession, row: ContractRow) -> tuple[Instalment, ...]:
    """Return the instalments that hold now."""
    agreed = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    return agreed.get(row.contract_id, ())


BOOKED = text("""
    select e.kind, e.occurred_on, a.code, l.fund_id, l.amount_minor, l.currency
    from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.institution_id = :institution_id and e.entry_id = :entry_id
    order by l.line_no
""")


async def booked(session: AsyncSession, row: DealStepRow) -> JournalEntry | None:
    """Return what a step booked; None where it booked nothing."""
    if row.entry_id is None:
        return None
    values = {"institution_id": row.institution_id, "entry_id": row.entry_id}
    lines = (await session.execute(BOOKED, values)).all()
    return JournalEntry(
        kind=EntryKind(lines[0].kind),
        occurred_on=lines[0].occurred_on,
        lines=tuple(
            Line(
                account_code=line.code,
                fund_id=FundId(line.fund_id),
                amount=Money(line.amount_minor, line.currency),
            )
            for line in lines
        ),
        contract_id=ContractId(row.contract_id),
    )


async def generation_of(session: AsyncSession, row: DealStepRow) -> int | None:
    """Return the generation of instalments that a step agreed; None where it agreed none."""
    statement = select(GenerationRow.generation).where(
        GenerationRow.institution_id == row.institution_id,
        GenerationRow.contract_id == row.contract_id,
        GenerationRow.order_id == row.step_id,
    )
    found: int | None = await session.scalar(statement)
    return found


async def instalments_of(
    session: AsyncSession, row: DealStepRow, *, generation: int
) -> tuple[Instalment, ...]:
    """Return the instalments of one generation of a contract; none of one that owes none."""
    statement = (
        select(InstalmentRow)
        .where(
            InstalmentRow.institution_id == row.institution_id,
            InstalmentRow.contract_id == row.contract_id,
            InstalmentRow.generation == generation,
        )
        .order_by(InstalmentRow.number)
    )
    return tuple(
        Instalment(
            number=one.number,
            due_on=one.due_on,
            principal=Money(one.principal_minor, row.currency),
            profit=Money(one.profit_minor, row.currency),
            fee=Money(one.fee_minor, row.currency),
            penalty_minor=one.penalty_minor,
        )
        for one in await session.scalars(statement)
    )


async def suppliers(session: AsyncSession, *, page: Page) -> Sequence[SupplierRow]:
    """Return a page of suppliers by id, one more than fits."""
    statement = select(SupplierRow).where(
        SupplierRow.institution_id == tenancy.institution_of(session)
    )
    if page.after is not None:
        statement = statement.where(SupplierRow.supplier_id > page.after)
    rows = await session.scalars(statement.order_by(SupplierRow.supplier_id).limit(page.limit + 1))
    return rows.all()


# A supplier is the client where somebody said so, or where both have a telephone or the number of
# a document in common; a client's group or family counts as the client.
SAME = text("""
    with whole as (
      select cast(:borrower_id as uuid) as borrower_id
      union
      select member_borrower_id from borrower_member
      where institution_id = :institution_id and borrower_id = :borrower_id
    )
    select exists (
      select from supplier s where s.institution_id = :institution_id
        and s.supplier_id = :supplier_id and (
          s.borrower_id in (select borrower_id from whole)
          or exists (select from borrower_phone p where p.institution_id = :institution_id
            and p.borrower_id in (select borrower_id from whole) and p.number = s.phone)
          or exists (select from borrower_document d where d.institution_id = :institution_id
            and d.borrower_id in (select borrower_id from whole)
            and d.number_key = s.registration_key))
    )
""")


async def party(session: AsyncSession, supplier_id: UUID, *, borrower_id: UUID) -> Party:
    """Return the other party of a step, with the client's id where it is the client.

    Raises SupplierUnknown.
    """
    key = (tenancy.institution_of(session), supplier_id)
    if await session.get(SupplierRow, key) is None:
        raise SupplierUnknown(supplier_id=supplier_id)
    values = {
        "institution_id": key[0],
        "supplier_id": supplier_id,
        "borrower_id": borrower_id,
    }
    is_client = await session.scalar(SAME, values)
    return Party(party_id=supplier_id, borrower_id=borrower_id if is_client else None)
