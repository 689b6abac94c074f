"""How does one propose, and another approve, what a waqf does with its money and property?

Every order is held against the rules when it is proposed and again when it is approved, under the
lock of its fund.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.corpus import queries as corpus
from services.loans.corpus.queries import Kept
from services.loans.domain import waqf_deed, waqf_entries, waqf_losses, waqf_orders
from services.loans.domain.authority import Outcome
from services.loans.domain.chart import FundAccounts
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.days import require_come
from services.loans.domain.journal import JournalEntry
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_ladder import Due, Standing
from services.loans.domain.waqf_losses import Bearer
from services.loans.domain.waqf_orders import PAYING, WaqfOrder, WaqfOrderKind
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning, sparing
from services.loans.funds.tables import FundRow
from services.loans.funds.tags import queries as tags
from services.loans.ledger import operations as ledger
from services.loans.rulebook import queries as rulebook_queries
from services.loans.waqf import queries, stipulated
from services.loans.waqf.queries import Proposed
from services.loans.waqf.tables import WaqfAssetRow, WaqfDecisionRow, WaqfOrderRow
from shared import feed, ids, rulebook, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, EntryId, FundId
from shared.money import Money
from shared.quiet_events import CorpusMoved


class WaqfOrderDecided(RafidError):
    """Somebody has decided on the order already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The order {order_id} is {state} already; propose another."
    order_id: UUID
    state: str


class WaqfMakerDecides(RafidError):
    """Nobody approves an order of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed the order {order_id} cannot decide on it."
    order_id: UUID


class NothingCovers(RafidError):
    """Neither the participants' pool nor the reserve holds anything"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{lost} is left of the loss on the contract {contract_id}; pool and reserve hold nothing,"
        " and later yield rebuilds the corpus."
    )
    contract_id: UUID
    lost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """An order that every rule bears, under the lock of its fund, with what it books."""

    order: WaqfOrder
    fund: FundRow
    entry: JournalEntry | None
    cost: Money | None = None


async def propose(
    session: AsyncSession, fund_id: FundId, order: WaqfOrder, *, today: date, actor: Actor
) -> Proposed:
    """Propose what another may approve; nothing moves yet.

    Raises FundNotFound, NoCorpusHere, DayNotYet, and what a rule has against the order.
    """
    require_come(order.on, member="effective_on", today=today)
    ready = await _ready(session, fund_id, order, actor=actor)
    row = WaqfOrderRow(
        institution_id=tenancy.institution_of(session),
        order_id=ids.new(),
        fund_id=fund_id,
        kind=order.kind.value,
        effective_on=order.on,
        amount_minor=ready.order.amount.minor,
        currency=ready.order.amount.currency,
        channel=order.channel.value,
        purpose=order.purpose,
        party_id=order.party_id,
        contract_id=order.contract_id,
        receipt_id=order.receipt_id,
        asset_id=order.asset_id,
        members=_members(order),
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return Proposed(row=row)


async def decide(
    session: AsyncSession, order_id: UUID, *, outcome: Outcome, actor: Actor
) -> Proposed:
    """Approve or reject an order of another; an approval books it.

    Raises WaqfOrderUnknown, WaqfMakerDecides, WaqfOrderDecided, PeriodClosed, and what a rule has
    against the order now.
    """
    row = (await queries.order_by_id(session, order_id)).row
    fund_id = FundId(row.fund_id)
    await fund_queries.locked_funds(session, [fund_id])
    found = await queries.order_by_id(session, order_id)
    if found.decision is not None:
        raise WaqfOrderDecided(order_id=order_id, state=found.state)
    if row.actor_id == actor.id:
        raise WaqfMakerDecides(order_id=order_id)
    entry_id = None
    if outcome is Outcome.APPROVE:
        ready = await _ready(session, fund_id, found.order, actor=actor)
        entry_id = await _book(session, ready, order_id=order_id, actor=actor)
    decision = WaqfDecisionRow(
        institution_id=row.institution_id,
        order_id=order_id,
        outcome=outcome.value,
        entry_id=entry_id,
        proposer_id=row.actor_id,
        actor_id=actor.id,
    )
    session.add(decision)
    await session.flush()
    return Proposed(row=row, decision=decision)


async def _ready(
    session: AsyncSession, fund_id: FundId, order: WaqfOrder, *, actor: Actor
) -> _Ready:
    """Hold an order against the rules, with the fund locked and the books read anew."""
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    keeps = await queries.kept(session, fund_id, code=fund.code, kind=fund.kind)
    waqf_orders.require_disinterested(actor.id, order=order, deed=keeps.deed)
    if order.kind is WaqfOrderKind.DEED:
        await _require_deed(session, order, before=keeps)
        return _Ready(order=order, fund=fund, entry=None)
    if not keeps.has_corpus:
        raise waqf_orders.WaqfDeedMissing(fund_code=fund.code)
    books = await corpus.books(session, keeps)
    ready = await _with_effect(session, order, fund=fund, keeps=keeps, books=books)
    if not ready.order.amount.is_positive:
        raise AmountNotPositive(amount=ready.order.amount)
    waqf_orders.require_possible(
        ready.order,
        fund_code=fund.code,
        deed=keeps.deed,
        books=books,
        standing=await _standing(session, order, keeps=keeps),
        conflicts=[
            queries.conflict_of(row) for row in await queries.conflicts_of(session, fund_id)
        ],
    )
    if order.kind is WaqfOrderKind.DISTRIBUTION:
        await stipulated.require_met(session, fund, ready.order, actor=actor)
    if order.kind in PAYING:
        await _require_money(session, ready)
    return ready


async def _standing(session: AsyncSession, order: WaqfOrder, *, keeps: Kept) -> Standing:
    """What goes back, and what loans bring when: only property has to know it."""
    if order.kind is not WaqfOrderKind.INVEST or not keeps.endowed:
        return Standing()
    dues = await corpus.dues(session, keeps.fund_id, currency=keeps.stated.currency)
    return Standing(
        temporary=tuple(Due(one.returnable_on, one.amount) for one in keeps.endowed),
        dues=tuple(due for of_one in dues.values() for due in of_one),
    )


async def _with_effect(
    session: AsyncSession, order: WaqfOrder, *, fund: FundRow, keeps: Kept, books: Books
) -> _Ready:
    accounts = funds.accounts_of(fund)
    if order.contract_id is not None:
        return await _cover(session, order, fund=fund, accounts=accounts, books=books)
    if order.receipt_id is not None:
        endowed = {one.receipt_id: one for one in keeps.endowed}.get(order.receipt_id)
        back = waqf_orders.require_return(endowed, receipt_id=order.receipt_id, on=order.on)
        order = _of(order, back.amount)
    cost = None
    if order.asset_id is not None:
        held = await queries.asset_of(session, keeps.fund_id, order.asset_id)
        cost = Money(held.cost_minor, held.currency)
    _ = order.amount + Money.zero(fund.currency)  # another currency raises CurrencyMismatch
    if not order.amount.is_positive:
        raise AmountNotPositive(amount=order.amount)
    entry = waqf_entries.order_entry(order, fund=accounts, cost=cost)
    return _Ready(order=order, fund=fund, entry=entry, cost=cost)


async def _cover(
    session: AsyncSession,
    order: WaqfOrder,
    *,
    fund: FundRow,
    accounts: FundAccounts,
    books: Books,
) -> _Ready:
    """What the pool, and then the reserve, bear of a contract's loss; nothing of the borrower's.

    Where more is covered than stays lost, since a part was recovered, it goes back to them.
    """
    contract_id = ContractId(order.contract_id or ids.new())
    fund_id = FundId(fund.fund_id)
    found = (await corpus.losses(session, fund_id, currency=fund.currency)).get(contract_id)
    if found is None:
        found = corpus.Loss(lost=books.zero, tabarru=books.zero, reserve=books.zero)
    left = found.lost - found.covered
    if left.is_positive:
        held = {Bearer.TABARRU: books.tabarru, Bearer.RESERVE: books.reserve}
        parts = waqf_losses.borne(left, held=held)
        tabarru, reserve = parts[Bearer.TABARRU], parts[Bearer.RESERVE]
        if not (tabarru + reserve).is_positive:
            raise NothingCovers(contract_id=contract_id, lost=left)
    else:
        bore = {Bearer.TABARRU: found.tabarru, Bearer.RESERVE: found.reserve}
        back = waqf_losses.given_back(found.lost, bore=bore)
        tabarru, reserve = -back[Bearer.TABARRU], -back[Bearer.RESERVE]
        if not (tabarru + reserve).is_negative:
            raise waqf_losses.NothingLost(
                contract=str(contract_id), lost=found.lost, covered=found.covered
            )
        # What is the participants' again is no longer the fund's: it must not be promised.
        if tabarru.is_negative:
            await sparing.require_unpromised(session, fund, -tabarru)
    entry = waqf_entries.cover_entry(
        tabarru=tabarru, reserve=reserve, fund=accounts, on=order.on, contract_id=contract_id
    )
    return _Ready(order=_of(order, abs(tabarru + reserve)), fund=fund, entry=entry)


async def _require_deed(session: AsyncSession, order: WaqfOrder, *, before: Kept) -> None:
    """Hold a deed against the cap on the trustee's fee, and against the one before it."""
    if order.deed is None:
        raise TypeError("an order of a deed was read without one")
    book = await rulebook_queries.book(session, on=order.on)
    cap = rulebook.find(
        "nazir_fee_cap", country=book.country, on=order.on, overrides=book.overrides
    )
    await queries.require_clauses(session, before.fund_id, order.deed.clause_ids)
    waqf_deed.require_possible(order.deed, fee_cap=Decimal(cap.text), fee_source=cap.source.title)
    waqf_orders.require_deed(order.deed, before=before.deed, authority=order.authority, on=order.on)


async def _require_money(session: AsyncSession, ready: _Ready) -> None:
    """The account must hold the money, and the fund must hold it free of claims and of tags.

    What goes back to who endowed it for a time is of the tag that it came with.
    """
    order = ready.order
    await returning.require_held(session, ready.fund, order.amount, order.channel)
    tag = None
    if order.receipt_id is not None:
        tag = await tags.tag_of_receipt(session, order.receipt_id)
    await sparing.require_free(session, ready.fund, order.amount, tag=tag)


async def _book(
    session: AsyncSession, ready: _Ready, *, order_id: UUID, actor: Actor
) -> EntryId | None:
    order, fund = ready.order, ready.fund
    entry_id = None
    if ready.entry is not None:
        entry_id = await ledger.post(session, ready.entry, actor_id=actor.id, source_id=order_id)
    if order.asset is not None:
        cost = ready.cost or order.amount
        session.add(
            WaqfAssetRow(
                institution_id=fund.institution_id,
                asset_id=ids.new(),
                fund_id=fund.fund_id,
                order_id=order_id,
                kind=order.asset.kind,
                description=order.asset.description,
                cost_minor=cost.minor,
                currency=cost.currency,
                actor_id=actor.id,
            )
        )
    event = CorpusMoved(
        fund_id=fund.fund_id,
        order_id=order_id,
        kind=order.kind.value,
        amount_minor=order.amount.minor,
        currency=order.amount.currency,
        moved_on=order.on,
    )
    await feed.publish(session, event, subject_id=fund.fund_id)
    return entry_id


def _of(order: WaqfOrder, amount: Money) -> WaqfOrder:
    return replace(order, amount=amount)


def _members(order: WaqfOrder) -> dict[str, object]:
    """What of an order has no column: only what is said is kept."""
    said: dict[str, object | None] = {
        "appraised_minor": None if order.appraised is None else order.appraised.minor,
        "benefit": order.benefit,
        "consent": order.consent,
        "asset": None if order.asset is None else asdict(order.asset),
        "deed": None if order.deed is None else waqf_deed.to_members(order.deed),
        "authority": None
        if order.authority is None
        else {**asdict(order.authority), "decided_on": order.authority.decided_on.isoformat()},
    }
    return {name: value for name, value in said.items() if value is not None}
