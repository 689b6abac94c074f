"""An institution with a wallet, its statements, and people who reconcile it two by two."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from services.loans import subscriptions
from services.loans.accounting import router as accounting
from services.loans.bank_statements import router as bank_statements
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements import router as disbursements
from services.loans.ledger import queries as ledger
from services.loans.payments import router as payments
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.sealing import Sealer
from services.loans.proof import operations as proof
from services.loans.proof.queries import RULES
from services.loans.rails.protocol import Rail
from services.loans.rails.sandbox import SandboxWallet
from services.loans.reconciliation import router as reconciliation
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.auth import Role
from shared.batching import Batcher
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained, office
from tests.bodies import amount
from tests.integration.loans.scene import NOON, Scene
from tests.integration.loans.signing import signed
from tests.office import NOW, Caller, Office

PATH = "/loans/v1/reconciliation"
NUMBER = "0790000001"
SINCE = date(2026, 2, 1)
SECRET = b"a secret of the sandbox, 32 bytes"
PHONE = "+9627900000"
ROUTERS = (
    bank_statements.router,
    accounting.router,
    repayments.router,
    payments.router,
    disbursements.router,
    reconciliation.router,
)


def entry(
    money: str, day: int, *names: str, side: str = "in", bank: str = "", month: int = 3
) -> str:
    """One booked entry of a camt.053; each name is the end-to-end id of one payment in it."""
    sign = {"in": "CRDT", "out": "DBIT"}[side]
    each = "<Amt Ccy='JOD'>1</Amt>" if len(names) > 1 else ""
    parts = "".join(
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs>{each}</TxDtls>" for name in names
    )
    details = f"<NtryDtls>{parts}</NtryDtls>" if parts else ""
    reference = f"<AcctSvcrRef>{bank}</AcctSvcrRef>" if bank else ""
    return (
        f"<Ntry><Amt Ccy='JOD'>{money}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>2026-{month:02}-{day:02}</Dt></BookgDt>{reference}{details}</Ntry>"
    )


def statement(
    opening: str, closing: str, day: int, *entries: str, month: int = 3, year: int = 2026
) -> bytes:
    """A camt.053 of one account that closes a day; balances may be below nothing."""

    def balance(code: str, money: str) -> str:
        sign = "DBIT" if money.startswith("-") else "CRDT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f"<Amt Ccy='JOD'>{money.lstrip('-')}</Amt><CdtDbtInd>{sign}</CdtDbtInd>"
            f"<Dt><Dt>{year}-{month:02}-{day:02}</Dt></Dt></Bal>"
        )

    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt>"
        f"<Id>S{month}-{day}</Id><Acct><Id><Othr><Id>{NUMBER}</Id></Othr></Id></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{''.join(entries)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


@dataclass(kw_only=True)
class Counter:
    """The office with its wallet, its real account, and who works there."""

    office: Office
    desk: PaymentDesk
    sandbox: SandboxWallet
    fund_id: FundId
    account_id: str
    maker: Caller
    checker: Caller
    auditor: Caller
    officer: Caller

    @property
    def scene(self) -> Scene:
        return Scene(
            database=self.office.database,
            institution_id=self.office.institution_id,
            branch_id=self.office.branch,
        )

    async def contract(self, fund_id: FundId | None = None) -> ContractRow:
        """A qard of 1,000 JOD, paid out in cash."""
        row = await signed(self.scene, fund_id or self.fund_id)
        path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
        await done(self.maker, path, {"channel": "cash"})
        return row

    async def collect(self, contract: ContractRow, money: str, *, ends: str = "00") -> UUID:
        """Ask a phone for money; how its wallet behaves is how the number ends."""
        path = f"/loans/v1/contracts/{contract.contract_id}/collections"
        body = {"amount": amount(money), "phone": PHONE + ends}
        told = await done(self.officer, path, body)
        await self.sandbox.settle()
        return UUID(told["payment_id"])

    async def pay(self, contract: ContractRow, money: str, *, on: str) -> UUID:
        """Enter a repayment into the wallet by hand; gives its id."""
        body = {"amount": amount(money), "channel": "wallet", "received_on": on}
        path = f"/loans/v1/contracts/{contract.contract_id}/repayments"
        return UUID((await done(self.officer, path, body))["repayment_id"])

    async def bring(self, content: bytes, *, status: int = 201) -> dict[str, Any]:
        """Bring a camt file in."""
        body = {
            "money_account_id": self.account_id,
            "format": "camt",
            "content": base64.b64encode(content).decode(),
        }
        answer = await self.maker.post("/loans/v1/statement-files", body)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def plan(self, **changes: Any) -> dict[str, Any]:
        body = {
            "money_account_id": self.account_id,
            "fund_id": str(self.fund_id),
            "since": SINCE.isoformat(),
            **changes,
        }
        return await done(self.maker, f"{PATH}/plans", body)

    async def run(self) -> dict[str, Any]:
        return await done(self.maker, f"{PATH}/runs", {"money_account_id": self.account_id})

    async def said(self, **query: Any) -> dict[str, dict[str, Any]]:
        """What was last said, by subject."""
        answer = await self.auditor.get(
            f"{PATH}/judgements", money_account_id=self.account_id, **query
        )
        assert answer.status_code == 200, answer.text
        return {one["subject_id"]: one for one in answer.json()["items"]}

    async def outcomes(self, sort: str) -> list[str]:
        return sorted(
            f"{one['outcome']} {one['state']}"
            for one in (await self.said()).values()
            if one["sort"] == sort
        )

    async def only(self, sort: str, state: str = "open") -> str:
        """The one line, payment or movement that is open."""
        (found,) = [
            key
            for key, one in (await self.said()).items()
            if (one["sort"], one["state"]) == (sort, state)
        ]
        return found

    async def suspense(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.auditor.get(
            f"{PATH}/suspense", money_account_id=self.account_id, **query
        )
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def propose(self, what: str, **members: Any) -> str:
        told = await done(self.maker, f"{PATH}/{what}", self.proposed(**members))
        return str(told["proposal_id"])

    def proposed(self, **members: Any) -> dict[str, Any]:
        return {"money_account_id": self.account_id, "reason": "told by the payer", **members}

    async def decide(
        self, proposal_id: str, *, by: Caller | None = None, outcome: str = "approve"
    ) -> httpx.Response:
        path = f"{PATH}/proposals/{proposal_id}/approval"
        return await (by or self.checker).post(
            path, {"outcome": outcome}, Idempotency_Key=str(ids.new())
        )

    async def approve(self, proposal_id: str) -> dict[str, Any]:
        answer = await self.decide(proposal_id)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def balance(self, code: str, fund_id: FundId | None = None) -> str:
        async with self.office.database.read(self.office.institution_id) as session:
            found = await ledger.balances(session, fund_id or self.fund_id)
        return str(found[code])

    async def payment(self, payment_id: UUID) -> dict[str, Any]:
        answer = await self.auditor.get(f"/loans/v1/payments/{payment_id}")
        told: dict[str, Any] = answer.json()
        return told

    def later(self, days: int) -> None:
        self.office.clock.advance(timedelta(days=days))

    async def to_the_present(self) -> None:
        """Let it be the moment at which the database writes what it is told."""
        async with self.office.database.read(self.office.institution_id) as session:
            now = await session.scalar(text("select clock_timestamp()"))
        assert isinstance(now, datetime)
        self.office.clock.advance(now - self.office.clock.now())

    async def broken(self) -> dict[str, str | None]:
        """What `rafid verify` finds."""
        await chained.chain(self.office.database, self.office.institution_id)
        async with self.office.database.read(self.office.institution_id, snapshot=True) as session:
            return {
                finding.rule: finding.why
                async for finding in proof.prove(session, rules=RULES)
                if not finding.holds
            }


async def done(caller: Caller, path: str, body: object) -> dict[str, Any]:
    answer = await caller.post(path, body, Idempotency_Key=str(ids.new()))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@asynccontextmanager
async def opened(
    database: Database, institution_id: InstitutionId, *, funds: Sequence[FundId] = ()
) -> AsyncIterator[Counter]:
    async with office.opened(database, institution_id, *ROUTERS) as place:
        place.clock.advance(NOON - NOW)
        rails: dict[str, Rail] = {}
        days = place.app.state.days
        desk = PaymentDesk(
            database, rails=rails, sealer=Sealer(SECRET), clock=place.clock, days=days
        )
        sandbox = SandboxWallet(database, http=place.http, secret=SECRET, clock=place.clock)
        rails[sandbox.name] = sandbox
        book = RepaymentBook(database)
        subscriptions.subscribe(desk, book=book, days=days)
        place.app.state.payments = desk
        place.app.state.repayment_book = book
        place.app.state.repayments = Batcher(book.receive)
        maker = place.caller(Role.FUNDS_MANAGER)
        scene = Scene(database=database, institution_id=institution_id, branch_id=place.branch)
        fund_id = await scene.fund()
        account = await done(
            maker,
            "/loans/v1/accounting/money-accounts",
            {
                "code": "WALLET-1",
                "channel": "wallet",
                "provider": "Sandbox",
                "number": NUMBER,
                "currency": "JOD",
                "opened_on": "2026-01-01",
                "fund_ids": [str(one) for one in (fund_id, *funds)],
            },
        )
        yield Counter(
            office=place,
            desk=desk,
            sandbox=sandbox,
            fund_id=fund_id,
            account_id=account["money_account_id"],
            maker=maker,
            checker=place.caller(Role.FUNDS_MANAGER),
            auditor=place.caller(Role.AUDITOR),
            officer=place.caller(Role.OFFICER),
        )
        await sandbox.settle()
