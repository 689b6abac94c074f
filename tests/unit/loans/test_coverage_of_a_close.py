"""What does the allowance of a closed day cover, currency by currency?"""

from decimal import Decimal
from uuid import UUID

from services.loans.closing.schemas import RiskCoverageOut
from services.loans.closing.tables import DayCloseFigureRow


def figure(
    outstanding: int, *, bucket: int, kept: int, anew: bool = False, currency: str = "JOD"
) -> DayCloseFigureRow:
    return DayCloseFigureRow(
        fund_id=UUID(int=1),
        product_id=UUID(int=2),
        bucket_from=bucket,
        stage=1,
        is_restructured=anew,
        currency=currency,
        outstanding_minor=outstanding,
        allowance_minor=kept,
    )


def test_the_published_portfolio_has_its_published_coverage() -> None:
    """1,000 not late, 800 at 5 days, 600 at 35, 400 at 65, 200 at 120, 500 restructured."""
    figures = [
        figure(1_000, bucket=0, kept=10),
        figure(800, bucket=1, kept=20),
        figure(600, bucket=31, kept=60),
        figure(400, bucket=61, kept=60),
        figure(200, bucket=91, kept=100),
        figure(500, bucket=0, kept=50, anew=True),
        figure(9_999, bucket=91, kept=1, currency="USD"),
    ]

    found = RiskCoverageOut.of(figures, currency="JOD")

    assert (found.allowance.amount, found.at_risk.amount) == ("0.300", "1.200")
    assert found.or_restructured.amount == "1.700"
    assert found.risk_coverage == Decimal("0.25")
    assert found.risk_coverage_or_restructured == Decimal("0.176471")


def test_a_portfolio_that_is_not_late_has_none() -> None:
    found = RiskCoverageOut.of([figure(800, bucket=1, kept=20)], currency="JOD")

    assert (found.risk_coverage, found.risk_coverage_or_restructured) == (None, None)
