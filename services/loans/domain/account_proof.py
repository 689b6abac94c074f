"""Is what a bank says was on an account what the books say, but for what is listed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.loans.domain.matching import Outcome
from services.loans.domain.statement_chain import DayProof
from shared.money import Money


class Standing(StrEnum):
    """What may be said of an account's day."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """What stands on one side only, or differs within a match: above zero it is theirs."""

    key: UUID
    sort: str
    outcome: Outcome | None
    day: date
    effect: Money
    owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """An account on the day that its newest statement closed: `stated - booked = items + rest`.

    `chain` are all closed days up to it; the last is the one proved.
    """

    chain: Sequence[DayProof]
    booked: Money
    items: Sequence[OpenItem]

    @property
    def stated(self) -> Money | None:
        """What the provider says was on the account."""
        return self.chain[-1].closing if self.chain else None

    @property
    def listed(self) -> Money:
        """What the open items explain of the difference."""
        return Money.total((item.effect for item in self.items), self.booked.currency)

    @property
    def difference(self) -> Money | None:
        """What the provider says more than the books."""
        return None if self.stated is None else self.stated - self.booked

    @property
    def rest(self) -> Money | None:
        """What no open item explains.

        Worked: 145.000 stated, 100.000 booked, a line of 40.000 that the books do not have: the
        difference is 45.000, 40.000 is listed and 5.000 is not explained.
        """
        return None if self.difference is None else self.difference - self.listed

    @property
    def gaps(self) -> list[DayProof]:
        """The closed days whose lines do not lead to their closing."""
        return [proof for proof in self.chain if not proof.holds]

    @property
    def standing(self) -> Standing:
        """Whether the day agrees, is explained item by item, or not; a gap explains nothing."""
        if self.rest is None or self.difference is None:
            return Standing.NOT_TOLD
        if self.gaps or not self.rest.is_zero:
            return Standing.UNEXPLAINED
        return Standing.EXPLAINED if self.items else Standing.AGREES
