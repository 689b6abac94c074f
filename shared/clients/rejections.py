"""Why are terms not offered? The answers of scoring as sentences, for each service's readers."""

from collections.abc import Mapping
from typing import Final

from shared import texts
from shared.clients.scoring_types import AssessmentOut
from shared.texts import Language

# The test that failed → message id; the figures of the test are filled in.
SENTENCES: Final[Mapping[str, str]] = {
    "amount_below_minimum": "{asked} is less than the product's least amount, {limit}.",
    "amount_above_maximum": "{asked} is more than the product's most, {limit}.",
    "term_below_minimum": "{asked} months are fewer than the product's shortest term, {limit}.",
    "term_above_maximum": "{asked} months are more than the product's longest term, {limit}.",
    "grace_above_maximum": "{asked} months of grace are more than the product gives, {limit}.",
    "rate_above_ceiling": (
        "The effective rate of {effective} is above the legal ceiling of {ceiling}."
    ),
    "nominal_rate_above_ceiling": (
        "The rate of {rate} is above the legal ceiling of {ceiling} on the rate as it is charged."
    ),
    "too_high_instalment": (
        "The instalment of {instalment} is above what can be paid a month, {capacity}."
    ),
    "below_break_even": (
        "At the highest rate allowed {needed} would be missing; {available} may be given."
    ),
    "not_whole_instalments": (
        "{asked} months hold no whole number of instalments, {limit} a year."
    ),
    "month_not_covered": (
        "In month {month} {due} are due and {available} are there; a cover of {least} is asked."
    ),
    "fee_eats_loan": "A fee of {fee} leaves nothing of {asked} to be paid out.",
    "fund_without_money": "The fund has {limit} free, less than {asked}.",
    "subsidy_exhausted": "This qard would cost its fund {needed}; the fund may bear {available}.",
}


# The same where it is told who set the ceiling, and since when.
SOURCED: Final[Mapping[str, str]] = {
    "rate_above_ceiling": (
        "The effective rate of {effective} is above the legal ceiling of {ceiling} ({source})."
    ),
    "nominal_rate_above_ceiling": (
        "The rate of {rate} is above the legal ceiling of {ceiling} on the rate as it is charged"
        " ({source})."
    ),
}
# Why instalments that follow what the months leave do not pass either → message id.
SEASONAL: Final[Mapping[str, str]] = {
    "flat_charge": "Instalments cannot follow the months where profit is charged flat.",
    "months_untold": "Instalments cannot follow the months: none were told.",
    "nothing_left": "Instalments cannot follow the months: none of them leaves anything.",
    "fund_without_money": "The fund has not enough free for instalments by season either.",
    "too_high_instalment": (
        "Instalments that follow the months are above what an average month can bear too."
    ),
    "month_not_covered": "Instalments that follow the months leave a month without cover too.",
    "below_break_even": "Instalments that follow the months would not carry the loan.",
    "subsidy_exhausted": "With instalments that follow the months its fund could not bear it.",
    "rate_above_ceiling": (
        "Instalments that follow the months carry the loan only above the legal ceiling."
    ),
}

# Why a grant is proposed → message id.
PROPOSALS: Final[Mapping[str, str]] = {
    "nothing_to_repay_from": (
        "A grant of {amount} is proposed in place of a loan: the household has {disposable} a "
        "month left, and zakat is due to it as {zakat_class}."
    ),
}

# Why no program may decide → message id.
WAITS: Final[Mapping[str, str]] = {
    "refuses_automation": (
        "The applicant does not want to be decided on by a program: a person decides."
    ),
    "grant_proposed": "A grant is proposed in place of a loan: a person decides on it.",
}


def waiting(opinion: AssessmentOut, *, language: Language) -> list[str] | None:
    """Say why no program may decide; None where one may."""
    why = opinion.waits_for_person
    if not why:
        return None
    return [texts.translate(WAITS[code], language=language, service="scoring") for code in why]


def proposal(code: str, *, figures: Mapping[str, str], language: Language) -> str:
    """Say why a grant is proposed."""
    template = texts.translate(PROPOSALS[code], language=language, service="scoring")
    return template.format_map(figures)


def sentence(code: str, *, figures: Mapping[str, str], language: Language) -> str:
    """Say which test failed, with its figures, and why instalments by season do not pass either."""
    said = SOURCED.get(code, SENTENCES[code]) if "source" in figures else SENTENCES[code]
    template = texts.translate(said, language=language, service="scoring")
    told = template.format_map(figures)
    also = SEASONAL.get(figures.get("seasonal", ""))
    if also is None:
        return told
    return f"{told} {texts.translate(also, language=language, service='scoring')}"


def retold(opinion: AssessmentOut, *, language: Language) -> AssessmentOut:
    """Say a kept opinion in another language; an unknown code keeps its words."""
    rejected = [
        item.model_copy(
            update={"text": sentence(item.code, figures=item.figures, language=language)}
        )
        if item.code in SENTENCES
        else item
        for item in opinion.rejected
    ]
    proposed = opinion.proposal
    if proposed is not None and proposed.code in PROPOSALS:
        said = proposal(proposed.code, figures=proposed.figures, language=language)
        proposed = proposed.model_copy(update={"text": said})
    return opinion.model_copy(update={"rejected": rejected, "proposal": proposed})
