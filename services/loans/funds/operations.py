"""How does money come into a fund, and how is it claimed, never more than there is?

Claims are only added. Every function that claims locks the funds it touches in the order of
their ids, reads the books anew, and lets the domain decide.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import chart, claiming, funding, giving, journal
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.claiming import Ask, Held, Move, Refused
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.funding import ClaimKind, Claims
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Policy
from services.loans.funds import expecting, keeping, purses, queries, ruled, tagging
from services.loans.funds.tables import FundClaimRow, FundRow, ReceiptRow
from services.loans.institutions.names import Names
from services.loans.ledger import operations as ledger
from services.loans.rulebook import queries as rulebook_queries
from shared import feed, ids, rulebook, tenancy
from shared.errors import Kind, RafidError, Sentence
from shared.events import FundClaimed, FundCreated
from shared.ids import ApplicationId, EntryId, FundId
from shared.money import Money
from shared.quiet_events import FundReceived


class CodeTaken(RafidError):
    """The code is in use"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Another fund or donor of the institution has the code {code}."
    code: str


class FundClosed(RafidError):
    """The fund is closed"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} takes no more money."
    fund_code: str


class DonorNotLinked(RafidError):
    """The donor is not linked to the fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "Link the donor to the fund {fund_code} before booking what it gave."
    fund_code: str


class FundKindUnlawful(RafidError):
    """The country knows no funds of this kind"""

    kind = Kind.RULE
    service = "loans"
    detail = "A fund of kind {fund_kind} cannot be opened in {country} ({source})."
    fund_kind: FundKind
    country: str
    source: Sentence
    needs_legal_check: bool


async def _require_known(session: AsyncSession, kind: FundKind, *, on: date) -> None:
    country = (await rulebook_queries.book(session, on=on)).country
    fact = rulebook.find("fund_kind_exists", country=country, on=on, fund_kind=kind.value)
    if fact.text != "yes":
        raise FundKindUnlawful(
            fund_kind=kind,
            country=country,
            source=Sentence(fact.source.title),
            needs_legal_check=fact.needs_check,
        )


async def create_fund(
    session: AsyncSession,
    *,
    code: str,
    kind: FundKind,
    names: Names,
    floor: Money,
    lending_ruling: str | None,
    on: date,
    actor_id: UUID,
    policy: Policy = Policy.FIFO,
) -> FundRow:
    """Open a fund with its accounts; kind, currency (the floor's) and policy never change.

    `lending_ruling` names the ruling or deed under which the fund may lend in modes that need
    one. Raises CodeTaken, FundKindUnlawful, and what `ruled.permission` raises.
    """
    await _require_known(session, kind, on=on)
    ruling = await ruled.permission(session, lending_ruling, kind=kind, on=on)
    row: FundRow | None = await session.scalar(
        upsert(FundRow)
        .values(
            institution_id=tenancy.institution_of(session),
            fund_id=ids.new(),
            code=code,
            kind=kind.value,
            currency=floor.currency,
            name_ar=names.ar,
            name_fr=names.fr,
            name_en=names.en,
            floor_minor=floor.minor,
            lending_ruling=lending_ruling if ruling is None else ruling.reference,
            lending_ruling_id=None if ruling is None else ruling.ruling_id,
            lineage_policy=policy.value,
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(FundRow)
    )
    if row is None:
        raise CodeTaken(code=code)
    fund_id = FundId(row.fund_id)
    await ledger.open_accounts(session, fund_id=fund_id, kind=kind, currency=floor.currency)
    if ruling is not None:
        await ruled.keep(session, fund_id, ruling_id=ruling.ruling_id, actor_id=actor_id)
    created = FundCreated(
        fund_id=fund_id,
        code=code,
        kind=kind.value,
        currency=floor.currency,
        name_ar=names.ar,
        name_fr=names.fr,
        name_en=names.en,
    )
    await feed.publish(session, created, subject_id=fund_id)
    return row


async def receive(
    session: AsyncSession,
    *,
    fund_id: UUID,
    donor_id: UUID | None,
    amount: Money,
    received_on: date,
    channel: Channel,
    nature: ReceiptNature | None,
    actor_id: UUID,
    returnable_on: date | None = None,
    tag: str | None = None,
) -> ReceiptRow:
    """Book money that came into a fund, as what it was given; `tag` says what for.

    Raises AmountNotPositive, FundNotFound, FundClosed, ReceiptNatureMissing, TagNotFollowed,
    ReceiptNatureForeign, ReturnDayMismatch, DonorNotLinked, TemporaryNotPermitted,
    CurrencyMismatch, PeriodClosed.
    """
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    fund = await queries.fund_by_id(session, fund_id)
    if fund.status != "open":
        raise FundClosed(fund_code=fund.code)
    accounts = accounts_of(fund)
    tagging.require_followed(fund, tag=tag)
    given_as = giving.require_nature(
        nature,
        fund_code=fund.code,
        fund_kind=accounts.kind,
        received_on=received_on,
        returnable_on=returnable_on,
    )
    if donor_id is not None and not await queries.is_linked(
        session, fund_id=fund_id, donor_id=donor_id
    ):
        raise DonorNotLinked(fund_code=fund.code)
    if returnable_on is not None:
        await keeping.require_temporary(session, fund)
    row = ReceiptRow(
        institution_id=fund.institution_id,
        receipt_id=ids.new(),
        fund_id=fund_id,
        donor_id=donor_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        channel=channel.value,
        nature=given_as.value,
        returnable_on=returnable_on,
        tag=tag,
        received_on=received_on,
        entry_id=ids.new(),
        actor_id=actor_id,
    )
    await _book(session, row, fund=accounts)
    return row


async def _book(session: AsyncSession, row: ReceiptRow, *, fund: FundAccounts) -> None:
    """Post a receipt's entry, write it, and tell it."""
    entry = journal.receipt_entry(
        Money(row.amount_minor, row.currency),
        fund=fund,
        received_on=row.received_on,
        channel=Channel(row.channel),
        is_temporary=row.returnable_on is not None,
    )
    posting = ledger.Posting(
        entry=entry,
        actor_id=row.actor_id,
        source_id=row.receipt_id,
        entry_id=EntryId(row.entry_id),
    )
    await ledger.post_all(session, [posting])
    session.add(row)
    await session.flush()
    event = FundReceived(
        fund_id=row.fund_id,
        receipt_id=row.receipt_id,
        donor_id=row.donor_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        received_on=row.received_on,
        nature=row.nature,
    )
    await feed.publish(session, event, subject_id=row.fund_id)


def accounts_of(fund: FundRow) -> FundAccounts:
    """Give the accounts that entries of this fund are built on."""
    return chart.FundAccounts(
        fund_id=FundId(fund.fund_id), kind=FundKind(fund.kind), currency=fund.currency
    )


async def reserve(session: AsyncSession, ask: Ask, *, on: date, actor_id: UUID) -> None:
    """Keep a fund's money for one approved application, or raise why it cannot be kept.

    Raises FundRestricted, FundExhausted, ClaimRefused, FundNotFound.
    """
    (refusal,) = await reserve_all(session, [ask], on=on, actor_id=actor_id)
    if refusal is not None:
        raise refusal


async def reserve_all(
    session: AsyncSession, asks: Sequence[Ask], *, on: date, actor_id: UUID
) -> list[Refused | None]:
    """Keep money for as many applications as the funds can pay, in the order given.

    Returns for each None, or why it was refused; a refused one takes nothing, and a smaller one
    after it may still fit.
    """
    found, held = await _purses(session, asks, on=on, step=ClaimKind.RESERVE)
    moves, outcomes = claiming.reserve(asks, purses=found, held=held)
    await _write(session, moves, actor_id=actor_id)
    return outcomes


async def release_all(
    session: AsyncSession, application_ids: Sequence[ApplicationId], *, actor_id: UUID
) -> None:
    """Give back what applications hold reserved, of whatever fund; nothing held is no error."""
    held = await queries.claims_of(session, application_ids)
    if held:
        await queries.locked_funds(session, [fund_id for _, fund_id in held])
        held = await queries.claims_of(session, application_ids)
        await _write(session, claiming.release(held), actor_id=actor_id)


async def commit_all(
    session: AsyncSession, asks: Sequence[Ask], *, on: date, actor_id: UUID
) -> None:
    """Turn reservations into commitments at signature; the fund's rules are checked again.

    What was reserved beyond the contract's amount is released. All or none: raises the first
    FundRestricted or ClaimRefused.
    """
    found, held = await _purses(session, asks, on=on, step=ClaimKind.COMMIT)
    moves = claiming.commit(asks, purses=found, held=held)
    await _write(session, moves, actor_id=actor_id)


async def draw_all(session: AsyncSession, asks: Sequence[Ask], *, on: date, actor_id: UUID) -> None:
    """Use commitments up as money is paid out; the fund's rules are checked again.

    Only what has come is paid out. All or none: raises the first FundRestricted, FundExhausted or
    ClaimRefused.
    """
    found, held = await _purses(session, asks, on=on, step=ClaimKind.DRAW)
    for ask in asks:
        claiming.require_allowed(found, ask=ask)
    await expecting.require_come(session, asks, purses=found)
    moves = claiming.use(asks, kind=ClaimKind.DRAW, held=held)
    await _write(session, moves, actor_id=actor_id)


async def draw_paid(session: AsyncSession, asks: Sequence[Ask], *, actor_id: UUID) -> None:
    """Use commitments up for money that has left already: no rule undoes what has happened."""
    await queries.locked_funds(session, [ask.fund_id for ask in asks])
    moves = claiming.use(asks, kind=ClaimKind.DRAW, held=await _held(session, asks))
    await _write(session, moves, actor_id=actor_id)


async def claim_once(session: AsyncSession, move: Move, *, actor_id: UUID) -> None:
    """Add one claim that asks no more of the fund. Raises ClaimRefused, FundNotFound."""
    await queries.locked_funds(session, [move.fund_id])
    held = await queries.claims_of(session, [move.application_id])
    key = (move.application_id, move.fund_id)
    claims = held.get(key, Claims.none(move.amount.currency))
    funding.claim(claims, kind=move.kind, amount=move.amount)
    await _write(session, [move], actor_id=actor_id)


async def require_allowed(session: AsyncSession, ask: Ask, *, on: date) -> None:
    """Raise FundRestricted if the fund may not pay for this now; locks the fund."""
    found, _ = await _purses(session, [ask], on=on, step=ClaimKind.RESERVE)
    claiming.require_allowed(found, ask=ask)


async def require_payable(session: AsyncSession, ask: Ask, *, on: date) -> None:
    """Refuse what the fund may not pay for now, or cannot: FundRestricted, FundExhausted."""
    found, _ = await _purses(session, [ask], on=on, step=ClaimKind.DRAW)
    claiming.require_allowed(found, ask=ask)
    await expecting.require_come(session, [ask], purses=found)


async def _held(session: AsyncSession, asks: Sequence[Ask]) -> Held:
    return await queries.claims_of(session, [ask.application_id for ask in asks])


async def _purses(
    session: AsyncSession, asks: Sequence[Ask], *, on: date, step: ClaimKind
) -> tuple[claiming.Purses, Held]:
    home = await ruled.home(session, on=on)
    rows = await queries.locked_funds(session, [ask.fund_id for ask in asks])
    held = await _held(session, asks)
    found = await purses.purses(session, asks, rows=rows, home=home, held=held, step=step, on=on)
    return found, held


async def _write(session: AsyncSession, moves: Sequence[Move], *, actor_id: UUID) -> None:
    if not moves:
        return
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "claim_id": ids.new(),
            "fund_id": move.fund_id,
            "application_id": move.application_id,
            "kind": move.kind.value,
            "amount_minor": move.amount.minor,
            "actor_id": actor_id,
        }
        for move in moves
    ]
    await session.execute(insert(FundClaimRow), rows)
    await feed.publish_all(session, [feed.Told(_told(move), move.fund_id) for move in moves])


def _told(move: Move) -> FundClaimed:
    return FundClaimed(
        fund_id=move.fund_id,
        application_id=move.application_id,
        kind=move.kind.value,
        amount_minor=move.amount.minor,
        currency=move.amount.currency,
    )
