"""The steps of a sale, a lease or a share over HTTP, by the people who take them."""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx

from tests import bodies
from tests.bodies import Json, amount, limits
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office


def product(mode: str, **changes: Any) -> Json:
    """A product of a mode of finance out of commercial money, 12 % flat where there is a price."""
    body = bodies.loan(
        code=mode.upper(),
        mode_of_finance=mode,
        charge_method="flat",
        annual_rate=limits("0.12", "0.12", "0.12"),
    )
    return body | changes


def shared(mode: str) -> Json:
    """A product without a price: a share, or goods to come."""
    return product(mode, charge_method="none", annual_rate=limits("0", "0", "0"))


async def open_office(house: House, offered: Json, *, kind: str = "commercial") -> Office:
    """An office that offers one more product and has a fund that may finance it."""
    office = await journey.open_office(house)
    made = await office.institution.administrator.post("/loans/v1/products", offered)
    fund_id, donor_id = await journey.open_fund(office.manager, receipt="10000.000", kind=kind)
    return replace(office, product_id=made["product_id"], fund_id=fund_id, donor_id=donor_id)


async def signed(office: Office, offered: Json, **changes: Any) -> Json:
    """A signed contract of 1,000 JOD, nothing bought yet."""
    contract = await journey.signed_contract(office, product_code=offered["code"], **changes)
    found: Json = contract["contract"]
    return found


async def supplier(office: Office, **changes: Any) -> str:
    """A supplier that nobody has dealt with before."""
    body = {"code": f"S-{UUID(office.fund_id).hex[-8:]}", "name": "مؤسسة التوريد"} | changes
    made = await office.officer.post("/loans/v1/suppliers", body)
    return str(made["supplier_id"])


def step(code: str, *documents: str, supplier_id: str | None = None, **figures: str) -> Json:
    """A step with papers of these kinds; figures with a point are amounts in dinars, days days."""
    days = {name: text for name, text in figures.items() if text.count("-") == 2}
    figures = {name: text for name, text in figures.items() if name not in days}
    return {
        "days": days,
        "step": code,
        "documents": [
            {"kind": kind, "sha256": hashlib.sha256(kind.encode()).hexdigest()}
            for kind in documents
        ],
        "amounts": {name: amount(text) for name, text in figures.items() if "." in text},
        "figures": {name: text for name, text in figures.items() if "." not in text},
        "supplier_id": supplier_id,
    }


async def try_step(office: Office, contract_id: str, body: Json, **more: str) -> httpx.Response:
    """Try a step as whoever has to take it: money is the funds manager's."""
    known = await office.auditor.get(f"/loans/v1/contracts/{contract_id}/steps")
    moving = {row["step"] for row in known["following"] if row["moves_money"]}
    caller = office.manager if body["step"] in moving else office.officer
    return await caller.try_post(f"/loans/v1/contracts/{contract_id}/steps", body, **more)


async def take(office: Office, contract_id: str, *steps: Json) -> Json:
    """Take steps that must succeed; gives where the deal stands."""
    for body in steps:
        answer = await try_step(office, contract_id, body)
        assert answer.is_success, answer.text
    return await office.auditor.get(f"/loans/v1/contracts/{contract_id}/steps")


async def balances(office: Office) -> dict[str, str]:
    """What stands on the accounts of the fund, debit positive; empty ones left out."""
    found = await office.auditor.get("/loans/v1/ledger/trial-balance", fund_id=office.fund_id)
    return {
        row["code"]: row["balance"]["amount"]
        for row in found["lines"]
        if float(row["balance"]["amount"])
    }
