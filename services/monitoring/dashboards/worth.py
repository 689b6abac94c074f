"""What would one more unit in a fund bring, said to those who give, without telling of a few?"""

from decimal import Decimal
from typing import Final

from services.monitoring.dashboards.report import Worth
from services.monitoring.dashboards.writer import Printable, Writer
from services.monitoring.domain import disclosure

THOUSAND: Final = 1_000
"""Points are told for so many more units: of one they would be too small to read."""
PLACES: Final = Decimal("0.01")


def worth(found: Worth | None, *, writer: Writer) -> dict[str, Printable] | None:
    """The part of the page about one more unit; None where no approved run spoke of the fund.

    A rate that rests on one to four applications is not shown, nor their number, nor the sum
    proposed for so few.
    """
    if found is None:
        return None
    few_short, few_financed = map(disclosure.is_small, (found.short, found.financed))
    is_nothing = not found.one_more
    is_shown = not is_nothing and found.short >= disclosure.SMALLEST_CELL
    points = (found.one_more * THOUSAND).quantize(PLACES)
    fewer = writer.text("fewer than five")
    return {
        "is_nothing": is_nothing,
        "points": writer.decimal(points) if is_shown else None,
        "thousand": writer.text(
            "points for {amount} more {currency}",
            amount=writer.count(THOUSAND),
            currency=writer.currency(found.budget.currency),
        ),
        "rows": [
            {
                "name": writer.text("Free in this fund when the run was made"),
                "value": writer.amount(found.budget),
            },
            {
                "name": writer.text("Proposed by the run for waiting applications"),
                "value": fewer if few_financed else writer.amount(found.amount),
            },
            {
                "name": writer.text("Waiting applications that it would finance"),
                "value": fewer if few_financed else writer.count(found.financed),
            },
            {
                "name": writer.text("Waiting applications that only the lack of money stops"),
                "value": fewer if few_short else writer.count(found.short),
            },
        ],
        "as_of": writer.day(found.as_of),
        "approved_at": writer.instant(found.approved_at),
        "run": str(found.run_id),
    }
