"""What did a founder, a donor, a lender or the state say about the use of a fund's money?

A clause is one such saying: its words as they were written, where and when, and the one rule that
a program can read out of them. It is never edited; another takes its place, or lifts it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.loans.domain.regions import plain
from services.loans.domain.terms import ModeOfFinance
from shared.errors import JsonValue, Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import Money

MILLION: Final = 1_000_000
OLDEST: Final = 120
LONGEST_DAYS: Final = 3_660
VALUES_MAX: Final = 100


class ClauseKind(StrEnum):
    """What a clause is about."""

    ZAKAT_CLASS = "zakat_class"
    SEX = "sex"
    AGE = "age"
    YOUTH = "youth"
    CLIENT_STATUS = "client_status"
    SECTOR = "sector"
    PURPOSE = "purpose"
    MODE = "mode_of_finance"
    REGION = "region"
    GIVING_DAYS = "giving_days"
    SPEND_WITHIN = "spend_within"
    MOST_PER_PERSON = "most_per_person"
    MOST_PER_CONTRACT = "most_per_contract"
    LEAST_PER_CONTRACT = "least_per_contract"
    MOST_SHARE = "most_share"
    LEAST_SHARE = "least_share"
    OWN_CONTRIBUTION = "own_contribution"
    JOINED_BY = "joined_by"
    NOT_JOINED_BY = "not_joined_by"
    MOST_AID = "most_aid"
    STIPULATION = "stipulation"
    LIFTING = "lifting"


class Whose(StrEnum):
    """Whose word a clause is."""

    FOUNDER = "founder"
    DONOR = "donor"
    LENDER = "lender"
    STATE = "state"
    INSTITUTION = "institution"


class Base(StrEnum):
    """Of what a least share is a share."""

    GIVEN = "given"
    RECEIVED = "received"


class ClauseMalformed(RafidError):
    """The clause is not in the form of its kind"""

    kind = Kind.RULE
    service = "loans"
    detail = "A clause of the kind {clause_kind} has not this as {member}: {value}."
    clause_kind: ClauseKind
    member: str
    value: str


class ClauseNeverHolds(RafidError):
    """There is no day on which the clause would hold"""

    kind = Kind.RULE
    service = "loans"
    detail = "From {starts_on} through {ends_on} there is no day."
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """The words of a clause as they were written, in their language, with source and day."""

    text: str
    language: str
    source: str
    dated_on: date
    whose: Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a program reads out of a clause; which members count depends on its kind.

    `values` are the codes it names, alone allowed or, with `bars`, not allowed. `of` says of what
    a share is counted: of one person, sector or region, of women or the young. Days are included.
    """

    values: frozenset[str] = frozenset()
    bars: bool = False
    least: int | None = None
    most: int | None = None
    amount: Money | None = None
    share: Decimal | None = None
    of: str | None = None
    base: Base = Base.GIVEN
    opens_on: date | None = None
    closes_on: date | None = None

    @property
    def millionths(self) -> int:
        """The share in whole millionths: 0.3 is 300,000."""
        return int((self.share or Decimal(0)) * MILLION)

    def to_json(self) -> dict[str, JsonValue]:
        """Plain members, fit for `jsonb`; what says nothing is left out."""
        told: dict[str, JsonValue] = {
            "values": [*sorted(self.values)],
            "bars": self.bars,
            "least": self.least,
            "most": self.most,
            "amount": None if self.amount is None else self.amount.to_json(),
            "share": None if self.share is None else f"{self.share:f}",
            "of": self.of,
            "base": None if self.base is Base.GIVEN else self.base.value,
            "opens_on": None if self.opens_on is None else self.opens_on.isoformat(),
            "closes_on": None if self.closes_on is None else self.closes_on.isoformat(),
        }
        return {name: value for name, value in told.items() if value not in (None, [], False)}

    @classmethod
    def from_json(cls, told: Mapping[str, JsonValue]) -> "Rule":
        """Read a rule as it was kept."""
        amount, least, most = told.get("amount"), told.get("least"), told.get("most")
        values = told.get("values")
        return cls(
            values=frozenset(map(str, values if isinstance(values, list) else ())),
            bars=bool(told.get("bars")),
            least=least if isinstance(least, int) else None,
            most=most if isinstance(most, int) else None,
            amount=(
                Money.parse(str(amount["amount"]), str(amount["currency"]))
                if isinstance(amount, dict)
                else None
            ),
            share=Decimal(str(told["share"])) if "share" in told else None,
            of=str(told["of"]) if "of" in told else None,
            base=Base(str(told.get("base", "given"))),
            opens_on=_day(told.get("opens_on")),
            closes_on=_day(told.get("closes_on")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause of a fund; both days of its validity are included.

    With `spares_agreed` it does not hold what was signed before its first day: that is still paid
    out. Raises `ClauseNeverHolds`, `ClauseMalformed`.
    """

    clause_id: UUID
    fund_id: FundId
    reference: str
    kind: ClauseKind
    rule: Rule
    quoted: Quoted
    valid_from: date
    valid_through: date | None = None
    spares_agreed: bool = False

    def __post_init__(self) -> None:
        last = self.valid_through
        if last is not None and last < self.valid_from:
            raise ClauseNeverHolds(starts_on=self.valid_from, ends_on=last)
        check_form(self.kind, self.rule)

    def is_in_force(self, on: date) -> bool:
        """Whether a day lies within its validity."""
        return self.valid_from <= on and (self.valid_through is None or on <= self.valid_through)

    def meets(self, other: "Clause") -> bool:
        """Whether there is a day on which both hold."""
        starts = max(self.valid_from, other.valid_from)
        ends = [one.valid_through for one in (self, other) if one.valid_through is not None]
        return not ends or starts <= min(ends)


def standing(approved: Sequence[tuple[Clause, UUID | None]]) -> list[Clause]:
    """Approved clauses with the days on which they hold: another that follows cuts them short.

    "Women alone" from January, lifted from May: it holds through 30 April. Each clause is given
    with the id of the one it follows.
    """
    ends: dict[UUID, date] = {}
    for clause, followed_id in approved:
        if followed_id is not None:
            last = clause.valid_from - timedelta(days=1)
            ends[followed_id] = min(last, ends.get(followed_id, last))
    found = []
    for clause, _ in approved:
        lasts = [clause.valid_through, ends.get(clause.clause_id)]
        through = min((one for one in lasts if one is not None), default=None)
        holds = through is None or clause.valid_from <= through
        if clause.kind is not ClauseKind.LIFTING and holds:
            found.append(replace(clause, valid_through=through))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a kind of clause needs, beside what it may have; `codes` are the words it knows."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    codes: frozenset[str] | None = None
    of: frozenset[str] = frozenset()


ZAKAT_CLASSES: Final = frozenset(
    {
        "fuqara",
        "masakin",
        "amilin",
        "muallafa",
        "riqab",
        "gharimin",
        "fi_sabilillah",
        "ibn_sabil",
    }
)
GRANT: Final = "grant"
"""What is given and not asked back: a mode of its own to clauses."""
MODES: Final = frozenset({*map(str, ModeOfFinance), GRANT})
_SET: Final = Form(needs=frozenset({"values"}), may=frozenset({"bars"}))
_AMOUNT: Final = Form(needs=frozenset({"amount"}))
FORMS: Final[Mapping[ClauseKind, Form]] = {
    ClauseKind.ZAKAT_CLASS: Form(needs=_SET.needs, may=_SET.may, codes=ZAKAT_CLASSES),
    ClauseKind.SEX: Form(needs=_SET.needs, codes=frozenset({"female", "male"})),
    ClauseKind.AGE: Form(may=frozenset({"least", "most"})),
    ClauseKind.YOUTH: Form(),
    ClauseKind.CLIENT_STATUS: _SET,
    ClauseKind.SECTOR: _SET,
    ClauseKind.PURPOSE: _SET,
    ClauseKind.MODE: Form(needs=_SET.needs, may=_SET.may, codes=MODES),
    ClauseKind.REGION: _SET,
    ClauseKind.GIVING_DAYS: Form(may=frozenset({"opens_on", "closes_on"})),
    ClauseKind.SPEND_WITHIN: Form(needs=frozenset({"most"})),
    ClauseKind.MOST_PER_PERSON: _AMOUNT,
    ClauseKind.MOST_PER_CONTRACT: _AMOUNT,
    ClauseKind.LEAST_PER_CONTRACT: _AMOUNT,
    ClauseKind.MOST_SHARE: Form(
        needs=frozenset({"share", "of"}),
        may=frozenset({"values"}),
        of=frozenset({"person", "sector", "region"}),
    ),
    ClauseKind.LEAST_SHARE: Form(
        needs=frozenset({"share", "of"}), may=frozenset({"base"}), of=frozenset({"women", "youth"})
    ),
    ClauseKind.OWN_CONTRIBUTION: Form(needs=frozenset({"share"})),
    ClauseKind.JOINED_BY: Form(may=frozenset({"values"})),
    ClauseKind.NOT_JOINED_BY: Form(may=frozenset({"values"})),
    ClauseKind.MOST_AID: Form(needs=frozenset({"share"})),
    ClauseKind.STIPULATION: Form(),
    ClauseKind.LIFTING: Form(),
}
COUNTED: Final = frozenset(
    {ClauseKind.MOST_PER_PERSON, ClauseKind.MOST_SHARE, ClauseKind.LEAST_SHARE}
)
"""The kinds that ask what was given before."""
SILENT: Final = frozenset({ClauseKind.STIPULATION, ClauseKind.LIFTING})
"""The kinds that a person reads and no program decides by."""


def check_form(kind: ClauseKind, rule: Rule) -> None:
    """Raise `ClauseMalformed`, `ClauseNeverHolds` unless the rule is in the form of its kind."""
    form, blank = FORMS[kind], Rule()
    for member in fields(rule):
        value = getattr(rule, member.name)
        is_told = value != getattr(blank, member.name)
        if is_told != (member.name in form.needs) and not (is_told and member.name in form.may):
            raise ClauseMalformed(clause_kind=kind, member=member.name, value=_shown(value))
    _check_values(kind, rule, form=form)
    _check_figures(kind, rule)
    if rule.opens_on and rule.closes_on and rule.closes_on < rule.opens_on:
        raise ClauseNeverHolds(starts_on=rule.opens_on, ends_on=rule.closes_on)


def _check_values(kind: ClauseKind, rule: Rule, *, form: Form) -> None:
    strange = {value for value in rule.values if value != plain(value) or not value}
    if form.codes is not None:
        strange |= rule.values - form.codes
    if strange or len(rule.values) > VALUES_MAX:
        raise ClauseMalformed(clause_kind=kind, member="values", value=_shown(rule.values))
    if rule.of not in form.of and form.of:
        raise ClauseMalformed(clause_kind=kind, member="of", value=_shown(rule.of))
    if rule.of == "person" and rule.values:
        raise ClauseMalformed(clause_kind=kind, member="values", value=_shown(rule.values))


def _check_figures(kind: ClauseKind, rule: Rule) -> None:
    if rule.amount is not None and not rule.amount.is_positive:
        raise ClauseMalformed(clause_kind=kind, member="amount", value=_shown(rule.amount))
    share = rule.share
    if share is not None and not (0 < share < 1 and share * MILLION == rule.millionths):
        raise ClauseMalformed(clause_kind=kind, member="share", value=_shown(share))
    if kind is ClauseKind.AGE and rule.least is None and rule.most is None:
        raise ClauseMalformed(clause_kind=kind, member="least", value=_shown(None))
    if kind is ClauseKind.GIVING_DAYS and rule.opens_on is None and rule.closes_on is None:
        raise ClauseMalformed(clause_kind=kind, member="opens_on", value=_shown(None))
    longest = LONGEST_DAYS if kind is ClauseKind.SPEND_WITHIN else OLDEST
    for member in ("least", "most"):
        figure = getattr(rule, member)
        if figure is not None and not 0 < figure <= longest:
            raise ClauseMalformed(clause_kind=kind, member=member, value=_shown(figure))
    if rule.least is not None and rule.most is not None and rule.most < rule.least:
        raise ClauseMalformed(clause_kind=kind, member="most", value=_shown(rule.most))


def _shown(value: object) -> str:
    match value:
        case None:
            return "–"
        case frozenset():
            return ", ".join(sorted(map(str, value))) or "–"
        case _:
            return str(value)


def _day(told: JsonValue) -> date | None:
    return date.fromisoformat(told) if isinstance(told, str) else None


WHOSE_WORD: Final[Mapping[Whose, Sentence]] = {
    Whose.FOUNDER: Sentence("the founder's stipulation"),
    Whose.DONOR: Sentence("the donor's clause"),
    Whose.LENDER: Sentence("the lender's clause"),
    Whose.STATE: Sentence("the state's clause"),
    Whose.INSTITUTION: Sentence("the institution's own clause"),
}
