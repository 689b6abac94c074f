"""Do the annuity functions say what spreadsheets say, and keep together?"""

from datetime import date
from decimal import Decimal

import numpy_financial
import pytest

from shared import annuities
from shared.annuities import PaymentsAt
from shared.rates import NoRate

MONTHLY = Decimal("0.1") / 12
NEAR = Decimal("1E-7")


# Functions PMT, IPMT, PPMT, CUMIPMT, CUMPRINC as defined for Microsoft Excel, figures of the tests
# of formulajs (commit af0f0b41) and of numpy-financial.
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            annuities.pmt(Decimal("0.06") / 12, 216, Decimal(0), Decimal(50000)),
            "-129.0811608679973",
        ),
        (
            annuities.pmt(MONTHLY, 24, Decimal(100000), Decimal(1000000), payments_at="begin"),
            "-42075.45683100995",
        ),
        (annuities.pmt(Decimal(0), 12, Decimal(2000)), "-166.6666666666666667"),
        (annuities.ipmt(MONTHLY, 2, 24, Decimal(2000)), "-16.03647345"),
        (
            annuities.ipmt(MONTHLY, 6, 24, Decimal(100000), Decimal(1000000), payments_at="begin"),
            "921.1473439736042",
        ),
        (annuities.ppmt(MONTHLY, 1, 60, Decimal(55000)), "-710.2541257864217"),
        (annuities.cumipmt(MONTHLY, 360, Decimal(100000), 13, 24), "-9916.77251395708"),
        (annuities.cumprinc(MONTHLY, 360, Decimal(100000), 1, 24), "-1169.9649033716187"),
        (
            annuities.cumprinc(MONTHLY, 360, Decimal(100000), 13, 24, payments_at="begin"),
            "-609.0112334960476",
        ),
        (
            annuities.nper(Decimal("0.075"), Decimal(-2000), Decimal(0), Decimal(100000)),
            "21.5449442",
        ),
        (
            annuities.nper(
                Decimal("0.075"), Decimal(-2000), Decimal(0), Decimal(100000), payments_at="begin"
            ),
            "20.76156441",
        ),
        (
            annuities.rate(
                24, Decimal(-1000), Decimal(-10000), Decimal(100000), payments_at="begin"
            ),
            "0.0632395800018064",
        ),
        (annuities.irr([Decimal(amount) for amount in (-100, 39, 59, 55, 20)]), "0.2809484"),
        (annuities.effect(Decimal("0.1"), 4), "0.10381289062499977"),
    ],
)
def test_a_function_gives_the_published_figure(found: Decimal, expected: str) -> None:
    assert abs(found - Decimal(expected)) < NEAR


@pytest.mark.parametrize("payments_at", ["begin", "end"])
@pytest.mark.parametrize("rate", ["0", "0.01", "-0.02", "0.8"])
def test_interest_and_principal_of_a_period_are_its_payment(
    rate: str, payments_at: PaymentsAt
) -> None:
    given, later = Decimal(rate), Decimal(-300)

    parts = annuities.ipmt(given, 3, 7, Decimal(5000), later, payments_at=payments_at)
    parts += annuities.ppmt(given, 3, 7, Decimal(5000), later, payments_at=payments_at)

    whole = annuities.pmt(given, 7, Decimal(5000), later, payments_at=payments_at)
    assert abs(parts - whole) < NEAR


@pytest.mark.parametrize("payments_at", ["begin", "end"])
def test_the_equal_payment_leaves_nothing_and_gives_its_rate_and_periods_back(
    payments_at: PaymentsAt,
) -> None:
    payment = annuities.pmt(MONTHLY, 24, Decimal(2000), payments_at=payments_at)

    left = annuities.fv(MONTHLY, 24, payment, Decimal(2000), payments_at=payments_at)
    rate = annuities.rate(24, payment, Decimal(2000), payments_at=payments_at)
    periods = annuities.nper(MONTHLY, payment, Decimal(2000), payments_at=payments_at)

    assert abs(left) < NEAR
    assert abs(rate - MONTHLY) < NEAR
    assert abs(periods - 24) < NEAR


@pytest.mark.parametrize("payments_at", ["begin", "end"])
@pytest.mark.parametrize("period", [1, 2, 11, 12])
def test_the_parts_are_those_of_an_independent_library(
    period: int, payments_at: PaymentsAt
) -> None:
    ours = annuities.ipmt(Decimal("0.02"), period, 12, Decimal(900), payments_at=payments_at)

    theirs = numpy_financial.ipmt(0.02, period, 12, 900, when=payments_at)

    assert float(ours) == pytest.approx(float(theirs), abs=1e-9)


def test_sums_over_all_periods_are_the_loan_and_its_interest() -> None:
    principal = annuities.cumprinc(MONTHLY, 24, Decimal(2000), 1, 24)
    interest = annuities.cumipmt(MONTHLY, 24, Decimal(2000), 1, 24)

    assert abs(principal + 2000) < NEAR
    payment = annuities.pmt(MONTHLY, 24, Decimal(2000))
    assert abs(interest + principal - 24 * payment) < NEAR


def test_without_interest_the_periods_are_a_division() -> None:
    assert annuities.nper(Decimal(0), Decimal(-100), Decimal(1000)) == 10
    assert annuities.ipmt(Decimal(0), 3, 10, Decimal(1000)) == 0


def test_dated_amounts_have_the_rate_of_real_days() -> None:
    # Directive 98/7/EC, Annex III, first example by calendar days: 12.96 %.
    found = annuities.xirr([(date(1994, 1, 1), Decimal(-1000)), (date(1995, 7, 1), Decimal(1200))])

    assert abs(found - Decimal("0.1296")) < Decimal("0.00005")


def test_nominal_takes_effect_back() -> None:
    for periods in (1, 4, 12, 365):
        effective = annuities.effect(Decimal("0.18"), periods)
        assert abs(annuities.nominal(effective, periods) - Decimal("0.18")) < NEAR


@pytest.mark.parametrize(
    "call",
    [
        lambda: annuities.pmt(MONTHLY, 0, Decimal(1)),
        lambda: annuities.pmt(Decimal(-1), 3, Decimal(1)),
        lambda: annuities.fv(MONTHLY, -1, Decimal(1), Decimal(1)),
        lambda: annuities.ipmt(MONTHLY, 0, 3, Decimal(1)),
        lambda: annuities.ppmt(MONTHLY, 4, 3, Decimal(1)),
        lambda: annuities.cumipmt(MONTHLY, 3, Decimal(1), 2, 1),
        lambda: annuities.cumprinc(MONTHLY, 3, Decimal(1), 0, 1),
        lambda: annuities.nper(Decimal(0), Decimal(0), Decimal(1)),
        lambda: annuities.nper(Decimal("0.1"), Decimal(-50), Decimal(1000)),
        lambda: annuities.nper(Decimal("0.1"), Decimal(-100), Decimal(1000)),
        lambda: annuities.rate(0, Decimal(1), Decimal(1)),
        lambda: annuities.effect(Decimal("0.1"), 0),
        lambda: annuities.nominal(Decimal(-1), 12),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match="no such"):
        call()


def test_amounts_of_one_sign_have_no_rate() -> None:
    with pytest.raises(NoRate):
        annuities.rate(3, Decimal(1), Decimal(1))
    with pytest.raises(NoRate):
        annuities.xirr([(date(2026, 1, 1), Decimal(1)), (date(2027, 1, 1), Decimal(1))])
