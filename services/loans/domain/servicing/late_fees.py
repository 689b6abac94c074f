"""What do the agreed fees for late instalments ask of a contract on a day?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.loans.domain.fees import Fee, FeeBase, FeeWhen
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.deciding import History
from services.loans.domain.servicing.orders import OrderKind
from services.loans.domain.servicing.rows import Row
from services.loans.domain.servicing.shape import Standing
from shared.errors import Kind, RafidError
from shared.ids import ContractId


class LateFeeNotAgreed(RafidError):
    """No such fee for late instalments is agreed"""

    kind = Kind.RULE
    service = "loans"
    detail = "{contract_id} agrees on no fee {code} for an instalment that is paid late."
    contract_id: ContractId
    code: str


class NotPaidLate(RafidError):
    """The instalment is not late"""

    kind = Kind.RULE
    service = "loans"
    detail = "No instalment due on {due_on} was open after that day; {on} asks no fee for it."
    due_on: date
    on: date


class LateFeeAsked(RafidError):
    """The fee was asked for this instalment before"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{code} was asked for the instalment of {due_on} by the order {order_id}."
    code: str
    due_on: date
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFee:
    """What one fee asks for one late instalment, in minor units."""

    code: str
    due_on: date
    amount: int


def past_due_days(standing: Standing, *, on: date) -> tuple[date, ...]:
    """The due days of instalments that lie before a day, each once."""
    days = {row.due_on for row in standing.shape.rows if row.is_instalment and row.due_on < on}
    return tuple(sorted(days))


def asked(
    standing: Standing, *, history: History, paid_by: Mapping[date, int], on: date
) -> tuple[LateFee, ...]:
    """What the agreed fees still ask on a day, for every instalment that is or was paid late."""
    already = {(one.code, one.due_on) for one in _asked_before(history)}
    return tuple(
        LateFee(code=fee.code, due_on=due_on, amount=_amount(standing, fee, rows))
        for due_on in past_due_days(standing, on=on)
        if (rows := _late(standing, due_on, paid=paid_by.get(due_on, 0)))
        for fee in agreed(standing)
        if (fee.code, due_on) not in already and _amount(standing, fee, rows)
    )


def amount(
    standing: Standing, fee: LateFee, *, history: History, paid_by: Mapping[date, int], on: date
) -> int:
    """What a fee asks for the instalment of a due day, in minor units; `fee.amount` is not read.

    2 % of an instalment of 100.000 + 10.000 that was open after its day: 2.200, whatever of it
    was paid since. Raises `LateFeeNotAgreed`, `NotPaidLate`, `LateFeeAsked`.
    """
    found = next((one for one in agreed(standing) if one.code == fee.code), None)
    if found is None:
        raise LateFeeNotAgreed(contract_id=standing.contract_id, code=fee.code)
    for before in _asked_before(history):
        if (before.code, before.due_on) == (fee.code, fee.due_on):
            raise before
    rows = _late(standing, fee.due_on, paid=paid_by.get(fee.due_on, 0))
    if fee.due_on >= on or not rows:
        raise NotPaidLate(due_on=fee.due_on, on=on)
    return _amount(standing, found, rows)


def agreed(standing: Standing) -> tuple[Fee, ...]:
    """The fees that were agreed for instalments paid late."""
    return tuple(fee for fee in standing.terms.fees if fee.when is FeeWhen.OVERDUE)


def _asked_before(history: History) -> Iterable[LateFeeAsked]:
    for step in history.steps:
        code, due_on = step.asked.fee_code, step.asked.late_due_on
        if step.asked.kind is OrderKind.CHARGE and code is not None and due_on is not None:
            yield LateFeeAsked(code=code, due_on=due_on, order_id=step.order_id)


def _late(standing: Standing, due_on: date, *, paid: int) -> list[Row]:
    """The rows of a due day, if anything of their principal or profit was open when it ended."""
    rows = standing.shape.rows
    still_open = arithmetic.split(rows, paid=paid, order=standing.order)[1]
    then = [row for row in still_open if row.due_on == due_on]
    if not any(row.principal or row.profit for row in then):
        return []
    return [row for row in rows if row.due_on == due_on]


def _amount(standing: Standing, fee: Fee, rows: Iterable[Row]) -> int:
    principal, profit, _, _ = arithmetic.sums(list(rows))
    base = {
        FeeBase.PRINCIPAL: principal,
        FeeBase.PROFIT: profit,
        FeeBase.PRINCIPAL_AND_PROFIT: principal + profit,
    }[fee.of]
    return fee.charge(standing.money(base), rounding=standing.terms.rounding).minor
