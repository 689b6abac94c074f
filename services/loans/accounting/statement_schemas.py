"""What do trial balance, income statement and balance sheet look like: as JSON, as rows?"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Self
from uuid import UUID

from services.loans.accounting.reading import Told
from services.loans.domain.book_headings import Heading
from services.loans.domain.book_statements import Block, Part, Section, TrialBlock
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.texts import Language


class FundAmountOut(Body):
    """The part of one fund in an amount."""

    fund_id: UUID
    fund_code: str
    amount: MoneyBody


class NameBody(Body):
    """A name in three languages."""

    ar: str
    fr: str
    en: str


class RowOut(Body):
    """A row: its number in the institution's chart (null where it has none), its amount.

    A heading holds the rows below it and counts to no total.
    """

    number: str | None
    code: str
    name: NameBody
    level: int
    is_heading: bool
    amount: MoneyBody
    compared: MoneyBody | None
    funds: list[FundAmountOut]


class PartOut(Body):
    """A section with its rows and its total."""

    section: Section
    rows: list[RowOut]
    amount: MoneyBody
    compared: MoneyBody | None
    funds: list[FundAmountOut]


class BlockOut(Body):
    """A statement in one currency."""

    currency: str
    parts: list[PartOut]


class SpanOut(Body):
    """Days, both included."""

    starts_on: date
    until: date


class HeadOut(Body):
    """What a statement rests on: the days, what was known when, whose numbers, which fund."""

    span: SpanOut
    compared: SpanOut | None
    known_at: datetime | None
    numbers: str
    chart_version: int | None
    fund_id: UUID | None

    @classmethod
    def members(cls, told: Told) -> dict[str, object]:
        """Give the members that every statement begins with."""
        question = told.question
        compared = question.compared
        return {
            "span": SpanOut(starts_on=question.span.starts_on, until=question.span.until),
            "compared": None
            if compared is None
            else SpanOut(starts_on=compared.starts_on, until=compared.until),
            "known_at": told.known_at,
            "numbers": "house" if told.numbering is None else "own",
            "chart_version": None if told.numbering is None else told.numbering.version,
            "fund_id": question.fund_id,
        }


class BooksStatementOut(HeadOut):
    """An income statement or a balance sheet, a block a currency."""

    blocks: list[BlockOut]

    @classmethod
    def of(cls, told: Told) -> Self:
        """Write a statement."""
        codes = _codes(told)
        blocks = [_block(block, codes) for block in told.blocks]
        return cls.model_validate({**cls.members(told), "blocks": blocks})


class TrialRowOut(Body):
    """An account of the trial balance, debit positive; `funds` split what it closes at."""

    number: str | None
    code: str
    name: NameBody
    account_class: str
    level: int
    is_heading: bool
    opening: MoneyBody
    debits: MoneyBody
    credits: MoneyBody
    closing: MoneyBody
    funds: list[FundAmountOut]


class TrialBlockOut(Body):
    """The trial balance in one currency: its openings are nothing in all, its debits credits."""

    currency: str
    rows: list[TrialRowOut]
    opening: MoneyBody
    debits: MoneyBody
    credits: MoneyBody


class BooksTrialBalanceOut(HeadOut):
    """A trial balance over some days, a block a currency."""

    blocks: list[TrialBlockOut]

    @classmethod
    def of(cls, told: Told) -> Self:
        """Write a trial balance."""
        codes = _codes(told)
        blocks = [_trial_block(block, codes) for block in told.trial]
        return cls.model_validate({**cls.members(told), "blocks": blocks})


def table_of(told: Told, *, language: Language) -> tuple[list[str], list[list[str]]]:
    """A statement as a header and rows of text, a column a fund, for a spreadsheet."""
    funds = [fund for fund in told.funds if told.question.fund_id in (None, fund.fund_id)]
    codes = [fund.code for fund in funds]
    ids = [FundId(fund.fund_id) for fund in funds]
    if told.trial:
        header = ["currency", "number", "name", "opening", "debits", "credits", "closing", *codes]
        return header, list(_trial_table(told, ids, language=language))
    header = ["currency", "section", "number", "name", "amount", "compared", *codes]
    return header, list(_table(told, ids, language=language))


def _table(told: Told, funds: list[FundId], *, language: Language) -> Iterator[list[str]]:
    for block in told.blocks:
        for part in block.parts:
            for row in part.rows:
                yield [
                    block.currency,
                    part.section.value,
                    row.heading.number or row.heading.code,
                    _indented(row.heading, language),
                    *_cells(block.currency, row.amount, row.compared),
                    *(_cell(block.currency, row.by_fund.get(fund, 0)) for fund in funds),
                ]
            yield [
                block.currency,
                part.section.value,
                "",
                "",
                *_cells(block.currency, part.amount, part.compared),
                *(_cell(block.currency, part.by_fund.get(fund, 0)) for fund in funds),
            ]


def _trial_table(told: Told, funds: list[FundId], *, language: Language) -> Iterator[list[str]]:
    for block in told.trial:
        for row in block.rows:
            yield [
                block.currency,
                row.heading.number or row.heading.code,
                _indented(row.heading, language),
                *(
                    _cell(block.currency, minor)
                    for minor in (row.opening, row.debits, row.credits, row.closing)
                ),
                *(_cell(block.currency, row.by_fund.get(fund, 0)) for fund in funds),
            ]
        closing = block.opening + block.debits - block.credits
        sums = (block.opening, block.debits, block.credits, closing)
        yield [block.currency, "", "", *(_cell(block.currency, minor) for minor in sums)] + [
            ""
        ] * len(funds)


def _indented(heading: Heading, language: Language) -> str:
    names = {"ar": heading.name_ar, "fr": heading.name_fr, "en": heading.name_en}
    return "\N{NO-BREAK SPACE}" * 2 * heading.level + names[language]


def _cells(currency: str, amount: int, compared: int | None) -> list[str]:
    return [_cell(currency, amount), "" if compared is None else _cell(currency, compared)]


def _cell(currency: str, minor: int) -> str:
    return str(Money(minor, currency))


def _codes(told: Told) -> dict[FundId, str]:
    return {FundId(fund.fund_id): fund.code for fund in told.funds}


def _block(block: Block, codes: Mapping[FundId, str]) -> BlockOut:
    return BlockOut(
        currency=block.currency,
        parts=[_part(part, currency=block.currency, codes=codes) for part in block.parts],
    )


def _part(part: Part, *, currency: str, codes: Mapping[FundId, str]) -> PartOut:
    return PartOut(
        section=part.section,
        rows=[
            RowOut(
                number=row.heading.number,
                code=row.heading.code,
                name=_name(row.heading),
                level=row.heading.level,
                is_heading=row.heading.is_heading,
                amount=_money(row.amount, currency),
                compared=None if row.compared is None else _money(row.compared, currency),
                funds=_funds(row.by_fund, currency=currency, codes=codes),
            )
            for row in part.rows
        ],
        amount=_money(part.amount, currency),
        compared=None if part.compared is None else _money(part.compared, currency),
        funds=_funds(part.by_fund, currency=currency, codes=codes),
    )


def _trial_block(block: TrialBlock, codes: Mapping[FundId, str]) -> TrialBlockOut:
    currency = block.currency
    return TrialBlockOut(
        currency=currency,
        rows=[
            TrialRowOut(
                number=row.heading.number,
                code=row.heading.code,
                name=_name(row.heading),
                account_class=row.heading.account_class.value,
                level=row.heading.level,
                is_heading=row.heading.is_heading,
                opening=_money(row.opening, currency),
                debits=_money(row.debits, currency),
                credits=_money(row.credits, currency),
                closing=_money(row.closing, currency),
                funds=_funds(row.by_fund, currency=currency, codes=codes),
            )
            for row in block.rows
        ],
        opening=_money(block.opening, currency),
        debits=_money(block.debits, currency),
        credits=_money(block.credits, currency),
    )


def _name(heading: Heading) -> NameBody:
    return NameBody(ar=heading.name_ar, fr=heading.name_fr, en=heading.name_en)


def _funds(
    by_fund: Mapping[FundId, int], *, currency: str, codes: Mapping[FundId, str]
) -> list[FundAmountOut]:
    return [
        FundAmountOut(fund_id=fund_id, fund_code=codes[fund_id], amount=_money(minor, currency))
        for fund_id, minor in sorted(by_fund.items(), key=lambda item: codes[item[0]])
    ]


def _money(minor: int, currency: str) -> MoneyBody:
    return MoneyBody.of(Money(minor, currency))
