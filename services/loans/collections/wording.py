"""How is a collection sheet said: as a page to take along, and as rows for a spreadsheet?"""

from typing import Final

from services.loans.collections.schemas import CollectionSheetOut, SheetLineOut
from services.loans.papers import spreadsheet
from services.loans.papers.documents import WordsOut
from services.loans.papers.words import Words
from shared.printing import Column, Seal, Sheet, Table, apart, direction_of, figure
from shared.texts import Language

WIDTHS: Final = (18, 30, 18, 8, 14, 14, 14, 6)


def page(sheet: CollectionSheetOut, *, lender: WordsOut, place: str, language: Language) -> Sheet:
    """Say a sheet as a page, with room for what is received and a signature on each line."""
    words = Words(language)
    say = words.say
    return Sheet(
        language=language,
        institution=apart(str(getattr(lender, language))),
        place=apart(place),
        reference=sheet.on.gregorian.isoformat(),
        title=say("Collection sheet"),
        subtitle=words.day_in_words(sheet.on),
        facts=[
            (say("Contracts"), str(len(sheet.lines)), True),
            *((say("To collect"), words.amount(total.to_collect), True) for total in sheet.totals),
            *((say("Of it late"), words.amount(total.late), True) for total in sheet.totals),
        ],
        tables=[_table(sheet, words)],
        signatures=[say("Collected by"), say("Counted by")],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=sheet.sha256,
            sentence=say("What was paid later is not on this sheet."),
        ),
    )


def _table(sheet: CollectionSheetOut, words: Words) -> Table:
    say = words.say
    only = sheet.totals[0] if len(sheet.totals) == 1 else None
    return Table(
        heading=say("To collect"),
        columns=[
            Column(title=say("Borrower")),
            Column(title=say("Days past due"), kind="figure"),
            Column(title=say("Late"), kind="figure"),
            Column(title=say("Due today"), kind="figure"),
            Column(title=say("To collect"), kind="figure"),
            Column(title=say("Received")),
            Column(title=say("Signature")),
        ],
        rows=[
            [
                (_name(line, words), figure(f"{line.reference} {line.phone or ''}".strip())),
                str(line.days_late) if line.days_late else "",
                words.number(line.late),
                words.number(line.due_today),
                words.number(line.to_collect),
                "",
                "",
            ]
            for line in sheet.lines
        ],
        total=()
        if only is None
        else [
            say("Total"),
            "",
            words.number(only.late),
            words.number(only.due_today),
            words.number(only.to_collect),
            "",
            "",
        ],
        empty=say("Nothing is to be collected."),
    )


def workbook(sheet: CollectionSheetOut, *, language: Language) -> bytes:
    """Write a sheet as a spreadsheet; amounts are texts with all their decimals."""
    words = Words(language)
    say = words.say
    header = [
        say("Loan contract"),
        say("Borrower"),
        say("Phone"),
        say("Days past due"),
        say("Late"),
        say("Due today"),
        say("To collect"),
        say("Currency"),
    ]
    rows = [
        [
            line.reference,
            line.borrower.name_ar or line.borrower.name_latin or line.borrower.reference,
            line.phone or "",
            str(line.days_late),
            line.late.amount,
            line.due_today.amount,
            line.to_collect.amount,
            line.to_collect.currency,
        ]
        for line in sheet.lines
    ]
    return spreadsheet.written(
        header,
        rows,
        name=sheet.on.gregorian.isoformat(),
        is_rtl=direction_of(language) == "rtl",
        widths=WIDTHS,
    )


def _name(line: SheetLineOut, words: Words) -> str:
    return words.name_of(line.borrower)
