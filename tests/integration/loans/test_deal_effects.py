"""What do steps of deals make of instalments, positions and books, and is it undone whole?"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.domain.chart import FundKind
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import dealing
from tests.integration.loans.dealing import Table

BOUGHT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promise", {}),
    ("purchase", {"amounts": {"invoice": "1000.000"}}),
    ("possess", {}),
)
FEBRUARY = date(2026, 2, 15)
BROKEN = {"from_day": FEBRUARY, "until_day": date(2026, 3, 1)}


@pytest.fixture
async def table(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Table]:
    async with dealing.opened(loans_db, institution_id) as opened:
        yield opened


async def lease(table: Table) -> str:
    """Goods of 1,000 JOD leased: twelve rents of 93.333, 83.333 of them cost."""
    contract_id = await table.deal("ijara")
    await table.take(contract_id, *BOUGHT, ("lease", {}))
    return contract_id


async def test_rent_of_days_out_of_use_falls_away_and_its_step_is_taken_back_whole(
    table: Table,
) -> None:
    contract_id = await lease(table)
    await table.paid(contract_id, "93.333", on=FEBRUARY)
    dues, before = await table.dues(contract_id), await table.position(contract_id)
    books = await table.balances(contract_id)
    step = await table.take(contract_id, ("out_of_use", {"on": date(2026, 3, 1), "days": BROKEN}))

    cut = await table.dues(contract_id)
    assert cut[1] == ("41.666", "5.000"), "14 of 28 days"
    assert [one for place, one in enumerate(cut) if place != 1] == [dues[0], *dues[2:]]
    held = await table.position(contract_id)
    assert held["outstanding_principal_minor"] == before["outstanding_principal_minor"] - 41_667
    after = await table.balances(contract_id)
    assert after["capital_loss"] == 41_667
    (told,) = await table.told(contract_id, "deal-changed")
    assert (told["at_work_minor"], told["dues"][1]["principal_minor"]) == (-41_667, 41_666)
    assert await table.faults() == {}

    answer = await table.back(contract_id, step["step_id"])
    assert answer.status_code == 201, answer.text
    assert await table.dues(contract_id) == dues
    assert await table.position(contract_id) == before
    assert await table.balances(contract_id) == books
    assert (await table.told(contract_id, "deal-changed"))[1]["at_work_minor"] == 41_667
    assert await table.faults() == {}


async def test_rent_paid_for_days_out_of_use_is_owed_back_and_paid(table: Table) -> None:
    contract_id = await lease(table)
    await table.paid(contract_id, "186.666", on=date(2026, 3, 15))
    out = {"on": date(2026, 3, 16), "days": BROKEN}
    step = await table.take(contract_id, ("out_of_use", out))
    assert step["amounts"]["back"] == {"amount": "46.667", "currency": "JOD"}
    await table.refused(contract_id, "out_of_use", "days-not-of-lease", **out)
    too_much = {"on": date(2026, 3, 17), "amounts": {"amount": "46.668"}}
    await table.refused(contract_id, "pay_back", "amount-beyond", **too_much)
    await table.take(contract_id, ("pay_back", too_much | {"amounts": {"amount": "46.667"}}))
    assert "client_deposit" not in await table.balances(contract_id)
    assert await table.faults() == {}


async def test_what_was_used_before_a_loss_stays_due_and_closes_the_contract(
    table: Table,
) -> None:
    contract_id = await lease(table)
    await table.take(contract_id, ("lose", {"on": date(2026, 3, 1)}))
    assert await table.dues(contract_id) == [
        ("83.333", "10.000"),
        ("41.666", "5.000"),
        *[("0.000", "0.000")] * 10,
    ]
    assert await table.status(contract_id) == "active", "two rents of used days are open"
    late = (await table.manager.get("/loans/v1/portfolio/at-risk", by="fund")).json()
    assert late["whole"][0]["risk"]["outstanding"]["outstanding"]["amount"] == "124.999"
    cover = {"on": date(2026, 3, 5), "amounts": {"amount": "875.001"}}
    await table.take(contract_id, ("cover", cover))
    assert "capital_loss" not in await table.balances(contract_id)
    await table.paid(contract_id, "139.999", on=date(2026, 3, 20))
    assert (await table.position(contract_id))["status"] == "closed"
    assert await table.faults() == {}


async def share(table: Table) -> str:
    """Our 1,000 of an asset of 1,250 JOD in 100 units, rent 1 % a month."""
    contract_id = await table.deal("diminishing_musharaka")
    await table.take(
        contract_id,
        ("partner", {"amounts": {"client_share": "250.000"}}),
        ("purchase", {"amounts": {"invoice": "1250.000"}}),
        ("possess", {}),
        ("lease", {"amounts": {"unit_price": "10.000"}, "figures": {"units": "100"}}),
    )
    return contract_id


async def test_units_bought_ahead_lower_every_later_rent_until_they_are_taken_back(
    table: Table,
) -> None:
    contract_id = await share(table)
    plan = await table.dues(contract_id)
    await table.paid(contract_id, "93.333", on=FEBRUARY)
    more = {"on": FEBRUARY, "figures": {"units": "30"}}
    refusal = await table.refused(contract_id, "buy_units", "amount-beyond", **more)
    assert refusal["given"]["amount"] == "216.667"
    await table.paid(contract_id, "216.667", on=FEBRUARY)
    before = await table.position(contract_id)
    books = await table.balances(contract_id)
    step = await table.take(contract_id, ("buy_units", more))

    dues = await table.dues(contract_id)
    assert dues[1] == ("216.667", "0.000")
    assert [profit for _, profit in dues[2:5]] == ["7.000", "6.167", "5.333"]
    held = await table.position(contract_id)
    assert held["outstanding_principal_minor"] == 700_000
    assert (await table.balances(contract_id))["profit_income"] == -10_000
    (told,) = await table.told(contract_id, "deal-changed")
    assert (told["quantity"], told["principal_minor"]) == ("30", -told["profit_minor"])
    assert await table.faults() == {}

    assert (await table.back(contract_id, step["step_id"])).status_code == 201
    assert await table.dues(contract_id) == plan
    assert await table.position(contract_id) == before
    assert await table.balances(contract_id) == books
    assert await table.faults() == {}


async def test_a_step_under_a_later_order_stands(table: Table) -> None:
    contract_id = await share(table)
    damage = {"on": FEBRUARY, "amounts": {"damage": "125.000"}}
    step = await table.take(contract_id, ("damage", damage))
    assert (await table.balances(contract_id))["capital_loss"] == 100_000
    late = {"part": "penalty", "amount": {"amount": "5.000", "currency": "JOD"}}
    await table.done(contract_id, "charge", **late)
    answer = await table.back(contract_id, step["step_id"])
    assert answer.json()["type"] == "/problems/loans/step-stands", answer.text
    assert await table.faults() == {}


async def test_goods_to_come_are_late_after_their_day_and_valued_by_two(table: Table) -> None:
    contract_id = await table.deal("salam")
    await table.take(
        contract_id,
        ("specify", {"figures": {"quantity": "20"}, "days": {"deliver_by": FEBRUARY}}),
        ("pay_price", {"amounts": {"price": "1000.000"}}),
    )
    assert await table.status(contract_id) == "active"
    held = await table.position(contract_id)
    assert (held["outstanding_principal_minor"], held["oldest_open_due_on"]) == (
        1_000_000,
        FEBRUARY,
    )
    risk = (await table.manager.get("/loans/v1/portfolio/at-risk", by="fund")).json()["whole"]
    assert risk[0]["risk"]["buckets"][2]["outstanding"]["amount"] == "1000.000", (
        "45 days late on 1 April"
    )
    state = (await table.manager.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
    assert (state["days_past_due"], state["arrears"]["amount"]) == (45, "0.000")
    assert state["still_due"]["amount"] == "0.000", "goods are owed, no money"
    owed = (await table.repay(contract_id, "10.000")).json()
    assert owed["type"] == "/problems/loans/nothing-is-due"

    day = {"on": date(2026, 3, 1)}
    await table.take(contract_id, ("deliver", day | {"figures": {"quantity": "16"}}))
    await table.refused(contract_id, "revalue", "nothing-appraised", **day)
    await table.take(contract_id, ("appraise", day | {"amounts": {"market_value": "150.000"}}))
    both = await table.try_step(contract_id, "revalue", by=table.maker, **day)
    assert both.json()["type"] == "/problems/loans/step-by-another"
    step = await table.take(contract_id, ("revalue", day))
    assert (await table.position(contract_id))["outstanding_principal_minor"] == 150_000
    books = await table.balances(contract_id)
    assert (books["goods_due"], books["goods"], books["capital_loss"]) == (150_000, 800_000, 50_000)
    assert await table.faults() == {}

    assert (await table.back(contract_id, step["step_id"], by=table.manager)).status_code == 201
    assert (await table.position(contract_id))["outstanding_principal_minor"] == 200_000
    await table.take(
        contract_id,
        ("deliver", {"on": date(2026, 4, 1), "figures": {"quantity": "4"}}),
        (
            "sell",
            {
                "on": date(2026, 4, 1),
                "figures": {"quantity": "20"},
                "amounts": {"price": "1200.000"},
            },
        ),
        ("close", {"on": date(2026, 4, 1)}),
    )
    assert await table.status(contract_id) == "closed"
    assert (await table.position(contract_id))["status"] == "closed"
    told = await table.told(contract_id, "deal-changed")
    work = [one["at_work_minor"] for one in told]
    assert work == [0, -800_000, -50_000, 50_000, -200_000, 0, 0]
    assert (told[-2]["profit_minor"], told[-1]["is_settled"]) == (200_000, True)
    assert await table.faults() == {}


async def test_a_price_paid_by_mistake_comes_back_and_nothing_is_owed(table: Table) -> None:
    contract_id = await table.deal("salam")
    step = await table.take(
        contract_id,
        ("specify", {"figures": {"quantity": "20"}, "days": {"deliver_by": FEBRUARY}}),
        ("pay_price", {"amounts": {"price": "1000.000"}}),
    )
    assert (await table.back(contract_id, step["step_id"], by=table.manager)).status_code == 201
    held = await table.position(contract_id)
    assert (held["disbursed_minor"], held["outstanding_principal_minor"]) == (0, 0)
    assert await table.status(contract_id) == "signed"
    risk = (await table.manager.get("/loans/v1/portfolio/at-risk", by="fund")).json()["whole"]
    assert risk == []
    assert await table.faults() == {}


async def test_work_to_order_stands_at_what_was_paid_until_the_client_owes_its_price(
    table: Table,
) -> None:
    contract_id = await table.deal("istisna")
    penalty = {"penalty_weekly": "0.01", "penalty_most": "0.10"}
    commission = {
        "amounts": {"price": "900.000"},
        "figures": penalty,
        "days": {"deliver_by": date(2026, 2, 10)},
    }
    stage = {"amounts": {"amount": "450.000"}}
    await table.take(contract_id, ("order", {}), ("commission", commission), ("pay_stage", stage))
    assert (await table.position(contract_id))["outstanding_principal_minor"] == 450_000
    assert await table.status(contract_id) == "signed"
    await table.take(contract_id, ("abandon", {}))
    assert (await table.balances(contract_id))["capital_loss"] == 450_000
    assert (await table.position(contract_id))["outstanding_principal_minor"] == 0
    await table.take(
        contract_id,
        ("commission", commission),
        ("pay_stage", stage),
        ("pay_stage", stage),
        ("deliver", {}),
    )
    assert await table.status(contract_id) == "active"
    held = await table.position(contract_id)
    assert held["outstanding_principal_minor"] == 1_000_000
    assert len(await table.dues(contract_id)) == 12
    assert (await table.told(contract_id, "disbursement-completed"))[0]["amount_minor"] == 1_000_000
    assert sum(one["at_work_minor"] for one in await table.told(contract_id, "deal-changed")) == 0
    assert await table.faults() == {}


async def test_goods_that_cost_more_are_agreed_anew_before_the_sale(table: Table) -> None:
    contract_id = await table.deal("murabaha")
    await table.take(
        contract_id,
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "1040.000"}}),
        ("possess", {}),
    )
    price = {"amounts": {"cost": "1040.000", "mark_up": "124.800"}}
    await table.refused(contract_id, "sell", "amount-differs", **price)
    await table.take(contract_id, ("offer_anew", price))
    by_maker = await table.try_step(contract_id, "accept", by=table.maker)
    assert by_maker.json()["type"] == "/problems/loans/step-by-another"
    accepted = await table.take(contract_id, ("accept", {}))
    answer = await table.back(contract_id, accepted["step_id"], by=table.manager)
    assert answer.json()["type"] == "/problems/loans/step-stands", "what was agreed anew stands"
    await table.take(contract_id, ("sell", price), ("deliver", {}))
    found = (await table.manager.get(f"/loans/v1/contracts/{contract_id}")).json()
    assert found["contract"]["principal"]["amount"] == "1040.000"
    assert (await table.position(contract_id))["outstanding_principal_minor"] == 1_040_000
    kept = await table.scene.scalar(
        "select terms ->> 'principal_minor' from former_terms where contract_id = :c",
        c=contract_id,
    )
    assert kept == "1000000"
    assert await table.faults() == {}


async def test_a_cost_beyond_the_product_is_not_agreed(table: Table) -> None:
    contract_id = await table.deal("murabaha")
    await table.take(
        contract_id,
        ("promise", {}),
        ("purchase", {"amounts": {"invoice": "5000.001"}}),
        ("possess", {}),
        ("offer_anew", {"amounts": {"cost": "5000.001", "mark_up": "600.000"}}),
    )
    await table.refused(contract_id, "accept", "outside-product")


@pytest.mark.parametrize("bought", [False, True])
async def test_goods_lost_or_let_be_before_the_sale_end_the_contract(
    table: Table, *, bought: bool
) -> None:
    fund_id = await table.fund(FundKind.COMMERCIAL)
    contract_id = await table.deal("murabaha", fund_id=fund_id)
    steps = BOUGHT if bought else BOUGHT[:1]
    await table.take(contract_id, *steps, ("lose" if bought else "withdraw", {}))

    assert await table.status(contract_id) == "cancelled"
    books = await table.balances(contract_id)
    assert books.get("capital_loss", 0) == (1_000_000 if bought else 0)
    figures = (await table.manager.get(f"/loans/v1/funds/{fund_id}")).json()
    assert figures["balances"]["committed"]["amount"] == "0.000"
    assert (await table.told(contract_id, "contract-cancelled"))[0]["reason"] == "deal_ended"
    await table.refused(contract_id, "sell", "transition-refused")
    assert await table.faults() == {}


@pytest.mark.parametrize("channel", ["cash", "wallet", "bank"])
async def test_goods_draw_on_what_was_committed_whatever_they_are_paid_through(
    table: Table, channel: str
) -> None:
    fund_id = await table.fund(FundKind.COMMERCIAL)
    contract_id = await table.deal("murabaha", fund_id=fund_id)
    await table.take(
        contract_id,
        BOUGHT[0],
        ("purchase", {"amounts": {"invoice": "1000.000"}, "channel": channel}),
    )
    figures = (await table.manager.get(f"/loans/v1/funds/{fund_id}")).json()
    free, held = (figures["balances"][name]["amount"] for name in ("available", "in_hand"))

    assert figures["balances"]["committed"]["amount"] == "0.000"
    assert free == held
    assert await table.faults() == {}


async def test_partners_results_are_told(table: Table) -> None:
    contract_id = await table.deal("mudaraba")
    await table.take(
        contract_id,
        ("contribute", {"amounts": {"capital": "1000.000"}, "figures": {"profit_ratio": "0.6"}}),
        ("declare_profit", {"amounts": {"profit": "300.000"}}),
        ("distribute", {"amounts": {"amount": "100.000"}}),
        ("declare_loss", {"amounts": {"loss": "200.000"}}),
        ("liquidate", {}),
        ("return_capital", {"amounts": {"amount": "880.000"}}),
        ("close", {}),
    )
    (reached,) = await table.told(contract_id, "disbursement-completed")
    assert (reached["amount_minor"], reached["channel"]) == (1_000_000, "cash")
    told = await table.told(contract_id, "deal-changed")
    assert [(one["step"], one["at_work_minor"]) for one in told] == [
        ("declare_profit", 0),
        ("distribute", 0),
        ("declare_loss", -120_000),
        ("return_capital", -880_000),
        ("close", 0),
    ]
    assert [one["declared_minor"] for one in told] == [180_000, 0, -200_000, 0, 0]
    assert [one["profit_minor"] for one in told] == [0, 100_000, 0, 0, 0]
    assert [one["is_settled"] for one in told] == [False] * 4 + [True]
    assert await table.faults() == {}


async def test_what_was_sold_is_never_agreed_anew(table: Table) -> None:
    contract_id = await table.deal("murabaha")
    price = {"amounts": {"cost": "1000.000", "mark_up": "120.000"}}
    await table.take(contract_id, *BOUGHT, ("sell", price))
    anew = text("""
        select agree_anew(institution_id, contract_id, contract_id, terms, 1, 0, 0, actor_id)
        from contract where contract_id = :contract_id
    """)
    with pytest.raises(DBAPIError, match="are frozen"):
        async with table.scene.database.begin(table.scene.institution_id) as session:
            await session.execute(anew, {"contract_id": contract_id})
