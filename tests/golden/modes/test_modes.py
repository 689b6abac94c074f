"""Do the modes of finance give the figures that were worked by hand from their standards?"""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.loans.domain import disclosure, rebate, rents, schedule, sharing
from services.loans.domain.early import RebateRule, Spread
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.modes import MODES, diminishing_musharaka, ijara, istisna, salam
from services.loans.domain.rebate import RebatePolicy, Sold
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance, Terms
from shared.money import Money
from shared.periods import Period
from tests.deals import make_deal, took

SIGNED, FIRST = date(2026, 1, 15), date(2026, 2, 15)


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def terms_of(mode: str, principal: Money, **changes: Any) -> Terms:
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance(mode),
        "charge_method": ChargeMethod.FLAT,
        "principal": principal,
        "annual_rate": Decimal(0),
        "instalments": 12,
        "frequency": Frequency.MONTHLY,
        "disbursed_on": SIGNED,
        "first_due_on": FIRST,
    }
    return Terms(**members | changes)


def percent(rate: Decimal) -> str:
    return str(round(rate * 100, 2))


def sold(terms: Terms) -> Sold:
    mode = MODES[terms.mode_of_finance]
    return Sold(cost=terms.principal, since=SIGNED, instalments=mode.schedule(terms))


def paid(dues: tuple[Instalment, ...]) -> Money:
    return Money.total((due.principal + due.profit for due in dues), dues[0].principal.currency)


@pytest.mark.parametrize("case", golden("qard")["cases"], ids=lambda case: case["currency"])
def test_a_qard_is_repaid_in_equal_parts_of_the_principal(case: dict[str, Any]) -> None:
    principal = Money.parse(case["principal"], case["currency"])
    terms = terms_of(
        "qard", principal, charge_method=ChargeMethod.NONE, instalments=case["instalments"]
    )
    dues = [str(due.total) for due in MODES[ModeOfFinance.QARD].schedule(terms)]

    assert dues == [*([case["each"]] * (case["instalments"] - 1)), case["last"]]


def test_the_yearly_cost_of_a_qard_s_fee_is_told() -> None:
    case = golden("qard")["fee"]
    cost = Money.total((Money.parse(part, "TND") for part in case["parts"]), "TND")
    assert str(cost) == case["cost"]
    for fee, told in (
        (cost, case["yearly_percent"]),
        (Money.parse(case["percentage_fee"], "TND"), case["its_yearly_percent"]),
    ):
        charge = Fee(
            code="file",
            kind=FeeKind.FLAT,
            when=FeeWhen.AT_DISBURSEMENT,
            amount=fee,
            documented_cost=fee,
        )
        terms = terms_of(
            "qard",
            Money.parse(case["principal"], "TND"),
            charge_method=ChargeMethod.NONE,
            fees=(charge,),
        )
        found = disclosure.disclose(terms, instalments=schedule.schedule(terms))
        assert percent(found.effective_annual_rate) == told


def murabaha() -> tuple[dict[str, Any], Terms, Sold]:
    case = golden("murabaha")
    cost = Money.parse(case["cost"], case["currency"])
    terms = terms_of("murabaha", cost, annual_rate=Decimal(case["mark_up_rate"]))
    return case, terms, sold(terms)


def test_a_murabaha_s_price_is_cost_and_mark_up_in_equal_instalments() -> None:
    case, terms, sale = murabaha()
    assert [str(due.total) for due in sale.instalments] == [*([case["each"]] * 11), case["last"]]
    assert (str(sale.profit), str(sale.price)) == (case["mark_up"], case["price"])
    shown = MODES[terms.mode_of_finance].disclose(terms, instalments=sale.instalments)
    assert percent(shown.effective_annual_rate) == case["effective_percent"]
    assert percent(rebate.rate_per_period(sale) * 12) == case["nominal_percent"]


@pytest.mark.parametrize("spread", Spread)
def test_what_is_not_earned_falls_away_by_the_clause(spread: Spread) -> None:
    case, _, sale = murabaha()
    done = tuple(sale.instalments[: case["settled_after"]])
    policy = RebatePolicy(rule=RebateRule.CLAUSE, spread=spread)
    found = rebate.quote(sale, paid=paid(done), on=done[-1].due_on, policy=policy)

    assert str(found.remaining) == case["remaining"]
    assert [str(found.rebate), str(found.to_pay)] == case["rebates"][spread.value]


def test_saudi_law_leaves_the_cost_of_three_months_more() -> None:
    case, _, sale = murabaha()
    done = tuple(sale.instalments[: case["settled_after"]])
    policy = rebate.policy_of("SA", on=done[-1].due_on)
    found = rebate.quote(sale, paid=paid(done), on=done[-1].due_on, policy=policy)

    kept = rebate.kept_most(sale, on=done[-1].due_on, policy=policy)
    assert str(kept) == case["saudi_arabia"]["kept_most"]
    assert str(found.to_pay) == case["saudi_arabia"]["to_pay"]
    assert found.unearned - found.rebate == kept


def test_jordanian_law_has_the_first_six_paid_whole() -> None:
    case, _, sale = murabaha()
    law = case["jordan"]
    done = tuple(sale.instalments[: law["asked_after"]])
    policy = rebate.policy_of("JO", on=done[-1].due_on)
    found = rebate.quote(sale, paid=paid(done), on=done[-1].due_on, policy=policy)
    to_sixth = paid(tuple(sale.instalments[law["asked_after"] : 6]))

    assert str(to_sixth) == law["instalments_four_to_six"]
    assert str(found.to_pay - to_sixth) == law["principal_after_six"]
    assert str(found.to_pay) == law["to_pay"]


def test_a_lost_lease_stops_and_gives_back_what_was_above_fair_rent() -> None:
    case = golden("ijara")
    terms = terms_of(
        "ijara",
        Money.parse(case["asset"], case["currency"]),
        annual_rate=Decimal(case["annual_rate"]),
        instalments=case["instalments"],
    )
    lease = sold(terms)
    assert {str(due.total) for due in lease.instalments} == {case["rent"]}
    assert str(lease.price) == case["total"]
    assert percent(rebate.rate_per_period(lease) * 12) == case["nominal_percent"]

    lost_on, end = (lease.instalments[n - 1].due_on for n in (case["lost_after"], 24))
    due = ijara.rents_due(lease.instalments, since=SIGNED, unusable=[Period(lost_on, end)])
    assert [str(rent) for rent in due] == [case["rent"]] * 10 + ["0.000"] * 14
    done = rents.Lease(
        instalments=lease.instalments,
        paid=due[0] * case["lost_after"],
        since=SIGNED,
        order=terms.allocation_order,
        agreed={},
    )
    found = rents.without_days(
        done,
        unusable=[Period(lost_on, end)],
        fair_rent=Money.parse(case["fair_rent"], case["currency"]),
    )
    assert str(found.back) == case["given_back"]
    each = Money.parse(case["given_back_of_each"], case["currency"])
    assert found.back == each * case["lost_after"]
    assert each == due[0] - Money.parse(case["fair_rent"], case["currency"])
    assert [str(one.total) for one in found.instalments] == [case["rent"]] * 10 + ["0.000"] * 14


def test_a_shrinking_partnership_pays_rent_on_the_opening_share() -> None:
    case = golden("diminishing_musharaka")
    ours = Money.parse(case["ours"], case["currency"])
    terms = terms_of(
        "diminishing_musharaka",
        ours,
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal(case["annual_rate"]),
        instalments=len(case["rows"]),
        frequency=Frequency.QUARTERLY,
        first_due_on=date(2026, 4, 15),
    )
    rows, share = [], ours
    for due in sold(terms).instalments:
        rows.append([str(share), str(due.profit), str(due.total)])
        share -= due.principal
    assert rows == case["rows"]
    assert str(sold(terms).profit) == case["total_rent"]
    price = Money.parse(case["unit_price"], case["currency"])
    assert diminishing_musharaka.units_held(ours, unit_price=price) == case["units"]
    opening = Money.parse(case["rows"][case["damage_in_quarter"] - 1][0], case["currency"])
    later = rents.Lease(
        instalments=sold(terms).instalments,
        paid=Money.parse(case["paid_by_second"], case["currency"]),
        since=SIGNED,
        order=terms.allocation_order,
        agreed={},
    )
    second = later.instalments[1].due_on
    cheaper = rents.after_purchase(
        later,
        bought=price * case["units_beside"],
        on=second,
        rates={due.due_on: Decimal(case["rate_a_quarter"]) for due in later.instalments},
    )
    assert [str(due.profit) for due in cheaper if due.due_on > second] == case["rents_after"]
    borne = diminishing_musharaka.share_of_loss(
        Money.parse(case["damage"], case["currency"]),
        ours=opening,
        whole=Money.parse(case["asset"], case["currency"]),
    )
    assert str(borne) == case["we_bear"]


def test_partners_share_profit_by_ratio_and_loss_by_capital() -> None:
    case = golden("partnerships")["musharaka"]
    ours, theirs, profit, loss = (
        Money.parse(case[name], case["currency"])
        for name in ("capital", "partner_capital", "profit", "loss")
    )
    ratio = Decimal(case["profit_ratio"])
    sharing.check_sleeping(ratio, capital=ours, others=theirs)
    with pytest.raises(sharing.RatioAboveCapital):
        sharing.check_sleeping(ratio + Decimal("0.01"), capital=ours, others=theirs)
    shares = sharing.profit_shares(profit, ratios=(ratio, 1 - ratio))
    borne = sharing.loss_shares(loss, capitals=(ours, theirs))

    assert [str(share) for share in shares] == case["profit_shares"]
    assert [str(share) for share in borne] == case["loss_shares"]


def test_a_worker_shares_profit_and_owes_no_loss() -> None:
    case = golden("partnerships")["mudaraba"]
    capital, profit, loss = (
        Money.parse(case[name], case["currency"]) for name in ("capital", "profit", "loss")
    )
    ratio = Decimal(case["profit_ratio"])
    shares = sharing.profit_shares(profit, ratios=(ratio, 1 - ratio))
    borne = sharing.loss_shares(loss, capitals=(capital, Money.zero(case["currency"])))

    assert [str(share) for share in shares] == case["profit_shares"]
    assert str(capital - borne[0]) == case["returned"]
    assert borne[1].is_zero
    assert str(loss) == case["owed_by_fault"]


def test_goods_to_come_are_priced_by_their_part_and_sold_with_a_margin() -> None:
    case = golden("goods")["salam"]
    price = Money.parse(case["price"], case["currency"])
    terms = terms_of("salam", price, charge_method=ChargeMethod.NONE)
    deal = make_deal(terms, took("specify", figures={"quantity": case["quantity"]}))

    assert str(salam.price_of(Decimal(case["short"]), deal=deal)) == case["price_back"]
    margin = Money.parse(case["parallel_sale"], case["currency"]) - price
    assert str(margin) == case["margin"]


def test_a_late_maker_gets_less_and_never_less_than_the_cap() -> None:
    case = golden("goods")["istisna"]
    price = Money.parse(case["price"], case["currency"])
    weekly, most = Decimal(case["weekly"]), Decimal(case["most"])
    less = istisna.penalty(price, weeks=Decimal(case["weeks"]), weekly=weekly, most=most)
    stages = (Money.parse(stage, case["currency"]) for stage in case["stages"])

    assert str(less) == case["less"]
    assert Money.total(stages, case["currency"]) == price
    assert istisna.penalty(price, weeks=Decimal(30), weekly=weekly, most=most) == price.times(most)


def test_a_crop_is_shared_by_fractions_of_the_whole() -> None:
    case = golden("goods")["muzaraa"]
    fractions = [Decimal(part) for part in case["fractions"]]
    shares = sharing.crop_shares(Decimal(case["harvest_kg"]), fractions=fractions)

    assert shares == tuple(Decimal(share) for share in case["shares_kg"])


def test_an_agent_s_extra_and_a_gift_to_the_fund_of_cover() -> None:
    case = golden("agency_and_cover")
    agency, cover = case["wakala"], case["takaful"]
    extra = sharing.incentive(
        Money.parse(agency["invested"], agency["currency"]),
        expected=Decimal(agency["expected"]),
        actual=Decimal(agency["actual"]),
    )
    financed = Money.parse(cover["financed"], cover["currency"])

    assert str(extra) == agency["incentive"]
    assert (
        str(sharing.contribution(financed, share=Decimal(cover["share"]))) == cover["contribution"]
    )


def test_two_percent_flat_a_month_costs_twice_as_much() -> None:
    case = golden("interest")
    rate = Decimal(case["flat_monthly"]) * 12
    loan = terms_of(
        "conventional", Money.parse(case["principal"], case["currency"]), annual_rate=rate
    )
    dues = sold(loan).instalments
    shown = disclosure.disclose(loan, instalments=dues)

    assert str(dues[0].total) == case["instalment"]
    assert percent(rebate.rate_per_period(sold(loan)) * 12) == case["nominal_percent"]
    assert percent(shown.effective_annual_rate) == case["effective_percent"]
