"""How is the account of a fund said in Arabic, French or English?"""

from collections.abc import Mapping
from typing import Final

from services.loans.domain.fund_account import Part
from services.loans.fund_accounts.schemas import FundAccountOut, PurseOut
from services.loans.papers.words import Words, is_zero
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure
from shared.texts import Language

PARTS: Final[Mapping[Part, str]] = {
    Part.RECEIVED: "Received into the fund",
    Part.GIVEN_BACK: "Given back to who gave it",
    Part.DISBURSED: "Paid out to borrowers",
    Part.RETURNED: "Repaid by borrowers",
    Part.EARNED: "Earned by the fund",
    Part.LOST: "Lost by the fund",
    Part.RECOVERED: "Recovered of what was lost",
    Part.SPENT: "Granted, forgiven and spent",
}
SUMS: Final[Mapping[str, str]] = {
    "committed": "Committed in the period",
    "disbursed": "Paid out to borrowers",
    "lent_again": "Of this, lent again after it came back",
    "granted": "Granted",
    "forgiven": "Forgiven out of zakat",
}
MEASURES: Final[Mapping[str, str]] = {
    "multiplier": "Lent since the start, by capital paid in",
    "velocity": "Lent in a year, by average capital",
    "utilisation": "Passed on, by what there was to lend",
    "absorption": "Lent since the start, by what donors committed",
    "allocation_to_collection": "Passed on, by what was received",
    "zakat_lag_p50_days": "Days until half of the zakat passed on had arrived",
    "zakat_lag_p90_days": "Days until nine tenths of the zakat passed on had arrived",
    "zakat_over_period": "Part of the zakat that took longer than a lunar year",
}


def account(paper: FundAccountOut, *, language: Language) -> Sheet:
    """Say the account of a fund."""
    words = Words(language)
    say = words.say
    facts: list[tuple[str, Cell, bool]] = [
        (say("In the fund at the start"), words.amount(paper.opening.total), True),
        (say("In the fund at the end"), words.amount(paper.closing.total), True),
    ]
    facts += [
        (say(label), words.amount(getattr(paper, name)), True)
        for name, label in SUMS.items()
        if not is_zero(getattr(paper, name))
    ]
    return Sheet(
        language=language,
        institution=apart(getattr(paper.institution, language)),
        place=apart(getattr(paper.fund_names, language)),
        reference=paper.fund_code,
        title=say("Account of the fund"),
        subtitle=say(
            "From {first} to {last}",
            first=words.day_in_words(paper.first_on),
            last=words.day_in_words(paper.last_on),
        ),
        facts=facts,
        tables=[_purses(paper, words), _accounts(paper, words), _measures(paper, words)],
        notes=[
            say(
                "Told through entry {number} of the journal; formulas {formula}.",
                number=figure(str(paper.told_through)),
                formula=figure(paper.measures.formula),
            )
        ],
        signatures=[say("For the fund")],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=paper.sha256,
            sentence=say("The same question to the books gives the same hash."),
        ),
    )


def _purses(paper: FundAccountOut, words: Words) -> Table:
    def row(label: str, purse: PurseOut) -> list[Cell]:
        return [words.say(label), words.number(purse.at_hand), words.number(purse.outstanding)]

    moved: list[list[Cell]] = [
        [words.say(PARTS[one.part]), words.number(one.at_hand), words.number(one.outstanding)]
        for one in paper.parts
    ]
    return Table(
        heading=words.say("What the money did"),
        columns=[
            Column(title=paper.opening.total.currency),
            Column(title=words.say("At hand"), kind="figure"),
            Column(title=words.say("With borrowers"), kind="figure"),
        ],
        rows=[row("At the start of the period", paper.opening), *moved],
        total=row("At the end of the period", paper.closing),
    )


def _accounts(paper: FundAccountOut, words: Words) -> Table:
    return Table(
        heading=words.say("By account, credits less debits"),
        columns=[
            Column(title=words.say("Account")),
            Column(title=paper.opening.total.currency, kind="figure"),
        ],
        rows=[
            [
                apart(getattr(one.names, words.language)) if one.names else one.account_code,
                words.number(one.amount),
            ]
            for one in paper.accounts
        ],
        empty=words.say("Nothing moved in these days."),
    )


def _measures(paper: FundAccountOut, words: Words) -> Table:
    told = {name: getattr(paper.measures, name) for name in MEASURES}
    return Table(
        heading=words.say("How hard the money worked"),
        columns=[
            Column(title=words.say("Measure")),
            Column(title=words.say("Value"), kind="figure"),
        ],
        rows=[
            [words.say(MEASURES[name]), figure(str(value))]
            for name, value in told.items()
            if value is not None
        ],
        empty=words.say("There is nothing to measure yet."),
    )
