"""What is told of zakat that is paid, and what is found to be due?"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.loans.domain.journal import Channel
from services.loans.domain.lawful import Standing, Used
from services.loans.domain.zakat.collecting import Origin
from services.loans.domain.zakat.nisab import Due, Price
from shared.errors import JsonValue
from shared.money import Money
from shared.rulebook import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Zakat that is paid: to which fund, by whom if known, where, and as what it is meant."""

    fund_id: UUID
    amount: Money
    received_on: date
    channel: Channel
    region: str
    intention: str
    payer_id: UUID | None = None
    origin: Origin = Origin.PAYER


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What a payer owes, with the price and the rules it rests on."""

    due: Due
    price: Price | None
    facts: tuple[Used, ...]


def used(facts: list[Fact]) -> tuple[Used, ...]:
    """Rules as they were used, for whoever reads or keeps them."""
    return tuple(Used(fact=one, standing=Standing.IN_FORCE) for one in facts)


def as_json(facts: tuple[Used, ...]) -> list[dict[str, JsonValue]]:
    """Used rules as rows keep them."""
    return [one.to_json() for one in facts]
