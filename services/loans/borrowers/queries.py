"""Who is registered, who may be the same, and who read about whom?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLColumnExpression

from services.loans.borrowers.tables import (
    AccessRecordRow,
    BorrowerDocumentRow,
    BorrowerMemberRow,
    BorrowerNameRow,
    BorrowerPhoneRow,
    BorrowerRow,
    ConsentRow,
    GuarantorRow,
)
from services.loans.domain.borrower import Document
from services.loans.domain.duplicates import Identity, Known
from services.loans.institutions.tables import BranchRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId
from shared.schemas import Page


class BorrowerNotFound(RafidError):
    """There is no such borrower"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No borrower {borrower_id} is within reach."
    borrower_id: UUID


class BranchOutOfReach(RafidError):
    """The branch is not within your reach"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "There is no branch {branch_id} in which you may act."
    branch_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBorrower:
    """Everything that is kept about a borrower."""

    row: BorrowerRow
    documents: Sequence[BorrowerDocumentRow]
    phones: Sequence[str]
    consents: Sequence[ConsentRow]
    members: Sequence[BorrowerMemberRow]
    guarantor_ids: Sequence[UUID]


def in_reach(column: SQLColumnExpression[UUID], *, actor: Actor) -> list[ColumnElement[bool]]:
    """The condition that keeps an actor within its branches; empty where all are within reach."""
    return [] if actor.branch_ids is None else [column.in_(actor.branch_ids)]


async def branches_in_reach(
    session: AsyncSession, branch_ids: Collection[UUID], *, actor: Actor
) -> set[UUID]:
    """Those of the branches that exist, are open and within the actor's reach."""
    query = select(BranchRow.branch_id).where(
        BranchRow.institution_id == tenancy.institution_of(session),
        BranchRow.branch_id.in_(set(branch_ids)),
        BranchRow.deactivated_at.is_(None),
        *in_reach(BranchRow.branch_id, actor=actor),
    )
    return set((await session.execute(query)).scalars())


async def borrower(session: AsyncSession, borrower_id: BorrowerId, *, actor: Actor) -> BorrowerRow:
    """One borrower within the actor's reach. Raises `BorrowerNotFound`."""
    found = await borrowers_by_id(session, [borrower_id], actor=actor)
    if borrower_id not in found:
        raise BorrowerNotFound(borrower_id=borrower_id)
    return found[borrower_id]


async def borrowers_by_id(
    session: AsyncSession, borrower_ids: Collection[UUID], *, actor: Actor
) -> dict[UUID, BorrowerRow]:
    """Several borrowers within the actor's reach; those that are not there are left out."""
    query = select(BorrowerRow).where(
        BorrowerRow.institution_id == tenancy.institution_of(session),
        BorrowerRow.borrower_id.in_(set(borrower_ids)),
        *in_reach(BorrowerRow.branch_id, actor=actor),
    )
    return {row.borrower_id: row for row in (await session.execute(query)).scalars()}


async def borrowers_by_external_id(
    session: AsyncSession, external_ids: Collection[str]
) -> dict[str, UUID]:
    """The borrowers that came from outside under these names."""
    query = select(BorrowerRow.external_id, BorrowerRow.borrower_id).where(
        BorrowerRow.institution_id == tenancy.institution_of(session),
        BorrowerRow.external_id.in_(set(external_ids)),
    )
    rows = (await session.execute(query)).all()
    return {name: borrower_id for name, borrower_id in rows if name is not None}


async def borrowers(
    session: AsyncSession, *, actor: Actor, page: Page, name_key: str | None = None
) -> list[BorrowerRow]:
    """Borrowers within reach, one more than the page holds; of one normalised name if given."""
    query = (
        select(BorrowerRow)
        .where(
            BorrowerRow.institution_id == tenancy.institution_of(session),
            *in_reach(BorrowerRow.branch_id, actor=actor),
        )
        .order_by(BorrowerRow.borrower_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        query = query.where(BorrowerRow.borrower_id > page.after)
    if name_key is not None:
        query = query.join(BorrowerNameRow, _of_borrower(BorrowerNameRow)).where(
            BorrowerNameRow.name_key == name_key
        )
    return list((await session.execute(query)).scalars())


async def whole_borrower(
    session: AsyncSession, borrower_id: BorrowerId, *, actor: Actor
) -> WholeBorrower:
    """Everything about one borrower within reach. Raises `BorrowerNotFound`."""
    row = await borrower(session, borrower_id, actor=actor)
    key = {"institution_id": row.institution_id, "borrower_id": borrower_id}
    documents = select(BorrowerDocumentRow).filter_by(**key).order_by("recorded_at", "number_key")
    phones = select(BorrowerPhoneRow.number).filter_by(**key).order_by("number")
    consents = select(ConsentRow).filter_by(**key).order_by("effective_on", "consent_id")
    members = select(BorrowerMemberRow).filter_by(**key).order_by("member_borrower_id")
    guarantors = select(GuarantorRow.guarantor_borrower_id).filter_by(**key)
    return WholeBorrower(
        row=row,
        documents=(await session.execute(documents)).scalars().all(),
        phones=(await session.execute(phones)).scalars().all(),
        consents=(await session.execute(consents)).scalars().all(),
        members=(await session.execute(members)).scalars().all(),
        guarantor_ids=(await session.execute(guarantors)).scalars().all(),
    )


async def owners_of_documents(
    session: AsyncSession, documents: Collection[Document]
) -> dict[tuple[str, str, str], UUID]:
    """Whose are these documents: borrower by type, country and key."""
    columns = (
        BorrowerDocumentRow.type,
        BorrowerDocumentRow.country,
        BorrowerDocumentRow.number_key,
    )
    wanted = {(document.type.value, document.country, document.key) for document in documents}
    query = select(*columns, BorrowerDocumentRow.borrower_id).where(
        BorrowerDocumentRow.institution_id == tenancy.institution_of(session),
        tuple_(*columns).in_(wanted),
    )
    return {(row[0], row[1], row[2]): row[3] for row in await session.execute(query)}


async def documented(session: AsyncSession, borrower_ids: Collection[UUID]) -> set[UUID]:
    """Those of the borrowers who have shown a document."""
    query = select(BorrowerDocumentRow.borrower_id).where(
        BorrowerDocumentRow.institution_id == tenancy.institution_of(session),
        BorrowerDocumentRow.borrower_id.in_(set(borrower_ids)),
    )
    return set((await session.execute(query)).scalars())


async def consenting(
    session: AsyncSession, borrower_ids: Collection[UUID], *, purpose: str, on: date
) -> set[UUID]:
    """Those of the borrowers whose last word on a purpose, up to a day, is yes."""
    last = await _last_words(session, borrower_ids, purpose=purpose, on=on)
    return {borrower_id for borrower_id, is_granted in last.items() if is_granted}


async def refusing(
    session: AsyncSession, borrower_ids: Collection[UUID], *, purpose: str, on: date
) -> set[UUID]:
    """Those of the borrowers whose last word on a purpose, up to a day, is no."""
    last = await _last_words(session, borrower_ids, purpose=purpose, on=on)
    return {borrower_id for borrower_id, is_granted in last.items() if not is_granted}


async def _last_words(
    session: AsyncSession, borrower_ids: Collection[UUID], *, purpose: str, on: date
) -> dict[UUID, bool]:
    query = (
        select(ConsentRow.borrower_id, ConsentRow.granted)
        .where(
            ConsentRow.institution_id == tenancy.institution_of(session),
            ConsentRow.borrower_id.in_(set(borrower_ids)),
            ConsentRow.purpose == purpose,
            ConsentRow.effective_on <= on,
        )
        .order_by(ConsentRow.effective_on, ConsentRow.consent_id)
    )
    return {row.borrower_id: row.granted for row in await session.execute(query)}


async def near_identities(session: AsyncSession, identities: Collection[Identity]) -> list[Known]:
    """Everybody in the institution who shares a name, a phone or a birth date with one of these."""
    institution_id = tenancy.institution_of(session)
    keys = {key for identity in identities for key in identity.keys}
    phones = {phone for identity in identities for phone in identity.phones}
    born = {identity.born_on for identity in identities if identity.born_on is not None}
    by_name = select(BorrowerNameRow.borrower_id).where(
        BorrowerNameRow.institution_id == institution_id, BorrowerNameRow.name_key.in_(keys)
    )
    by_phone = select(BorrowerPhoneRow.borrower_id).where(
        BorrowerPhoneRow.institution_id == institution_id, BorrowerPhoneRow.number.in_(phones)
    )
    query = select(
        BorrowerRow.borrower_id, BorrowerRow.name_ar, BorrowerRow.name_latin, BorrowerRow.born_on
    ).where(
        BorrowerRow.institution_id == institution_id,
        or_(
            BorrowerRow.borrower_id.in_(by_name),
            BorrowerRow.borrower_id.in_(by_phone),
            BorrowerRow.born_on.in_(born),
        ),
    )
    rows = (await session.execute(query)).all()
    numbers = await phones_of(session, [row.borrower_id for row in rows])
    return [
        Known(
            borrower_id=row.borrower_id,
            identity=Identity(
                names=tuple(name for name in (row.name_ar, row.name_latin) if name),
                born_on=row.born_on,
                phones=frozenset(numbers.get(row.borrower_id, ())),
            ),
        )
        for row in rows
    ]


async def access_records(
    session: AsyncSession, borrower_id: BorrowerId, *, page: Page
) -> list[AccessRecordRow]:
    """Who read about a borrower, oldest first, one more than the page holds."""
    query = (
        select(AccessRecordRow)
        .where(
            AccessRecordRow.institution_id == tenancy.institution_of(session),
            AccessRecordRow.borrower_id == borrower_id,
        )
        .order_by(AccessRecordRow.access_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        query = query.where(AccessRecordRow.access_id > page.after)
    return list((await session.execute(query)).scalars())


async def phones_of(session: AsyncSession, borrower_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Give the phones of borrowers who have some, in E.164."""
    query = select(BorrowerPhoneRow.borrower_id, BorrowerPhoneRow.number).where(
        BorrowerPhoneRow.institution_id == tenancy.institution_of(session),
        BorrowerPhoneRow.borrower_id.in_(set(borrower_ids)),
    )
    numbers: dict[UUID, set[str]] = {}
    for borrower_id, number in await session.execute(query):
        numbers.setdefault(borrower_id, set()).add(number)
    return numbers


def _of_borrower(table: type[BorrowerNameRow]) -> ColumnElement[bool]:
    return and_(
        table.institution_id == BorrowerRow.institution_id,
        table.borrower_id == BorrowerRow.borrower_id,
    )
