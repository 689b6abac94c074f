"""What does the position of a corpus look like on the wire?"""

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from services.loans.domain.waqf_deed import LossBase
from services.loans.domain.waqf_ladder import Rung
from services.loans.domain.waqf_losses import Cover
from services.loans.domain.waqf_measures import RealValue
from services.loans.domain.waqf_position import WaqfPosition
from services.loans.ledger.queries import Cut
from services.loans.waqf.schemas import DeedBody, WaqfAssetOut
from services.loans.waqf.tables import WaqfAssetRow
from shared.schemas import Body, MoneyBody


class CoverOut(Body):
    """The loss to be expected by the deed, and what is kept against it; short stops new loans."""

    base: LossBase
    expected: MoneyBody
    reserve: MoneyBody
    tabarru: MoneyBody
    short: MoneyBody

    @classmethod
    def of(cls, cover: Cover) -> Self:
        """Write a cover."""
        return cls(
            base=cover.base,
            expected=MoneyBody.of(cover.expected),
            reserve=MoneyBody.of(cover.reserve),
            tabarru=MoneyBody.of(cover.tabarru),
            short=MoneyBody.of(cover.short),
        )


class RungOut(Body):
    """A day on which endowed money goes back, and what is due beyond it."""

    on: date
    returned: MoneyBody
    lasting: MoneyBody
    due_after: MoneyBody
    short: MoneyBody
    room: MoneyBody

    @classmethod
    def of(cls, rung: Rung) -> Self:
        """Write a rung of the ladder."""
        return cls(
            on=rung.on,
            returned=MoneyBody.of(rung.returned),
            lasting=MoneyBody.of(rung.lasting),
            due_after=MoneyBody.of(rung.due_after),
            short=MoneyBody.of(rung.short),
            room=MoneyBody.of(rung.room),
        )


class RealValueOut(Body):
    """The worth of the fund beside its capital at the prices of the day, by a published index."""

    worth: MoneyBody
    needed: MoneyBody
    kept: str | None
    index_on: date
    index_value: str
    index_source: str

    @classmethod
    def of(cls, real: RealValue) -> Self:
        """Write a real value."""
        return cls(
            worth=MoneyBody.of(real.worth),
            needed=MoneyBody.of(real.needed),
            kept=_figure(real.kept),
            index_on=real.index.on,
            index_value=format(real.index.value.normalize(), "f"),
            index_source=real.index.source,
        )


class WaqfPositionOut(Body):
    """How a corpus stands at a cut.

    floor = what was stated at opening or, where it is more, endowed for good, added and endowed
    for a time; deficit = what the corpus lacks of it. `ladder` tells of the loans as they are
    agreed now, and is left out for a day or an instant that is asked for. `multiplier`, `velocity`
    and the share kept are to four places.
    """

    fund_id: UUID
    as_of: date | None
    known_at: datetime | None
    deed: DeedBody | None
    stated: MoneyBody
    endowed: MoneyBody
    added: MoneyBody
    temporary: MoneyBody
    floor: MoneyBody
    net_assets: MoneyBody
    deficit: MoneyBody
    lent: MoneyBody
    realised_yield: MoneyBody
    cost: MoneyBody
    nazir_fee: MoneyBody
    granted: MoneyBody
    reserve: MoneyBody
    tabarru: MoneyBody
    losses_not_covered: MoneyBody
    spendable: MoneyBody
    cover: CoverOut | None
    ladder: list[RungOut] | None
    multiplier: str | None
    velocity: str | None
    real_value: RealValueOut | None
    assets: list[WaqfAssetOut]

    @classmethod
    def of(
        cls, found: WaqfPosition, *, fund_id: UUID, cut: Cut, assets: list[WaqfAssetRow]
    ) -> Self:
        """Write a position."""
        books, money = found.books, MoneyBody.of
        return cls(
            fund_id=fund_id,
            as_of=cut.as_of,
            known_at=cut.known_at,
            deed=None if found.deed is None else DeedBody.of(found.deed),
            stated=money(books.stated),
            endowed=money(books.permanent),
            added=money(books.added),
            temporary=money(books.temporary),
            floor=money(books.floor),
            net_assets=money(books.net_assets),
            deficit=money(books.deficit),
            lent=money(books.lent),
            realised_yield=money(books.realised),
            cost=money(books.cost),
            nazir_fee=money(books.nazir_paid),
            granted=money(books.granted),
            reserve=money(books.reserve),
            tabarru=money(books.tabarru),
            losses_not_covered=money(books.unborne),
            spendable=money(found.spendable),
            cover=None if found.cover is None else CoverOut.of(found.cover),
            ladder=None if found.ladder is None else [RungOut.of(one) for one in found.ladder],
            multiplier=_figure(found.multiplier),
            velocity=_figure(found.velocity),
            real_value=None if found.real_value is None else RealValueOut.of(found.real_value),
            assets=[WaqfAssetOut.of(row) for row in assets],
        )


def _figure(figure: Decimal | None) -> str | None:
    return None if figure is None else str(figure)
