"""Which corpus of a waqf must stand, and what of its yield may be spent?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.loans.domain import fund_rules
from services.loans.domain.funding import CORPUS_FLOOR
from services.loans.domain.waqf_deed import Deed, WaqfBenefit
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money


class CorpusBelowFloor(RafidError):
    """The payment would take the corpus below its floor"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Of the fund {fund_code} {free} stands above the corpus of {floor}; {asked} cannot leave"
        " it. {clause} (source: {source}; in force from: {in_force_from})."
    )
    fund_code: str
    asked: Money
    free: Money
    floor: Money
    clause: str
    source: Sentence
    in_force_from: date | None


class YieldNotRealised(RafidError):
    """No more is spent of a waqf than its realised yield leaves"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{asked} was asked of the yield of the fund {fund_code}; after upkeep, losses, the"
        " trustee's fee and the reserve {spendable} of {realised} may be spent ({source})."
    )
    fund_code: str
    asked: Money
    spendable: Money
    realised: Money
    source: Sentence


class NazirFeeAboveCap(RafidError):
    """The trustee's fee is above what the deed allows"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{asked} was asked as the trustee's fee; by the deed {deed} it is {share} of a net yield"
        " of {net_yield}, of which {left} is left."
    )
    asked: Money
    share: Decimal
    net_yield: Money
    left: Money
    deed: str


class PurposeNotInDeed(RafidError):
    """The founder named other purposes"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The deed {deed} of {deed_on} does not name the purpose {purpose}; it names {purposes}:"
        " {clause}"
    )
    deed: str
    deed_on: date
    purpose: str
    purposes: tuple[str, ...]
    clause: str


class GrowthNotAllowed(RafidError):
    """The yield cannot be added to the corpus"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} of the yield cannot be added to the corpus: {reason} ({source})."
    asked: Money
    reason: Sentence
    source: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the books of a waqf say on a day; every amount is positive where its name says so.

    `stated` is the least corpus that was stated when the fund was opened; `investments` what
    the property stands at that money was turned into; `realised` the yield that came in as money;
    `cost` the upkeep less the fees that recovered it; `reserved` all that was ever put into the
    loss reserve and `reserve_used` what losses took of it; `tabarru` what the pool of the
    participants holds and `tabarru_used` what it bore; `lost` what was written off less what was
    recovered or paid by guarantors.
    """

    stated: Money
    permanent: Money
    added: Money
    temporary: Money
    net_assets: Money
    lent: Money
    investments: Money
    realised: Money
    cost: Money
    nazir_paid: Money
    granted: Money
    reserved: Money
    reserve_used: Money
    tabarru: Money
    tabarru_used: Money
    lost: Money

    @property
    def zero(self) -> Money:
        """None of the fund's currency."""
        return Money.zero(self.permanent.currency)

    @property
    def endowed(self) -> Money:
        """What was endowed and must stand: for good, added by deed, and for a time."""
        return self.permanent + self.added + self.temporary

    @property
    def floor(self) -> Money:
        """The corpus that must stand: what was endowed, and no less than what was stated.

        Stated 500,000 and endowed 480,000 so far: 500,000. Endowed 520,000: 520,000.
        """
        return max(self.stated, self.endowed)

    @property
    def deficit(self) -> Money:
        """What the corpus lacks; none while it stands."""
        return max(self.floor - self.net_assets, self.zero)

    @property
    def lasting(self) -> Money:
        """What is endowed for good and still there: a loss that nothing covers lessens it.

        200,000 for good and 100,000 for a time, 50,000 of it lost: 150,000.
        """
        return self.permanent + self.added - self.deficit

    @property
    def net_yield(self) -> Money:
        """Realised yield less upkeep; a cost above it leaves none."""
        return max(self.realised - self.cost, self.zero)

    @property
    def reserve(self) -> Money:
        """What the loss reserve holds."""
        return self.reserved - self.reserve_used

    @property
    def unborne(self) -> Money:
        """Losses that neither the pool of the participants nor the reserve has borne."""
        return max(self.lost - self.tabarru_used - self.reserve_used, self.zero)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How a net yield is divided: the trustee's fee, the reserve, and what may be spent."""

    nazir: Money
    reserve: Money
    spendable: Money


def shares(net_yield: Money, *, deed: Deed) -> Shares:
    """Divide a net yield by the deed: the fee rounds down, the reserve up, the rest is spendable.

    60,000.00 at a tenth each: fee 6,000.00, reserve 6,000.00, spendable 48,000.00. Source: AAOIFI
    FAS 37, and the shares of Indonesia's cash waqf linked sukuk (WaCIDS note, 2019).
    """
    nazir = net_yield.times(deed.nazir_fee_share, rounding="down")
    reserve = min(net_yield.times(deed.reserve_share, rounding="up"), net_yield - nazir)
    return Shares(nazir=nazir, reserve=reserve, spendable=net_yield - nazir - reserve)


def spendable(books: Books, *, deed: Deed) -> Money:
    """What may be spent now of the yield, never of what is accrued or of the corpus.

    Net yield less the fee and the reserve (what the deed sets, or what was taken where that is
    more), less what was added to the corpus, granted, and lost without cover; and never more than
    what stands above the corpus and the reserve. 60,000 realised, nothing taken yet: 48,000.
    After a loss of 5,000 that nothing covered: 43,000 (later yield rebuilds the corpus).
    """
    due = shares(books.net_yield, deed=deed)
    left = (
        books.net_yield
        - max(due.nazir, books.nazir_paid)
        - max(due.reserve, books.reserved)
        - books.added
        - books.granted
        - books.unborne
    )
    return max(min(left, books.net_assets - books.floor - books.reserve), books.zero)


def require_spendable(books: Books, amount: Money, *, deed: Deed, fund_code: str) -> None:
    """Raise `YieldNotRealised` unless the yield leaves the amount."""
    most = spendable(books, deed=deed)
    if amount > most:
        raise YieldNotRealised(
            fund_code=fund_code,
            asked=amount,
            spendable=most,
            realised=books.realised,
            source=Sentence("AAOIFI FAS 37, Financial Reporting by Waqf Institutions"),
        )


def require_reservable(books: Books, amount: Money, *, deed: Deed, fund_code: str) -> None:
    """Raise `YieldNotRealised` unless so much of the yield may be put into the loss reserve.

    What the deed's share asks for is kept back already; beyond it only what could be spent. Of
    60,000 at a tenth: 6,000, and 48,000 more.
    """
    kept_back = max(shares(books.net_yield, deed=deed).reserve - books.reserved, books.zero)
    above = max(books.net_assets - books.floor - books.reserve, books.zero)
    most = min(kept_back + spendable(books, deed=deed), above)
    if amount > most:
        raise YieldNotRealised(
            fund_code=fund_code,
            asked=amount,
            spendable=most,
            realised=books.realised,
            source=Sentence(deed.reference),
        )


def require_corpus(books: Books, amount: Money, *, deed: Deed | None, fund_code: str) -> None:
    """Raise `CorpusBelowFloor` if so much less would leave the corpus below its floor.

    1,000,000 endowed, 1,012,000 owned: 12,000 may leave, 12,000.01 may not. The clause of the
    deed is quoted, or the rulebook's source where there is no deed.
    """
    free = max(books.net_assets - books.floor, books.zero)
    if amount > free:
        source, since = fund_rules.sources().of(CORPUS_FLOOR)
        if deed is not None:
            source, since = Sentence(deed.reference), deed.made_on
        raise CorpusBelowFloor(
            fund_code=fund_code,
            asked=amount,
            free=free,
            floor=books.floor,
            clause=deed.corpus_clause if deed else "–",
            source=source,
            in_force_from=since,
        )


def require_fee(books: Books, amount: Money, *, deed: Deed) -> None:
    """Raise `NazirFeeAboveCap` unless the fee keeps to the deed's share of the net yield.

    A tenth of 60,000 with 5,000 paid already: 1,000 more.
    """
    left = max(shares(books.net_yield, deed=deed).nazir - books.nazir_paid, books.zero)
    if amount > left:
        raise NazirFeeAboveCap(
            asked=amount,
            share=deed.nazir_fee_share,
            net_yield=books.net_yield,
            left=left,
            deed=deed.reference,
        )


def require_purpose(purpose: str, *, deed: Deed) -> None:
    """Raise `PurposeNotInDeed`, quoting the founder, unless the deed names the purpose."""
    if purpose not in deed.purposes:
        raise PurposeNotInDeed(
            deed=deed.reference,
            deed_on=deed.made_on,
            purpose=purpose,
            purposes=deed.purposes,
            clause=deed.purpose_clause,
        )


def require_growth(
    books: Books, amount: Money, *, deed: Deed, benefit: str | None, consent: str | None
) -> None:
    """Raise `GrowthNotAllowed` unless so much of the yield may be added to the corpus.

    A deed that speaks is followed to its share of the net yield. Where it is silent a charitable
    waqf needs a stated benefit, and a family waqf its beneficiaries' consent by reference.
    """
    reason = None
    if deed.growth_share is not None:
        most = books.net_yield.times(deed.growth_share, rounding="down") - books.added
        if amount > most:
            reason = "the deed has a smaller share of the yield added"
    elif deed.benefit is WaqfBenefit.FAMILY and not consent:
        reason = "the deed is silent, and a family waqf needs its beneficiaries' consent"
    elif deed.benefit is WaqfBenefit.CHARITABLE and not benefit:
        reason = "the deed is silent, and no preponderant benefit is stated"
    if reason is not None:
        source, _ = fund_rules.sources().of(CORPUS_FLOOR)
        if deed.growth_share is not None:
            source = Sentence(deed.reference)
        raise GrowthNotAllowed(asked=amount, reason=Sentence(reason), source=source)
