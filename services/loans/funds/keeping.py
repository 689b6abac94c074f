"""Does the corpus of a fund stand when money leaves it, and may it take money for a time?"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.corpus import queries as corpus
from services.loans.domain import waqf, waqf_lending
from services.loans.domain.funding import Fund
from services.loans.funds import queries
from services.loans.funds.tables import FundRow, ReceiptRow
from shared.errors import Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import Money


class TemporaryNotPermitted(RafidError):
    """The deed permits no temporary endowment"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fund {fund_code} takes an endowment for a time only where its deed permits it"
        " ({deed}; {source})."
    )
    fund_code: str
    deed: str | None
    source: Sentence


async def require_temporary(session: AsyncSession, fund: FundRow) -> None:
    """Raise TemporaryNotPermitted unless the deed in force permits endowing for a time."""
    fund_id = FundId(fund.fund_id)
    keeps = (await corpus.kept(session, [fund_id])).get(fund_id)
    deed = None if keeps is None else keeps.deed
    if deed is None or not deed.permits_temporary:
        raise TemporaryNotPermitted(
            fund_code=fund.code,
            deed=None if deed is None else deed.reference,
            source=Sentence(
                "OIC Fiqh Academy, resolution 181 (7/19); AAOIFI Sharia Standard 60, Waqf"
            ),
        )


async def has_gone_back(session: AsyncSession, receipt: ReceiptRow) -> bool:
    """Tell whether what was endowed for a time by a receipt went back to who gave it."""
    if receipt.returnable_on is None:
        return False
    fund_id = FundId(receipt.fund_id)
    keeps = (await corpus.kept(session, [fund_id])).get(fund_id)
    held = set() if keeps is None else {one.receipt_id for one in keeps.endowed}
    return receipt.receipt_id not in held


async def guarded(session: AsyncSession, fund: FundRow, *, endowed: Money | None) -> Fund:
    """Return a fund with the floor that what was endowed makes, and the founder's words on it."""
    fund_id = FundId(fund.fund_id)
    keeps = (await corpus.kept(session, [fund_id])).get(fund_id)
    deed = None if keeps is None else keeps.deed
    return waqf_lending.guarded(queries.fund_of(fund), endowed=endowed, deed=deed)


@asynccontextmanager
async def returns_kept(session: AsyncSession, fund_ids: Collection[FundId]) -> AsyncIterator[None]:
    """Refuse what is done inside where a day of return would lack more by it than before.

    Funds to which nothing was endowed for a time are neither locked nor asked. Raises
    ReturnsNotCovered, FundNotFound.
    """
    kept = await corpus.kept(session, sorted(fund_ids))
    endowed = sorted(fund_id for fund_id, keeps in kept.items() if keeps.endowed)
    if not endowed:
        yield
        return
    funds = await queries.locked_funds(session, endowed)
    before = await corpus.guards(session, endowed)
    yield
    await session.flush()
    after = await corpus.guards(session, endowed)
    for fund_id in endowed:
        waqf_lending.require_no_shorter(
            before[fund_id], after[fund_id], fund_code=funds[fund_id].code
        )


async def require_corpus(session: AsyncSession, fund_id: FundId, *, leaving: Money) -> None:
    """Raise CorpusBelowFloor if so much less would leave a corpus below its floor.

    For every payment that is not lent and not spent of the yield: the fund is locked, and its
    books are read anew. A fund without a corpus is asked nothing. Raises FundNotFound.
    """
    fund = (await queries.locked_funds(session, [fund_id]))[fund_id]
    keeps = (await corpus.kept(session, [fund_id])).get(fund_id)
    if keeps is None or not keeps.has_corpus:
        return
    books = await corpus.books(session, keeps)
    waqf.require_corpus(books, leaving, deed=keeps.deed, fund_code=fund.code)
