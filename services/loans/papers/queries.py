"""What stands at the head of a paper, and which certificates were issued?"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.funds.tables import ReceiptRow
from services.loans.papers.tables import CertificateRow
from services.loans.repayments.tables import RepaymentRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.periods import Period
from shared.schemas import Page


class CertificateUnknown(RafidError):
    """No such certificate was issued"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No certificate has the number {number} and this hash."
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A name in the three languages."""

    ar: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who stands on a paper: the lender, its branch, and the borrower."""

    institution: Names
    institution_code: str
    branch: Names
    borrower_reference: str
    name_ar: str | None
    name_latin: str | None


PARTIES = text("""
    select i.code, i.name_ar as institution_ar, i.name_fr as institution_fr,
      i.name_en as institution_en, b.name_ar as branch_ar, b.name_fr as branch_fr,
      b.name_en as branch_en, p.reference, p.name_ar, p.name_latin
    from contract c
    join institution i on i.institution_id = c.institution_id
    join branch b on b.institution_id = c.institution_id and b.branch_id = c.branch_id
    join borrower p on p.institution_id = c.institution_id and p.borrower_id = c.borrower_id
    where c.institution_id = :institution_id and c.contract_id = :contract_id
""")


async def parties(session: AsyncSession, contract_id: UUID) -> Parties:
    """Return the names of a contract's lender, branch and borrower."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    row = (await session.execute(PARTIES, values)).one()
    return Parties(
        institution=Names(ar=row.institution_ar, fr=row.institution_fr, en=row.institution_en),
        institution_code=row.code,
        branch=Names(ar=row.branch_ar, fr=row.branch_fr, en=row.branch_en),
        borrower_reference=row.reference,
        name_ar=row.name_ar,
        name_latin=row.name_latin,
    )


CHANGES = text("""
    select distinct valid_from from position_history
    where institution_id = :institution_id and contract_id = :contract_id
      and valid_from >= :first_on and valid_from < :before
""")


async def change_days(session: AsyncSession, contract_id: UUID, *, period: Period) -> list[date]:
    """Return the days of a period on which anything changed on a contract."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "first_on": period.start,
        "before": period.end,
    }
    return [row.valid_from for row in await session.execute(CHANGES, values)]


HELD = text("""
    select h.purpose, sum(h.amount_minor)::bigint as minor from holding h
    left join journal_link k
      on k.institution_id = h.institution_id and k.entry_id = h.entry_id
    where h.institution_id = :institution_id and h.contract_id = :contract_id
      and h.moved_on <= :as_of
      and (cast(:known_at as timestamptz) is null or k.numbered_at <= :known_at)
    group by h.purpose
""")


async def held(
    session: AsyncSession, contract_id: UUID, *, as_of: date, known_at: datetime | None
) -> dict[str, int]:
    """Return what is held for a contract at the end of a day, by purpose, in minor units."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "as_of": as_of,
        "known_at": known_at,
    }
    return {row.purpose: row.minor for row in await session.execute(HELD, values)}


async def find_repayment(session: AsyncSession, repayment_id: UUID) -> RepaymentRow | None:
    """Return a repayment, or None."""
    key = (tenancy.institution_of(session), repayment_id)
    found: RepaymentRow | None = await session.get(RepaymentRow, key)
    return found


async def reversal_of(session: AsyncSession, repayment_id: UUID) -> UUID | None:
    """Return what took a repayment back, or None."""
    statement = select(RepaymentRow.repayment_id).where(
        RepaymentRow.institution_id == tenancy.institution_of(session),
        RepaymentRow.reverses_repayment_id == repayment_id,
    )
    return (await session.scalars(statement)).first()


async def certificate(session: AsyncSession, number: str) -> CertificateRow:
    """Return the certificate of a number. Raises CertificateUnknown."""
    statement = select(CertificateRow).where(
        CertificateRow.institution_id == tenancy.institution_of(session),
        CertificateRow.number == number,
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise CertificateUnknown(number=number)
    return found


async def certificates_of(
    session: AsyncSession, contract_id: UUID, *, page: Page
) -> list[CertificateRow]:
    """Return a contract's certificates in the order of issue, one more than the page holds."""
    statement = (
        select(CertificateRow)
        .where(
            CertificateRow.institution_id == tenancy.institution_of(session),
            CertificateRow.contract_id == contract_id,
        )
        .order_by(CertificateRow.certificate_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(CertificateRow.certificate_id > page.after)
    return list(await session.scalars(statement))


INSTITUTION = text("""
    select code, name_ar, name_fr, name_en from institution where institution_id = :institution_id
""")


async def institution(session: AsyncSession) -> Row[tuple[str, str, str, str]]:
    """Return the institution's code and names."""
    values = {"institution_id": tenancy.institution_of(session)}
    return (await session.execute(INSTITUTION, values)).one()


async def taken_back_on(session: AsyncSession, receipt_id: UUID) -> date | None:
    """Return the day on which a fund's receipt was taken back; None while it stands."""
    statement = select(ReceiptRow.received_on).where(
        ReceiptRow.institution_id == tenancy.institution_of(session),
        ReceiptRow.reverses_receipt_id == receipt_id,
    )
    return await session.scalar(statement)
