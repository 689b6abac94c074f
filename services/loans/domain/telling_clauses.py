"""How is a clause told to whoever it refuses: what it asks, its words, its source and its day?"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from services.loans.domain.clauses import WHOSE_WORD, Clause, ClauseKind
from services.loans.domain.funding import Refusal
from shared.errors import Filled, Sentence

QUOTED_MOST: Final = 240
PERCENT: Final = 100

ASPECTS: Final[Mapping[ClauseKind, Sentence]] = {
    ClauseKind.ZAKAT_CLASS: Sentence("the recipient's class of zakat"),
    ClauseKind.SEX: Sentence("the borrower's sex"),
    ClauseKind.AGE: Sentence("the borrower's age"),
    ClauseKind.YOUTH: Sentence("the borrower's youth"),
    ClauseKind.CLIENT_STATUS: Sentence("the borrower's status"),
    ClauseKind.SECTOR: Sentence("the sector"),
    ClauseKind.PURPOSE: Sentence("the purpose"),
    ClauseKind.MODE: Sentence("the mode of finance"),
    ClauseKind.REGION: Sentence("the region"),
    ClauseKind.MOST_PER_PERSON: Sentence("the borrower"),
    ClauseKind.OWN_CONTRIBUTION: Sentence("the own contribution"),
    ClauseKind.JOINED_BY: Sentence("the other sources"),
    ClauseKind.NOT_JOINED_BY: Sentence("the other sources"),
    ClauseKind.MOST_AID: Sentence("the other aids and the cost of the project"),
}
OF: Final[Mapping[str, Sentence]] = {
    "person": Sentence("one person"),
    "sector": Sentence("one sector"),
    "region": Sentence("one region"),
    "women": Sentence("women"),
    "youth": Sentence("the young"),
}
ASKED: Final[Mapping[ClauseKind, Sentence]] = {
    ClauseKind.AGE: Sentence("the borrower's age must lie from {least} to {most} years"),
    ClauseKind.YOUTH: Sentence("the money is for the young alone"),
    ClauseKind.GIVING_DAYS: Sentence("the money is given from {opens_on} to {closes_on} alone"),
    ClauseKind.SPEND_WITHIN: Sentence(
        "what came in more than {most} days ago is not paid out any more, and nothing newer is free"
    ),
    ClauseKind.MOST_PER_PERSON: Sentence("one person gets {amount} at most in all"),
    ClauseKind.MOST_PER_CONTRACT: Sentence("one contract gets {amount} at most"),
    ClauseKind.LEAST_PER_CONTRACT: Sentence("one contract gets {amount} at least"),
    ClauseKind.MOST_SHARE: Sentence("{of} gets {share} % of the money at most"),
    ClauseKind.LEAST_SHARE: Sentence("{share} % of the money at least must go to {of}"),
    ClauseKind.OWN_CONTRIBUTION: Sentence("the borrower brings {share} % of the cost at least"),
    ClauseKind.JOINED_BY: Sentence("another source must pay as well: {values}"),
    ClauseKind.NOT_JOINED_BY: Sentence("this may not be joined with: {values}"),
    ClauseKind.MOST_AID: Sentence("all aids together are {share} % of the cost at most"),
}
ALONE: Final = Sentence("{aspect} can only be: {values}")
BARRED: Final = Sentence("{aspect} cannot be: {values}")
NOT_TOLD: Final = Sentence("{aspect} is not told, and the clause asks for it")
SOURCE: Final = Sentence("{whose} {reference}, {source}, {dated_on}: “{text}”")


@lru_cache(maxsize=4_096)
def refusal_of(clause: Clause, *, is_told: bool) -> Refusal:
    """The refusal that names a clause; the same for every case that it refuses alike.

    `is_told` false: what the clause asks for is not known.
    """
    return Refusal(
        rule=clause.reference,
        reason=asked_of(clause) if is_told else Filled(NOT_TOLD, aspect=_aspect(clause)),
        source=source_of(clause),
        in_force_from=clause.valid_from,
        clause_id=clause.clause_id,
        is_told=is_told,
    )


def asked_of(clause: Clause) -> Filled:
    """What a clause asks, in words: "the borrower's sex can only be: female"."""
    rule = clause.rule
    pattern = ASKED.get(clause.kind)
    if pattern is None:
        pattern = BARRED if rule.bars else ALONE
    return Filled(
        pattern,
        aspect=_aspect(clause),
        values=sorted(rule.values) or None,
        least=rule.least,
        most=rule.most,
        amount=rule.amount,
        share=None if rule.share is None else f"{(rule.share * PERCENT).normalize():f}",
        of=OF.get(rule.of or "", ""),
        opens_on=rule.opens_on,
        closes_on=rule.closes_on,
    )


def source_of(clause: Clause) -> Filled:
    """Whose word a clause is, its number, source, day and words; long words are cut short."""
    quoted = clause.quoted
    is_long = len(quoted.text) > QUOTED_MOST
    return Filled(
        SOURCE,
        whose=WHOSE_WORD[quoted.whose],
        reference=clause.reference,
        source=quoted.source,
        dated_on=quoted.dated_on,
        text=f"{quoted.text[:QUOTED_MOST]}…" if is_long else quoted.text,
    )


def _aspect(clause: Clause) -> Sentence:
    if clause.kind in ASPECTS:
        return ASPECTS[clause.kind]
    aspects = {
        "women": ClauseKind.SEX,
        "youth": ClauseKind.AGE,
        "person": ClauseKind.MOST_PER_PERSON,
    }
    aspects |= {"sector": ClauseKind.SECTOR, "region": ClauseKind.REGION}
    return ASPECTS[aspects[clause.rule.of or "person"]]
