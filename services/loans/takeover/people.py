"""How does a borrower's row become somebody who can be registered, members first?"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.loans.domain import borrower, portfolio_file
from services.loans.domain.borrower import (
    BorrowerKind,
    Document,
    DocumentType,
    Member,
    NewBorrower,
    Sex,
)
from services.loans.domain.portfolio_records import BorrowerRecord, CellInvalid
from services.loans.takeover.operations import CodeUnknown
from shared.digits import to_western_digits
from shared.ids import BorrowerId, BranchId

PARTED_BY = ";"
LEADS = "*"
LONGEST_SHOWN = 80
Choice = TypeVar("Choice", BorrowerKind, Sex, DocumentType)


def in_order(keys: Iterable[str], records: Mapping[str, BorrowerRecord]) -> list[list[str]]:
    """Give names in two parts: the members of the wanted borrowers, then the borrowers."""
    wanted = list(dict.fromkeys(keys))
    members = [name for key in wanted if key in records for name, _ in members_of(records[key])]
    first = [name for name in dict.fromkeys(members) if name not in wanted]
    alone = [key for key in wanted if key not in records or not members_of(records[key])]
    groups = [key for key in wanted if key not in alone]
    return [part for part in (first, alone, groups) if part]


def members_of(record: BorrowerRecord) -> list[tuple[str, bool]]:
    """Give the members of a group by name, and whether each leads it (a star behind the name)."""
    return [
        (name.removesuffix(LEADS), name.endswith(LEADS)) for name in _parts(record.cells["members"])
    ]


def new_borrower(
    record: BorrowerRecord,
    *,
    branches: Mapping[str, UUID],
    known: Mapping[str, UUID],
    country: str,
) -> NewBorrower:
    """Understand a borrower's row. Raises `CellInvalid`, `CodeUnknown`, and what a borrower may."""
    cells = record.cells
    if cells["branch"] not in branches:
        raise CodeUnknown(what="branch", code=cells["branch"][:LONGEST_SHOWN])
    for name, _ in members_of(record):
        if name not in known:
            raise CellInvalid(column="members", value=name[:LONGEST_SHOWN])
    return NewBorrower(
        kind=_choice("kind", record.kind, BorrowerKind),
        branch_id=BranchId(branches[cells["branch"]]),
        region=cells["region"],
        name_ar=cells["name_ar"] or None,
        name_latin=cells["name_latin"] or None,
        sex=_choice("sex", cells["sex"], Sex) if cells["sex"] else None,
        born_on=_day(cells["born_on"]) if cells["born_on"] else None,
        documents=tuple(_document(text) for text in _parts(cells["documents"])),
        phones=frozenset(
            borrower.phone_number(text, country=country, position=position)
            for position, text in enumerate(_parts(cells["phones"]), start=1)
        ),
        members=tuple(
            Member(borrower_id=BorrowerId(known[name]), leads=leads)
            for name, leads in members_of(record)
        ),
        external_id=record.key,
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(PARTED_BY) if part.strip()]


def _document(text: str) -> Document:
    kind, _, rest = text.partition(":")
    country, _, number = rest.partition(":")
    if not country or not number:
        raise CellInvalid(column="documents", value=text[:LONGEST_SHOWN])
    return Document(type=_choice("documents", kind, DocumentType), number=number, country=country)


def _choice(column: str, text: str, kind: type[Choice]) -> Choice:
    try:
        return kind(text)
    except ValueError:
        raise CellInvalid(column=column, value=text[:LONGEST_SHOWN]) from None


def _day(text: str) -> date:
    try:
        return portfolio_file.day_of(to_western_digits(text))
    except ValueError:
        raise CellInvalid(column="born_on", value=text[:LONGEST_SHOWN]) from None
