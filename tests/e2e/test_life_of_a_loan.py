"""One loan all the way through, from its institution to the last instalment and the donor."""

from services.loans.lineage import operations as lineage
from services.loans.proof import operations as proof
from shared.db import TenantDb
from shared.ids import InstitutionId
from tests.bodies import amount
from tests.e2e import donor_page, journey
from tests.e2e.donor_page import DonorPage
from tests.e2e.house import House, until
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json

LANGUAGES = {"ar": "rtl", "fr": "ltr", "en": "ltr"}
STORY = [
    "loans.institution-created.v1",
    "loans.branch-created.v1",
    "loans.fund-created.v1",
    "loans.donor-linked.v1",
    "loans.fund-received.v1",
    "loans.application-submitted.v1",
    "loans.application-assessed.v1",
    "loans.application-decided.v1",
    "loans.contract-signed.v1",
    "loans.disbursement-completed.v1",
    "loans.repayment-received.v1",
]
PAYS, STAYS_PENDING, FAILS = "+962790000011", "+962790000091", "+962790000090"


async def test_a_loan_goes_from_application_to_the_donors_page(house: House) -> None:
    await whole_life(house)


async def test_three_processes_walk_the_same_way(three_processes: House) -> None:
    await whole_life(three_processes)


async def whole_life(house: House) -> None:
    office = await journey.open_office(house)

    application = await journey.apply(office)
    assert application["status"] == "assessed"
    assert application["assessment"]["points"] is not None
    decided = await journey.approve(office, application)
    assert decided["status"] == "approved"
    signed = await journey.sign(office, application)
    contract_id = signed["contract"]["contract_id"]
    paid = await journey.pay_out(office, contract_id)
    assert paid["disbursement"]["paid"] == amount("1000.000")
    for due in signed["instalments"]:
        answer = await journey.repay(office, contract_id, due["total"]["amount"])
    assert answer["contract_closed"] is True

    await journey.followed_up(office)
    await sees_the_project(office, contract_id)
    await sees_true_totals(office)
    await reads_the_whole_story(office)
    await proves_the_books(house, office.institution.id)


async def sees_the_project(office: Office, contract_id: str) -> None:
    monitoring = office.institution.house.client("monitoring")
    reader = Caller(monitoring, office.officer.token)

    async def is_repaid() -> bool:
        projects = (await reader.get("/monitoring/v1/projects"))["items"]
        return any(project["stage"] == "repaid" for project in projects)

    await until(is_repaid, named="the project's last stage")
    (project,) = (await reader.get("/monitoring/v1/projects"))["items"]
    assert project["contract_id"] == contract_id
    assert project["financed"] == amount("1000.000")


async def sees_true_totals(office: Office) -> None:
    browser = await office.institution.donor_browser(office.donor_id)
    ledger = await office.auditor.get(f"/loans/v1/funds/{office.fund_id}/figures")
    for language, direction in LANGUAGES.items():
        answer = await browser.get("/monitoring/v1/donor", params={"lang": language})
        page = DonorPage(answer.text)
        assert (page.language, page.direction) == (language, direction)
        assert page.seal == "agrees"
        assert page.compared, "the seal compares nothing"
        assert all(ours == theirs for ours, theirs in page.compared)
        told = donor_page.totals(ledger)
        assert {key: page.figures[key] for key in told} == told


async def reads_the_whole_story(office: Office) -> None:
    integrator = await office.institution.program("integrator")
    read: list[tuple[int, str]] = []
    while page := (await integrator.get("/loans/v1/events", after=len(read), limit=5))["events"]:
        read += [(event["sequence"], event["type"]) for event in page]

    numbers = [number for number, _ in read]
    assert numbers == list(range(1, len(read) + 1))
    first_told = list(dict.fromkeys(kind for _, kind in read))
    assert [kind for kind in first_told if kind in STORY] == STORY
    assert read[-1][1] == "loans.contract-closed.v1"


async def proves_the_books(house: House, institution_id: InstitutionId) -> None:
    await lineage.catch_up(TenantDb(house.database, institution_id))
    async with house.database.read(institution_id, snapshot=True) as session:
        broken = [finding async for finding in proof.prove(session) if not finding.holds]
    assert broken == []


async def test_a_wallet_pays_out_when_it_says_so_and_not_before(house: House) -> None:
    office = await journey.open_office(house)
    contract_id = (await journey.signed_contract(office))["contract"]["contract_id"]

    asked = await journey.pay_out(office, contract_id, channel="wallet", phone=PAYS)
    assert asked["disbursement"] is None
    payment_id = asked["payment"]["payment_id"]

    await until(lambda: is_booked(office, payment_id), named="the wallet's payment")
    (booked,) = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}/disbursements"))[
        "items"
    ]
    assert booked["payment_id"] == payment_id
    assert booked["channel"] == "wallet"
    assert await disbursed(office) == amount("1000.000")


async def test_a_pending_payment_stays_pending_and_books_nothing(house: House) -> None:
    office = await journey.open_office(house)
    contract_id = (await journey.signed_contract(office))["contract"]["contract_id"]

    asked = await journey.pay_out(office, contract_id, channel="wallet", phone=STAYS_PENDING)
    path = f"/loans/v1/payments/{asked['payment']['payment_id']}"
    await until(lambda: has_status(office, path, "accepted"), named="the wallet's acceptance")

    contract = await office.officer.get(f"/loans/v1/contracts/{contract_id}")
    assert contract["contract"]["status"] == "signed"
    assert await disbursed(office) == amount("0.000")
    again = await office.manager.try_post(
        f"/loans/v1/contracts/{contract_id}/disbursements", {"channel": "cash"}
    )
    assert again.status_code == 409, "a loan whose payment is on its way is not paid twice"


async def test_a_failed_payment_leaves_the_loan_to_be_paid_another_way(house: House) -> None:
    office = await journey.open_office(house)
    contract_id = (await journey.signed_contract(office))["contract"]["contract_id"]

    asked = await journey.pay_out(office, contract_id, channel="wallet", phone=FAILS)
    path = f"/loans/v1/payments/{asked['payment']['payment_id']}"
    await until(lambda: has_status(office, path, "failed"), named="the wallet's refusal")
    paid = await journey.pay_out(office, contract_id)

    assert paid["disbursement"]["channel"] == "cash"
    assert await disbursed(office) == amount("1000.000")


async def disbursed(office: Office) -> Json:
    fund = await office.auditor.get(f"/loans/v1/funds/{office.fund_id}")
    found: Json = fund["balances"]["disbursed"]
    return found


async def is_booked(office: Office, payment_id: str) -> bool:
    answer = await office.auditor.get(f"/loans/v1/payments/{payment_id}")
    return bool(answer["payment"]["is_booked"])


async def has_status(office: Office, path: str, status: str) -> bool:
    return bool((await office.auditor.get(path))["payment"]["status"] == status)
