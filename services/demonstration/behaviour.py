"""How do borrowers repay? Most on the day, some late, a few stop, a few pay all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from services.loans.domain.journal import Channel
from services.loans.domain.schedule import Instalment
from shared.money import Money


class Temper(StrEnum):
    """How somebody repays."""

    PROMPT = "prompt"
    LATE = "late"
    HALTING = "halting"
    STOPS = "stops"
    PREPAYS = "prepays"


# Chances of somebody whose case is as sound as cases are; the weaker a case, the more trouble.
CHANCES: Final = {
    Temper.PROMPT: 0.715,
    Temper.LATE: 0.145,
    Temper.HALTING: 0.050,
    Temper.STOPS: 0.047,
    Temper.PREPAYS: 0.043,
}
TROUBLE: Final = frozenset({Temper.LATE, Temper.HALTING, Temper.STOPS})
WALLET_SHARE: Final = 0.12
MISTAKE_SHARE: Final = 0.004
SPLIT_SHARE: Final = 0.2
SKIP_SHARE: Final = 0.25
PREPAYING_FROM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came on a day; a mistake is taken back, and the right amount follows it."""

    number: int
    amount: Money
    received_on: date
    channel: Channel
    is_mistake: bool = False


def temper(rng: Random, *, soundness: float) -> Temper:
    """Draw how somebody repays; soundness runs from 0 (weak) to 1, 0.5 is the usual."""
    weights = [
        chance * (2 - 2 * soundness if kind in TROUBLE else 1) for kind, chance in CHANCES.items()
    ]
    return rng.choices(list(CHANCES), weights)[0]


def payments(
    rng: Random, *, kind: Temper, instalments: Sequence[Instalment], paid_out_on: date, until: date
) -> tuple[Payment, ...]:
    """What somebody pays from the day the money went out until a day, in order of days.

    Nobody pays more than all that was agreed; who stops has paid a part, or nothing.
    """
    channel = Channel.WALLET if rng.random() < WALLET_SHARE else Channel.CASH
    first = paid_out_on + timedelta(days=1)
    dated = [
        (max(day, first), amount)
        for day, amount in _dated(rng, kind, instalments)
        if amount.is_positive and max(day, first) <= until
    ]
    found: list[Payment] = []
    for day, amount in sorted(dated, key=lambda item: item[0]):
        if rng.random() < MISTAKE_SHARE:
            wrong = Payment(
                number=len(found) + 1,
                amount=amount,  # entered twice
                received_on=day,
                channel=channel,
                is_mistake=True,
            )
            found.append(wrong)
        found.append(
            Payment(number=len(found) + 1, amount=amount, received_on=day, channel=channel)
        )
    return tuple(found)


def _dated(
    rng: Random, kind: Temper, instalments: Sequence[Instalment]
) -> Iterator[tuple[date, Money]]:
    match kind:
        case Temper.PROMPT:
            yield from _prompt(rng, instalments)
        case Temper.LATE:
            yield from _late(rng, instalments)
        case Temper.HALTING:
            yield from _halting(rng, instalments)
        case Temper.STOPS:
            paid = rng.randint(0, max(len(instalments) * 2 // 3, 1))
            yield from _prompt(rng, instalments[:paid])
        case Temper.PREPAYS:
            kept = min(rng.randint(PREPAYING_FROM, PREPAYING_FROM + 5), len(instalments) - 1)
            yield from _prompt(rng, instalments[:kept])
            rest = instalments[kept:]
            yield rest[0].due_on, sum((one.total for one in rest[1:]), start=rest[0].total)


def _prompt(rng: Random, instalments: Sequence[Instalment]) -> Iterator[tuple[date, Money]]:
    for one in instalments:
        yield one.due_on + timedelta(days=rng.choice((-4, -2, -1, 0, 0, 0, 0, 1, 2, 3))), one.total


def _late(rng: Random, instalments: Sequence[Instalment]) -> Iterator[tuple[date, Money]]:
    for one in instalments:
        day = one.due_on + timedelta(days=rng.randint(3, 26))
        if rng.random() < SPLIT_SHARE:
            part = one.total.split((3, 2))
            yield day, part[0]
            yield day + timedelta(days=rng.randint(2, 9)), part[1]
        else:
            yield day, one.total


def _halting(rng: Random, instalments: Sequence[Instalment]) -> Iterator[tuple[date, Money]]:
    """Now and then nothing comes, and two instalments come a month or two later."""
    for one in instalments:
        skips = rng.random() < SKIP_SHARE
        yield (
            one.due_on + timedelta(days=rng.randint(32, 70) if skips else rng.randint(0, 20)),
            (one.total),
        )
