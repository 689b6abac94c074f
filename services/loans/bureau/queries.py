"""What is known of what borrowers owe elsewhere, and what of it reaches the assessment?"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrowers
from services.loans.bureau.tables import DebtReportRow
from services.loans.domain.borrower import ConsentPurpose
from services.loans.domain.debts import Debt, DebtSource, KnownDebts, Report
from shared import tenancy
from shared.clients.scoring_requests import OtherDebt
from shared.money import Money
from shared.schemas import MoneyBody

MOST_DEBTS = 40
"""As many as scoring hears of; the heaviest come first."""


async def other_debts(
    session: AsyncSession, borrower_ids: Collection[UUID], *, currency: str, on: date
) -> dict[UUID, list[OtherDebt]]:
    """Give the debts of borrowers as scoring hears of them; who has none is left out.

    A borrower's own word always counts; a bureau's where he consents and it is not stale.
    """
    known = await known_debts(session, borrower_ids, on=on)
    found = {}
    for borrower_id, debts in known.items():
        counted = debts.counted(currency=currency, on=on)
        counted.sort(key=lambda one: one[1].monthly.minor, reverse=True)
        listed = [
            OtherDebt(
                source=report.source.value,
                lender=debt.lender,
                monthly=MoneyBody.of(debt.monthly),
                as_of=report.as_of,
            )
            for report, debt in counted[:MOST_DEBTS]
        ]
        if listed:
            found[borrower_id] = listed
    return found


async def known_debts(
    session: AsyncSession, borrower_ids: Collection[UUID], *, on: date
) -> dict[UUID, KnownDebts]:
    """Give the newest word of each source up to a day, for every borrower asked about."""
    query = (
        select(DebtReportRow)
        .where(
            DebtReportRow.institution_id == tenancy.institution_of(session),
            DebtReportRow.borrower_id.in_(set(borrower_ids)),
            DebtReportRow.as_of <= on,
        )
        .order_by(DebtReportRow.as_of, DebtReportRow.report_id)
    )
    newest: dict[UUID, dict[DebtSource, Report]] = defaultdict(dict)
    for row in (await session.execute(query)).scalars():
        newest[row.borrower_id][DebtSource(row.source)] = report_of(row)
    consenting = await borrowers.consenting(
        session, borrower_ids, purpose=ConsentPurpose.CREDIT_BUREAU, on=on
    )
    return {
        borrower_id: KnownDebts(
            declared=newest[borrower_id].get(DebtSource.DECLARED),
            found=newest[borrower_id].get(DebtSource.BUREAU),
            may_ask_bureau=borrower_id in consenting,
        )
        for borrower_id in borrower_ids
    }


def report_of(row: DebtReportRow) -> Report:
    """Read a row as the domain knows it."""
    return Report(
        source=DebtSource(row.source),
        as_of=row.as_of,
        fresh_until=row.fresh_until,
        debts=[
            Debt(
                lender=debt["lender"],
                monthly=Money(debt["monthly_minor"], debt["currency"]),
                outstanding=Money(debt["outstanding_minor"], debt["currency"]),
            )
            for debt in row.debts
        ],
    )
