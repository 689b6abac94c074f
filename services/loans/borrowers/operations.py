"""How does a borrower come into the register, once, and who is told to have read about him?"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries
from services.loans.borrowers.tables import (
    AccessRecordRow,
    BorrowerDocumentRow,
    BorrowerMemberRow,
    BorrowerNameRow,
    BorrowerPhoneRow,
    BorrowerRow,
    ConfirmedDistinctRow,
    ConsentRow,
    GuarantorRow,
)
from services.loans.domain.borrower import (
    AccessPurpose,
    BorrowerKind,
    Consent,
    Document,
    NewBorrower,
)
from services.loans.domain.duplicates import Known, Reason, Register
from services.loans.institutions import operations as institutions
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId

Key = tuple[str, str, str]
Values = dict[str, object]


class PossibleDuplicate(RafidError):
    """This borrower may be registered already

    Look at the candidates; if the borrower is none of them, send the request again with their ids
    in `confirmed_distinct_from`.
    """

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The borrower resembles {candidate_ids} (by {reasons})."
    candidate_ids: tuple[UUID, ...]
    reasons: tuple[Reason, ...]


class DocumentKnown(RafidError):
    """The document belongs to a registered borrower"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "A document of this type and number belongs to the borrower {borrower_id}."
    borrower_id: UUID


class BorrowerKnown(RafidError):
    """The borrower has come in already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The name {external_id} belongs to the borrower {borrower_id}."
    external_id: str
    borrower_id: UUID


class NotAPerson(RafidError):
    """Members and guarantors are registered persons"""

    kind = Kind.RULE
    service = "loans"
    detail = "The borrower {borrower_id} is a {borrower_kind}."
    borrower_id: UUID
    borrower_kind: str


class GuarantorIsBorrower(RafidError):
    """Nobody answers for his own debt"""

    kind = Kind.RULE
    service = "loans"
    detail = "A guarantor is another person than the borrower."


@dataclass(frozen=True, slots=True)
class _Accepted:
    borrower_id: BorrowerId
    reference: str
    new: NewBorrower
    resembles: frozenset[UUID]


async def register_borrower(
    session: AsyncSession, new: NewBorrower, *, on: date, actor: Actor
) -> BorrowerRow:
    """Register one borrower; raises what `register_borrowers` gives back in its place."""
    (outcome,) = await register_borrowers(session, [new], on=on, actor=actor)
    if isinstance(outcome, RafidError):
        raise outcome
    return outcome


async def register_borrowers(
    session: AsyncSession, borrowers: Sequence[NewBorrower], *, on: date, actor: Actor
) -> list[BorrowerRow | RafidError]:
    """Register many borrowers in a few statements; each refusal stands in its borrower's place.

    The counter's lock comes first, so that of two who register one person at the same moment the
    second sees the first. Refusals: `BranchOutOfReach`, `BirthDateImpossible`, `BorrowerKnown`,
    `DocumentKnown`, `PossibleDuplicate`; `BorrowerNotFound` and `NotAPerson` of members and
    guarantors.
    """
    references = await institutions.next_references(
        session, kind="BR", year=on.year, count=len(borrowers)
    )
    judge = await _judge(session, borrowers, on=on, actor=actor)
    outcomes: list[_Accepted | RafidError] = []
    for reference, new in zip(references, borrowers, strict=True):
        borrower_id = BorrowerId(ids.new())
        try:
            resembles = judge(new, borrower_id)
        except RafidError as error:
            outcomes.append(error)
        else:
            outcomes.append(_Accepted(borrower_id, reference, new, resembles))
    accepted = [outcome for outcome in outcomes if isinstance(outcome, _Accepted)]
    rows = await _write(session, accepted, on=on, actor=actor)
    return [
        outcome if isinstance(outcome, RafidError) else rows[outcome.borrower_id]
        for outcome in outcomes
    ]


async def _judge(
    session: AsyncSession, borrowers: Sequence[NewBorrower], *, on: date, actor: Actor
) -> Callable[[NewBorrower, BorrowerId], frozenset[UUID]]:
    """Read once what all decisions need; the function given back decides each in turn.

    It gives those whom the borrower resembles and, as somebody confirmed, is not.
    """
    owners = await queries.owners_of_documents(
        session, [document for new in borrowers for document in new.documents]
    )
    names = [new.external_id for new in borrowers if new.external_id is not None]
    known = await queries.borrowers_by_external_id(session, names) if names else {}
    register = Register(await queries.near_identities(session, [new.identity for new in borrowers]))
    others = {member.borrower_id for new in borrowers for member in new.members}
    others |= {guarantor for new in borrowers for guarantor in new.guarantor_ids}
    persons = await queries.borrowers_by_id(session, others, actor=actor)
    open_branches = await queries.branches_in_reach(
        session, {new.branch_id for new in borrowers}, actor=actor
    )

    def decide(new: NewBorrower, borrower_id: BorrowerId) -> frozenset[UUID]:
        if new.branch_id not in open_branches:
            raise queries.BranchOutOfReach(branch_id=new.branch_id)
        new.check_birth_date(on=on)
        name = new.external_id
        if name is not None and name in known:
            raise BorrowerKnown(external_id=name, borrower_id=known[name])
        _check_persons([member.borrower_id for member in new.members], persons)
        _check_persons(new.guarantor_ids, persons)
        _check_documents(new.documents, owners)
        resembles = _check_duplicates(new, register)
        if name is not None:
            known[name] = borrower_id
        owners.update({_key(document): borrower_id for document in new.documents})
        register.add(Known(borrower_id=borrower_id, identity=new.identity))
        return resembles

    return decide


def _check_persons(borrower_ids: Iterable[BorrowerId], persons: Mapping[UUID, BorrowerRow]) -> None:
    for borrower_id in borrower_ids:
        if borrower_id not in persons:
            raise queries.BorrowerNotFound(borrower_id=borrower_id)
        kind = persons[borrower_id].kind
        if kind != BorrowerKind.PERSON:
            raise NotAPerson(borrower_id=borrower_id, borrower_kind=kind)


def _check_documents(documents: Iterable[Document], owners: Mapping[Key, UUID]) -> None:
    for document in documents:
        if _key(document) in owners:
            raise DocumentKnown(borrower_id=owners[_key(document)])


def _check_duplicates(new: NewBorrower, register: Register) -> frozenset[UUID]:
    resembling = register.candidates(new.identity)
    found = [one for one in resembling if one.borrower_id not in new.confirmed_distinct_from]
    if found:
        raise PossibleDuplicate(
            candidate_ids=tuple(candidate.borrower_id for candidate in found),
            reasons=tuple(dict.fromkeys(reason for one in found for reason in one.reasons)),
        )
    return frozenset(one.borrower_id for one in resembling)


async def _write(
    session: AsyncSession, accepted: Sequence[_Accepted], *, on: date, actor: Actor
) -> dict[UUID, BorrowerRow]:
    if not accepted:
        return {}
    tenant = {"institution_id": tenancy.institution_of(session)}
    statement = insert(BorrowerRow).returning(BorrowerRow)
    values = [tenant | _borrower_values(one, actor=actor) for one in accepted]
    rows = (await session.execute(statement, values)).scalars().all()
    parts: dict[type, list[Values]] = {
        BorrowerNameRow: [],
        BorrowerDocumentRow: [],
        BorrowerPhoneRow: [],
        BorrowerMemberRow: [],
        GuarantorRow: [],
        ConsentRow: [],
        ConfirmedDistinctRow: [],
    }
    for one in accepted:
        for table, many in _parts(one, on=on, actor=actor).items():
            parts[table] += many
    for table, many in parts.items():
        if many:
            await session.execute(insert(table), [tenant | part for part in many])
    return {row.borrower_id: row for row in rows}


def _borrower_values(one: _Accepted, *, actor: Actor) -> Values:
    new = one.new
    return {
        "borrower_id": one.borrower_id,
        "reference": one.reference,
        "external_id": new.external_id,
        "kind": new.kind.value,
        "branch_id": new.branch_id,
        "name_ar": new.name_ar,
        "name_latin": new.name_latin,
        "name_sort": new.sort_key,
        "sex": new.sex and new.sex.value,
        "born_on": new.born_on,
        "region": new.region,
        "actor_id": actor.id,
    }


def _parts(one: _Accepted, *, on: date, actor: Actor) -> dict[type, list[Values]]:
    new = one.new
    own: Values = {"borrower_id": one.borrower_id}
    by: Values = {**own, "actor_id": actor.id}
    documents = {_key(document): document.number for document in new.documents}
    members = {member.borrower_id: member.leads for member in new.members}
    return {
        BorrowerNameRow: [own | {"name_key": key} for key in new.identity.keys],
        BorrowerDocumentRow: [
            by | {"type": type_, "country": country, "number_key": key, "number": number}
            for (type_, country, key), number in documents.items()
        ],
        BorrowerPhoneRow: [own | {"number": number} for number in sorted(new.phones)],
        BorrowerMemberRow: [
            own | {"member_borrower_id": member, "leads": leads}
            for member, leads in members.items()
        ],
        GuarantorRow: [
            by | {"guarantor_borrower_id": guarantor, "since_on": on}
            for guarantor in sorted(new.guarantor_ids)
        ],
        ConsentRow: [by | _consent_values(consent) for consent in new.consents],
        ConfirmedDistinctRow: [
            by | {"other_borrower_id": other} for other in sorted(one.resembles)
        ],
    }


def _consent_values(consent: Consent) -> Values:
    return {
        "consent_id": ids.new(),
        "purpose": consent.purpose.value,
        "granted": consent.is_granted,
        "effective_on": consent.effective_on,
    }


def _key(document: Document) -> Key:
    return document.type.value, document.country, document.key


async def record_consent(
    session: AsyncSession, consent: Consent, *, borrower_id: BorrowerId, actor: Actor
) -> None:
    """Add what a borrower allowed or took back. Raises `BorrowerNotFound`."""
    row = await queries.borrower(session, borrower_id, actor=actor)
    values = {
        "institution_id": row.institution_id,
        "borrower_id": borrower_id,
        "actor_id": actor.id,
        **_consent_values(consent),
    }
    await session.execute(insert(ConsentRow), [values])


async def add_guarantor(
    session: AsyncSession,
    guarantor_id: BorrowerId,
    *,
    borrower_id: BorrowerId,
    on: date,
    actor: Actor,
) -> None:
    """Let a registered person answer for a borrower; saying it twice has one effect.

    Raises `BorrowerNotFound`, `NotAPerson`, `GuarantorIsBorrower`.
    """
    if guarantor_id == borrower_id:
        raise GuarantorIsBorrower
    row = await queries.borrower(session, borrower_id, actor=actor)
    persons = await queries.borrowers_by_id(session, [guarantor_id], actor=actor)
    _check_persons([guarantor_id], persons)
    statement = postgresql.insert(GuarantorRow).values(
        institution_id=row.institution_id,
        borrower_id=borrower_id,
        guarantor_borrower_id=guarantor_id,
        since_on=on,
        actor_id=actor.id,
    )
    await session.execute(statement.on_conflict_do_nothing())


async def add_document(
    session: AsyncSession, document: Document, *, borrower_id: BorrowerId, actor: Actor
) -> None:
    """Keep another document of a borrower. Raises `BorrowerNotFound`, `DocumentKnown`."""
    row = await queries.borrower(session, borrower_id, actor=actor)
    type_, country, key = _key(document)
    statement = (
        postgresql.insert(BorrowerDocumentRow)
        .values(
            institution_id=row.institution_id,
            borrower_id=borrower_id,
            type=type_,
            country=country,
            number_key=key,
            number=document.number,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing()
        .returning(BorrowerDocumentRow.borrower_id)
    )
    if (await session.execute(statement)).scalar() is None:
        owners = await queries.owners_of_documents(session, [document])
        raise DocumentKnown(borrower_id=owners[_key(document)])


async def record_access(
    session: AsyncSession,
    borrower_ids: Collection[UUID],
    *,
    purpose: AccessPurpose,
    actor: Actor,
) -> None:
    """Write down that the actor read about these borrowers, in the transaction of the reading."""
    rows = [
        {
            "institution_id": tenancy.institution_of(session),
            "access_id": ids.new(),
            "actor_id": actor.id,
            "borrower_id": borrower_id,
            "purpose": purpose.value,
        }
        for borrower_id in dict.fromkeys(borrower_ids)
    ]
    if rows:
        await session.execute(insert(AccessRecordRow), rows)
