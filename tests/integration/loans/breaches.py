"""What a test does about a breach: log it, let a board decide it, move its income to charity."""

from datetime import timedelta
from typing import Any

import httpx

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.ledger import operations as ledger
from services.loans.ledger.queries import balances
from shared import ids
from shared.ids import FundId
from tests import office, rulings
from tests.bodies import amount
from tests.integration.loans.scene import TODAY, Scene, jod
from tests.office import Caller

SHARIA = "/loans/v1/sharia"
NAMES = {"ar": "دار الأيتام", "fr": "Orphelinat", "en": "Orphans' house"}
Body = dict[str, Any]


async def earn(
    scene: Scene, fund_id: FundId, earned: str, *, code: str = "profit_income", into: str = "cash"
) -> None:
    """Book income of a waqf, as a payment of profit does."""
    fund = FundAccounts(fund_id=fund_id, kind=FundKind.WAQF, currency="JOD")
    lines = tuple(
        Line(account_code=fund.account(account), fund_id=fund_id, amount=moved)
        for account, moved in ((into, jod(earned)), (code, -jod(earned)))
    )
    entry = JournalEntry(kind=EntryKind.REPAYMENT, occurred_on=TODAY, lines=lines)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.post(session, entry, actor_id=ids.new(), source_id=ids.new())


def found(fund_id: FundId, **changes: Any) -> Body:
    return {
        "event": "order_of_steps",
        "description": "Sold before the goods were ours.",
        "root_cause": "The invoice came late.",
        "found_by": "sharia_audit",
        "occurred_on": str(TODAY),
        "found_on": str(TODAY + timedelta(days=2)),
        "fund_id": str(fund_id),
        "amount": amount("500.000"),
    } | changes


async def board(maker: Caller) -> str:
    answer = (await maker.get(f"{SHARIA}/boards")).json()["items"]
    return str(answer[0]["board_id"])


async def decided(maker: Caller, fund_id: FundId, purify: str, **changes: Any) -> str:
    """Log a case and let the board say how much is tainted; gives its id."""
    logged = await maker.post(f"{SHARIA}/cases", found(fund_id))
    assert logged.status_code == 201, logged.text
    case_id = str(logged.json()["case_id"])
    answer = await decide(maker, case_id, purify, **changes)
    assert answer.status_code == 201, answer.text
    return case_id


async def decide(maker: Caller, case_id: str, purify: str, **changes: Any) -> httpx.Response:
    body = {
        "board_id": await board(maker),
        "is_breach": True,
        "purify": amount(purify),
        "remedy": "The profit goes to charity.",
        "decided_on": str(office.TODAY),
        "document_sha256": rulings.PAPER,
    } | changes
    return await maker.post(f"{SHARIA}/cases/{case_id}/decision", body)


async def send(caller: Caller, path: str, body: Body | None = None) -> httpx.Response:
    return await caller.post(f"{SHARIA}/{path}", body, Idempotency_Key=str(ids.new()))


async def propose(maker: Caller, case_id: str, purify: str, **changes: Any) -> httpx.Response:
    body = {"amount": amount(purify), "account": "profit_income"} | changes
    return await send(maker, f"cases/{case_id}/purifications", body)


async def approve(checker: Caller, order: httpx.Response) -> httpx.Response:
    assert order.status_code == 201, order.text
    return await send(checker, f"charity-orders/{order.json()['order_id']}/approval")


async def booked(scene: Scene, fund_id: FundId) -> dict[str, str]:
    async with scene.database.read(scene.institution_id) as session:
        found = await balances(session, fund_id)
    return {code: str(found[code]) for code in ("cash", "profit_income", "charity")}


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]
