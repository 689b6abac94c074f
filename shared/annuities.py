"""What do the annuity functions of a spreadsheet say, computed in exact decimals?

Signs as in spreadsheets: money received is positive, money paid negative, so that
present_value (1 + r)^n + payment (1 + r w) ((1 + r)^n - 1) / r + future_value = 0, with w = 1 for
payments at the beginning of each period and 0 at its end (OpenDocument 1.2, part 2, section 6.12).
Rates are fractions a period. Results keep 34 digits and are not rounded to money.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Final, Literal

from shared import rates
from shared.rates import YEAR_DAYS, Flow

PaymentsAt = Literal["end", "begin"]

PRECISION: Final = 34
NONE: Final = Decimal(0)


def fv(
    rate: Decimal,
    periods: int,
    payment: Decimal,
    present_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give what is there after so many periods.

    Worked: 2,000 lent at 10 %/12, 92.29 paid back each of 24 months, leaves about zero.
    Raises `ValueError` for a rate of -100 % or below, or a negative number of periods.
    """
    _require(rate > -1 and periods >= 0)
    with localcontext(prec=PRECISION):
        growth = (1 + rate) ** periods
        return -(present_value * growth + payment * _annuity(rate, periods, payments_at))


def pmt(
    rate: Decimal,
    periods: int,
    present_value: Decimal,
    future_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the equal payment of each period.

    Worked: 20,000 at 80 % over 3 periods: -19,311.258. Raises `ValueError` without a period.
    """
    _require(rate > -1 and periods >= 1)
    with localcontext(prec=PRECISION):
        growth = (1 + rate) ** periods
        return -(present_value * growth + future_value) / _annuity(rate, periods, payments_at)


def ipmt(
    rate: Decimal,
    period: int,
    periods: int,
    present_value: Decimal,
    future_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the interest in the payment of one period, counted from 1.

    Worked: 2,000 at 10 %/12 over 24 months, first month: -16.66666667.
    Raises `ValueError` for a period outside 1 to `periods`.
    """
    _require(1 <= period <= periods)
    payment = pmt(rate, periods, present_value, future_value, payments_at=payments_at)
    with localcontext(prec=PRECISION):
        if payments_at == "begin" and period == 1:
            return Decimal(0)
        owed = fv(rate, period - 1, payment, present_value, payments_at=payments_at)
        interest = owed * rate
        return interest / (1 + rate) if payments_at == "begin" else interest


def ppmt(
    rate: Decimal,
    period: int,
    periods: int,
    present_value: Decimal,
    future_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the principal in the payment of one period, counted from 1: payment less interest.

    Worked: 2,000 at 10 %/12 over 24 months, first month: -75.62318601.
    Raises `ValueError` for a period outside 1 to `periods`.
    """
    payment = pmt(rate, periods, present_value, future_value, payments_at=payments_at)
    interest = ipmt(rate, period, periods, present_value, future_value, payments_at=payments_at)
    with localcontext(prec=PRECISION):
        return payment - interest


def cumipmt(
    rate: Decimal,
    periods: int,
    present_value: Decimal,
    first: int,
    last: int,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the interest paid in the periods from the first to the last, both included.

    Worked: 100,000 at 10 %/12 over 360 months, months 13 to 24: -9,916.77251.
    Raises `ValueError` unless 1 <= first <= last <= periods.
    """
    _require(1 <= first <= last <= periods)
    with localcontext(prec=PRECISION):
        return sum(
            (
                ipmt(rate, period, periods, present_value, payments_at=payments_at)
                for period in range(first, last + 1)
            ),
            start=Decimal(0),
        )


def cumprinc(
    rate: Decimal,
    periods: int,
    present_value: Decimal,
    first: int,
    last: int,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the principal paid in the periods from the first to the last, both included.

    Worked: 100,000 at 10 %/12 over 360 months, months 1 to 24: -1,169.96490.
    Raises `ValueError` unless 1 <= first <= last <= periods.
    """
    payment = pmt(rate, periods, present_value, payments_at=payments_at)
    interest = cumipmt(rate, periods, present_value, first, last, payments_at=payments_at)
    with localcontext(prec=PRECISION):
        return payment * (last - first + 1) - interest


def nper(
    rate: Decimal,
    payment: Decimal,
    present_value: Decimal,
    future_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the number of periods, as a fraction too, that the payments take.

    Worked: -2,000 a year at 7.5 % until there are 100,000: 21.5449442.
    Raises `ValueError` where no number of periods does it.
    """
    _require(rate > -1)
    with localcontext(prec=PRECISION):
        if rate == 0:
            _require(payment != 0)
            return -(present_value + future_value) / payment
        flow = payment * (1 + rate * _is_begin(payments_at)) / rate
        _require(present_value + flow != 0)
        growth = (flow - future_value) / (present_value + flow)
        _require(growth > 0)
        return growth.ln() / (1 + rate).ln()


def rate(
    periods: int,
    payment: Decimal,
    present_value: Decimal,
    future_value: Decimal = NONE,
    *,
    payments_at: PaymentsAt = "end",
) -> Decimal:
    """Give the rate a period at which the payments settle it; of several, the nearest to zero.

    Worked: 10 periods, -3,500 now, 10,000 at the end: 0.1107. Raises `NoRate`.
    """
    _require(periods >= 1)
    begins = _is_begin(payments_at)
    flows = [Flow(amount=present_value, compounded=Decimal(0))]
    flows += [
        Flow(amount=payment, compounded=Decimal(number - begins))
        for number in range(1, periods + 1)
    ]
    flows.append(Flow(amount=future_value, compounded=Decimal(periods)))
    with localcontext(prec=PRECISION):
        return rates.solve(flows)


def irr(amounts: Sequence[Decimal]) -> Decimal:
    """Give the rate a period of equally spaced amounts, the first now.

    Worked: -100, 39, 59, 55, 20: 0.28095. Raises `NoRate`.
    """
    return rates.irr(amounts)


def xirr(flows: Sequence[tuple[date, Decimal]]) -> Decimal:
    """Give the effective rate a year of dated amounts, by days over 365.

    Worked: -1,000 on 1 January 1994, 1,200 on 1 July 1995: 0.12962. Raises `NoRate`.
    """
    first = min((day for day, _ in flows), default=date.min)
    with localcontext(prec=PRECISION):
        return rates.solve(
            Flow(amount=amount, compounded=Decimal((day - first).days) / YEAR_DAYS["act/365"])
            for day, amount in flows
        )


def effect(nominal_rate: Decimal, periods_a_year: int) -> Decimal:
    """Give the effective rate a year of a nominal one: (1 + r/n)^n - 1.

    Worked: 10 % compounded quarterly: 0.103812891. Raises `ValueError` without a period.
    """
    _require(periods_a_year >= 1)
    with localcontext(prec=PRECISION):
        return (1 + nominal_rate / periods_a_year) ** periods_a_year - 1


def nominal(effective_rate: Decimal, periods_a_year: int) -> Decimal:
    """Give the nominal rate a year of an effective one: n ((1 + r)^(1/n) - 1).

    Worked: 0.103812891 by quarters: 0.1. Raises `ValueError` without a period or at -100 %.
    """
    _require(periods_a_year >= 1 and effective_rate > -1)
    with localcontext(prec=PRECISION):
        return ((1 + effective_rate) ** (Decimal(1) / periods_a_year) - 1) * periods_a_year


def _annuity(rate: Decimal, periods: int, payments_at: PaymentsAt) -> Decimal:
    """Give the value at the end of a payment of one in each period."""
    if rate == 0:
        return Decimal(periods)
    return ((1 + rate) ** periods - 1) / rate * (1 + rate * _is_begin(payments_at))


def _is_begin(payments_at: PaymentsAt) -> int:
    return 1 if payments_at == "begin" else 0


def _require(condition: bool) -> None:  # noqa: FBT001 - it is the whole question
    if not condition:
        raise ValueError("no such number of periods, or no such rate")
