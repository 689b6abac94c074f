"""Where are the reports read that are shaped after AAOIFI FAS 28, 37 and 39?"""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.loans.deps import Db, Today
from services.loans.domain import sharia_report
from services.loans.domain.chart import FundKind
from services.loans.domain.sharia_report import DEFERRED_SALES, Standard
from services.loans.institutions import queries as institutions
from services.loans.ledger import queries as ledger
from services.loans.sharia_reports import queries, wording
from services.loans.sharia_reports.schemas import FundReportOut, ShariaReportOut, counted
from shared.auth import Actor, Role, require
from shared.db import TenantDb
from shared.desk import PDF, AtDesk
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1/sharia/reports", tags=["sharia"])

MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.APPROVER)
]


class Asked:
    """Which funds, from which day to which, as known at which instant."""

    def __init__(
        self,
        today: Today,
        since: Day | None = None,
        as_of: Day | None = None,
        known_at: Instant | None = None,
        fund_id: Annotated[UUID | None, Query()] = None,
    ) -> None:
        self.since = since
        self.as_of = as_of or today
        self.known_at = known_at
        self.fund_id = fund_id


AskedFor = Annotated[Asked, Depends()]


@router.get("/murabaha", response_model=ShariaReportOut, responses=PDF)
async def read_murabaha_report(
    db: Db, _actor: MayRead, asked: AskedFor, desk: AtDesk
) -> Response | ShariaReportOut:
    """Read receivables, goods, deferred and recognised profit, shaped after AAOIFI FAS 28."""
    paper = await _report(db, Standard.MURABAHA, asked, kinds=tuple(FundKind))
    return await desk.hand_out(paper, say=wording.report, name=f"murabaha-{asked.as_of}")


@router.get("/waqf", response_model=ShariaReportOut, responses=PDF)
async def read_waqf_report(
    db: Db, _actor: MayRead, asked: AskedFor, desk: AtDesk
) -> Response | ShariaReportOut:
    """Read corpus, yield, its use and the net assets of waqf, shaped after AAOIFI FAS 37."""
    paper = await _report(db, Standard.WAQF, asked, kinds=(FundKind.WAQF,))
    return await desk.hand_out(paper, say=wording.report, name=f"waqf-{asked.as_of}")


@router.get("/zakah", response_model=ShariaReportOut, responses=PDF)
async def read_zakah_report(
    db: Db, _actor: MayRead, asked: AskedFor, desk: AtDesk
) -> Response | ShariaReportOut:
    """Read sources, uses by class and what of zakat is left, shaped after AAOIFI FAS 39."""
    paper = await _report(db, Standard.ZAKAH, asked, kinds=(FundKind.ZAKAT,))
    return await desk.hand_out(paper, say=wording.report, name=f"zakah-{asked.as_of}")


SHAPES = {
    Standard.MURABAHA: sharia_report.murabaha,
    Standard.WAQF: sharia_report.waqf,
    Standard.ZAKAH: sharia_report.zakah,
}


async def _report(
    db: TenantDb, standard: Standard, asked: Asked, *, kinds: tuple[FundKind, ...]
) -> ShariaReportOut:
    since = asked.since or date.min
    async with db(snapshot=True) as session:
        cut = await ledger.cut_of(session, as_of=asked.as_of, known_at=asked.known_at)
        institution = await institutions.institution(session)
        found = await queries.moves(
            session, kinds=kinds, fund_id=asked.fund_id, since=since, cut=cut
        )
        goods = None
        if standard is Standard.MURABAHA:
            goods = await queries.possession(
                session, modes=sorted(DEFERRED_SALES), fund_id=asked.fund_id, since=since, cut=cut
            )
    funds = [
        FundReportOut.of(
            fund,
            SHAPES[standard](fund.moves, currency=fund.currency),
            possession=None if goods is None else counted(goods, fund.fund_id),
        )
        for fund in found
    ]
    return ShariaReportOut.of(
        standard,
        funds,
        institution=institution,
        span=(asked.since, asked.as_of),
        known_at=cut.known_at,
    )
