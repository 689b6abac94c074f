"""What is a thing called in the three languages?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A name in Arabic, French and English."""

    ar: str
    fr: str
    en: str
