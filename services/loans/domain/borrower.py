"""Who borrows, and is what was told about them complete and possible?"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

import phonenumbers

from services.loans.domain import duplicates
from services.loans.domain.duplicates import Identity
from shared.digits import to_western_digits
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId, BranchId

OLDEST_YEARS: Final = 120
FEWEST_MEMBERS: Final = 2
SHORTEST_DOCUMENT: Final = 3


class BorrowerKind(StrEnum):
    """What sort of borrower it is."""

    PERSON = "person"
    PRODUCTIVE_FAMILY = "productive_family"
    SOLIDARITY_GROUP = "solidarity_group"
    MICRO_ENTERPRISE = "micro_enterprise"


class Sex(StrEnum):
    """As the identity document says; never an input of the score."""

    FEMALE = "female"
    MALE = "male"


class DocumentType(StrEnum):
    """What proves an identity."""

    NATIONAL_ID = "national_id"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    FAMILY_BOOK = "family_book"
    COMMERCIAL_REGISTER = "commercial_register"
    TAX_NUMBER = "tax_number"
    FILE_NUMBER = "file_number"


class ConsentPurpose(StrEnum):
    """What a borrower allows his data to be used for."""

    CREDIT_DECISION = "credit_decision"
    CREDIT_BUREAU = "credit_bureau"
    CONTACT = "contact"
    RESEARCH = "research"
    AUTOMATIC_DECISION = "automatic_decision"  # nobody has to allow it, anybody may refuse it


class AccessPurpose(StrEnum):
    """Why somebody reads about a person; recorded at each reading."""

    REGISTRATION = "registration"
    APPLICATION = "application"
    APPROVAL = "approval"
    CONTACT = "contact"
    CORRECTION = "correction"
    AUDIT = "audit"
    PAPER = "paper"
    PAYMENT = "payment"


class NameMissing(RafidError):
    """A borrower needs a name"""

    kind = Kind.RULE
    service = "loans"
    detail = "Give a name of letters, in Arabic or in Latin script."


class NameScriptMixed(RafidError):
    """The name is in another script than its member says"""

    kind = Kind.RULE
    service = "loans"
    detail = "The member {member} takes a name in its own script alone."
    member: str


class BirthDateMissing(RafidError):
    """A person's birth date is needed"""

    kind = Kind.RULE
    service = "loans"
    detail = "A borrower of the kind {borrower_kind} needs a birth date."
    borrower_kind: BorrowerKind


class BirthDateImpossible(RafidError):
    """Nobody alive was born on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{born_on} lies in the future or more than {years} years back."
    born_on: date
    years: int


class MembersMissing(RafidError):
    """A solidarity group needs its members"""

    kind = Kind.RULE
    service = "loans"
    detail = "A solidarity group has at least {fewest} registered members; {given} were given."
    fewest: int
    given: int


class MembersNotAllowed(RafidError):
    """A person has no members"""

    kind = Kind.RULE
    service = "loans"
    detail = "Members belong to a family, a group or an enterprise, not to a person."


class PhoneNotValid(RafidError):
    """The phone number is not one"""

    kind = Kind.RULE
    service = "loans"
    detail = "Phone number {position} is not a valid number of {country}, nor an international one."
    position: int
    country: str


class DocumentNotValid(RafidError):
    """The document's number is not one"""

    kind = Kind.RULE
    service = "loans"
    detail = "The number of a {document_type} needs at least {shortest} letters or digits."
    document_type: DocumentType
    shortest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that proves an identity; compared by `key`, kept as written."""

    type: DocumentType
    number: str
    country: str

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_DOCUMENT:
            raise DocumentNotValid(document_type=self.type, shortest=SHORTEST_DOCUMENT)

    @property
    def key(self) -> str:
        """The number as it is compared."""
        return duplicates.document_key(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was allowed, or no longer is, from a day on."""

    purpose: ConsentPurpose
    effective_on: date
    is_granted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A registered person who belongs to a family, group or enterprise."""

    borrower_id: BorrowerId
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBorrower:
    """What is told of a borrower at registration; phones are in E.164.

    Raises `NameMissing`, `NameScriptMixed`, `BirthDateMissing`, `MembersMissing`,
    `MembersNotAllowed`.
    """

    kind: BorrowerKind
    branch_id: BranchId
    region: str
    name_ar: str | None = None
    name_latin: str | None = None
    sex: Sex | None = None
    born_on: date | None = None
    documents: tuple[Document, ...] = ()
    phones: frozenset[str] = field(default_factory=frozenset)
    consents: tuple[Consent, ...] = ()
    members: tuple[Member, ...] = ()
    guarantor_ids: frozenset[BorrowerId] = field(default_factory=frozenset)
    external_id: str | None = None
    confirmed_distinct_from: frozenset[UUID] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not any(any(map(str.isalpha, name)) for name in self.names):
            raise NameMissing
        if any(map(_is_arabic, self.name_latin or "")):
            raise NameScriptMixed(member="latin")
        if any(sign.isalpha() and not _is_arabic(sign) for sign in self.name_ar or ""):
            raise NameScriptMixed(member="ar")
        natural = self.kind in (BorrowerKind.PERSON, BorrowerKind.PRODUCTIVE_FAMILY)
        if natural and self.born_on is None:
            raise BirthDateMissing(borrower_kind=self.kind)
        if self.kind is BorrowerKind.PERSON and self.members:
            raise MembersNotAllowed
        given = len({member.borrower_id for member in self.members})
        if self.kind is BorrowerKind.SOLIDARITY_GROUP and given < FEWEST_MEMBERS:
            raise MembersMissing(fewest=FEWEST_MEMBERS, given=given)

    @property
    def names(self) -> tuple[str, ...]:
        """The names given, Arabic first."""
        return tuple(name for name in (self.name_ar, self.name_latin) if name)

    @property
    def identity(self) -> Identity:
        """What recognises the borrower."""
        return Identity(names=self.names, born_on=self.born_on, phones=self.phones)

    @property
    def sort_key(self) -> str:
        """The key by which borrowers are listed."""
        return duplicates.sort_key(self.names[0])

    def check_birth_date(self, *, on: date) -> None:
        """Raise `BirthDateImpossible` unless somebody alive on the day can be born then."""
        if self.born_on is None:
            return
        if self.born_on > on or age_on(self.born_on, on=on) > OLDEST_YEARS:
            raise BirthDateImpossible(born_on=self.born_on, years=OLDEST_YEARS)


def phone_number(text: str, *, country: str, position: int = 1) -> str:
    """Give a phone number as E.164, a national one read as of the institution's country.

    Worked: "٠٧٩ ١٢٣ ٤٥٦٧" in JO gives "+962791234567". Raises `PhoneNotValid`.
    """
    try:
        parsed = phonenumbers.parse(to_western_digits(text), country)
    except phonenumbers.NumberParseException:
        raise PhoneNotValid(position=position, country=country) from None
    if not phonenumbers.is_valid_number(parsed):
        raise PhoneNotValid(position=position, country=country)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def age_on(born_on: date, *, on: date) -> int:
    """Whole years lived on a day: born 2008-02-29, on 2026-02-28 the age is 17."""
    before_birthday = (on.month, on.day) < (born_on.month, born_on.day)
    return on.year - born_on.year - before_birthday


def _is_arabic(sign: str) -> bool:
    return "\u0600" <= sign <= "\u06ff" or "\ufb50" <= sign <= "\ufefc"
