"""How is the proof of an account's day said as a paper in a language?"""

from collections.abc import Mapping
from typing import Final

from services.loans.domain.account_proof import Standing
from services.loans.domain.matching import Outcome
from services.loans.domain.suspense import Age
from services.loans.papers.documents import WordsOut
from services.loans.papers.words import Words
from services.loans.reconciliation.proof_schemas import AccountProofOut, ClosedDayOut
from shared.errors import Sentence
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure
from shared.schemas import MoneyBody
from shared.texts import Language

STANDINGS: Final[Mapping[Standing, Sentence]] = {
    Standing.AGREES: Sentence("The statement and the books agree."),
    Standing.EXPLAINED: Sentence("The difference is explained, item by item."),
    Standing.UNEXPLAINED: Sentence("The difference is not explained: somebody must look at it."),
    Standing.NOT_TOLD: Sentence("No statement has come: nothing can be said."),
}
OUTCOMES: Final[Mapping[Outcome, Sentence]] = {
    Outcome.MATCHED: Sentence("Agrees, on different days"),
    Outcome.OURS_ONLY: Sentence("In the books only"),
    Outcome.THEIRS_ONLY: Sentence("On the statement only"),
    Outcome.AMOUNT_DIFFERS: Sentence("The amounts differ"),
    Outcome.CURRENCY_DIFFERS: Sentence("The currencies differ"),
    Outcome.DUPLICATE: Sentence("Told twice"),
    Outcome.REVERSED: Sentence("Taken back"),
    Outcome.FEE: Sentence("Fee of the provider, not booked"),
    Outcome.UNDECIDED: Sentence("A person must say which"),
}
NOT_JUDGED: Final = Sentence("Waits for the next statement")
AGES: Final[Mapping[Age, Sentence]] = {
    Age.FRESH: Sentence("Up to 1 day"),
    Age.WEEK: Sentence("Up to 7 days"),
    Age.MONTH: Sentence("Up to 30 days"),
    Age.OLD: Sentence("Over 30 days"),
}


def report(paper: AccountProofOut, *, language: Language) -> Sheet:
    """Say a proof: the day, the difference, what explains it, gaps, and suspense by age."""
    words = Words(language)
    say = words.say
    known = say("As the books know it today: all that is booked.")
    if paper.known_at is not None:
        moment = figure(paper.known_at.isoformat(sep=" ", timespec="seconds"))
        known = say("As the books knew it at {moment}.", moment=moment)
    facts = [
        (say("Provider"), apart(paper.provider), False),
        (say("Account number"), figure(paper.number), False),
        (say("Currency"), figure(paper.currency), False),
    ]
    if paper.told_on is not None:
        facts.append((say("Last closed statement"), words.day_in_words(paper.told_on), True))
        facts.append((say("Days without a statement since"), str(paper.untold_days), False))
    return Sheet(
        language=language,
        institution=apart(_named(paper.institution, language)),
        place="",
        reference=paper.institution_code,
        title=say("Proof of the day"),
        subtitle=figure(paper.code),
        facts=facts,
        tables=[
            _sums(paper, words),
            _items(paper, words),
            _gaps(paper, words),
            _held(paper, words),
        ],
        notes=[
            say(STANDINGS[paper.standing]),
            f"{say('As of the end of {day}.', day=words.day_in_words(paper.as_of))} {known}",
        ],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=paper.sha256,
            sentence=say("The same question to the books gives the same hash."),
        ),
    )


def _sums(paper: AccountProofOut, words: Words) -> Table:
    say, day = words.say, paper.closed_day
    rows: list[tuple[str, MoneyBody | None]] = []
    if day is not None:
        rows += [(say("Opening"), day.opening), (say("Entries of the statement"), day.entries)]
        rows += [(say("Missing lines"), day.missing), (say("Closing"), day.closing)]
    rows += [(say("In the books"), paper.booked), (say("Difference"), paper.difference)]
    rows += [(say("Explained by open items"), paper.listed), (say("Not explained"), paper.rest)]
    return Table(
        heading=say("Statement and books"),
        columns=(Column(title=""), Column(title=figure(paper.currency), kind="figure")),
        rows=[(name, words.number(money)) for name, money in rows if money is not None],
    )


def _items(paper: AccountProofOut, words: Words) -> Table:
    say = words.say
    rows: list[tuple[Cell, ...]] = [
        (
            words.day(item.day),
            say(NOT_JUDGED if item.outcome is None else OUTCOMES[item.outcome]),
            str(item.days),
            words.number(item.effect),
        )
        for item in paper.items
    ]
    return Table(
        heading=say("Open items"),
        columns=(
            Column(title=say("Day"), kind="day"),
            Column(title=say("What is said of it")),
            Column(title=say("Age in days"), kind="figure"),
            Column(title=figure(paper.currency), kind="figure"),
        ),
        rows=rows,
        total=("", say("Total"), "", words.number(paper.listed)) if rows else (),
        empty=say("Nothing is open."),
    )


def _gaps(paper: AccountProofOut, words: Words) -> Table:
    say = words.say

    def row(gap: ClosedDayOut) -> tuple[Cell, ...]:
        return words.day(gap.day), words.number(gap.closing), words.number(gap.missing)

    return Table(
        heading=say("Days whose lines do not lead to their closing"),
        columns=(
            Column(title=say("Day"), kind="day"),
            Column(title=say("Closing"), kind="figure"),
            Column(title=say("Missing lines"), kind="figure"),
        ),
        rows=[row(gap) for gap in paper.gaps],
        empty=say("No statement is missing."),
    )


def _held(paper: AccountProofOut, words: Words) -> Table:
    say = words.say
    rows = [
        (say(AGES[one.age]), str(one.number), words.number(one.amount)) for one in paper.suspense
    ]
    return Table(
        heading=say("Came in, not yet explained"),
        columns=(
            Column(title=say("Age")),
            Column(title=say("Number"), kind="figure"),
            Column(title=figure(paper.currency), kind="figure"),
        ),
        rows=rows,
        total=(say("Total"), "", words.number(paper.in_suspense)) if rows else (),
        empty=say("Nothing waits to be explained."),
    )


def _named(names: WordsOut, language: Language) -> str:
    by_language: Mapping[Language, str] = {"ar": names.ar, "fr": names.fr, "en": names.en}
    return by_language[language]
