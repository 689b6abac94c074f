"""How is an explanation said on one page, in Arabic, French or English?"""

import hashlib
from typing import Final

import orjson

from services.scoring.explanations.schemas import BestOut, ExplanationOut, StepOut, WayOut
from shared.errors import Sentence
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure, grouped
from shared.schemas import MoneyBody
from shared.texts import Language, sayer

ADVICE: Final = {
    "offer": Sentence("Our opinion: the loan can be offered"),
    "refer": Sentence("Our opinion: a person should look at it closely"),
    "decline": Sentence("Our opinion: the loan should not be given as asked"),
}
RULES: Final = {
    "of_legal_age": Sentence("The applicant has to be of legal age."),
    "identity_proven": Sentence("The applicant's identity has to be proven."),
    "activity_permitted": Sentence("The activity has to be permitted."),
    "in_default_now": Sentence("A loan that is in default now has to be settled first."),
}


def page(paper: ExplanationOut, *, language: Language) -> Sheet:
    """Say an explanation as a page to hand out: advice, reasons, ways, terms that fit."""
    say = sayer("scoring", language=language)
    facts: list[tuple[str, Cell, bool]] = [
        (say("Points"), figure(f"{paper.points} / {paper.points_max}"), True),
        (say("Grade"), figure(paper.grade), True),
        (say("Assessed on"), figure(paper.assessed_at.date().isoformat()), True),
    ]
    facts += _terms(paper.best, language)
    document = orjson.dumps(paper.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return Sheet(
        language=language,
        institution=say("Explanation of an opinion"),
        place=say("A person decides; this opinion only advises."),
        reference=paper.application_id,
        title=say(ADVICE[paper.advice]),
        paragraphs=[say(RULES[rule]) for rule in paper.hard_rules],
        facts=facts,
        tables=[_reasons(paper, language), *_ways(paper, language)],
        notes=[
            say("The opinion knows no name, no sex, no age, no origin and no religion."),
            say("You may ask for a person to look at your file again, and correct what is wrong."),
        ],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=hashlib.sha256(document).hexdigest(),
            sentence=say("Card {card}; the same facts always get the same opinion.").format(
                card=figure(f"{paper.card_id} {paper.card_version}")
            ),
        ),
    )


def _terms(best: BestOut | None, language: Language) -> list[tuple[str, Cell, bool]]:
    say = sayer("scoring", language=language)
    if best is None:
        return [(say("Terms that fit"), say("None at present"), False)]
    months = say("{months} months").format(months=figure(str(best.term_months)))
    return [
        (say("Amount that fits best"), _amount(best.amount, language), True),
        (say("Over"), months, False),
        (say("A month"), _amount(best.instalment, language), True),
        (say("Cost in all"), _amount(best.total_cost, language), True),
    ]


def _reasons(paper: ExplanationOut, language: Language) -> Table:
    say = sayer("scoring", language=language)
    return Table(
        heading=say("What cost most points"),
        columns=[
            Column(title=say("Reason")),
            Column(title=say("What would change it")),
            Column(title=say("Points lost"), kind="figure"),
        ],
        rows=[[apart(why.text), apart(why.hint), figure(str(why.lost))] for why in paper.reasons],
        empty=say("Nothing cost points."),
    )


def _ways(paper: ExplanationOut, language: Language) -> list[Table]:
    say = sayer("scoring", language=language)
    return [
        Table(
            heading=say("A way to a better opinion ({points} points)").format(
                points=figure(str(way.points))
            ),
            columns=[
                Column(title=say("What")),
                Column(title=say("How")),
                Column(title=say("Points gained"), kind="figure"),
            ],
            rows=_rows(way, language),
        )
        for way in paper.ways
    ]


def _rows(way: WayOut, language: Language) -> list[list[Cell]]:
    return [
        [(apart(step.label), _bounds(step, language)), apart(step.hint), figure(f"+{step.gained}")]
        for step in way.steps
    ]


def _bounds(step: StepOut, language: Language) -> str:
    say = sayer("scoring", language=language)
    if step.at_least is not None and step.below is not None:
        sentence = say("from {low} to below {high}")
    elif step.at_least is not None:
        sentence = say("at least {low}")
    elif step.below is not None:
        sentence = say("below {high}")
    else:
        return ""
    return sentence.format(low=figure(step.at_least or ""), high=figure(step.below or ""))


def _amount(money: MoneyBody, language: Language) -> str:
    return f"{figure(grouped(money.amount, language=language))} {money.currency}"
