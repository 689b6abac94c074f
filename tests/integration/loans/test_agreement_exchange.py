"""Money in a giver's currency comes at a dated rate; what is left of it stays exact there."""

from collections.abc import AsyncIterator

import pytest

from shared.db import Database
from shared.ids import InstitutionId
from tests import agreements
from tests.agreements import Givers, due
from tests.bodies import Json, amount

# The Central Bank of Jordan has pegged the dinar since October 1995: a mid rate of 0.709 JOD.
PEG = {"base": "USD", "quote": "JOD", "rate": "0.709", "source": "Central Bank of Jordan"}


@pytest.fixture
async def givers(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id) as opened:
        yield opened


@pytest.fixture
async def path(givers: Givers) -> str:
    """An agreement of 1,000.00 USD with a fund in JOD, due in one."""
    body = givers.agreement(
        due("2026-03-01", "1000.00", "USD"), total="1.000", counts_when_due=False
    )
    agreement_id = await givers.signed({**body, "total": amount("1000.00", "USD")})
    return f"/agreements/{agreement_id}"


def paid(text: str, credited: str, **changes: str) -> Json:
    return {"paid": amount(text, "USD"), "credited": amount(credited), **changes}


async def balances(givers: Givers) -> dict[str, str]:
    page = await givers.read("/ledger/trial-balance", fund_id=givers.fund_id)
    return {one["code"]: one["balance"]["amount"] for one in page["lines"]}


async def test_a_loss_of_the_exchange_is_booked_beside_the_gift(givers: Givers, path: str) -> None:
    await givers.made("/exchange-rates", {**PEG, "on": "2026-03-30"})
    told = await givers.made(f"{path}/instalments/1/exchanges", paid("100.00", "70.750"))
    assert (told["booked"]["amount"], told["difference"]["amount"]) == ("70.900", "-0.150")
    books = await balances(givers)
    assert books["bank"] == "70.750"
    assert books["fund_balance"] == "-70.900"
    assert books["exchange_loss"] == "0.150"
    (one,) = (await givers.read(path))["instalments"]
    assert one["open"] == amount("900.00", "USD")


async def test_a_gain_is_income_and_both_are_taken_back_together(givers: Givers, path: str) -> None:
    await givers.made("/exchange-rates", {**PEG, "on": "2026-04-01"})
    told = await givers.made(f"{path}/instalments/1/exchanges", paid("100.00", "71.000"))
    assert told["difference"]["amount"] == "0.100"
    back = f"{path}/movements/{told['move_id']}/reversal"
    await givers.made(back, {}, by=givers.checker)
    assert {float(balance) for balance in (await balances(givers)).values()} == {0.0}
    (one,) = (await givers.read(path))["instalments"]
    assert one["open"] == amount("1000.00", "USD")
    receipts = (await givers.read(f"/funds/{givers.fund_id}/receipts"))["items"]
    assert [one["amount"]["amount"] for one in receipts] == ["70.900", "-70.900"]


async def test_money_that_left_the_bank_is_not_taken_back(givers: Givers, path: str) -> None:
    await givers.made("/exchange-rates", {**PEG, "on": "2026-04-01"})
    told = await givers.made(f"{path}/instalments/1/exchanges", paid("100.00", "70.900"))
    order = {
        "kind": "channel_transfer",
        "amount": givers.money("0.001"),
        "source": "bank",
        "reason": "error",
    }
    proposed = await givers.made(f"/funds/{givers.fund_id}/orders", order)
    approval = f"/fund-orders/{proposed['order_id']}/approval"
    await givers.made(approval, {"outcome": "approve"}, by=givers.checker)
    back = f"{path}/movements/{told['move_id']}/reversal"
    refused = await givers.refused(back, {}, by=givers.checker)
    assert (refused["slug"], refused["available"]["amount"]) == ("fund-exhausted", "70.899")
    assert len(await givers.read(f"{path}/movements")) == 1


async def test_without_an_exchange_another_currency_is_refused(givers: Givers, path: str) -> None:
    for body in ({"amount": amount("100.000")}, {"amount": amount("100.00", "USD")}):
        told = await givers.refused(f"{path}/instalments/1/receipts", body)
        assert told["slug"] == "fund-in-another-currency"
    assert (await givers.read(f"{path}/movements")) == []
    plain = givers.agreement(due("2026-03-01", "10.000"), total="10.000")
    same = f"/agreements/{await givers.signed(plain)}/instalments/1/exchanges"
    assert (await givers.refused(same, paid("10.00", "7.090")))["slug"] == "no-exchange-needed"


async def test_no_rate_is_made_up_and_an_old_one_is_not_used(givers: Givers, path: str) -> None:
    exchanges = f"{path}/instalments/1/exchanges"
    assert (await givers.refused(exchanges, paid("1.00", "0.709")))["slug"] == "rate-not-known"
    await givers.made("/exchange-rates", {**PEG, "on": "2026-03-24"})
    told = await givers.refused(exchanges, paid("1.00", "0.709"))
    assert (told["slug"], told["days"]) == ("rate-not-known", 7)
    await givers.made("/exchange-rates", {**PEG, "on": "2026-03-25"})
    await givers.made(exchanges, paid("1.00", "0.709"))


@pytest.mark.parametrize("credited", ["709.000", "0.709", "51.000", "90.000"])
async def test_a_misplaced_point_is_found_before_it_is_booked(
    givers: Givers, path: str, credited: str
) -> None:
    await givers.made("/exchange-rates", {**PEG, "on": "2026-04-01"})
    told = await givers.refused(f"{path}/instalments/1/exchanges", paid("100.00", credited))
    assert (told["slug"], told["at_rate"]["amount"]) == ("exchange-strays", "70.900")
    assert await givers.read(f"{path}/movements") == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"rate": "0"}, 422),
        ({"rate": "-1"}, 422),
        ({"quote": "USD"}, 422),
        ({"rate": "0.7090000000001"}, 422),
        ({"on": "2026-04-02"}, 422),
        ({"rate": 0.709}, 422),
    ],
)
async def test_a_rate_that_cannot_be_is_refused(givers: Givers, change: Json, status: int) -> None:
    answer = await givers.post("/exchange-rates", {**PEG, "on": "2026-04-01", **change})
    assert answer.status_code == status
    assert (await givers.read("/exchange-rates"))["items"] == []
