"""What do the question which funds may finance whom, and its answer, look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.domain import cases
from services.loans.domain.borrower import Sex
from services.loans.domain.claiming import Ask
from services.loans.domain.envelope import Held, Place
from services.loans.domain.funding import Refusal
from services.loans.domain.regions import plain
from services.loans.eligibility.asking import Answer, Told
from shared import ids, texts
from shared.errors import Filled
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.texts import Language

CASES_MAX = 1_000
Word = Annotated[str, Field(min_length=1, max_length=60)]


class CaseIn(Body):
    """A case told with the question; what is not told is not known. `name` returns in the answer.

    `aids` are the other aids the case has: an empty list says that there are none.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    product_id: UUID
    amount: MoneyBody
    term_months: Annotated[int, Field(ge=1, le=600)] = 12
    grace_months: Annotated[int, Field(ge=0, le=60)] = 0
    person_id: UUID | None = None
    zakat_class: Word | None = None
    sex: Sex | None = None
    born_on: date | None = None
    client_status: Word | None = None
    sector: Word | None = None
    purpose: Word | None = None
    region: Word | None = None
    own_contribution: MoneyBody | None = None
    aids: Annotated[list[Word], Field(max_length=20)] | None = None
    aids_amount: MoneyBody | None = None
    project_cost: MoneyBody | None = None

    def told(self, *, on: date) -> Told:
        """Give the case as it is asked about on a day."""
        money = self.amount.money()
        own = self.own_contribution
        facts = cases.Facts(
            person=self.person_id,
            zakat_class=self.zakat_class and plain(self.zakat_class),
            sex=self.sex and self.sex.value,
            age=cases.age_of(self.born_on, on=on),
            client_status=self.client_status and plain(self.client_status),
            sector=self.sector and plain(self.sector),
            purpose=self.purpose and plain(self.purpose),
            region=self.region and plain(self.region),
            own_contribution=None if own is None else own.money(),
            aids=None if self.aids is None else frozenset(map(plain, self.aids)),
            aid=None if self.aids_amount is None else self.aids_amount.money(),
            cost=None if self.project_cost is None else self.project_cost.money(),
        )
        return Told(
            case_id=ids.new(),
            product_id=self.product_id,
            amount=money,
            term_months=self.term_months,
            grace_months=self.grace_months,
            facts=facts,
        )

    @model_validator(mode="after")
    def _has_one_currency(self) -> Self:
        for other in (self.own_contribution, self.aids_amount, self.project_cost):
            if other is not None and other.currency != self.amount.currency:
                raise PydanticCustomError("currency", "all amounts of a case are in one currency")
        return self


class ChecksIn(Body):
    """Applications by id, or cases told here, at most a thousand in all; all open funds or some."""

    application_ids: Annotated[list[UUID], Field(max_length=CASES_MAX)] = []
    cases: Annotated[list[CaseIn], Field(max_length=CASES_MAX)] = []
    fund_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    on: date | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not 0 < len(self.application_ids) + len(self.cases) <= CASES_MAX:
            raise PydanticCustomError("asked", "ask about one to a thousand cases")
        if len(set(self.application_ids)) < len(self.application_ids):
            raise PydanticCustomError("asked", "each application is asked about once")
        return self


class ReasonOut(Body):
    """Why a fund may not pay, in the reader's language; cases name it by `reason`, a number.

    Not `is_told`: what the clause asks for is not known of the case. `needs_legal_check`: the rule
    rests on a fact of the rulebook that a lawyer should look at.
    """

    reason: int
    fund_id: UUID
    rule: str
    sentence: str
    source: str
    in_force_from: date | None
    clause_id: UUID | None
    is_told: bool
    needs_legal_check: bool = False


class StipulationOut(Body):
    """What a founder or donor said that no program decides by: to be read by a person."""

    fund_id: UUID
    clause_id: UUID
    reference: str
    words: str
    language: str


class MayNotOut(Body):
    """A fund that may not pay, with its reasons by number."""

    fund_id: UUID
    reasons: list[int]


class CaseOut(Body):
    """What is possible for a case; of the funds that `may` pay, `without_money` lack it now."""

    application_id: UUID | None
    name: str | None
    may: list[UUID]
    without_money: list[UUID]
    may_not: list[MayNotOut]


class ChecksOut(Body):
    """For each case in the order asked the funds that may and may not pay, reasons told once."""

    on: date
    items: list[CaseOut]
    reasons: list[ReasonOut]
    stipulations: list[StipulationOut]

    @classmethod
    def of(
        cls,
        asks: Sequence[Ask],
        answers: Sequence[Answer],
        *,
        names: Sequence[str],
        on: date,
        language: Language,
    ) -> "ChecksOut":
        """Write the answers; the last cases have these names, the first are applications."""
        numbers: dict[tuple[UUID, Refusal], int] = {}
        first = len(asks) - len(names)
        items = [
            CaseOut(
                application_id=ask.application_id if place < first else None,
                name=None if place < first else names[place - first],
                may=[one.fund_id for one in answers if not one.why[place]],
                without_money=[
                    one.fund_id for one in answers if not one.why[place] and one.free < ask.amount
                ],
                may_not=[
                    MayNotOut(
                        fund_id=one.fund_id,
                        reasons=[
                            numbers.setdefault((one.fund_id, refusal), len(numbers))
                            for refusal in one.why[place]
                        ],
                    )
                    for one in answers
                    if one.why[place]
                ],
            )
            for place, ask in enumerate(asks)
        ]
        return cls(
            on=on,
            items=items,
            reasons=[
                _reason(refusal, number=number, fund_id=fund_id, language=language)
                for (fund_id, refusal), number in numbers.items()
            ],
            stipulations=[
                StipulationOut(
                    fund_id=one.fund_id,
                    clause_id=clause.clause_id,
                    reference=clause.reference,
                    words=clause.quoted.text,
                    language=clause.quoted.language,
                )
                for one in answers
                for clause in one.stipulations
            ],
        )


def _reason(refusal: Refusal, *, number: int, fund_id: UUID, language: Language) -> ReasonOut:
    say = texts.sayer("loans", language=language)

    def said(words: str) -> str:
        return words.said(say) if isinstance(words, Filled) else say(words)

    return ReasonOut(
        reason=number,
        fund_id=fund_id,
        rule=refusal.rule,
        sentence=said(refusal.reason),
        source=said(refusal.source),
        in_force_from=refusal.in_force_from,
        clause_id=refusal.clause_id,
        is_told=refusal.is_told,
        needs_legal_check=refusal.needs_check,
    )


class PlaceOut(Body):
    """A region with everything below it; without one, what nobody told a place of.

    `allotted` and `left` where a clause in force caps the region.
    """

    region: str | None
    above: str | None
    reserved: MoneyBody
    committed: MoneyBody
    paid: MoneyBody
    allotted: MoneyBody | None
    left: MoneyBody | None


class EnvelopeOut(Body):
    """What was allotted to a fund, and what of it is reserved, committed and not paid, paid, left.

    `allotted` came in; `left` may still be reserved: what is at hand or firmly due, less what is
    reserved and committed. What came back and can be lent again is in it, so that the other sums
    do not make it up.
    """

    fund_id: UUID
    on: date
    allotted: MoneyBody
    reserved: MoneyBody
    committed: MoneyBody
    paid: MoneyBody
    left: MoneyBody
    places: list[PlaceOut]

    @classmethod
    def of(
        cls, places: Sequence[Place], *, fund_id: UUID, on: date, allotted: Money, left: Money
    ) -> "EnvelopeOut":
        """Write an envelope; its sums are those of the places that lie below no other."""

        def body(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, allotted.currency))

        whole = sum((one.held for one in places if one.above is None), start=Held())
        return cls(
            fund_id=fund_id,
            on=on,
            allotted=MoneyBody.of(allotted),
            reserved=body(whole.reserved),
            committed=body(whole.committed),
            paid=body(whole.paid),
            left=MoneyBody.of(left),
            places=[
                PlaceOut(
                    region=one.region,
                    above=one.above,
                    reserved=body(one.held.reserved),
                    committed=body(one.held.committed),
                    paid=body(one.held.paid),
                    allotted=None if one.allotted is None else MoneyBody.of(one.allotted),
                    left=None if one.left is None else MoneyBody.of(one.left),
                )
                for one in places
            ],
        )
