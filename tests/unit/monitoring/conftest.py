"""Made reports: a fund with a year of history, drawn from no database."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.dashboards.report import (
    Cut,
    DonorReport,
    Fund,
    FundLine,
    FundReport,
    Institution,
    MonthOfRepayments,
    QualityPoint,
    Seal,
    SealRow,
    SectorShare,
)
from services.monitoring.domain import portfolio_quality, utilisation
from services.monitoring.domain.portfolio_quality import LoanPosition
from services.monitoring.domain.utilisation import Booked, Utilisation
from shared.ids import FundId
from shared.money import Money

NOW = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)
WAQF = Fund(
    fund_id=FundId(UUID(int=1)),
    code="WAQF-1",
    kind="waqf",
    currency="JOD",
    names={
        "ar": "وقف المشاريع الصغيرة",
        "fr": "Waqf des petits projets",
        "en": "Small projects waqf",
    },
)
ZAKAT = Fund(
    fund_id=FundId(UUID(int=2)),
    code="ZAKAT-1",
    kind="zakat",
    currency="JOD",
    names={"ar": "صندوق الزكاة", "fr": "Fonds de zakat", "en": "Zakat fund"},
)
HOUSE = Institution(
    names={
        "ar": "مؤسسة رافد للتنمية",
        "fr": "Fondation Rafid pour le développement",
        "en": "Rafid development foundation",
    },
    country="JO",
    timezone="Asia/Amman",
)


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


def month_ends(count: int) -> list[date]:
    """The last days of the months before November 2026, oldest first."""
    firsts = [date(2026 + (10 - back) // 12, (10 - back) % 12 + 1, 1) for back in range(count)]
    return [date.fromordinal(first.toordinal() - 1) for first in reversed(firsts)]


def point(on: date, *, late: dict[int, int], on_time: int, each: int = 450_000) -> QualityPoint:
    """A month's portfolio: so many contracts at each number of days late."""
    days = [0] * on_time + [day for day, count in late.items() for _ in range(count)]
    positions = [
        LoanPosition(
            contract_id=UUID(int=place),
            fund_id=WAQF.fund_id,
            branch_id=UUID(int=9),
            sector="trade",
            outstanding=jod(each),
            days_past_due=day,
        )
        for place, day in enumerate(days)
    ]
    return QualityPoint(on=on, quality=portfolio_quality.quality(positions, currency="JOD"))


def booked(kind: str, **lines: int) -> list[Booked]:
    """An entry of a kind, by account: debits above nothing, credits below."""
    assert sum(lines.values()) == 0, "an entry balances"
    return [
        Booked(
            kind=kind,
            account=account,
            account_class="",
            debits=max(minor, 0),
            credits=max(-minor, 0),
        )
        for account, minor in lines.items()
    ]


def used(**changes: int) -> Utilisation:
    minor = {
        "received": 250_000_000,
        "promised": 16_350_000,
        "lent": 391_250_000,
        "principal": 268_400_500,
        "income": 0,
        "surplus": 35_250,
        "granted": 0,
    } | changes
    principal, income, surplus = minor["principal"], minor["income"], minor["surplus"]
    entries = [
        booked("receipt", cash=minor["received"], fund_balance=-minor["received"]),
        booked("disbursement", loans=minor["lent"], cash=-minor["lent"]),
        booked(
            "repayment",
            cash=principal + income + surplus,
            loans=-principal,
            profit_income=-income,
            surplus=-surplus,
        ),
        booked("grant", grants=minor["granted"], cash=-minor["granted"]),
    ]
    lines = (line for entry in entries for line in entry)
    return utilisation.of(lines, promised=minor["promised"], currency="JOD")


def seal(figures: Utilisation, *, off_by: int = 0) -> Seal:
    pairs = (
        ("receipts", figures.received),
        ("disbursed", figures.disbursed),
        ("returned", figures.returned),
        ("at_hand", figures.at_hand),
        ("with_borrowers", figures.outstanding),
    )
    return Seal(
        checked_at=NOW,
        rows=[SealRow(name=name, ours=ours, ledger=ours + jod(off_by)) for name, ours in pairs],
    )


def fund_report(**changes: Any) -> FundReport:
    figures = changes.pop("utilisation", used())
    ends = month_ends(18)
    values: dict[str, Any] = {
        "fund": WAQF,
        "utilisation": figures,
        "contracts": 612,
        "points": [
            point(
                end, late={12: 6 + n % 5, 41: 5 + n % 4, 70: 5, 130: 5 + n // 6}, on_time=40 + 9 * n
            )
            for n, end in enumerate(ends)
        ],
        "months": [
            MonthOfRepayments(
                month=end.replace(day=1), amount=jod(9_500_000 + n * 730_500), contracts=40 + n
            )
            for n, end in enumerate(ends)
        ],
        "payers_elsewhere": 55,
        "sectors": [
            SectorShare(sector="trade", contracts=120, outstanding=jod(54_000_000)),
            SectorShare(sector="agriculture", contracts=44, outstanding=jod(30_500_000)),
            SectorShare(sector="crafts", contracts=31, outstanding=jod(21_250_250)),
            SectorShare(sector="fishing", contracts=6, outstanding=jod(3_100_000)),
            SectorShare(sector="transport", contracts=2, outstanding=jod(1_900_000)),
        ],
        "seal": seal(figures),
    }
    return FundReport(**(values | changes))


def donor_report(**changes: Any) -> DonorReport:
    chosen = changes.pop("chosen", fund_report())
    values: dict[str, Any] = {
        "institution": HOUSE,
        "cut": Cut(as_of=date(2026, 11, 22), known_at=NOW, sequence=61_240, head=61_240),
        "funds": [
            FundLine(fund=WAQF, received=jod(250_000_000), at_hand=jod(127_185_750)),
            FundLine(fund=ZAKAT, received=jod(40_000_000), at_hand=jod(1_250)),
        ],
        "chosen": chosen,
    }
    return DonorReport(**(values | changes))


@pytest.fixture
def make_report() -> Callable[..., DonorReport]:
    return donor_report


@pytest.fixture
def make_fund() -> Callable[..., FundReport]:
    return fund_report


@pytest.fixture
def make_use() -> Callable[..., Utilisation]:
    return used
