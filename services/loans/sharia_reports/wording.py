"""How is a report shaped after AAOIFI's standards said as a paper in a language?"""

from collections.abc import Mapping
from typing import Final

from services.loans.domain.chart import CHART
from services.loans.domain.sharia_report import Standard
from services.loans.papers.documents import WordsOut
from services.loans.papers.words import Words
from services.loans.sharia_reports.schemas import (
    SHAPED,
    FundReportOut,
    PossessionOut,
    SectionOut,
    ShariaReportOut,
)
from shared.errors import Sentence
from shared.printing import Column, Seal, Sheet, Table, apart, figure
from shared.texts import Language

TITLES: Final[Mapping[Standard, Sentence]] = {
    Standard.MURABAHA: Sentence("Murabaha and other deferred payment sales"),
    Standard.WAQF: Sentence("Report of the waqf"),
    Standard.ZAKAH: Sentence("Report of zakat"),
}
SAID: Final[Mapping[str, Sentence]] = {
    "receivables": Sentence("Receivables"),
    "cost_owed": Sentence("Cost still owed"),
    "profit_owed": Sentence("Agreed profit still owed"),
    "less_deferred_profit": Sentence("Less deferred profit"),
    "less_allowance": Sentence("Less allowance for losses"),
    "receivables_net": Sentence("Receivables, net"),
    "inventory": Sentence("Goods"),
    "deferred_profit": Sentence("Deferred profit"),
    "income": Sentence("Of the period"),
    "profit_recognised": Sentence("Profit recognised"),
    "late_to_charity": Sentence("Late amounts for charity"),
    "opening": Sentence("Opening"),
    "came": Sentence("Came in"),
    "left": Sentence("Went out"),
    "closing": Sentence("Closing"),
    "in_this_report": Sentence("In this report"),
    "elsewhere": Sentence("Of other modes or of none"),
    "in_the_ledger": Sentence("In the ledger"),
    "permanent_corpus": Sentence("Corpus endowed for good"),
    "temporary_corpus": Sentence("Corpus endowed for a time"),
    "yield": Sentence("Yield"),
    "yield_net": Sentence("Yield after upkeep and losses"),
    "nazir_share": Sentence("Share of the trustee"),
    "distributed": Sentence("Given to those it is for"),
    "yield_kept": Sentence("Yield kept"),
    "reserve": Sentence("Reserve for losses"),
    "net_assets": Sentence("Net assets"),
    "assets": Sentence("Assets"),
    "liabilities": Sentence("Owed to others"),
    "returnable_corpus": Sentence("Corpus that goes back"),
    "of_it_corpus": Sentence("Of it corpus"),
    "of_it_yield_and_reserve": Sentence("Of it yield and reserve"),
    "sources": Sentence("Sources"),
    "undistributed_before": Sentence("Undistributed before"),
    "zakat_received": Sentence("Zakat received"),
    "other_sources": Sentence("Other sources"),
    "uses": Sentence("Uses"),
    "given": Sentence("Given in all"),
    "amil_costs": Sentence("Costs of collecting and giving"),
    "undistributed": Sentence("Undistributed"),
    "held": Sentence("Held in money"),
    "lent_and_else": Sentence("Lent and else"),
    "held_and_lent_less_owed": Sentence("Held and lent less owed"),
    "to_fuqara": Sentence("To the poor"),
    "to_masakin": Sentence("To the needy"),
    "to_amilin": Sentence("To those employed on it"),
    "to_muallafa": Sentence("To those whose hearts are to be reconciled"),
    "to_riqab": Sentence("To free captives"),
    "to_gharimin": Sentence("To debtors"),
    "to_fi_sabilillah": Sentence("In the way of God"),
    "to_ibn_al_sabil": Sentence("To travellers"),
    "to_no_class": Sentence("To no class that is named"),
    "bought": Sentence("Bought"),
    "taken": Sentence("Taken into possession"),
    "sold": Sentence("Sold"),
    "not_yet_ours": Sentence("Bought, not yet in possession"),
    "ours_unsold": Sentence("In possession, not yet sold"),
}
"""What every code of a report is called; the accounts have their names from the chart."""

_ACCOUNTS: Final[Mapping[str, Mapping[Language, str]]] = {
    account.code: {"ar": account.name_ar, "fr": account.name_fr, "en": account.name_en}
    for account in CHART
}
_PREFIX: Final = "account_"


def report(paper: ShariaReportOut, *, language: Language) -> Sheet:
    """Say a report: a table for each section of each fund."""
    words = Words(language)
    say = words.say
    since = "" if paper.since is None else words.day_in_words(paper.since)
    span = say("As of the end of {day}.", day=words.day_in_words(paper.as_of))
    known = say("As the books know it today: all that is booked.")
    if paper.known_at is not None:
        moment = figure(paper.known_at.isoformat(sep=" ", timespec="seconds"))
        known = say("As the books knew it at {moment}.", moment=moment)
    facts = [(say("From"), since, True)] if since else []
    return Sheet(
        language=language,
        institution=apart(_named(paper.institution, language)),
        place="",
        reference=paper.institution_code,
        title=say(TITLES[paper.standard]),
        subtitle=say(SHAPED, standard=figure(paper.standard.value)),
        facts=facts,
        tables=[table for fund in paper.funds for table in _tables(fund, words)],
        notes=[f"{span} {known}"],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=paper.sha256,
            sentence=say("The same question to the books gives the same hash."),
        ),
    )


def called(code: str, words: Words) -> str:
    """What a code of a report is called: an account by the chart, an own one by its code."""
    if code.startswith(_PREFIX):
        account = code.removeprefix(_PREFIX)
        return _ACCOUNTS[account][words.language] if account in _ACCOUNTS else figure(account)
    return words.say(SAID[code])


def _tables(fund: FundReportOut, words: Words) -> list[Table]:
    tables = [_table(fund, section, words) for section in fund.sections]
    if fund.possession is not None:
        tables.append(_counted(fund, fund.possession, words))
    return tables


def _table(fund: FundReportOut, section: SectionOut, words: Words) -> Table:
    rows = [(called(line.code, words), words.number(line.amount)) for line in section.lines]
    return Table(
        heading=_heading(fund, called(section.code, words), words),
        columns=(Column(title=""), Column(title=figure(fund.currency), kind="figure")),
        rows=rows,
    )


def _counted(fund: FundReportOut, counted: PossessionOut, words: Words) -> Table:
    told = counted.model_dump()
    return Table(
        heading=_heading(fund, words.say("Goods on their way"), words),
        columns=(Column(title=""), Column(title=words.say("Number"), kind="figure")),
        rows=[(called(name, words), str(number)) for name, number in told.items()],
    )


def _heading(fund: FundReportOut, section: str, words: Words) -> str:
    return f"{apart(_named(fund.names, words.language))}: {section}"


def _named(names: WordsOut, language: Language) -> str:
    by_language: Mapping[Language, str] = {"ar": names.ar, "fr": names.fr, "en": names.en}
    return by_language[language]
