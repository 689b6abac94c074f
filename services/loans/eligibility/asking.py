"""What is asked of funds about cases told with the question, and what does each fund answer?"""

from dataclasses import dataclass
from uuid import UUID

from services.loans.domain.cases import Facts
from services.loans.domain.clauses import Clause
from services.loans.domain.funding import Refusal
from shared.ids import FundId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case told with the question: which product, how much, and what is known of who asks."""

    case_id: UUID
    product_id: UUID
    amount: Money
    term_months: int
    grace_months: int
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one fund says of all that was asked, a place for each case."""

    fund_id: FundId
    free: Money
    why: tuple[tuple[Refusal, ...], ...]
    stipulations: tuple[Clause, ...]
