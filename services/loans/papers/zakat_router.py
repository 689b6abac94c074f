"""The route of the receipt that a payer of zakat takes along, as JSON or as PDF."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.loans.deps import Db
from services.loans.funds import queries as funds
from services.loans.papers import queries, zakat_receipts
from services.loans.papers.documents import DayOut, WordsOut
from services.loans.papers.zakat_receipts import ZakatReceiptOut
from services.loans.zakat_payers import queries as payers
from shared.auth import Actor, Role, require
from shared.desk import PDF, AtDesk
from shared.money import Money

router = APIRouter(prefix="/loans/v1/zakat", tags=["zakat"])

MayRead = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.AUDITOR)]


@router.get("/collections/{receipt_id}/receipt", response_model=ZakatReceiptOut, responses=PDF)
async def read_zakat_receipt(
    receipt_id: UUID, db: Db, _actor: MayRead, desk: AtDesk
) -> Response | ZakatReceiptOut:
    """Give a payer's receipt by both calendars; one whose money went back says so."""
    async with db(snapshot=True) as session:
        row, receipt, payer = await payers.collection(session, receipt_id)
        fund = await funds.fund_by_id(session, row.fund_id)
        home = await queries.institution(session)
        back = await queries.taken_back_on(session, receipt_id)
    paper = zakat_receipts.drawn_up(
        institution=(WordsOut(ar=home.name_ar, fr=home.name_fr, en=home.name_en), home.code),
        fund=(WordsOut(ar=fund.name_ar, fr=fund.name_fr, en=fund.name_en), fund.code),
        amount=Money(receipt.amount_minor, receipt.currency),
        receipt_id=receipt_id,
        reference=row.reference,
        payer_reference=None if payer is None else payer.reference,
        payer=None if payer is None else payer.name,
        received=DayOut.of(receipt.received_on),
        region=row.region,
        intention=row.intention,
        sources=sorted({str(one["source"]["title"]) for one in row.facts}),
        taken_back_on=None if back is None else DayOut.of(back),
    )
    return await desk.hand_out(paper, say=zakat_receipts.zakat_receipt, name=row.reference)
