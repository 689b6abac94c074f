"""How is a statement of the books said in Arabic, French or English?"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row

from services.loans.accounting.reading import Span, Told
from services.loans.accounting.statement_schemas import BooksStatementOut, BooksTrialBalanceOut
from services.loans.domain.book_headings import Heading
from services.loans.domain.book_statements import Block, Part, Section, TrialBlock
from services.loans.papers.documents import DayOut, seal_of
from services.loans.papers.words import Words
from shared.money import Money
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure
from shared.schemas import MoneyBody
from shared.texts import Language

TITLES: Final[Mapping[str, str]] = {
    "trial-balance": "Trial balance",
    "income-statement": "Income statement",
    "balance-sheet": "Balance sheet",
}
SECTIONS: Final[Mapping[Section, str]] = {
    Section.ASSETS: "Assets",
    Section.LIABILITIES: "Liabilities",
    Section.EQUITY: "Equity",
    Section.RESULT_EARLIER: "Result of earlier years",
    Section.RESULT_OF_YEAR: "Result of the year",
    Section.INCOME: "Income",
    Section.EXPENSES: "Expenses",
    Section.RESULT: "Result",
}
INDENT: Final = "\N{NO-BREAK SPACE}" * 3


def statement(told: Told, *, name: str, head: Row[Any], language: Language) -> Sheet:
    """Say a trial balance, an income statement or a balance sheet; its seal is that of its JSON."""
    words = Words(language)
    say, span = words.say, told.question.span
    paper = BooksTrialBalanceOut.of(told) if told.trial else BooksStatementOut.of(told)
    tables = [_trial(block, words) for block in told.trial] + [
        _section(block, part, told=told, words=words)
        for block in told.blocks
        for part in block.parts
    ]
    return Sheet(
        language=language,
        institution=apart(getattr(head, f"name_{language}")),
        place=_of_whom(told, words),
        reference=figure(head.code),
        title=say(TITLES[name]),
        subtitle=_days(span, name=name, words=words),
        paragraphs=[] if tables else [say("Nothing moved in these days.")],
        tables=tables,
        notes=[_numbers(told, words)],
        signatures=[say("For the institution")],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=seal_of(paper),
            sentence=say("The same question to the books gives the same hash."),
        ),
    )


def _of_whom(told: Told, words: Words) -> str:
    wanted = told.question.fund_id
    found = [fund for fund in told.funds if fund.fund_id == wanted]
    return apart(getattr(found[0], f"name_{words.language}")) if found else words.say("All funds")


def _days(span: Span, *, name: str, words: Words) -> str:
    last = words.day_in_words(DayOut.of(span.until))
    if name == "balance-sheet":
        return words.say("On {day}", day=last)
    first = words.day_in_words(DayOut.of(span.starts_on))
    return words.say("From {first} to {last}", first=first, last=last)


def _numbers(told: Told, words: Words) -> str:
    if told.numbering is None:
        return words.say("Told by the codes of the house: the institution has no chart of its own.")
    version = figure(str(told.numbering.version))
    return words.say("Told by the institution's chart, version {version}.", version=version)


def _trial(block: TrialBlock, words: Words) -> Table:
    say = words.say
    titles = ("Opening", "Debits", "Credits", "Closing")
    closing = block.opening + block.debits - block.credits
    return Table(
        heading=block.currency,
        columns=[
            Column(title=say("Account")),
            *(Column(title=say(title), kind="figure") for title in titles),
        ],
        rows=[
            [
                _name(row.heading, words),
                *_figures(
                    (row.opening, row.debits, row.credits, row.closing), block.currency, words
                ),
            ]
            for row in block.rows
        ],
        total=[
            say("Total"),
            *_figures((block.opening, block.debits, block.credits, closing), block.currency, words),
        ],
    )


def _section(block: Block, part: Part, *, told: Told, words: Words) -> Table:
    compared = told.question.compared
    columns = [
        Column(title=words.say("Account")),
        Column(title=block.currency, kind="figure"),
    ]
    if compared is not None:
        columns.append(Column(title=compared.until.isoformat(), kind="figure"))

    def cells(amount: int, then: int | None) -> list[Cell]:
        found = (amount,) if compared is None else (amount, then or 0)
        return _figures(found, block.currency, words)

    title = words.say(SECTIONS[part.section])
    total = cells(part.amount, part.compared)
    rows = [[_name(row.heading, words), *cells(row.amount, row.compared)] for row in part.rows]
    if not rows:  # a result is computed: it has a total and no accounts
        return Table(heading=title, columns=columns, rows=[[title, *total]])
    return Table(heading=title, columns=columns, rows=rows, total=[words.say("Total"), *total])


def _name(heading: Heading, words: Words) -> Cell:
    """The number and name of an account; one below another stands further in."""
    name = apart(getattr(heading, f"name_{words.language}"))
    number = figure(apart(heading.number or heading.code))
    return f"{INDENT * heading.level}{number} {name}"


def _figures(minors: tuple[int, ...], currency: str, words: Words) -> list[Cell]:
    return [words.number(MoneyBody.of(Money(minor, currency))) for minor in minors]
