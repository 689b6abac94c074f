"""May a waqf lend this by its deed, with its losses covered and its returns provided for?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain import waqf_ladder, waqf_losses
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Fund, Refusal
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, WaqfUse
from services.loans.domain.waqf_ladder import Due, Rung
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

LADDER_SOURCE = Sentence("OIC Fiqh Academy, resolution 181 (7/19); AAOIFI Sharia Standard 60, Waqf")
VENTURES = frozenset({"mudaraba", "musharaka"})


class ReturnsNotCovered(RafidError):
    """What was endowed for a time could not go back on its day"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "On {on} {returned} goes back to who endowed it to the fund {fund_code}: {due_after} would"
        " come back later, and {lasting} may stay out ({source})."
    )
    fund_code: str
    on: date
    returned: Money
    lasting: Money
    due_after: Money
    source: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What is held before a fund's corpus: its deed, its books, and what comes back when.

    `books` are read where the deed asks for a cover of losses, `dues` where money was endowed for
    a time; `dues` are by the application that owes them. A waqf without a deed on record keeps
    its corpus and is asked nothing else.
    """

    deed: Deed | None = None
    books: Books | None = None
    temporary: tuple[Due, ...] = ()
    permanent: Money | None = None
    dues: Mapping[UUID, tuple[Due, ...]] = field(default_factory=dict)

    def lending(self, application_id: UUID, amount: Money, dues: tuple[Due, ...]) -> "Guard":
        """The same after one more loan: its dues stand for those it had, if they are known.

        Where several funds pay for the loan its dues come back to each by its part.
        """
        books = self.books
        if books is not None:
            books = replace(books, lent=books.lent + amount)
        after = dict(self.dues)
        if any(due.amount.minor for due in dues):
            parts = amount.split([due.amount.minor for due in dues])
            after[application_id] = tuple(
                Due(due.on, part) for due, part in zip(dues, parts, strict=True)
            )
        elif application_id not in after:
            after[application_id] = (Due(date.max, amount),)
        return replace(self, books=books, dues=after)


def guarded(fund: Fund, *, endowed: Money | None, deed: Deed | None) -> Fund:
    """The fund with the floor that its endowments make, and who says that it stands.

    A waqf has a corpus, and a donation fund under a deed (where the law knows no waqf). Stated 0,
    endowed 10,000: the floor is 10,000. The founder's clause is quoted where a deed is on record,
    else the resolution.
    """
    has_corpus = deed is not None or fund.kind is FundKind.WAQF
    floor = max(fund.floor, endowed) if has_corpus and endowed is not None else fund.floor
    if deed is None:
        return replace(fund, floor=floor)
    clause = Sentence(f"{deed.reference}: {deed.corpus_clause}")
    return replace(fund, floor=floor, founder=(clause, deed.made_on))


def refusals(
    guard: Guard,
    *,
    application_id: UUID,
    amount: Money,
    mode: ModeOfFinance,
    dues: tuple[Due, ...],
) -> list[Refusal]:
    """Every reason of the waqf why it may not lend this; an empty list means it may.

    The deed's use (lent, or invested), the cover of expected losses, and the ladder of what goes
    back are held against the loan as it would stand with it.
    """
    found = _by_use(guard.deed, mode=mode)
    if guard.permanent is not None and guard.permanent.currency != amount.currency:
        return found  # another currency than the fund's is refused as such
    after = guard.lending(application_id, amount, dues)
    found += _uncovered(after)
    found += _unreturned(after)
    return found


def _by_use(deed: Deed | None, *, mode: ModeOfFinance) -> list[Refusal]:
    if deed is None:
        return []
    reason = None
    if deed.use is WaqfUse.LENT and mode is not ModeOfFinance.QARD:
        reason = "the deed has this waqf lent without profit, and invested in nothing"
    elif deed.use is WaqfUse.INVESTED and mode is ModeOfFinance.QARD and not deed.permits_qard:
        reason = "the deed has this waqf invested, and not lent"
    elif deed.use is WaqfUse.INVESTED and mode.value in VENTURES and not deed.reserve_share:
        reason = "a share in a venture needs a reserve set by the deed"
    return [] if reason is None else [_refusal("waqf-deed-use", reason, deed=deed)]


def _uncovered(after: Guard) -> list[Refusal]:
    if after.deed is None or after.books is None or not after.deed.loss_rate:
        return []
    if not waqf_losses.cover(after.books, deed=after.deed).short.is_positive:
        return []
    reason = "reserve and participants' pool are below the loss to be expected"
    return [_refusal("waqf-loss-cover", reason, deed=after.deed)]


def rungs(guard: Guard) -> list[Rung]:
    """The days on which endowed money goes back, by what is lent and held now."""
    if not guard.temporary or guard.permanent is None:
        return []
    return waqf_ladder.ladder(
        guard.temporary,
        permanent=guard.permanent,
        dues=[due for dues in guard.dues.values() for due in dues],
        inflows=None if guard.books is None else guard.books.reserve,
        property_=None if guard.books is None else guard.books.investments,
    )


def require_no_shorter(before: Guard, after: Guard, *, fund_code: str) -> None:
    """Raise `ReturnsNotCovered` where a day of return lacks more than it did before.

    100,000 goes back in June, 200,000 are for good and 150,000 due after June: 50,000 more may
    be put off beyond June, and 50,000.01 may not. What helps a fund that lacks is not refused.
    """
    was = {rung.on: rung.short for rung in rungs(before)}
    for rung in rungs(after):
        if rung.short > was.get(rung.on, rung.short - rung.short):
            raise ReturnsNotCovered(
                fund_code=fund_code,
                on=rung.on,
                returned=rung.returned,
                lasting=rung.lasting,
                due_after=rung.due_after,
                source=LADDER_SOURCE,
            )


def _unreturned(after: Guard) -> list[Refusal]:
    if waqf_ladder.first_short(rungs(after)) is None:
        return []
    reason = "more would be due after a day on which endowed money goes back than what stays"
    return [Refusal(rule="waqf-maturity-ladder", reason=Sentence(reason), source=LADDER_SOURCE)]


def _refusal(rule: str, reason: str, *, deed: Deed) -> Refusal:
    return Refusal(
        rule=rule,
        reason=Sentence(reason),
        source=Sentence(deed.reference),
        in_force_from=deed.made_on,
    )
