"""What stands behind the donor page: the funds a person may see, one of them in full?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.dashboards.report import (
    Fund,
    FundReport,
    Institution,
    MonthOfRepayments,
    QualityPoint,
    Seal,
    SealRow,
    SectorShare,
    Worth,
)
from services.monitoring.domain import portfolio_quality, utilisation
from services.monitoring.domain.headings import Heading
from services.monitoring.domain.portfolio_quality import LoanPosition
from services.monitoring.domain.utilisation import Utilisation
from services.monitoring.portfolio import queries as portfolio
from services.monitoring.portfolio.books import queries as books
from services.monitoring.portfolio.queries import Moment
from services.monitoring.portfolio.tables import ObservedFundRow, ObservedInstitutionRow
from services.monitoring.worth import queries as worth_queries
from shared import tenancy
from shared.clients.loans import FundFigures
from shared.ids import DonorId, FundId, InstitutionId
from shared.money import Money

MONTHS = 18
EVERY_DAY = date(9999, 12, 31)
KEPT_MAX = 256
Closed: TypeAlias = tuple[list[QualityPoint], list[SectorShare]]
_CLOSED: dict[tuple[InstitutionId, FundId, datetime | None, date], Closed] = {}
COMPARED = (Heading.AT_HAND, Heading.WITH_BORROWERS)
"""Headings that are totals already."""
UNKNOWN = Institution(names={}, country="", timezone="UTC")


async def institution(session: AsyncSession) -> Institution:
    """The institution as pages name it; nameless before the directory was read."""
    row = await portfolio.institution(session)
    if row is None:
        return UNKNOWN
    return Institution(names=_names(row), country=row.country, timezone=row.timezone)


async def visible_funds(
    session: AsyncSession, at: Moment, *, donor_id: DonorId | None
) -> list[tuple[Fund, Utilisation]]:
    """The funds a person may see with what became of their money, the busiest first."""
    rows = await portfolio.funds(session, donor_id=donor_id)
    funds = [
        Fund(
            fund_id=FundId(row.fund_id),
            code=row.code,
            kind=row.kind,
            currency=row.currency,
            names=_names(row),
        )
        for row in rows
    ]
    used = await books.utilisations(session, at, fund_ids=[fund.fund_id for fund in funds])
    known = [(fund, used[fund.fund_id]) for fund in funds]
    return sorted(known, key=lambda item: (-item[1].disbursed.minor, item[0].code))


async def fund_report(
    session: AsyncSession, at: Moment, *, fund: Fund, used: Utilisation, seal: Seal
) -> FundReport:
    """One fund's account: live money, and its portfolio over the months that are closed."""
    ends = closed_months(at.as_of, count=MONTHS)
    points, sectors = await _closed(session, at, fund=fund, ends=ends)
    months, payers_elsewhere = await _months(session, at, fund=fund, ends=ends)
    return FundReport(
        fund=fund,
        utilisation=used,
        contracts=await portfolio.contracts_of_fund(session, at, fund_id=fund.fund_id),
        points=points,
        months=months,
        payers_elsewhere=payers_elsewhere,
        sectors=sectors,
        seal=seal,
        worth=await _worth(session, fund),
    )


async def totals(session: AsyncSession, at: Moment, *, fund_id: FundId) -> Utilisation:
    """A fund's figures over all value dates: what the ledger's figures are compared with."""
    whole = Moment(as_of=EVERY_DAY, known_at=at.known_at, sequence=at.sequence)
    return (await books.utilisations(session, whole, fund_ids=[fund_id]))[fund_id]


def compare(ours: Utilisation, *, ledger: FundFigures | None, checked_at: datetime) -> Seal:
    """Set our totals beside the ledger's, and every heading of the fund's story that has moved.

    Without an answer nothing is claimed.
    """
    if ledger is None:
        return Seal(checked_at=checked_at, rows=())
    pairs: Sequence[tuple[str, Money, int]] = (
        ("receipts", ours.received, ledger.received_minor),
        ("disbursed", ours.disbursed, ledger.disbursed_minor),
        ("returned", ours.returned, ledger.returned_minor),
        ("at_hand", ours.at_hand, ledger.cash_minor),
        ("with_borrowers", ours.outstanding, ledger.outstanding_principal_minor),
    )
    rows = [
        SealRow(name=name, ours=money, ledger=Money(minor, ledger.currency))
        for name, money, minor in pairs
    ]
    theirs = utilisation.headings_of(ledger.balances, currency=ledger.currency)
    for heading in Heading if ledger.balances else ():
        row = SealRow(name=heading, ours=ours.balances[heading], ledger=theirs[heading])
        if heading not in COMPARED and not (row.ours.is_zero and row.ledger.is_zero):
            rows.append(row)
    return Seal(checked_at=checked_at, rows=rows)


def closed_months(today: date, *, count: int) -> list[date]:
    """The last days of the `count` months before this one, oldest first."""
    ends: list[date] = []
    first = today.replace(day=1)
    for _ in range(count):
        end = first - timedelta(days=1)
        ends.append(end)
        first = end.replace(day=1)
    return ends[::-1]


async def _worth(session: AsyncSession, fund: Fund) -> Worth | None:
    """What the run that was approved last found of a fund."""
    row = await worth_queries.newest(session, fund.fund_id)
    if row is None:
        return None
    return Worth(
        run_id=row.run_id,
        as_of=row.as_of,
        approved_at=row.approved_at,
        budget=Money(row.budget_minor, row.currency),
        amount=Money(row.amount_minor, row.currency),
        financed=row.financed,
        short=row.short,
        one_more=row.one_more,
    )


async def _closed(session: AsyncSession, at: Moment, *, fund: Fund, ends: Sequence[date]) -> Closed:
    """The portfolio at the ends of closed months, from the first with a loan; and its sectors.

    An answer for two dates never changes, so the last ones given are kept.
    """
    key = (tenancy.institution_of(session), fund.fund_id, at.known_at, ends[-1])
    if key in _CLOSED:
        return _CLOSED[key]
    closed = Moment(as_of=ends[-1], known_at=at.known_at, sequence=at.sequence)
    by_end = await portfolio.positions_over(session, closed, ends=ends, fund_id=fund.fund_id)
    points = [
        QualityPoint(on=end, quality=portfolio_quality.quality(by_end[end], currency=fund.currency))
        for end in ends
    ]
    begun = next((n for n, point in enumerate(points) if point.quality.contracts), len(points))
    found = (points[begun:], _sectors(by_end[ends[-1]]))
    _CLOSED[key] = found
    while len(_CLOSED) > KEPT_MAX:
        del _CLOSED[next(iter(_CLOSED))]
    return found


async def _months(
    session: AsyncSession, at: Moment, *, fund: Fund, ends: Sequence[date]
) -> tuple[list[MonthOfRepayments], int]:
    """The closed months since the first repayment, and how many paid outside of them.

    The second is the largest number of any month outside: at least so many contracts are in
    the sum that the listed months leave over.
    """
    sums = await books.repayments_by_month(session, at, fund_id=fund.fund_id)
    found: Mapping[date, books.MonthSum] = {row.month: row for row in sums}
    listed = [end.replace(day=1) for end in ends if sums and end >= sums[0].month]
    months = [
        MonthOfRepayments(
            month=month,
            amount=Money(found[month].amount_minor if month in found else 0, fund.currency),
            contracts=found[month].contracts if month in found else 0,
        )
        for month in listed
    ]
    outside = [row.contracts for row in sums if row.month not in set(listed)]
    return months, max(outside, default=0)


def _sectors(positions: Sequence[LoanPosition]) -> list[SectorShare]:
    groups = portfolio_quality.quality_by(positions, key=lambda position: position.sector)
    return [
        SectorShare(sector=sector, contracts=found.contracts, outstanding=found.outstanding)
        for (sector, _), found in sorted(groups.items())
        if found.contracts
    ]


def _names(row: ObservedFundRow | ObservedInstitutionRow) -> dict[str, str]:
    return {"ar": row.name_ar, "fr": row.name_fr, "en": row.name_en}
