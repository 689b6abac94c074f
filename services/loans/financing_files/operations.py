"""How is a project financed by a person, the state and a bank: all of them, or none?

A leg is an application like any other until it is decided; signed and paid out it is with its
file alone. The file is locked before its applications and contracts.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.tables import ApplicationRow
from services.loans.approvals import queries as approvals
from services.loans.contracts import operations as contracts
from services.loans.contracts.operations import Signing
from services.loans.contracts.tables import ContractRow
from services.loans.domain import days
from services.loans.domain import financing_structure as structure
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.financing_structure import Leg, Opening
from services.loans.domain.lifecycle import ApplicationStatus, ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.product import Product
from services.loans.financing_files import queries
from services.loans.financing_files.tables import (
    FileHistoryRow,
    FinancingFileRow,
    FinancingLegRow,
    OwnShareRow,
)
from services.loans.institutions import operations as institutions
from services.loans.products import queries as products
from services.loans.rulebook import queries as rulebook_queries
from shared import ids, rulebook, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId
from shared.money import CurrencyMismatch, Money
from shared.rulebook import Fact, FactJson, NoRule

ENDED = frozenset(
    {ApplicationStatus.SIGNED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN}
)


class LegNotOfBorrower(RafidError):
    """The leg is another person's"""

    kind = Kind.RULE
    service = "loans"
    detail = "The application {reference} is not of the person whose project the file finances."
    reference: str


class LegNotOpen(RafidError):
    """The application is no longer open"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application {reference} is {state}: a leg is one that is still to be signed."
    reference: str
    state: ApplicationStatus


class LegTaken(RafidError):
    """The application is a leg of a file already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application {reference} is a leg of another financing file."
    reference: str


class LegNotPaidToClient(RafidError):
    """The leg is not paid out as a loan"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The application {reference} is in the mode {mode}, which runs in steps: it cannot be paid"
        " out at once with the other legs."
    )
    reference: str
    mode: str


class FileNotInState(RafidError):
    """The file's state does not allow this"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The financing file {reference} is {state}; this needs one that is {needed}."
    reference: str
    state: str
    needed: str


class OwnShareTooMuch(RafidError):
    """More is shown or taken back than the own share"""

    kind = Kind.RULE
    service = "loans"
    detail = "With this {shown} of the own share of {asked} would be shown."
    asked: Money
    shown: Money


class LegStillSigned(RafidError):
    """A leg of the file is signed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Cancel the contract of the leg {leg} first: alone it would be paid out by itself."
    leg: Leg


async def open_file(
    session: AsyncSession, opening: Opening, *, on: date, actor: Actor
) -> FinancingFileRow:
    """Open a file on applications of one person whose parts are those of the rule of the day.

    Raises NoRule, StructureNotMet, CostAboveCeiling, LegBearsCharge, LegNotOfBorrower, LegTaken,
    LegNotPaidToClient, ApplicationNotFound, CurrencyMismatch, AmountNotPositive.
    """
    if not opening.cost.is_positive:
        raise AmountNotPositive(amount=opening.cost)
    rows = await applications.locked_applications(session, list(opening.legs.values()), actor=actor)
    legs = {leg: rows[application_id] for leg, application_id in opening.legs.items()}
    fact = await _rule(session, opening, on=on)
    own = opening.cost
    for leg, row in legs.items():
        if row.currency != own.currency:
            raise CurrencyMismatch(left=own.currency, right=row.currency)
        await _require_leg(session, leg, row, opening=opening, fact=fact)
        own -= Money(row.amount_minor, row.currency)
    amounts = {leg: Money(row.amount_minor, row.currency) for leg, row in legs.items()}
    if own.is_negative:
        given = Money.total(amounts.values(), own.currency)
        raise structure.CostNotCovered(cost=opening.cost, given=given)
    structure.check(opening.cost, legs={**amounts, Leg.OWN: own}, fact=fact)
    first = next(iter(legs.values()))
    (reference,) = await institutions.next_references(session, kind="FF", year=on.year)
    file = FinancingFileRow(
        institution_id=tenancy.institution_of(session),
        file_id=ids.new(),
        reference=reference,
        borrower_id=opening.borrower_id,
        branch_id=first.branch_id,
        currency=own.currency,
        cost_minor=opening.cost.minor,
        own_minor=own.minor,
        told=dict(opening.told),
        fact=dict(fact.to_json()),
        opened_on=on,
        status="open",
        actor_id=actor.id,
    )
    session.add(file)
    await session.flush()
    await enter(session, file, "open", on=on, actor=actor)
    await _take_legs(session, file, legs)
    return file


async def show_own_share(
    session: AsyncSession,
    file_id: UUID,
    *,
    kind: str,
    amount: Money,
    evidence: str,
    on: date,
    actor: Actor,
) -> FinancingFileRow:
    """Keep what is shown of the own share, with the hash of its paper; below zero takes it back.

    Raises FileUnknown, FileNotInState, OwnShareTooMuch, CurrencyMismatch.
    """
    file = await queries.file(session, file_id, actor=actor, lock=True)
    if file.status not in {"open", "signed"}:
        raise not_in_state(file, needed="open, signed")
    asked = Money(file.own_minor, file.currency)
    shown = Money(await queries.own_shown(session, file_id), file.currency) + amount
    if amount.is_zero or shown > asked or shown.is_negative:
        raise OwnShareTooMuch(asked=asked, shown=shown)
    session.add(
        OwnShareRow(
            institution_id=file.institution_id,
            own_share_id=ids.new(),
            file_id=file_id,
            kind=kind,
            currency=file.currency,
            amount_minor=amount.minor,
            shown_on=on,
            evidence=evidence,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return file


async def sign_file(
    session: AsyncSession, file_id: UUID, *, on: date, at: datetime, actor: Actor, today: date
) -> FinancingFileRow:
    """Sign every leg, all or none; what was approved must still be what the rule says.

    Raises FileUnknown, FileNotInState, StructureNotMet, CostNotCovered, DayNotYet,
    SignedBeforeDecided, and what `contracts.sign_contracts` raises.
    """
    days.require_come(on, member="on", today=today)
    file = await queries.file(session, file_id, actor=actor, lock=True)
    if file.status != "open":
        raise not_in_state(file, needed="open")
    legs = await queries.legs(session, file_id)
    signings = [
        Signing(
            application_id=ApplicationId(leg.application_id), signed_on=on, file_id=file.file_id
        )
        for leg in legs
    ]
    signed = await contracts.sign_contracts(session, signings, actor=actor, at=at)
    for leg in legs:
        decided_on = await approvals.decided_on(session, ApplicationId(leg.application_id))
        days.require_decided(on, decided_on=decided_on or on)
    _check(file, legs, {row.application_id: row for row in signed})
    file.status = "signed"
    await enter(session, file, "signed", on=on, actor=actor)
    return file


async def withdraw_file(
    session: AsyncSession, file_id: UUID, *, on: date, actor: Actor
) -> FinancingFileRow:
    """Give a file up that is not paid out; its legs are applications like any other again.

    No leg stays signed: without its file it would be paid out alone. Raises FileUnknown,
    FileNotInState, LegStillSigned.
    """
    file = await queries.file(session, file_id, actor=actor, lock=True)
    if file.status not in {"open", "signed"}:
        raise not_in_state(file, needed="open, signed")
    for leg in (await queries.standing(session, file)).legs:
        if leg.status == ContractStatus.SIGNED:
            raise LegStillSigned(leg=Leg(leg.leg))
    await session.execute(
        delete(FinancingLegRow).where(
            FinancingLegRow.institution_id == file.institution_id,
            FinancingLegRow.file_id == file_id,
        )
    )
    file.status = "withdrawn"
    await enter(session, file, "withdrawn", on=on, actor=actor)
    return file


async def _rule(session: AsyncSession, opening: Opening, *, on: date) -> Fact:
    book = await rulebook_queries.book(session, on=on)
    told = {**opening.told, **book.told}
    fact = rulebook.find(
        "financing_structure", on=on, country=book.country, overrides=book.overrides, **told
    )
    try:
        ceiling = rulebook.find(
            "loan_ceiling", on=on, country=book.country, overrides=book.overrides, **told
        )
    except NoRule:
        return fact
    structure.check_ceiling(opening.cost, fact=ceiling)
    return fact


async def _require_leg(
    session: AsyncSession, leg: Leg, row: ApplicationRow, *, opening: Opening, fact: Fact
) -> None:
    if row.borrower_id != opening.borrower_id:
        raise LegNotOfBorrower(reference=row.reference)
    if row.status in ENDED:
        raise LegNotOpen(reference=row.reference, state=ApplicationStatus(row.status))
    versions = {(row.product_id, row.product_version)}
    found: Mapping[tuple[UUID, int], Product] = await products.products_of(session, versions)
    product = found[row.product_id, row.product_version]
    if MODES[product.mode_of_finance].STEPS:
        raise LegNotPaidToClient(reference=row.reference, mode=product.mode_of_finance.value)
    structure.check_product(leg, product, fact=fact)


async def _take_legs(
    session: AsyncSession, file: FinancingFileRow, legs: Mapping[Leg, ApplicationRow]
) -> None:
    for leg, row in legs.items():
        taken = await session.scalar(
            upsert(FinancingLegRow)
            .values(
                institution_id=file.institution_id,
                file_id=file.file_id,
                leg=leg.value,
                application_id=row.application_id,
            )
            .on_conflict_do_nothing()
            .returning(FinancingLegRow.leg)
        )
        if taken is None:
            raise LegTaken(reference=row.reference)


def _check(
    file: FinancingFileRow,
    legs: Sequence[FinancingLegRow],
    signed: Mapping[UUID, ContractRow],
) -> None:
    """Hold the signed principals against the rule that the file was opened by."""
    amounts = {
        Leg(leg.leg): Money(signed[leg.application_id].principal_minor, file.currency)
        for leg in legs
    }
    cost, own = Money(file.cost_minor, file.currency), Money(file.own_minor, file.currency)
    fact = Fact.from_json(cast("FactJson", file.fact))
    structure.check(cost, legs={**amounts, Leg.OWN: own}, fact=fact)
    given = Money.total([*amounts.values(), own], file.currency)
    if given != cost:
        raise structure.CostNotCovered(cost=cost, given=given)


async def enter(
    session: AsyncSession, file: FinancingFileRow, status: str, *, on: date, actor: Actor
) -> None:
    """Keep which state a file entered, on which day and by whom."""
    await session.flush()
    await session.execute(
        insert(FileHistoryRow).values(
            institution_id=file.institution_id,
            file_id=file.file_id,
            status=status,
            effective_on=on,
            actor_id=actor.id,
        )
    )


def not_in_state(file: FinancingFileRow, *, needed: str) -> FileNotInState:
    """Give the refusal of what a file's state does not allow."""
    return FileNotInState(reference=file.reference, state=file.status, needed=needed)
