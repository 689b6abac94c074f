"""What do clauses of funds and the tree of regions look like on the wire?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.loans.clauses.queries import Written
from services.loans.clauses.tables import RegionRow
from services.loans.domain import telling_clauses
from services.loans.domain.clauses import SILENT, Base, ClauseKind, Quoted, Rule, Whose
from services.loans.domain.regions import plain
from services.loans.institutions.schemas import NamesBody
from shared import texts
from shared.schemas import Body, Instant, MoneyBody
from shared.texts import Language

Word = Annotated[str, Field(min_length=1, max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Share = Annotated[str, Field(pattern=r"^0(\.\d{1,6})?$", examples=["0.3"])]
Count = Annotated[int, Field(ge=1, le=3_660)]


class RegionIn(Body):
    """A region to enter, below one that is there."""

    code: Word
    above: Word | None = None
    names: NamesBody


class RegionOut(Body):
    """A region with the one above it."""

    code: str
    above: str | None
    names: NamesBody

    @classmethod
    def of(cls, row: RegionRow) -> "RegionOut":
        """Write a region."""
        names = NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en)
        return cls(code=row.code, above=row.above_code, names=names)


class RuleBody(Body):
    """What a program reads out of a clause; which members count depends on its kind.

    `values` are alone allowed, or with `bars` not allowed. `of`: a share of one `person`,
    `sector` or `region`, or for `women` or `youth`. `base` says of what a least share is one: of
    what was given, so that the first goes to the favoured, or of what was received. Ages in
    years, `spend_within` in days. Every day is included.
    """

    values: Annotated[list[Word], Field(max_length=100)] = []
    bars: bool = False
    least: Count | None = None
    most: Count | None = None
    amount: MoneyBody | None = None
    share: Share | None = None
    of: Literal["person", "sector", "region", "women", "youth"] | None = None
    base: Base = Base.GIVEN
    opens_on: date | None = None
    closes_on: date | None = None

    def rule(self) -> Rule:
        """Give the rule; words as plain codes."""
        return Rule(
            values=frozenset(map(plain, self.values)),
            bars=self.bars,
            least=self.least,
            most=self.most,
            amount=None if self.amount is None else self.amount.money(),
            share=None if self.share is None else Decimal(self.share),
            of=self.of,
            base=self.base,
            opens_on=self.opens_on,
            closes_on=self.closes_on,
        )


class QuotedBody(Body):
    """The words as they were written, in their language, with source, day and whose they are."""

    words: Words
    language: Language
    source: Annotated[str, Field(min_length=1, max_length=300)]
    dated_on: date
    whose: Whose

    def quoted(self) -> Quoted:
        """Give the words with their source."""
        return Quoted(
            text=self.words,
            language=self.language,
            source=self.source,
            dated_on=self.dated_on,
            whose=self.whose,
        )


class ClauseIn(QuotedBody):
    """A clause to propose; a stipulation is for people to read and refuses nothing by itself.

    With `succeeds_id` it takes another's place from `valid_from` on. With `spares_agreed` what
    was signed before its first day is still paid out; else a clause that came after a signature
    refuses the payment too.
    """

    kind: Annotated[ClauseKind, Field(examples=["sex"])]
    rule: RuleBody = RuleBody()
    valid_from: date
    valid_through: date | None = None
    spares_agreed: bool = False
    succeeds_id: UUID | None = None


class LiftingIn(QuotedBody):
    """The paper that lifts a clause, and the first day on which it no longer holds."""

    ends_on: date


class ClauseOut(Body):
    """A clause, where it stands, and what it asks in the reader's language (`asks`)."""

    clause_id: UUID
    fund_id: UUID
    reference: str
    kind: ClauseKind
    rule: dict[str, Any]
    words: str
    language: str
    source: str
    dated_on: date
    whose: Whose
    valid_from: date
    valid_through: date | None
    spares_agreed: bool
    succeeds_id: UUID | None
    state: Literal["proposed", "approved", "rejected"]
    asks: str | None
    proposed_by: UUID
    proposed_at: Instant
    decided_by: UUID | None
    decided_at: Instant | None

    @classmethod
    def of(
        cls, written: Written, *, language: Language, valid_through: date | None = None
    ) -> "ClauseOut":
        """Write a clause; `valid_through` where another that follows cuts it short."""
        row, decision, clause = written.row, written.decision, written.clause
        asks = None
        if clause.kind not in SILENT:
            say = texts.sayer("loans", language=language)
            asks = telling_clauses.asked_of(clause).said(say)
        return cls(
            clause_id=row.clause_id,
            fund_id=row.fund_id,
            reference=row.reference,
            kind=clause.kind,
            rule=row.rule,
            words=row.words,
            language=row.language,
            source=row.source,
            dated_on=row.dated_on,
            whose=clause.quoted.whose,
            valid_from=row.valid_from,
            valid_through=valid_through or row.valid_through,
            spares_agreed=row.spares_agreed,
            succeeds_id=row.succeeds_id,
            state=written.state,
            asks=asks,
            proposed_by=row.actor_id,
            proposed_at=row.recorded_at,
            decided_by=None if decision is None else decision.actor_id,
            decided_at=None if decision is None else decision.recorded_at,
        )
