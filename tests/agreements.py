"""Agreements to test with: an office of funds, givers who are linked, and bodies that are sound."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.loans.agreements import movements, router
from services.loans.borrowing import router as borrowing
from services.loans.funds import router as funds
from services.loans.ledger import router as ledger
from services.loans.servicing import router as servicing
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import office
from tests.bodies import Json, amount
from tests.office import Caller, Office

ROUTERS = (
    funds.router,
    servicing.router,
    ledger.router,
    router.router,
    movements.router,
    borrowing.router,
)
PAPER = "ab" * 32
NAMES = {"ar": "اسم", "fr": "Nom", "en": "Name"}
PREFIX = "/loans/v1"


@dataclass(frozen=True, kw_only=True)
class Givers:
    """A fund with a giver, and the two persons who run it."""

    opened: Office
    maker: Caller
    checker: Caller
    fund_id: str
    donor_id: str
    currency: str

    async def post(self, path: str, body: Any, *, by: Caller | None = None) -> httpx.Response:
        """Post to a path under a key of its own; by the maker unless told."""
        key = {"Idempotency-Key": ids.new().hex}
        return await (by or self.maker).post(f"{PREFIX}{path}", body, **key)

    async def made(self, path: str, body: Any, *, by: Caller | None = None) -> Json:
        """Post what must succeed."""
        answer = await self.post(path, body, by=by)
        assert answer.status_code == 201, answer.text
        told: Json = answer.json()
        return told

    async def refused(self, path: str, body: Any, *, by: Caller | None = None) -> Json:
        """Post what must not; gives the problem with its slug as `slug`."""
        answer = await self.post(path, body, by=by)
        assert answer.status_code >= 400, answer.text
        problem: Json = answer.json()
        return {**problem, "slug": problem["type"].rsplit("/", 1)[-1]}

    async def read(self, path: str, **query: Any) -> Any:
        """Read a path as the maker."""
        answer = await self.maker.get(f"{PREFIX}{path}", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def money(self, text: str) -> Json:
        """Write an amount in the fund's currency."""
        return amount(text, self.currency)

    def agreement(self, *instalments: Json, total: str, **changes: Any) -> Json:
        """Write a donor's agreement."""
        body: Json = {
            "reference": f"AG-{ids.new().hex[-8:]}",
            "fund_id": self.fund_id,
            "donor_id": self.donor_id,
            "party": "donor",
            "nature": "donation_restricted",
            "total": self.money(total),
            "signed_on": "2026-01-10",
            "instalments": list(instalments),
            "documents": [{"title": "Agreement", "sha256": PAPER}],
        }
        return {**body, **changes}

    def facility(self, *, total: str, offer: Json | None = None, **changes: Any) -> Json:
        """Write a lender's agreement: 6 % a year in twelve months unless told."""
        terms = {
            "form": "conventional",
            "annual_rate": "0.06",
            "instalments": 12,
            "frequency": "monthly",
        }
        return self.agreement(
            total=total,
            **{
                "party": "lender",
                "nature": "commercial",
                "offer": terms | (offer or {}),
                "available_until": "2027-01-10",
                **changes,
            },
        )

    async def signed(self, body: Json) -> str:
        """Enter an agreement and have it approved by another; give its id."""
        entered = await self.made("/agreements", body)
        path = f"/agreements/{entered['agreement_id']}"
        approved = await self.made(f"{path}/approval", {"outcome": "approve"}, by=self.checker)
        assert approved["state"] == "in_force"
        return str(entered["agreement_id"])

    async def changed(self, path: str, body: Any) -> Json:
        """Propose a change of an instalment and have it approved by another."""
        proposed = await self.made(path, body)
        approval = f"/instalment-changes/{proposed['change_id']}/approval"
        return await self.made(approval, {"outcome": "approve"}, by=self.checker)

    async def borrowed(self, agreement_id: str, text: str, *, on: str, first: str) -> str:
        """Draw an amount that came on a day; give the draw-down's id."""
        body = {"amount": self.money(text)}
        draw_id = str((await self.made(f"/agreements/{agreement_id}/draw-downs", body))["draw_id"])
        path = f"/draw-downs/{draw_id}"
        await self.made(f"{path}/approval", {"outcome": "approve"}, by=self.checker)
        await self.made(f"{path}/receipt", {"received_on": on, "first_due_on": first})
        return draw_id

    async def paid(self, draw_id: str, text: str, *, on: str) -> Json:
        """Pay a lender: one proposes, another approves."""
        body = {"amount": self.money(text), "paid_on": on}
        proposed = await self.made(f"/draw-downs/{draw_id}/payments", body)
        path = f"/lender-payments/{proposed['payment_id']}/approval"
        return await self.made(path, {"outcome": "approve"}, by=self.checker)


def due(on: str, text: str, currency: str = "JOD", *conditions: Json) -> Json:
    """Write an instalment."""
    return {"due_on": on, "amount": amount(text, currency), "conditions": list(conditions)}


def condition(measure: str, comparison: str, threshold: str, **changes: Any) -> Json:
    """Write a result on which an instalment depends."""
    clause = f"{measure} {comparison} {threshold}"
    return {
        "measure": measure,
        "comparison": comparison,
        "threshold": threshold,
        "clause": clause,
        **changes,
    }


@asynccontextmanager
async def givers(
    database: Database,
    institution_id: InstitutionId,
    *,
    kind: str = "donation",
    currency: str = "JOD",
    country: str = "JO",
) -> AsyncIterator[Givers]:
    """Open an office with a fund of a kind and a giver who is linked to it."""
    async with office.opened(
        database, institution_id, *ROUTERS, currency=currency, country=country
    ) as opened:
        maker = opened.caller(Role.FUNDS_MANAGER)
        fund_body = {"code": "F-1", "kind": kind, "currency": currency, "names": NAMES}
        fund = await maker.post(f"{PREFIX}/funds", fund_body)
        donor = await maker.post(f"{PREFIX}/donors", {"code": "D-1", "names": NAMES})
        fund_id, donor_id = fund.json()["fund_id"], donor.json()["donor_id"]
        await maker.post(f"{PREFIX}/funds/{fund_id}/donors", {"donor_id": donor_id})
        yield Givers(
            opened=opened,
            maker=maker,
            checker=opened.caller(Role.FUNDS_MANAGER, Role.APPROVER),
            fund_id=fund_id,
            donor_id=donor_id,
            currency=currency,
        )
