"""How much of what is outstanding is expected to be lost?

Golden numbers: a loan of 1,000 over 24 months at 2 % a month (instalment 52.871097), a hazard of
1 % a month, a loss of 60 %, default at the balance of the month's start, no prepayment, discounted
at 2 %: 49.347658 from the first 12 months, 63.244221 over its life (expected credit loss of IFRS 9
as the sum over months of survival x hazard x loss x balance x discount).
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest

from services.loans.domain import provisioning
from services.loans.domain.provisioning import PARTS, LossAssumptions, Scenario
from services.loans.domain.staging import Stage

RATE, HAZARD, LOSS = Decimal("0.02"), Decimal("0.01"), Decimal("0.6")
ONE = (Scenario(weight=Decimal(1), monthly_hazard=HAZARD),)
SIX_DIGITS = Decimal("0.000001")


def golden_loan() -> tuple[list[Decimal], list[Decimal]]:
    """The balances at the start of each month, and the principals due in each."""
    with localcontext(prec=40):
        instalment = Decimal(1_000) * RATE / (1 - (1 + RATE) ** -24)
        assert instalment.quantize(SIX_DIGITS) == Decimal("52.871097")
        balances, principals, balance = [], [], Decimal(1_000)
        for _ in range(24):
            balances.append(balance)
            principals.append(instalment - balance * RATE)
            balance -= principals[-1]
        return balances, principals


def expected(balances: Sequence[Decimal], hazard: Decimal = HAZARD) -> Decimal:
    found = provisioning.expected_loss(
        balances, monthly_hazard=hazard, loss=LOSS, monthly_rate=RATE
    )
    return found.quantize(SIX_DIGITS)


def test_the_golden_loan_loses_its_golden_numbers() -> None:
    balances, _ = golden_loan()

    assert expected(balances) == Decimal("63.244221")
    assert expected(balances[:12]) == Decimal("49.347658")


def test_nothing_is_lost_without_hazard_balance_or_time() -> None:
    balances, _ = golden_loan()

    assert expected(balances, hazard=Decimal(0)) == 0
    assert expected([Decimal(0)] * 5) == 0
    assert expected([]) == 0


def test_shares_of_principals_give_the_same_loss_as_balances() -> None:
    _, principals = golden_loan()
    shares = provisioning.weights(ONE, loss=LOSS, monthly_rate=RATE, months=24)
    minor = [(month, int(part * 10**6)) for month, part in enumerate(principals, start=1)]

    assert shares[:3] == (0, 5_882_353, 11_591_696)
    assert provisioning.loss_rate(minor, shares=shares) == 63_244_221
    assert provisioning.loss_rate(minor, shares=shares, horizon=12) == 49_347_658


def test_scenarios_count_by_their_weights() -> None:
    worse = Scenario(weight=Decimal("0.25"), monthly_hazard=Decimal("0.05"))
    usual = Scenario(weight=Decimal("0.75"), monthly_hazard=HAZARD)

    def share(*scenarios: Scenario) -> int:
        return provisioning.weights(scenarios, loss=LOSS, monthly_rate=RATE, months=6)[6]

    alone = share(Scenario(weight=Decimal(1), monthly_hazard=worse.monthly_hazard))
    assert share(*ONE) < share(worse, usual) < alone
    assert abs(share(worse, usual) - (alone + 3 * share(*ONE)) // 4) <= 1


def test_a_share_never_passes_the_loss_and_grows_with_time() -> None:
    shares = provisioning.weights(ONE, loss=LOSS, monthly_rate=Decimal(0), months=600)

    assert list(shares) == sorted(shares)
    assert shares[-1] < LOSS * PARTS
    assert shares[0] == 0


@pytest.mark.parametrize(
    ("days", "months"),
    [
        (1, 1),
        (14, 1),
        (28, 1),
        (31, 1),
        (45, 1),
        (46, 2),
        (61, 2),
        (365, 12),
        (730, 24),
        (99_999, 600),
    ],
)
def test_days_are_counted_in_whole_months_and_at_least_one(days: int, months: int) -> None:
    assert provisioning.months_ahead(days) == months


def test_months_ahead_are_days_by_the_mean_month_of_the_julian_year() -> None:
    mean = Decimal("365.25") / 12

    for days in range(16, 18_262):
        expected = int((Decimal(days) / mean).to_integral_value(rounding=ROUND_HALF_UP))
        assert provisioning.months_ahead(days) == expected


def test_the_digits_of_whoever_asks_do_not_matter() -> None:
    balances, _ = golden_loan()
    shares = provisioning.weights(ONE, loss=LOSS, monthly_rate=RATE, months=24)

    with localcontext(prec=5):
        rough = provisioning.weights(ONE, loss=LOSS, monthly_rate=RATE, months=24)
        lost = provisioning.expected_loss(
            balances, monthly_hazard=HAZARD, loss=LOSS, monthly_rate=RATE
        )

    assert rough == shares
    assert lost.quantize(SIX_DIGITS) == Decimal("63.244221")


@pytest.mark.parametrize("loss", [Decimal(0), Decimal(1)])
def test_assumptions_go_to_their_limits(loss: Decimal) -> None:
    scenarios = (
        Scenario(weight=Decimal(0), monthly_hazard=HAZARD),
        Scenario(weight=Decimal(1), monthly_hazard=Decimal(0)),
    )

    taken = LossAssumptions(
        performing=scenarios, underperforming=scenarios, loss_given_default=loss
    )

    assert (taken.performing, taken.loss_given_default) == (scenarios, loss)


def test_nothing_outstanding_has_no_rate_of_loss() -> None:
    assert provisioning.loss_rate([], shares=(0, 5)) == 0
    assert provisioning.loss_rate([(1, 0)], shares=(0, 5)) == 0


@pytest.mark.parametrize(
    ("outstanding", "parts", "share"),
    [
        (1_010, PARTS // 20, 51),
        (1_009, PARTS // 20, 50),
        (7, PARTS, 7),
        (10**18 + 1, PARTS, 10**18 + 1),
        (7, 0, 0),
        (0, PARTS, 0),
    ],
)
def test_parts_of_an_amount_are_rounded_once_a_half_up(
    outstanding: int, parts: int, share: int
) -> None:
    assert provisioning.share_of(outstanding, parts) == share


def test_a_fraction_in_parts() -> None:
    assert provisioning.parts_of(Decimal("0.05")) == 50_000_000
    assert provisioning.parts_of(Decimal("0.0000000005")) == 0
    assert provisioning.parts_of(Decimal(1)) == PARTS


def test_each_stage_recognises_its_own_loss() -> None:
    found = [provisioning.rate_for(stage, year=1, life=2, default=3) for stage in Stage]

    assert found == [1, 2, 3]


@pytest.mark.parametrize(
    ("performing", "underperforming", "loss"),
    [
        (ONE, ONE, Decimal("1.1")),
        (ONE, ONE, Decimal(-1)),
        ((), ONE, LOSS),
        (ONE, (*ONE, *ONE), LOSS),
        ((Scenario(weight=Decimal(1), monthly_hazard=Decimal(1)),), ONE, LOSS),
        (
            ONE,
            (
                Scenario(weight=Decimal(2), monthly_hazard=HAZARD),
                Scenario(weight=Decimal(-1), monthly_hazard=HAZARD),
            ),
            LOSS,
        ),
    ],
)
def test_assumptions_that_cannot_be_are_refused(
    performing: tuple[Scenario, ...], underperforming: tuple[Scenario, ...], loss: Decimal
) -> None:
    with pytest.raises(ValueError, match=r"^a .* between 0 and 1$|^the .* sum to one$"):
        LossAssumptions(
            performing=performing, underperforming=underperforming, loss_given_default=loss
        )


FEE_KEPT_BACK = Decimal("0.3092275")
"""The effective yearly rate of the golden loan with a fee of 30 kept back: numpy-financial 1.0.0,
rate(24, 52.871097, -970, 0) = 0.022707075 a month, compounded."""


def assumed() -> LossAssumptions:
    return LossAssumptions(performing=ONE, underperforming=ONE, loss_given_default=LOSS)


def test_losses_are_discounted_by_the_rate_that_has_the_fees_in_it() -> None:
    """48.619787 of a year and 61.922208 of a life, by the sum over months at 0.022707075."""
    _, principals = golden_loan()
    minor = [(month, int(part * 10**6)) for month, part in enumerate(principals, start=1)]
    shares = provisioning.shares(ONE, loss=assumed(), effective_rate=FEE_KEPT_BACK)

    life = provisioning.loss_rate(minor, shares=shares)
    year = provisioning.loss_rate(minor, shares=shares, horizon=12)
    assert (year, life) == (48_620_262, 61_923_067)  # by 30.92 %, to the last digit
    assert abs(life - 61_922_208) * 10_000 < 61_922_208  # by 30.92275 %, to 1 in 10,000
    assert life < 63_244_221  # without the fee


def test_a_month_of_a_yearly_rate_compounds_to_it() -> None:
    assert provisioning.monthly_rate(Decimal("0.268242")).quantize(SIX_DIGITS) == RATE
    assert provisioning.monthly_rate(Decimal(0)) == 0


@pytest.mark.parametrize(
    ("effective", "discounting"),
    [("0.268242", "0.2682"), ("0.26825", "0.2682"), ("0.268251", "0.2683"), ("0", "0.0000")],
)
def test_discounting_goes_by_whole_basis_points(effective: str, discounting: str) -> None:
    assert provisioning.discount_rate(Decimal(effective)) == Decimal(discounting)
    one, other = (
        provisioning.shares(ONE, loss=assumed(), effective_rate=Decimal(rate))
        for rate in (effective, discounting)
    )
    assert one == other
