"""How is a facility opened, and a loan covered, never beyond the facility's cap?

A facility is locked before what it covers is counted, so that two covers count one after the other.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contracts
from services.loans.domain import guaranteeing
from services.loans.domain.chart import FundKind
from services.loans.domain.guaranteeing import ClaimStatus, Covered, Facility
from services.loans.domain.lifecycle import ContractStatus
from services.loans.funds import queries as funds
from services.loans.funds.operations import CodeTaken
from services.loans.guarantees import queries
from services.loans.guarantees.tables import CoverRow, FacilityRow
from services.loans.institutions.names import Names
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.money import Money

ENDED = frozenset({ContractStatus.CLOSED, ContractStatus.CANCELLED, ContractStatus.WRITTEN_OFF})


class NotAGuaranteeFund(RafidError):
    """The fund is no guarantee fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} is of kind {fund_kind}: one of kind guarantee answers for loans."
    fund_code: str
    fund_kind: FundKind


class CoveredAlready(RafidError):
    """The contract is covered already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is covered by the cover {cover_id}."
    reference: str
    cover_id: UUID


class NotCoverable(RafidError):
    """The contract is not one that is covered"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}: a loan is covered while it runs."
    reference: str
    state: str


class CoverStands(RafidError):
    """The cover is still needed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}: its cover is released once it has ended."
    reference: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A facility to be opened, and what it is called."""

    facility: Facility
    names: Names


async def open_facility(session: AsyncSession, opening: Opening, *, actor: Actor) -> FacilityRow:
    """Open a facility of a guarantor, or of a guarantee fund of the institution's own.

    Raises CodeTaken, FundNotFound, NotAGuaranteeFund.
    """
    agreed = opening.facility
    if agreed.fund_id is not None:
        fund = await funds.fund_by_id(session, agreed.fund_id)
        if FundKind(fund.kind) is not FundKind.GUARANTEE or fund.currency != agreed.currency:
            raise NotAGuaranteeFund(fund_code=fund.code, fund_kind=FundKind(fund.kind))
    row: FacilityRow | None = await session.scalar(
        upsert(FacilityRow)
        .values(
            institution_id=tenancy.institution_of(session),
            facility_id=ids.new(),
            code=agreed.code,
            name_ar=opening.names.ar,
            name_fr=opening.names.fr,
            name_en=opening.names.en,
            fund_id=agreed.fund_id,
            currency=agreed.currency,
            covered=agreed.covered,
            cap_each_minor=agreed.cap_each.minor,
            cap_total_minor=agreed.cap_total.minor,
            claim_after_days=agreed.claim_after_days,
            claim_within_days=agreed.claim_within_days,
            fee=agreed.fee,
            product_ids=sorted(agreed.product_ids),
            starts_on=agreed.starts_on,
            ends_on=agreed.ends_on,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing()
        .returning(FacilityRow)
    )
    if row is None:
        raise CodeTaken(code=agreed.code)
    return row


async def cover_contract(
    session: AsyncSession, facility_id: UUID, *, contract_id: UUID, on: date, actor: Actor
) -> CoverRow:
    """Let a facility answer for a contract; the contract is locked first, then the facility.

    What the borrower can bear is not asked anew: a guarantee changes nothing of that. Raises
    ContractUnknown, FacilityUnknown, CoveredAlready, NotCoverable, CoverRefused, CoverAboveCap.
    """
    contract = await contracts.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    facility = await queries.facility(session, facility_id, lock=True)
    standing = await queries.standing_cover(session, contract_id)
    if standing is not None:
        raise CoveredAlready(reference=contract.reference, cover_id=standing.cover_id)
    if contract.status in ENDED:
        raise NotCoverable(reference=contract.reference, state=contract.status)
    loan = Covered(
        reference=contract.reference,
        principal=Money(contract.principal_minor, contract.currency),
        product_id=contract.product_id,
        mode=contracts.terms_of(contract).mode_of_finance,
        on=on,
    )
    used = await queries.used(session, facility)
    covered = guaranteeing.cover(queries.facility_of(facility), loan, used=used)
    row = CoverRow(
        institution_id=contract.institution_id,
        cover_id=ids.new(),
        facility_id=facility_id,
        contract_id=contract_id,
        currency=contract.currency,
        amount_minor=covered.amount.minor,
        fee_minor=covered.fee.minor,
        covered_on=on,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def release_cover(
    session: AsyncSession, cover_id: UUID, *, on: date, actor: Actor
) -> CoverRow:
    """Free a facility's cap of a contract that has ended; released twice is released once.

    A claim stands in its way until it was refused, or the guarantor has all back that it paid.
    Raises CoverUnknown, CoverStands.
    """
    row = await queries.cover(session, cover_id, lock=True)
    contract = await contracts.contract(session, row.contract_id, branch_ids=actor.branch_ids)
    if contract.status not in ENDED or await _is_claimed(session, row):
        raise CoverStands(reference=contract.reference, state=contract.status)
    row.released_on = row.released_on or on
    await session.flush()
    return row


async def _is_claimed(session: AsyncSession, row: CoverRow) -> bool:
    claim = await queries.claim_on(session, row.cover_id)
    if claim is None:
        return False
    last = (await queries.steps(session, claim.claim_id))[-1].status
    if last == ClaimStatus.REFUSED:
        return False
    held = await queries.held_of_guarantors(session, row.contract_id)
    return last != ClaimStatus.RECOVERED or bool(held)
