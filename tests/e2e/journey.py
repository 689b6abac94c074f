"""The steps of a loan over HTTP, by the people who take them: what every journey is made of."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests import bodies
from tests.bodies import amount
from tests.e2e import people
from tests.e2e.house import House, until
from tests.e2e.people import Caller, Institution, Json

LETTERS = "بتجحخدرزسشصطعفقكلمنهوي"
RECEIVED = "10000.000"
END_OF_TIME = "2200-12-31T00:00:00Z"
FOLLOWED = ("received", "committed", "disbursed", "returned")
FUND_NAMES = {"ar": "وقف الرزق", "fr": "Waqf Rizq", "en": "Rizq Waqf"}
DONOR_NAMES = {"ar": "عائلة الخير", "fr": "Famille Khair", "en": "Khair family"}
BRANCH_NAMES = {"ar": "فرع عمّان", "fr": "Agence d’Amman", "en": "Amman branch"}


@dataclass(frozen=True, kw_only=True)
class Office:
    """An institution that can lend: its people, a branch, a product, a fund with money in it."""

    institution: Institution
    officer: Caller
    approver: Caller
    manager: Caller
    auditor: Caller
    branch_id: str
    product_id: str
    donor_id: str
    fund_id: str


async def open_office(house: House) -> Office:
    """Found an institution and do everything it needs before it can lend."""
    institution = await people.found(house)
    administrator = institution.administrator
    branch = await administrator.post(
        "/loans/v1/branches", {"code": "amman-1", "names": BRANCH_NAMES, "region": "amman"}
    )
    product = await administrator.post("/loans/v1/products", bodies.qard())
    await administrator.post(
        "/loans/v1/authority-levels",
        {"max_amount": amount("5000.000"), "level": 1, "role": "approver"},
    )
    manager = await institution.program("funds_manager")
    fund_id, donor_id = await open_fund(manager, receipt=RECEIVED)
    return Office(
        institution=institution,
        officer=await institution.program("officer", branch_ids=[branch["branch_id"]]),
        approver=await institution.program("approver"),
        manager=manager,
        auditor=await institution.program("auditor"),
        branch_id=branch["branch_id"],
        product_id=product["product_id"],
        donor_id=donor_id,
        fund_id=fund_id,
    )


async def open_fund(manager: Caller, *, receipt: str, kind: str = "waqf") -> tuple[str, str]:
    """Open a fund with a donor who sees it, and book what the donor gave; gives both ids."""
    code = secrets.token_hex(4)
    fund = await manager.post(
        "/loans/v1/funds",
        {"code": f"F-{code}", "kind": kind, "currency": "JOD", "names": FUND_NAMES},
    )
    donor = await manager.post("/loans/v1/donors", {"code": f"D-{code}", "names": DONOR_NAMES})
    fund_id, donor_id = str(fund["fund_id"]), str(donor["donor_id"])
    await manager.post(f"/loans/v1/funds/{fund_id}/donors", {"donor_id": donor_id})
    await manager.post(
        f"/loans/v1/funds/{fund_id}/receipts",
        {
            "amount": amount(receipt),
            "donor_id": donor_id,
            "nature": "waqf_permanent" if kind == "waqf" else kind,
        },
    )
    return fund_id, donor_id


async def apply(office: Office, **changes: Any) -> Json:
    """An officer sends an application with a borrower nobody has registered before."""
    name = f"مريم {''.join(secrets.choice(LETTERS) for _ in range(8))}"
    borrower = bodies.person(UUID(office.branch_id), name={"ar": name}, sex="female")
    borrower["documents"] = [{"type": "national_id", "number": str(secrets.randbelow(10**10))}]
    return await office.officer.post(
        "/loans/v1/applications", bodies.application(borrower=borrower, **changes)
    )


def approval(office: Office, application: Json, **changes: Any) -> Json:
    """What an approver sends who grants what was asked; the reason covers an override."""
    body = {
        "outcome": "approve",
        "reasons": ["دخل الأسرة يكفي"],
        "fund_id": office.fund_id,
        "terms": {"amount": application["amount"], "term_months": application["term_months"]},
    }
    if application["recommended"] != "approve":
        body["override_reason"] = "زيارة ميدانية"
    return body | changes


async def approve(office: Office, application: Json, **changes: Any) -> Json:
    """An approver grants what was asked."""
    application_id = application["application_id"]
    return await office.approver.post(
        f"/loans/v1/applications/{application_id}/decisions",
        approval(office, application, **changes),
    )


async def sign(office: Office, application: Json) -> Json:
    """The officer signs with the borrower; gives the contract with its instalments."""
    return await office.officer.post(
        "/loans/v1/contracts", {"application_id": application["application_id"]}
    )


async def signed_contract(office: Office, **changes: Any) -> Json:
    """Application, approval and signature in one go; gives the contract with its instalments."""
    application = await apply(office, **changes)
    decided = await approve(office, application)
    assert decided["status"] == "approved", decided
    return await sign(office, application)


async def pay_out(office: Office, contract_id: str, **body: Any) -> Json:
    """The funds manager pays a signed contract out; in cash unless the body says otherwise."""
    return await office.manager.post(f"/loans/v1/contracts/{contract_id}/disbursements", body)


async def active_contract(office: Office, **changes: Any) -> Json:
    """A contract that has been paid out in cash, with its instalments."""
    signed = await signed_contract(office, **changes)
    await pay_out(office, signed["contract"]["contract_id"])
    return signed


async def repay(office: Office, contract_id: str, paid: str, **body: Any) -> Json:
    """The officer takes money from the borrower."""
    return await office.officer.post(
        f"/loans/v1/contracts/{contract_id}/repayments", {"amount": amount(paid), **body}
    )


async def followed_up(office: Office) -> None:
    """Wait until monitoring has heard everything that loans has told so far."""
    overseer = Caller(office.institution.house.client("monitoring"), office.auditor.token)
    statement = f"/loans/v1/funds/{office.fund_id}/statement"

    async def is_numbered() -> bool:
        booked = await office.auditor.get(statement, limit=500)
        told = await office.auditor.get(statement, limit=500, known_at=END_OF_TIME)
        return bool(booked["items"] == told["items"])

    # Two entries that undo one another look like none of them: the numbers say which are told.
    await until(is_numbered, named="every entry being numbered")

    async def is_up_to_date() -> bool:
        fund = await office.manager.get(f"/loans/v1/funds/{office.fund_id}")
        answer = await overseer.try_get(f"/monitoring/v1/funds/{office.fund_id}/utilisation")
        told, heard = fund["balances"], answer.json()
        return answer.is_success and all(heard[name] == told[name] for name in FOLLOWED)

    await until(is_up_to_date, named="monitoring hearing everything")
