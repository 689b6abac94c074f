"""When is which part of the loan due, to the minor unit?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext

from services.loans.domain import due_dates
from services.loans.domain.due_dates import PRECISION
from services.loans.domain.fees import FeeWhen
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, ResidueRule, Terms
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.rulebook import Fact

LEVELLING_ROUNDS = 3
_ROUNDINGS = {"half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "down": ROUND_DOWN}


class InstalmentsTooSmall(RafidError):
    """The instalments do not pay the loan back"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "With {instalments} instalments of {instalment} the loan of {principal} is not paid back:"
        " ask for fewer instalments, a larger amount or a lower rate."
    )
    instalments: int
    instalment: Money
    principal: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One agreed payment: its number from 1, its due date and its components.

    No schedule agrees on a penalty; a late amount comes into a later generation of instalments.
    """

    number: int
    due_on: date
    principal: Money
    profit: Money
    fee: Money
    penalty_minor: int = 0

    @property
    def penalty(self) -> Money:
        """The late amount that was charged with this instalment."""
        return Money(self.penalty_minor, self.principal.currency)

    @property
    def total(self) -> Money:
        """What is to be paid on the due date."""
        return self.principal + self.profit + self.fee + self.penalty


def schedule(terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
    """The instalments of a loan, exactly as many as agreed; the principals sum to the loan.

    Every computed amount is rounded once, by the rounding of the terms, and the last instalment
    takes the residue (`ResidueRule` names the other rules). Qard: floor(principal / number),
    1000.000 JOD in 7 is six of 142.857 and a last of 142.858. Flat: profit = principal x rate x
    years, shared equally; 1,000.00 at 12 % for 3 months is three times 333.33 + 10.00 with 333.34
    in the last. Declining balance: the annuity B / sum(1 / prod(1 + r_i)), profit of a period =
    outstanding x r_i; 1,000.00 at 12 % in 3 months is 340.02, 340.02 and 340.03.

    Due dates on a holiday move by the rule of the terms; `overrides` are the institution's own
    facts of the rulebook. Raises `InstalmentsTooSmall`, and `NoRule` for an unknown country.
    """
    nominal = due_dates.nominal(terms)
    principals, profits = _split(terms, nominal=nominal)
    moved = due_dates.moved(terms, nominal=nominal, overrides=overrides)
    fees = _fees(terms)
    currency = terms.currency
    return tuple(
        Instalment(
            number=number,
            due_on=due_on,
            principal=Money(principal, currency),
            profit=Money(profit, currency),
            fee=fee,
        )
        for number, (due_on, principal, profit, fee) in enumerate(
            zip(moved, principals, profits, fees, strict=True), start=1
        )
    )


def totals(instalments: Sequence[Instalment]) -> tuple[tuple[int, int, int, int], ...]:
    """The components in minor units, in the order of `Component`: what `allocation` works on."""
    return tuple(
        (due.principal.minor, due.profit.minor, due.fee.minor, due.penalty_minor)
        for due in instalments
    )


def fees_at_disbursement(terms: Terms) -> Money:
    """The fees kept back from the money paid out; they are in no instalment."""
    return Money.total(
        (
            fee.charge(terms.principal, rounding=terms.rounding)
            for fee in terms.fees
            if fee.when is FeeWhen.AT_DISBURSEMENT
        ),
        terms.currency,
    )


def _fees(terms: Terms) -> list[Money]:
    none = Money.zero(terms.currency)
    first = each = none
    for fee in terms.fees:
        amount = fee.charge(terms.principal, rounding=terms.rounding)
        if fee.when is FeeWhen.EACH_INSTALMENT:
            each += amount
        elif fee.when is FeeWhen.FIRST_INSTALMENT:
            first += amount
    return [first + each, *([each] * (terms.instalments - 1))]


def _split(terms: Terms, *, nominal: Sequence[date]) -> tuple[list[int], list[int]]:
    if terms.charge_method is ChargeMethod.NONE:
        rounding = "down" if terms.mode_of_finance is ModeOfFinance.QARD else terms.rounding
        principals = _equal(terms.principal.minor, terms.instalments, terms, rounding)
        parts = principals, [0] * terms.instalments
    else:
        fractions = due_dates.fractions(terms, nominal=nominal)
        with localcontext(prec=PRECISION):
            split = _flat if terms.charge_method is ChargeMethod.FLAT else _declining
            parts = split(terms, fractions)
    _refuse_unpayable(terms, parts)
    return parts


def _refuse_unpayable(terms: Terms, parts: tuple[list[int], list[int]]) -> None:
    """After grace every instalment pays some principal back; nothing is ever negative."""
    for number, (principal, profit) in enumerate(zip(*parts, strict=True)):
        lowest = 1 if number >= terms.principal_grace else 0
        if principal < lowest or profit < 0:
            raise InstalmentsTooSmall(
                instalments=terms.instalments,
                instalment=Money(parts[0][0] + parts[1][0], terms.currency),
                principal=terms.principal,
            )


def _whole(amount: Decimal, rounding: str) -> int:
    return int(amount.to_integral_value(_ROUNDINGS[rounding]))


def _equal(amount: int, count: int, terms: Terms, rounding: str) -> list[int]:
    """An amount in equal parts, by the residue rule of the terms.

    Parts that rounded up would leave the last one less than nothing are floored instead: 4 minor
    units in 6 is five times 0 and 4, not five times 1 and -1.
    """
    if terms.residue_rule is ResidueRule.LARGEST_REMAINDER:
        small, larger = divmod(amount, count)
        return [small] * (count - larger) + [small + 1] * larger
    part = _whole(Decimal(amount) / count, rounding)
    if part * (count - 1) > amount:
        part = amount // count
    if terms.residue_rule is ResidueRule.LEVELLED:
        part = _levelled(part, count=count, last_of=lambda tried: amount - tried * (count - 1))
    return [*([part] * (count - 1)), amount - part * (count - 1)]


def _levelled(part: int, *, count: int, last_of: Callable[[int], int]) -> int:
    """The part shifted by whole units while that brings the last one nearer to the others."""
    gap = last_of(part) - part
    for _ in range(LEVELLING_ROUNDS):
        if abs(gap) <= count // 2:
            break
        tried = part + _whole(Decimal(gap) / count, "half_even")
        tried_gap = last_of(tried) - tried
        if abs(tried_gap) >= abs(gap) or tried_gap + tried < 0:
            break
        part, gap = tried, tried_gap
    return part


def _flat(terms: Terms, fractions: Sequence[Decimal]) -> tuple[list[int], list[int]]:
    """Profit on the whole principal for the whole time, shared over all instalments."""
    count, grace = terms.instalments, terms.principal_grace
    profit = _whole(terms.principal.minor * terms.annual_rate * sum(fractions), terms.rounding)
    principals = _equal(terms.principal.minor, count - grace, terms, terms.rounding)
    return [0] * grace + principals, _equal(profit, count, terms, terms.rounding)


def _declining(terms: Terms, fractions: Sequence[Decimal]) -> tuple[list[int], list[int]]:
    """Equal instalments, profit on what is outstanding; during grace the profit alone."""
    rates = [terms.annual_rate * fraction for fraction in fractions]
    grace, principal = terms.principal_grace, terms.principal.minor
    bearing, factor, sum_of_factors = rates[grace:], Decimal(1), Decimal(1)
    for rate in bearing[1:]:
        sum_of_factors = 1 + sum_of_factors * (1 + rate)
    for rate in bearing:
        factor *= 1 + rate
    instalment = _whole(principal * factor / sum_of_factors, terms.rounding)
    if terms.residue_rule is ResidueRule.LEVELLED:
        instalment = _levelled(
            instalment,
            count=len(bearing),
            last_of=lambda tried: _last_instalment(terms, bearing, tried),
        )
    principals, profits = [0] * grace, []
    outstanding = principal
    for number, rate in enumerate(rates, start=1):
        profit = _whole(outstanding * rate, terms.rounding)
        profits.append(profit)
        if number > grace:
            part = outstanding if number == len(rates) else instalment - profit
            principals.append(part)
            outstanding -= part
    return principals, profits


def _last_instalment(terms: Terms, rates: Sequence[Decimal], instalment: int) -> int:
    outstanding = terms.principal.minor
    for rate in rates[:-1]:
        outstanding -= instalment - _whole(outstanding * rate, terms.rounding)
    return outstanding + _whole(outstanding * rates[-1], terms.rounding)
