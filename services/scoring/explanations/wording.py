"""How is an explanation said on one page, in Arabic, French or English?"""

import hashlib
from typing import Final

import orjson

from services.scoring.explanations.schemas import BestOut, ExplanationOut, StepOut, WayOut
from shared.clients import rejections
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


RHYTHMS: Final = {
    "weekly": Sentence("weekly"),
    "biweekly": Sentence("every two weeks"),
    "monthly": Sentence("monthly"),
    "quarterly": Sentence("quarterly"),
    "half_yearly": Sentence("half-yearly"),
    "yearly": Sentence("yearly"),
}
TOO_MUCH = Sentence("No instalments that were tried fit what is left in every month.")
TOO_DEAR = Sentence("No rate that was tried is within the law.")
NOT_CARRIED = Sentence("The money that may finance it does not bear what it would cost.")
OUTSIDE = Sentence("What was asked for lies outside of what the product offers.")
UNFIT: Final = {
    "too_high_instalment": TOO_MUCH,
    "month_not_covered": TOO_MUCH,
    "rate_above_ceiling": TOO_DEAR,
    "nominal_rate_above_ceiling": TOO_DEAR,
    "below_break_even": NOT_CARRIED,
    "subsidy_exhausted": NOT_CARRIED,
    "fund_without_money": NOT_CARRIED,
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
        paragraphs=[
            *(say(RULES[rule]) for rule in paper.hard_rules),
            *(say(rejections.WAITS[code]) for code in paper.waits),
            *([] if paper.unfit is None else [say(UNFIT.get(paper.unfit, OUTSIDE))]),
        ],
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
    is_plain = best.frequency == "monthly" and not best.is_seasonal
    each = say("Largest instalment") if best.is_seasonal else say("Each instalment")
    facts: list[tuple[str, Cell, bool]] = [
        (say("Amount that fits best"), _amount(best.amount, language), True),
        (say("Over"), months, False),
        (say("A month") if is_plain else each, _amount(best.instalment, language), True),
        (say("Cost in all"), _amount(best.total_cost, language), True),
    ]
    if not is_plain:
        rhythm = say(RHYTHMS[best.frequency])
        followed = say("{rhythm}, following the season").format(rhythm=rhythm)
        facts.append((say("Paid"), followed if best.is_seasonal else rhythm, False))
    if best.grace_months:
        grace = say("{months} months").format(months=figure(str(best.grace_months)))
        facts.append((say("Grace"), grace, False))
    return facts


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
