"""Where does the rulebook say what holds of every fund of a kind, whatever its own terms say?"""

from datetime import date

from services.loans.domain.funding import CORPUS_FLOOR, ZAKAT_FREE, KindSources
from shared import rulebook
from shared.periods import MAX_DAY


def sources(*, on: date = MAX_DAY, country: str | None = None) -> KindSources:
    """The sources of these rules on a day, the newest without one; no database is asked.

    The corpus: resolution 140 (15/6) of the OIC Fiqh Academy, of 2004-03-11. Raises `NoRule`.
    """
    found = {
        rule: rulebook.find("fund_rule", on=on, country=country, rule=rule)
        for rule in (ZAKAT_FREE, CORPUS_FLOOR)
    }
    return KindSources(
        by_rule={
            rule: (fact.source.title, fact.in_force_from or fact.source.given_on)
            for rule, fact in found.items()
        }
    )
