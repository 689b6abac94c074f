"""What does a borrower look like on the wire?"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.borrowers.queries import WholeBorrower
from services.loans.borrowers.tables import AccessRecordRow, BorrowerRow
from services.loans.domain import borrower as domain
from services.loans.domain.borrower import (
    AccessPurpose,
    BorrowerKind,
    Consent,
    ConsentPurpose,
    Document,
    DocumentType,
    Member,
    NewBorrower,
    Sex,
)
from shared.ids import BorrowerId, BranchId
from shared.schemas import Body, Instant

PersonName = Annotated[str, Field(min_length=1, max_length=200)]
Region = Annotated[str, Field(min_length=1, max_length=80)]
ExternalId = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Phone = Annotated[str, Field(min_length=4, max_length=40)]


class NameBody(Body):
    """A name, in Arabic script, in Latin script, or in both."""

    ar: PersonName | None = None
    latin: PersonName | None = None


class DocumentBody(Body):
    """An identity document; `country` is the institution's where it is left out."""

    type: DocumentType
    number: Annotated[str, Field(min_length=1, max_length=60)]
    country: Country | None = None

    def document(self, *, country: str) -> Document:
        """Give the document as the domain knows it. Raises `DocumentNotValid`."""
        return Document(type=self.type, number=self.number, country=self.country or country)


class ConsentBody(Body):
    """What is allowed (or, with `granted` false, taken back) from a day on."""

    purpose: ConsentPurpose
    effective_on: date
    granted: bool = True

    def consent(self) -> Consent:
        """Give the consent as the domain knows it."""
        return Consent(
            purpose=self.purpose, effective_on=self.effective_on, is_granted=self.granted
        )


class MemberBody(Body):
    """A registered person who belongs to a family, group or enterprise."""

    borrower_id: UUID
    leads: bool = False


class GuarantorIn(Body):
    """A registered person who answers for the borrower."""

    borrower_id: UUID


class BorrowerIn(Body):
    """A borrower as told at registration.

    A duplicate is refused with its candidates; `confirmed_distinct_from` says that somebody
    looked at them and the borrower is none.
    """

    kind: BorrowerKind
    branch_id: UUID
    name: NameBody
    region: Region
    sex: Sex | None = None
    born_on: date | None = None
    documents: Annotated[tuple[DocumentBody, ...], Field(max_length=10)] = ()
    phones: Annotated[tuple[Phone, ...], Field(max_length=5)] = ()
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()
    members: Annotated[tuple[MemberBody, ...], Field(max_length=50)] = ()
    guarantor_ids: Annotated[tuple[UUID, ...], Field(max_length=10)] = ()
    confirmed_distinct_from: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()
    external_id: ExternalId | None = None

    def new_borrower(self, *, country: str) -> NewBorrower:
        """Give the borrower as the domain knows it; raises what `NewBorrower` raises."""
        return NewBorrower(
            kind=self.kind,
            branch_id=BranchId(self.branch_id),
            region=self.region,
            name_ar=self.name.ar,
            name_latin=self.name.latin,
            sex=self.sex,
            born_on=self.born_on,
            documents=tuple(one.document(country=country) for one in self.documents),
            phones=frozenset(
                domain.phone_number(phone, country=country, position=position)
                for position, phone in enumerate(self.phones, start=1)
            ),
            consents=tuple(one.consent() for one in self.consents),
            members=tuple(
                Member(borrower_id=BorrowerId(one.borrower_id), leads=one.leads)
                for one in self.members
            ),
            guarantor_ids=frozenset(map(BorrowerId, self.guarantor_ids)),
            external_id=self.external_id,
            confirmed_distinct_from=frozenset(self.confirmed_distinct_from),
        )


class BorrowerOut(Body):
    """A borrower in short."""

    borrower_id: UUID
    reference: str
    kind: BorrowerKind
    branch_id: UUID
    name: NameBody
    sex: Sex | None
    born_on: date | None
    region: str
    external_id: str | None

    @classmethod
    def of(cls, row: BorrowerRow) -> Self:
        """Write a borrower."""
        return cls.model_validate(_short(row))


class WholeBorrowerOut(BorrowerOut):
    """Everything that is kept about a borrower."""

    documents: list[DocumentBody]
    phones: list[str]
    consents: list[ConsentBody]
    members: list[MemberBody]
    guarantor_ids: list[UUID]

    @classmethod
    def of_whole(cls, whole: WholeBorrower) -> Self:
        """Write a borrower with all that belongs to him."""
        documents = [
            DocumentBody(type=DocumentType(row.type), number=row.number, country=row.country)
            for row in whole.documents
        ]
        consents = [
            ConsentBody(
                purpose=ConsentPurpose(row.purpose),
                effective_on=row.effective_on,
                granted=row.granted,
            )
            for row in whole.consents
        ]
        members = [
            MemberBody(borrower_id=row.member_borrower_id, leads=row.leads) for row in whole.members
        ]
        return cls.model_validate(
            {
                **_short(whole.row),
                "documents": documents,
                "phones": list(whole.phones),
                "consents": consents,
                "members": members,
                "guarantor_ids": list(whole.guarantor_ids),
            }
        )


class AccessOut(Body):
    """Who read about a borrower, when and for what."""

    actor_id: UUID
    purpose: AccessPurpose
    accessed_at: Instant

    @classmethod
    def of(cls, row: AccessRecordRow) -> Self:
        """Write a reading."""
        return cls(
            actor_id=row.actor_id,
            purpose=AccessPurpose(row.purpose),
            accessed_at=row.accessed_at,
        )


def _short(row: BorrowerRow) -> dict[str, object]:
    return {
        "borrower_id": row.borrower_id,
        "reference": row.reference,
        "kind": BorrowerKind(row.kind),
        "branch_id": row.branch_id,
        "name": NameBody(ar=row.name_ar, latin=row.name_latin),
        "sex": Sex(row.sex) if row.sex else None,
        "born_on": row.born_on,
        "region": row.region,
        "external_id": row.external_id,
    }
