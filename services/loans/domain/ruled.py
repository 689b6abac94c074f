"""Do the rulings that a fund and a product name still permit what is asked of the fund?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain import rulings
from services.loans.domain.funding import FinancingRule, Fund, Refusal, Verdict
from services.loans.domain.journal import SHARIA_BOUND_FUNDS
from services.loans.domain.rulings import Question, Ruling, RulingState, Topic
from services.loans.domain.terms import ModeOfFinance, is_sharia_bound
from shared.errors import Sentence
from shared.ids import FundId

NONE_REGISTERED = Sentence(
    "a fund of this kind lends in this mode only with a ruling, and none is registered"
)
FUND_ENDED = Sentence("the ruling under which the fund lends is not in force")
FUND_UNCOVERED = Sentence("the ruling under which the fund lends does not cover this")
PRODUCT_ENDED = Sentence("the ruling under which the product was opened is not in force")
PRODUCT_UNCOVERED = Sentence("the ruling under which the product was opened does not cover this")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What the Sharia register says on a day where an institution works.

    `chains` has, for each ruling that is named, itself and those that took its place, in order.
    `binds`: what no register says counts for nothing.
    """

    place: str = ""
    on: date = date.min
    binds: bool = False
    chains: Mapping[UUID, Sequence[Ruling]] = field(default_factory=dict)
    of_funds: Mapping[FundId, UUID] = field(default_factory=dict)

    def rule(self, line: FinancingRule, *, fund: Fund, mode: ModeOfFinance) -> FinancingRule:
        """The rulebook's line with why no ruling serves, where a board's ruling is what it asks.

        It is for money that the Sharia itself binds, zakat and waqf. Where a donor, a law or
        statutes permit, the deed that the fund names is enough.
        """
        is_of_boards = fund.kind in SHARIA_BOUND_FUNDS and is_sharia_bound(mode)
        if line.verdict is not Verdict.WITH_RULING or not is_of_boards:
            return line
        rule, named = f"{fund.kind.value}-{mode.value}", self.of_funds.get(fund.fund_id)
        if named is None:
            if not self.binds:
                return line
            none = Refusal(
                rule=rule,
                reason=NONE_REGISTERED,
                source=Sentence(line.source),
                in_force_from=line.in_force_from,
            )
            return replace(line, lack=none)
        question = Question(topic=Topic.LENDING, place=self.place, mode=mode, fund_kind=fund.kind)
        words = (FUND_ENDED, FUND_UNCOVERED)
        return replace(line, lack=self._lack(named, question=question, rule=rule, words=words))

    def product_lack(self, ruling_id: UUID | None, *, mode: ModeOfFinance) -> Refusal | None:
        """Why the ruling that a product names permits it no more; None: it does, or none is named.

        A version from before the register names none, and stays as it is.
        """
        if ruling_id is None:
            return None
        question = Question(topic=Topic.OFFERING, place=self.place, mode=mode)
        words = (PRODUCT_ENDED, PRODUCT_UNCOVERED)
        return self._lack(ruling_id, question=question, rule="product-ruling", words=words)

    def _lack(
        self, named: UUID, *, question: Question, rule: str, words: tuple[Sentence, Sentence]
    ) -> Refusal | None:
        chain = self.chains[named]
        try:
            rulings.require(chain, question=question, on=self.on)
        except (rulings.RulingOutOfForce, rulings.RulingDoesNotCover) as error:
            first = chain[0]
            has_ended = isinstance(error, rulings.RulingOutOfForce)
            is_to_come = first.state(self.on) is RulingState.NOT_YET
            return Refusal(
                rule=rule,
                reason=words[0] if has_ended else words[1],
                source=Sentence(f"{first.reference}, {first.board}"),
                in_force_from=(
                    first.last_day_excluded if has_ended and not is_to_come else first.in_force_from
                ),
            )
        return None
