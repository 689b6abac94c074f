"""Which orders can be given on a contract, with which members, and by whose leave?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self, cast
from uuid import UUID

from services.loans.domain.amortisation import Advance
from services.loans.domain.course.events import OpenProfit
from services.loans.domain.course.plan import ChargeOff
from services.loans.domain.journal import Channel
from shared.errors import JsonValue, Kind, RafidError, to_json


class OrderKind(StrEnum):
    """What is ordered; each is a line of `RULES`."""

    PAYOFF = "payoff"
    WAIVER = "waiver"
    CHARGE = "charge"
    PAYMENT_HOLIDAY = "payment_holiday"
    RESCHEDULE = "reschedule"
    RESTRUCTURE = "restructure"
    RATE_CHANGE = "rate_change"
    PROFIT_PAUSE = "profit_pause"
    RE_AGE = "re_age"
    RE_AMORTISE = "re_amortise"
    CHARGE_OFF = "charge_off"
    ADVANCE = "advance"
    REFINANCE = "refinance"
    TOP_UP = "top_up"
    TRANSFER = "transfer"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    FORGIVENESS = "forgiveness"
    REFUND = "refund"
    CHARGE_BACK = "charge_back"
    CLOSE = "close"
    REOPEN = "reopen"
    DISBURSEMENT_REVERSAL = "disbursement_reversal"
    SET_OFF = "set_off"
    END_DRAWING = "end_drawing"
    REVERSAL = "reversal"


class OrderReason(StrEnum):
    """Why it is ordered: a code, never words about a person."""

    AGREEMENT = "agreement"
    HARDSHIP = "hardship"
    DEATH = "death"
    DISASTER = "disaster"
    UNCOLLECTABLE = "uncollectable"
    LATE_PAYMENT = "late_payment"
    REGULATION = "regulation"
    POLICY = "policy"
    DISPUTE = "dispute"
    ERROR = "error"


class WaivedPart(StrEnum):
    """What may be waived; principal is forgiven or written off instead."""

    PROFIT = "profit"
    FEE = "fee"
    PENALTY = "penalty"


class Weight(StrEnum):
    """Which amount decides who must approve an order."""

    AMOUNT = "amount"
    OUTSTANDING = "outstanding"


class OrderMemberWrong(RafidError):
    """The order lacks a member, or has one too many"""

    kind = Kind.RULE
    service = "loans"
    detail = "An order of kind {order_kind} takes {taken}; the member {member} is wrong."
    order_kind: OrderKind
    member: str
    taken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an order of one kind takes, whether two must agree to it, and by which amount."""

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()
    is_approved: bool = True
    weight: Weight = Weight.OUTSTANDING
    moves_money: bool = False
    in_relief: bool = False


_K = OrderKind
RULES: Mapping[OrderKind, Rule] = {
    _K.PAYOFF: Rule(may_have=("channel", "granted_minor"), weight=Weight.AMOUNT, moves_money=True),
    _K.WAIVER: Rule(
        needs=("part",), may_have=("amount_minor",), weight=Weight.AMOUNT, in_relief=True
    ),
    _K.CHARGE: Rule(
        needs=("part",),
        may_have=("amount_minor", "due_on", "fee_code", "late_due_on"),
        weight=Weight.AMOUNT,
    ),
    _K.PAYMENT_HOLIDAY: Rule(needs=("periods",), in_relief=True),
    _K.RESCHEDULE: Rule(needs=("instalments", "first_due_on"), may_have=("grace",), in_relief=True),
    _K.RESTRUCTURE: Rule(needs=("instalments", "first_due_on", "annual_rate"), may_have=("grace",)),
    _K.RATE_CHANGE: Rule(needs=("annual_rate",), in_relief=True),
    _K.PROFIT_PAUSE: Rule(needs=("until_on",), in_relief=True),
    _K.RE_AGE: Rule(needs=("instalments", "first_due_on"), may_have=("open_profit",)),
    _K.RE_AMORTISE: Rule(may_have=("open_profit",)),
    _K.CHARGE_OFF: Rule(may_have=("further_profit",), weight=Weight.AMOUNT),
    _K.ADVANCE: Rule(needs=("effect",), may_have=("repayment_id",), is_approved=False),
    _K.REFINANCE: Rule(needs=("new_contract_id",), moves_money=True),
    _K.TOP_UP: Rule(needs=("new_contract_id",), moves_money=True),
    _K.TRANSFER: Rule(needs=("borrower_id",)),
    _K.WRITE_OFF: Rule(weight=Weight.AMOUNT, in_relief=True),
    _K.RECOVERY: Rule(
        needs=("amount_minor",), may_have=("channel",), is_approved=False, moves_money=True
    ),
    _K.FORGIVENESS: Rule(may_have=("amount_minor",), weight=Weight.AMOUNT, in_relief=True),
    _K.REFUND: Rule(
        needs=("amount_minor",), may_have=("channel",), weight=Weight.AMOUNT, moves_money=True
    ),
    _K.CHARGE_BACK: Rule(
        needs=("amount_minor", "repayment_id"),
        may_have=("channel",),
        weight=Weight.AMOUNT,
        moves_money=True,
    ),
    _K.CLOSE: Rule(),
    _K.REOPEN: Rule(),
    _K.DISBURSEMENT_REVERSAL: Rule(moves_money=True),
    _K.SET_OFF: Rule(needs=("amount_minor",), weight=Weight.AMOUNT),
    _K.END_DRAWING: Rule(),
    _K.REVERSAL: Rule(needs=("order_id",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as asked: kind, the day it counts from, why, and what its kind takes.

    Amounts are minor units of the contract's currency, `annual_rate` a fraction a year;
    `granted_minor` is the profit that a payoff gives up of good will; `fee_code` names the agreed
    fee that a charge asks for the instalment that was due on `late_due_on`.
    Raises `OrderMemberWrong` for a member that its kind lacks or does not take.
    """

    kind: OrderKind
    effective_on: date
    reason: OrderReason
    amount_minor: int | None = None
    part: WaivedPart | None = None
    due_on: date | None = None
    periods: int | None = None
    instalments: int | None = None
    first_due_on: date | None = None
    grace: int | None = None
    annual_rate: Decimal | None = None
    until_on: date | None = None
    open_profit: OpenProfit | None = None
    further_profit: ChargeOff | None = None
    effect: Advance | None = None
    channel: Channel | None = None
    order_id: UUID | None = None
    repayment_id: UUID | None = None
    borrower_id: UUID | None = None
    new_contract_id: UUID | None = None
    granted_minor: int | None = None
    fee_code: str | None = None
    late_due_on: date | None = None

    def __post_init__(self) -> None:
        rule = self.rule
        taken = (*rule.needs, *rule.may_have)
        given = set(self._members())
        wrong = sorted((set(rule.needs) - given) | (given - set(taken)))
        if self.kind is OrderKind.CHARGE:
            wrong += self._wrong_in_charge()
        wrong += [name for name, least in LEAST.items() if self._is_below(name, least)]
        if wrong:
            raise OrderMemberWrong(order_kind=self.kind, member=wrong[0], taken=taken)

    def _wrong_in_charge(self) -> list[str]:
        """A charge is a sum or an agreed fee; such a fee is a penalty for one instalment."""
        wrong = {
            "part": self.part is WaivedPart.PROFIT,
            "amount_minor": self.amount_minor is None and self.fee_code is None,
            "late_due_on": (self.late_due_on is None) != (self.fee_code is None),
            "fee_code": self.fee_code is not None and self.part is not WaivedPart.PENALTY,
        }
        return [name for name, is_wrong in wrong.items() if is_wrong]

    def _members(self) -> dict[str, object]:
        found = {name: getattr(self, name) for name in MEMBERS}
        return {name: value for name, value in found.items() if value is not None}

    def _is_below(self, name: str, least: int) -> bool:
        value = getattr(self, name)
        return value is not None and value < least

    @property
    def rule(self) -> Rule:
        """The rule of its kind."""
        return RULES[self.kind]

    @property
    def is_approved(self) -> bool:
        """Whether two must agree to it: of charges only the fee that the terms agreed needs one."""
        return self.rule.is_approved and self.fee_code is None

    @property
    def paid_through(self) -> Channel:
        """The account that money moves through: cash unless said otherwise."""
        return self.channel or Channel.CASH

    @property
    def purse(self) -> str:
        """The code of the account that its money comes out of, or goes to."""
        return "savings" if self.kind is OrderKind.SET_OFF else self.paid_through.value

    def members(self) -> dict[str, JsonValue]:
        """The members of its kind, as they are kept with the order."""
        return {name: to_json(value) for name, value in self._members().items()}

    @classmethod
    def of(
        cls, kind: OrderKind, *, effective_on: date, reason: OrderReason, members: object
    ) -> Self:
        """The order that `members` wrote; raises `KeyError` or `ValueError` on anything else."""
        kept = cast("Mapping[str, str]", members)
        read = {name: READERS[name](value) for name, value in kept.items()}
        return cls(kind=kind, effective_on=effective_on, reason=reason, **read)  # type: ignore[arg-type] # by name


LEAST = {
    "amount_minor": 1,
    "periods": 1,
    "instalments": 1,
    "grace": 0,
    "annual_rate": 0,
    "granted_minor": 1,
}
MEMBERS = tuple(
    field.name for field in fields(Asked) if field.name not in {"kind", "effective_on", "reason"}
)
READERS: Mapping[str, Callable[[str], object]] = {
    "amount_minor": int,
    "part": WaivedPart,
    "due_on": date.fromisoformat,
    "periods": int,
    "instalments": int,
    "first_due_on": date.fromisoformat,
    "grace": int,
    "annual_rate": Decimal,
    "until_on": date.fromisoformat,
    "open_profit": OpenProfit,
    "further_profit": ChargeOff,
    "effect": Advance,
    "channel": Channel,
    "order_id": UUID,
    "repayment_id": UUID,
    "borrower_id": UUID,
    "new_contract_id": UUID,
    "granted_minor": int,
    "fee_code": str,
    "late_due_on": date.fromisoformat,
}
