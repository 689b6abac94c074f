"""How is it said why a fund does not finance an application, in the reader's language?"""

from collections.abc import Mapping
from typing import Final

from services.scoring.domain.assignment.valuing import EARMARKED
from shared import texts
from shared.texts import Language

# The rule that binds → message id; `of` is the sector or the trait that the rule is about.
SENTENCES: Final[Mapping[str, str]] = {
    "budget": "What is left of the fund's money is less than the amount.",
    "sector_share": "The fund would put more of its budget into the sector {of} than it may.",
    "loss_share": "The loss to expect of what the fund finances would rise above its limit.",
    "trait_share": "The fund keeps a least share of its money for {of}, which would not be met.",
    "value_not_positive": "Its expected cost outweighs its social weight in this fund.",
    "outbid": "The fund's money serves other applications more.",
    "not_eligible": "The fund may not finance it.",
    EARMARKED: "The fund's money is earmarked for other purposes.",
}
# What funds keep shares for, as it is said.
TRAITS: Final[Mapping[str, str]] = {
    "women": "Women",
    "youth": "Young people",
    "rural": "Rural areas",
    "disability": "People with disabilities",
    "displaced": "Displaced people",
}


def sentence(
    code: str, of: str, *, words: Mapping[str, Mapping[str, str]], language: Language
) -> str:
    """Say which rule stands against an application; the words of a fund's own rule as sent."""
    if code == "not_eligible" and of in words:
        return words[of][language]
    message = SENTENCES[EARMARKED if of == EARMARKED else code]
    told = _say(TRAITS.get(of, of), language) if code == "trait_share" else of
    return _say(message, language).format(of=told)


def _say(message: str, language: Language) -> str:
    return texts.translate(message, language=language, service="scoring")
