"""How is a guarantor asked to pay for a loan that is late, and given its part of what comes after?

A claim's cover is locked before its steps are read. What a guarantor pays is owed back to it as
the borrower pays: the borrower's debt stays what it was.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import books
from services.loans.contracts import queries as contracts
from services.loans.domain import cofinancing, guaranteeing, journal
from services.loans.domain.guaranteeing import ClaimEvent, ClaimStatus
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import restricting, returning, sparing, tagging
from services.loans.funds.tables import FundRow
from services.loans.funds.tags import queries as tags
from services.loans.guarantees import queries, undoing
from services.loans.guarantees.tables import ClaimRow, ClaimStepRow
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import Posting
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.ids import ContractId, EntryId, FundId
from shared.money import Money


class ClaimedAlready(RafidError):
    """The cover is claimed already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The claim {claim_id} is on this cover."
    claim_id: UUID


class FilerPays(RafidError):
    """Whoever filed the claim does not book its payment"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The claim was filed by the same person: another one books what the guarantor paid."


class PayerGivesBack(RafidError):
    """Whoever filed a claim or booked its payment does not give money back"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "The claim {claim_id} was filed or booked as paid by the same person."
    claim_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to be taken: what happens, on which day, of how much, by which paper."""

    event: ClaimEvent
    on: date
    amount: Money | None = None
    evidence: str | None = None
    channel: Channel = Channel.CASH


async def file_claim(
    session: AsyncSession, cover_id: UUID, *, on: date, evidence: str | None, actor: Actor
) -> ClaimRow:
    """Open a claim on a cover whose loan is late enough, and not too late to be claimed.

    Raises CoverUnknown, ClaimedAlready, ClaimNotTriggered, ClaimTooLate, ClaimAmountWrong.
    """
    cover = await queries.cover(session, cover_id, lock=True)
    await contracts.contract(session, cover.contract_id, branch_ids=actor.branch_ids)
    known = await queries.claim_on(session, cover_id)
    if known is not None:
        raise ClaimedAlready(claim_id=known.claim_id)
    facility = queries.facility_of(await queries.facility(session, cover.facility_id))
    standing = await queries.standing_of(session, cover.contract_id)
    still = Money(cover.amount_minor, cover.currency)
    claimed = guaranteeing.claimable(
        facility,
        reference=standing.reference,
        cover=Money.zero(cover.currency) if cover.released_on else still,
        outstanding=Money(
            standing.outstanding_principal_minor + standing.written_off_minor, cover.currency
        ),
        oldest_open_due_on=standing.oldest_open_due_on,
        on=on,
    )
    guaranteeing.require_amount(claimed, most=still, what=Sentence("covered and outstanding"))
    claim = ClaimRow(
        institution_id=cover.institution_id,
        claim_id=ids.new(),
        cover_id=cover_id,
        contract_id=cover.contract_id,
        currency=cover.currency,
        claimed_minor=claimed.minor,
        actor_id=actor.id,
    )
    session.add(claim)
    await session.flush()
    step = _row(claim, ClaimStatus.FILED, number=1, amount=claimed, on=on, actor=actor)
    step.evidence = evidence
    session.add(step)
    await session.flush()
    return claim


async def take_step(session: AsyncSession, claim_id: UUID, step: Step, *, actor: Actor) -> ClaimRow:
    """Take a claim a step on: submitted, accepted or refused, paid, and what comes in shared.

    Raises ClaimUnknown, ClaimStepRefused, ClaimAmountWrong, FilerPays, PayerGivesBack,
    FundExhausted, TagExhausted, FundRestricted, TakerUndoes, PeriodClosed.
    """
    claim = await queries.claim(session, claim_id)
    await contracts.contract(session, claim.contract_id, branch_ids=actor.branch_ids, lock=True)
    await queries.cover(session, claim.cover_id, lock=True)
    steps = await queries.steps(session, claim_id)
    last, standing = steps[-1], queries.standing(steps)
    status = guaranteeing.next_status(ClaimStatus(last.status), step.event)
    row = _row(
        claim,
        status,
        number=last.number + 1,
        amount=Money(last.amount_minor, claim.currency),
        on=step.on,
        actor=actor,
    )
    row.evidence = step.evidence
    if step.event is ClaimEvent.ACCEPT and step.amount is not None:
        most = Money(claim.claimed_minor, claim.currency)
        guaranteeing.require_amount(step.amount, most=most, what=Sentence("claimed"))
        row.amount_minor = step.amount.minor
    elif step.event is ClaimEvent.PAY:
        if actor.id == claim.actor_id:
            raise FilerPays
        paid = await _still_covered(
            session, claim, accepted=Money(row.amount_minor, claim.currency)
        )
        row.amount_minor = paid.minor
        await _book(session, claim, row, amount=paid, channel=step.channel)
    elif step.event is ClaimEvent.RECOVER:
        paid_by = {one.actor_id for one in standing if one.status == ClaimStatus.PAID}
        if actor.id in paid_by | {claim.actor_id}:
            raise PayerGivesBack(claim_id=claim_id)
        await _share(session, claim, row, standing, step=step)
    elif step.event is ClaimEvent.UNDO:
        await undoing.undo(session, row, standing, actor=actor)
    session.add(row)
    await session.flush()
    return claim


async def _still_covered(session: AsyncSession, claim: ClaimRow, *, accepted: Money) -> Money:
    """Return what a guarantor pays of what it accepted: no more than is covered of what is owed."""
    cover = await queries.cover(session, claim.cover_id)
    facility = queries.facility_of(await queries.facility(session, cover.facility_id))
    standing = await queries.standing_of(session, claim.contract_id)
    owed = standing.outstanding_principal_minor + standing.written_off_minor
    part = guaranteeing.share(Money(owed, claim.currency), facility.covered)
    paid = min(accepted, part)
    guaranteeing.require_amount(paid, most=accepted, what=Sentence("covered and outstanding"))
    return paid


async def _share(
    session: AsyncSession,
    claim: ClaimRow,
    row: ClaimStepRow,
    steps: list[ClaimStepRow],
    *,
    step: Step,
) -> None:
    """Give the guarantor its part of what the borrower paid since it did."""
    paid = next(one for one in steps if one.status == ClaimStatus.PAID)
    shared = [one for one in steps if one.status == ClaimStatus.RECOVERED]
    since = await queries.received_since(session, claim.contract_id, since=paid.recorded_at)
    left = Money(since - sum(one.received_minor for one in shared), claim.currency)
    received = left if step.amount is None else step.amount
    guaranteeing.require_amount(
        received, most=left, what=Sentence("paid by the borrower since and not shared")
    )
    still = Money(paid.amount_minor - sum(one.amount_minor for one in shared), claim.currency)
    cover = await queries.cover(session, claim.cover_id)
    facility = queries.facility_of(await queries.facility(session, cover.facility_id))
    part = guaranteeing.recovered(facility, received=received, still=still)
    guaranteeing.require_amount(part, most=still, what=Sentence("still owed to the guarantor"))
    row.amount_minor, row.received_minor = part.minor, received.minor
    await _book(session, claim, row, amount=-part, channel=step.channel)


async def _book(
    session: AsyncSession, claim: ClaimRow, row: ClaimStepRow, *, amount: Money, channel: Channel
) -> None:
    """Book what a guarantor pays, or below zero gets back, in its fund and in the lending ones.

    Of several lending funds each has by what it is owed, and gives back by what it holds of it.
    """
    cover = await queries.cover(session, claim.cover_id)
    facility = await queries.facility(session, cover.facility_id)
    parts = await _parts(session, claim, amount)
    guarantor = None if facility.fund_id is None else FundId(facility.fund_id)
    involved = [*parts, *([] if guarantor is None else [guarantor])]
    locked = await fund_queries.locked_funds(session, involved)
    if amount.is_negative:
        for fund_id, part in parts.items():
            await returning.require_held(session, locked[fund_id], -part, channel)
            await _require_free(session, locked[fund_id], -part, claim=claim)
    elif guarantor is not None:
        await returning.require_held(session, locked[guarantor], amount, channel)
        await tagging.require_free(session, locked[guarantor], tag=None, amount=amount)
        contract = await contracts.contract(session, claim.contract_id)
        await restricting.require_for_contract(
            session,
            locked[guarantor],
            amount,
            application_id=contract.application_id,
            mode=contracts.terms_of(contract).mode_of_finance,
            on=row.taken_on,
        )
    moved = {**parts, **({} if guarantor is None else {guarantor: amount})}
    postings = [
        Posting(
            entry=journal.guarantee_entry(
                part,
                fund=funds.accounts_of(locked[fund_id]),
                moved_on=row.taken_on,
                contract_id=ContractId(claim.contract_id),
                channel=channel,
                is_guarantor=fund_id == guarantor,
            ),
            actor_id=row.actor_id,
            source_id=row.step_id,
            entry_id=EntryId(ids.new()),
        )
        for fund_id, part in moved.items()
    ]
    await ledger.post_all(session, postings)


async def _parts(session: AsyncSession, claim: ClaimRow, amount: Money) -> dict[FundId, Money]:
    """Share what a guarantor pays among the lending funds, or take from each what goes back."""
    if amount.is_negative:
        weights = await queries.held_of_guarantors(session, claim.contract_id)
    else:
        contract = await contracts.contract(session, claim.contract_id)
        weights = await books.owed_to(session, claim.contract_id, lead=contract.fund_id)
    return cofinancing.parted(amount, weights)


async def _require_free(
    session: AsyncSession, fund: FundRow, amount: Money, *, claim: ClaimRow
) -> None:
    """What goes back to a guarantor must not be promised to a contract, nor have another's tag.

    It is no corpus: it is the guarantor's part of what the borrower paid since, and the rest of
    that stays with the fund.
    """
    fund_id = FundId(fund.fund_id)
    tag = await tags.tag_of(session, claim.contract_id, fund_id=fund_id)
    await sparing.require_free(session, fund, amount, tag=tag)


def _row(
    claim: ClaimRow, status: ClaimStatus, *, number: int, amount: Money, on: date, actor: Actor
) -> ClaimStepRow:
    return ClaimStepRow(
        institution_id=claim.institution_id,
        step_id=ids.new(),
        claim_id=claim.claim_id,
        number=number,
        status=status.value,
        amount_minor=amount.minor,
        received_minor=0,
        taken_on=on,
        actor_id=actor.id,
    )
