"""What a mobile-money provider may read: accounts by their names, bills and payments in pages."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import gsma
from tests.e2e.gsma import Scene, error_of

WAITS = "wait=5"


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with gsma.scene(database_urls, folder) as opened:
        yield opened


def test_an_account_is_found_by_the_ways_the_standard_writes_it(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        phone = f"+96279{secrets.randbelow(10**7):07}"
        reference = await scene.contract_of_phone(phone)
        code = provider.office.institution.code
        for named in (
            f"accountid/{reference}",
            f"accountid@{reference}",
            f"msisdn/{phone}",
            f"msisdn/{phone.removeprefix('+')}",
            f"msisdn@{phone}$accountid@{reference}",
            f"organisationid@{code}$msisdn@{phone}$accountid@{reference}",
        ):
            (bill,) = await provider.read(f"/accounts/{named}/bills")
            assert bill["billReference"] == f"{reference}.1.1", named
            name = (await provider.read(f"/accounts/{named}/accountname"))["name"]
            assert name["nativeName"].startswith("سلمى")
        other, _ = await scene.contract()
        for named in (
            f"msisdn@{phone}$accountid@{other}",
            f"organisationid@other$accountid@{reference}",
            f"organisationid/{code}",
            f"accountid@{reference}$accountid@{other}",
            f"iban@{reference}",
            f"name/{reference}",
        ):
            answer = await provider.get(f"/accounts/{named}/bills")
            assert error_of(answer) == (404, "identification", "identifierError"), named
        second, _ = await scene.contract()
        await scene.share_phone(phone, reference=second)
        answer = await provider.get(f"/accounts/msisdn/{phone}/bills")
        assert answer.status_code == 404, "two loans of one telephone: none is guessed"
        both = f"msisdn@{phone}$accountid@{second}"
        assert (await provider.read(f"/accounts/{both}/status"))["accountStatus"] == "available"

    scene.call(walk)


def test_the_reading_of_a_name_is_recorded(scene: Scene) -> None:
    async def walk() -> None:
        provider, office = scene.provider, scene.provider.office
        reference, contract_id = await scene.contract()
        await provider.read(f"/accounts/accountid/{reference}/accountname")
        contract = await office.officer.get(f"/loans/v1/contracts/{contract_id}")
        records = await office.auditor.get(
            f"/loans/v1/borrowers/{contract['contract']['borrower_id']}/access-records"
        )
        assert "payment" in [item["purpose"] for item in records["items"]]

    scene.call(walk)


def test_bills_payments_and_entries_come_in_pages_counted_from_the_newest(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, _ = await scene.contract()
        account = f"/accounts/accountid/{reference}"
        for amount in ("1", "2", "3"):
            answer = await provider.pay(f"{account}/bills", amount, Prefer=WAITS)
            assert answer.status_code == 201, answer.text
        part = await provider.get(f"{account}/bills/payments", limit=2, offset=1)
        assert [item["amountPaid"] for item in part.json()] == ["2.000", "1.000"]
        assert part.headers["x-records-available-count"] == "3"
        assert part.headers["x-records-returned-count"] == "2"
        entries = await provider.get(f"{account}/statemententries", limit=1)
        assert [item["amount"] for item in entries.json()] == ["3.000"]
        assert entries.headers["x-records-available-count"] == "4", "with what was paid out"
        after = part.json()[0]["creationDate"]
        newer = await provider.read(f"{account}/bills/payments", fromDateTime=after)
        assert json.dumps(newer).count('"amountPaid"') == 2
        assert await provider.read(f"{account}/bills", fromDateTime="2199-01-01T00:00:00Z") == []

    scene.call(walk)
