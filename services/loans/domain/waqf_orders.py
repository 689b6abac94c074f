"""What may two persons have a waqf do with its money and property, and what stands in the way?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.loans.domain import waqf, waqf_ladder
from services.loans.domain.journal import Channel
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, WaqfUse
from services.loans.domain.waqf_ladder import Standing
from services.loans.domain.waqf_lending import LADDER_SOURCE
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

NOTHING_DUE = Standing()
TRUSTEE = Sentence("the trustee of the waqf")
PAYEE = Sentence("who is paid")
EXCHANGE = Sentence("Exchanging property of a waqf")
CHANGE_OF_PURPOSE = Sentence("Changing what a waqf was founded for")


class WaqfOrderKind(StrEnum):
    """What one proposes and another approves."""

    DEED = "deed"
    INVEST = "invest"
    UPKEEP = "upkeep"
    DISTRIBUTION = "distribution"
    NAZIR_FEE = "nazir_fee"
    RESERVE = "reserve"
    GROWTH = "growth"
    LOSS_COVER = "loss_cover"
    RETURN = "return"
    EXCHANGE = "exchange"


PAYING = frozenset(
    {
        WaqfOrderKind.INVEST,
        WaqfOrderKind.UPKEEP,
        WaqfOrderKind.DISTRIBUTION,
        WaqfOrderKind.NAZIR_FEE,
        WaqfOrderKind.RETURN,
    }
)
"""Kinds for which money leaves the fund's accounts: it must be there, and free."""


class WaqfDeedMissing(RafidError):
    """No deed of the waqf is on record"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund {fund_code} has no deed in force: propose one, and have another approve it."
    fund_code: str


class AuthorityMissing(RafidError):
    """Only an authority decides this"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{act} needs the decision of the authority over the waqf, with its reference and its day,"
        " no later than {on}."
    )
    act: Sentence
    on: date


class ExchangeBelowValue(RafidError):
    """Property of a waqf is exchanged for no less than its value"""

    kind = Kind.RULE
    service = "loans"
    detail = "{received} is offered for property of the waqf that is appraised at {appraised}."
    received: Money
    appraised: Money


class ConflictOfInterest(RafidError):
    """Who has an interest in it does not decide it"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = (
        "{party_id} has an interest in this ({interest}): it needs the decision of the judge or of"
        " the board over the waqf, or another person."
    )
    party_id: UUID
    interest: str


class WaqfUseOther(RafidError):
    """The deed has another use for this waqf"""

    kind = Kind.RULE
    service = "loans"
    detail = "By the deed {deed} the money of the waqf is lent without profit: it buys no property."
    deed: str


class PropertyBeyondReturn(RafidError):
    """What goes back on a day is not turned into property"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{asked} was asked for property by the fund {fund_code}; {room} is left of the {lasting}"
        " that is endowed for good, and the rest goes back on a day ({source})."
    )
    fund_code: str
    asked: Money
    room: Money
    lasting: Money
    source: Sentence


class ReturnNotDue(RafidError):
    """The endowment does not go back on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "The receipt {receipt_id} was endowed until {returnable_on}; {on} is before it."
    receipt_id: UUID
    returnable_on: date
    on: date


class NotTemporary(RafidError):
    """Nothing of this receipt goes back"""

    kind = Kind.RULE
    service = "loans"
    detail = "The receipt {receipt_id} was endowed for good, was reversed, or has gone back."
    receipt_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The decision of a court, ministry or board over awqaf."""

    name: str
    reference: str
    decided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Property that the corpus is turned into: what it is, and at what it stands."""

    kind: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A person or body with an interest that was declared."""

    party_id: UUID
    interest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaqfOrder:
    """What is proposed. Each kind reads the members that it needs.

    `amount` is what moves; of an exchange the money received, or the appraised value of the
    property received; `appraised` the value of the property given up, by an expert.
    """

    kind: WaqfOrderKind
    on: date
    amount: Money
    channel: Channel = Channel.CASH
    purpose: str | None = None
    party_id: UUID | None = None
    contract_id: UUID | None = None
    receipt_id: UUID | None = None
    asset_id: UUID | None = None
    asset: Asset | None = None
    appraised: Money | None = None
    authority: Authority | None = None
    benefit: str | None = None
    consent: str | None = None
    deed: Deed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endowed:
    """A receipt that goes back on a day."""

    receipt_id: UUID
    amount: Money
    returnable_on: date


def require_possible(
    order: WaqfOrder,
    *,
    fund_code: str,
    deed: Deed | None,
    books: Books,
    standing: Standing = NOTHING_DUE,
    conflicts: Collection[Conflict] = (),
) -> None:
    """Raise what a rule of the waqf has against an order; an order it bears passes in silence.

    Spending keeps to the realised yield and the deed's purposes, a fee to its cap, upkeep to what
    stands above the corpus; an exchange needs the authority and at least equal value; whoever has
    an interest needs the judge or the board. `standing` is what goes back on a day and what
    loans bring when.
    """
    if order.kind is WaqfOrderKind.DEED:
        return
    if order.kind is WaqfOrderKind.INVEST and deed is not None and deed.use is WaqfUse.INVESTED:
        _require_lasting(order, books=books, standing=standing, fund_code=fund_code)
    _require_no_interest(order, deed=deed, conflicts=conflicts)
    if order.kind is WaqfOrderKind.UPKEEP:
        waqf.require_corpus(books, order.amount, deed=deed, fund_code=fund_code)
    if order.kind is WaqfOrderKind.EXCHANGE:
        require_exchange(order)
    if order.kind in _BY_DEED:
        if deed is None:
            raise WaqfDeedMissing(fund_code=fund_code)
        _require_by_deed(order, deed=deed, books=books, fund_code=fund_code)


_BY_DEED = frozenset(
    {
        WaqfOrderKind.INVEST,
        WaqfOrderKind.DISTRIBUTION,
        WaqfOrderKind.NAZIR_FEE,
        WaqfOrderKind.RESERVE,
        WaqfOrderKind.GROWTH,
    }
)


def _require_by_deed(order: WaqfOrder, *, deed: Deed, books: Books, fund_code: str) -> None:
    if order.kind is WaqfOrderKind.INVEST:
        if deed.use is not WaqfUse.INVESTED:
            raise WaqfUseOther(deed=deed.reference)
    elif order.kind is WaqfOrderKind.NAZIR_FEE:
        waqf.require_fee(books, order.amount, deed=deed)
        waqf.require_corpus(books, order.amount, deed=deed, fund_code=fund_code)
    elif order.kind is WaqfOrderKind.DISTRIBUTION:
        waqf.require_purpose(order.purpose or "–", deed=deed)
        waqf.require_spendable(books, order.amount, deed=deed, fund_code=fund_code)
    elif order.kind is WaqfOrderKind.GROWTH:
        waqf.require_spendable(books, order.amount, deed=deed, fund_code=fund_code)
        waqf.require_growth(
            books, order.amount, deed=deed, benefit=order.benefit, consent=order.consent
        )
    else:
        waqf.require_reservable(books, order.amount, deed=deed, fund_code=fund_code)


def _require_lasting(order: WaqfOrder, *, books: Books, standing: Standing, fund_code: str) -> None:
    """Property comes back on no day that is known: what goes back on one must not be in it.

    300,000 for good, 100,000 until June, 200,000 lent beyond June: property for 100,000.
    """
    lasting = books.lasting
    rungs = waqf_ladder.ladder(
        standing.temporary, permanent=lasting, dues=standing.dues, property_=books.investments
    )
    room = min([max(lasting - books.investments, books.zero), *(one.room for one in rungs)])
    if books.temporary.is_positive and order.amount > room:
        raise PropertyBeyondReturn(
            fund_code=fund_code,
            asked=order.amount,
            room=room,
            lasting=lasting,
            source=LADDER_SOURCE,
        )


def require_exchange(order: WaqfOrder) -> None:
    """Raise `AuthorityMissing` or `ExchangeBelowValue` unless property may be exchanged.

    Appraised at 100,000: 100,000 in money or property passes with a decision, 99,999 does not.
    Source: Morocco, code of awqaf (dahir 1.09.236), and the schools on istibdal.
    """
    _require_authority(order.authority, act=EXCHANGE, on=order.on)
    if order.appraised is not None and order.amount < order.appraised:
        raise ExchangeBelowValue(received=order.amount, appraised=order.appraised)


def require_deed(new: Deed, *, before: Deed | None, authority: Authority | None, on: date) -> None:
    """Raise `AuthorityMissing` where a deed would change what its founder founded it for.

    Purposes, use and benefit change by an authority's decision alone, to the nearest like purpose
    (Morocco, code of awqaf, art. 53); shares and clauses may be made plainer by two persons.
    """
    if before is None:
        return
    founded = (before.use, before.benefit, before.purposes, before.permits_temporary)
    if founded != (new.use, new.benefit, new.purposes, new.permits_temporary):
        _require_authority(authority, act=CHANGE_OF_PURPOSE, on=on)


def require_return(receipt: Endowed | None, *, receipt_id: UUID, on: date) -> Endowed:
    """The endowment that goes back now. Raises `NotTemporary`, `ReturnNotDue`.

    Endowed until 2027-06-30: on that day it goes back, the day before it does not.
    """
    if receipt is None:
        raise NotTemporary(receipt_id=receipt_id)
    if on < receipt.returnable_on:
        raise ReturnNotDue(receipt_id=receipt_id, returnable_on=receipt.returnable_on, on=on)
    return receipt


def require_disinterested(actor_id: UUID, *, order: WaqfOrder, deed: Deed | None) -> None:
    """Raise `ConflictOfInterest` where the trustee decides on the trustee's own fee or on a deed
    that names or named the trustee, or who is paid on the payment.

    A deed may be the trustee's to propose or approve where an authority has decided it.
    """
    nazir = None if deed is None else deed.nazir_id
    if order.kind is WaqfOrderKind.DEED:
        named = {nazir, None if order.deed is None else order.deed.nazir_id}
        decided = order.authority is not None and order.authority.decided_on <= order.on
        if actor_id in named and not decided:
            raise ConflictOfInterest(party_id=actor_id, interest=TRUSTEE)
    if order.kind is WaqfOrderKind.NAZIR_FEE and actor_id == nazir:
        raise ConflictOfInterest(party_id=actor_id, interest=TRUSTEE)
    if order.party_id is not None and actor_id == order.party_id:
        raise ConflictOfInterest(party_id=actor_id, interest=PAYEE)


def _require_no_interest(
    order: WaqfOrder, *, deed: Deed | None, conflicts: Collection[Conflict]
) -> None:
    if order.party_id is None or order.kind is WaqfOrderKind.NAZIR_FEE:
        return
    interests = {one.party_id: one.interest for one in conflicts}
    if deed is not None and deed.nazir_id is not None:
        interests[deed.nazir_id] = TRUSTEE
    interest = interests.get(order.party_id)
    if interest is None:
        return
    if order.authority is None or order.authority.decided_on > order.on:
        raise ConflictOfInterest(party_id=order.party_id, interest=interest)


def _require_authority(authority: Authority | None, *, act: Sentence, on: date) -> None:
    if authority is None or authority.decided_on > on:
        raise AuthorityMissing(act=act, on=on)
