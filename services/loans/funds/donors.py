"""Who gives to a fund, or watches over it: how is a donor registered, and let see a fund?"""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.funds import queries
from services.loans.funds.operations import CodeTaken
from services.loans.funds.tables import DonorRow, FundDonorRow
from services.loans.institutions.names import Names
from shared import feed, ids, tenancy
from shared.errors import Kind, RafidError
from shared.events import DonorLinked


class DonorNotFound(RafidError):
    """There is no such donor"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No donor has the id {donor_id}."
    donor_id: UUID


async def create_donor(
    session: AsyncSession, *, code: str, names: Names, actor_id: UUID
) -> DonorRow:
    """Register a donor, or whoever watches over a fund. Raises CodeTaken."""
    row: DonorRow | None = await session.scalar(
        upsert(DonorRow)
        .values(
            institution_id=tenancy.institution_of(session),
            donor_id=ids.new(),
            code=code,
            name_ar=names.ar,
            name_fr=names.fr,
            name_en=names.en,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(DonorRow)
    )
    if row is None:
        raise CodeTaken(code=code)
    return row


async def link_donor(
    session: AsyncSession, *, fund_id: UUID, donor_id: UUID, actor_id: UUID
) -> None:
    """Let a donor see a fund from now on; a second time changes nothing.

    Raises FundNotFound, DonorNotFound.
    """
    fund = await queries.fund_by_id(session, fund_id)
    if await queries.find_donor(session, donor_id) is None:
        raise DonorNotFound(donor_id=donor_id)
    linked = await session.scalar(
        upsert(FundDonorRow)
        .values(
            institution_id=tenancy.institution_of(session),
            fund_id=fund.fund_id,
            donor_id=donor_id,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(FundDonorRow.fund_id)
    )
    if linked is not None:
        event = DonorLinked(fund_id=fund.fund_id, donor_id=donor_id)
        await feed.publish(session, event, subject_id=fund.fund_id)
