"""May this be booked as zakat, and may its payer's word on it change?"""

from enum import StrEnum
from uuid import UUID

from shared.errors import Kind, RafidError, Sentence


class NotZakatFund(RafidError):
    """The fund is not one of zakat"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} is of kind {fund_kind}: what is zakat stays with zakat."
    fund_code: str
    fund_kind: str


class CompanyLevyNotZakat(RafidError):
    """A levy on companies is not zakat for the eight classes"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "What companies owe by law may be spent on public services in {country}; it is booked as"
        " zakat on the authority's word alone. Source: {source}."
    )
    country: str
    source: Sentence


class CollectionNotLicensed(RafidError):
    """Zakat is collected under a licence there"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "In {country} zakat is collected by licensed bodies; give the licence as a fact of your"
        " own. Source: {source}."
    )
    country: str
    source: Sentence


class PayerConsentMissing(RafidError):
    """The payer has not agreed"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The receipt {receipt_id} was paid as zakat; it is taken back only with the payer's"
        " recorded consent."
    )
    receipt_id: UUID


class Origin(StrEnum):
    """Who owes what is paid: a person's or a firm's own zakat, or a levy on companies by law."""

    PAYER = "payer"
    COMPANY_LEVY = "company_levy"


def require_zakat(origin: Origin, *, answer: str, country: str, source: str) -> None:
    """Raise `CompanyLevyNotZakat` for a levy that no authority has called zakat.

    In Kuwait the levy of 1 % of net profit (law 46 of 2006) is refused, a payer's own zakat taken.
    """
    if origin is Origin.COMPANY_LEVY and answer != "yes":
        raise CompanyLevyNotZakat(country=country, source=Sentence(source))


def require_licensed(answer: str, *, country: str, source: str) -> None:
    """Raise `CollectionNotLicensed` where the law asks for a licence that was not given.

    In the Emirates (federal bill of 18 March 2025) it is; the institution's own fact `licensed`
    names it.
    """
    if answer == "licence_required":
        raise CollectionNotLicensed(country=country, source=Sentence(source))


def require_consent(receipt_id: UUID, *, payer_known: bool, consented: bool) -> None:
    """Raise `PayerConsentMissing` where a known payer's zakat would go back without a word."""
    if payer_known and not consented:
        raise PayerConsentMissing(receipt_id=receipt_id)
