"""How does a corpus stand: what it holds, what may be spent, what goes back, what is kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.loans.domain import waqf, waqf_ladder, waqf_losses, waqf_measures
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed
from services.loans.domain.waqf_ladder import Due, Rung
from services.loans.domain.waqf_losses import Cover
from services.loans.domain.waqf_measures import IndexUnknown, IndexValue, PaidIn, RealValue
from shared.money import Money

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """What a corpus was lent: since the start, in the year before a day, and what came in."""

    disbursed: Money
    disbursed_in_year: Money
    capital: Sequence[PaidIn]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaqfPosition:
    """The position of a corpus on a day; without a deed nothing is to be spent or covered."""

    books: Books
    deed: Deed | None
    spendable: Money
    cover: Cover | None
    ladder: Sequence[Rung] | None
    multiplier: Decimal | None
    velocity: Decimal | None
    real_value: RealValue | None


def position(
    books: Books,
    *,
    deed: Deed | None,
    lending: Lending,
    series: Sequence[IndexValue],
    on: date,
    temporary: Sequence[Due] = (),
    dues: Sequence[Due] | None = None,
) -> WaqfPosition:
    """The position on a day, from books at a cut and what was lent by then.

    The loss to be expected for the real value is the deed's; the real value is none where the
    index does not reach back to every capital, and the ladder none where `dues` is.
    """
    cover = None if deed is None else waqf_losses.cover(books, deed=deed)
    paid_in = Money.total((one.amount for one in lending.capital), books.zero.currency)
    return WaqfPosition(
        books=books,
        deed=deed,
        spendable=books.zero if deed is None else waqf.spendable(books, deed=deed),
        cover=cover,
        ladder=None if dues is None else _ladder(books, temporary=temporary, dues=dues),
        multiplier=waqf_measures.multiplier(lending.disbursed, paid_in=paid_in),
        velocity=_velocity(lending, on=on),
        real_value=_real_value(books, cover=cover, lending=lending, series=series, on=on),
    )


def _ladder(books: Books, *, temporary: Sequence[Due], dues: Sequence[Due]) -> list[Rung]:
    return waqf_ladder.ladder(
        temporary,
        permanent=books.lasting,
        dues=dues,
        inflows=books.reserve,
        property_=books.investments,
    )


def _velocity(lending: Lending, *, on: date) -> Decimal | None:
    if not lending.capital:
        return None
    until = on + timedelta(days=1)
    since = max(until - YEAR, min(one.on for one in lending.capital))
    days = (until - since).days
    if days <= 0:
        return None
    average = waqf_measures.average_capital(lending.capital, since=since, until=until)
    return waqf_measures.velocity(lending.disbursed_in_year, average_capital=average, days=days)


def _real_value(
    books: Books,
    *,
    cover: Cover | None,
    lending: Lending,
    series: Sequence[IndexValue],
    on: date,
) -> RealValue | None:
    expected = books.zero if cover is None else cover.expected
    try:
        return waqf_measures.real_value(
            lending.capital,
            cash=books.net_assets - books.lent,
            good_loans=books.lent,
            expected_loss=expected,
            series=series,
            on=on,
        )
    except IndexUnknown:
        return None
