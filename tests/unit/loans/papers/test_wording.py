"""Papers say the right figures in the right words, in three languages, by both calendars."""

from datetime import UTC, date, datetime

import pytest

from services.loans.domain.replay import MovementKind
from services.loans.papers import wording
from services.loans.papers.documents import DayOut, PaymentScheduleOut
from services.loans.papers.words import Words, is_zero
from shared import printing
from shared.printing import Sheet
from shared.schemas import MoneyBody
from shared.texts import LANGUAGES, Language
from tests.unit.loans.papers import samples

ISOLATES = dict.fromkeys([0x2066, 0x2068, 0x2069])


def said(sheet: Sheet) -> str:
    """All that a sheet says, without the isolates around figures."""
    cells = [
        cell if isinstance(cell, str) else " ".join(cell)
        for table in sheet.tables
        for row in [[column.title for column in table.columns], *table.rows, table.total]
        for cell in row
    ]
    facts = [f"{label} {value}" for label, value, _ in sheet.facts]
    texts = [sheet.title, sheet.subtitle, *sheet.paragraphs, *facts, *cells, *sheet.notes]
    return "\n".join([*texts, *sheet.signatures, sheet.seal.sentence]).translate(ISOLATES)


@pytest.mark.parametrize(
    ("language", "grouped"),
    [("en", "1,016.435 JOD"), ("fr", "1\u00a0016,435 JOD"), ("ar", "1,016.435 JOD")],
)
def test_amounts_are_written_as_their_readers_write_them(language: Language, grouped: str) -> None:
    assert grouped in said(wording.statement(samples.a_statement(), language=language))


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0.000", "0.000"),
        ("-128.848", "\u2212128.848"),
        ("999999999.999", "999,999,999.999"),
        ("12", "12"),
        ("-0.005", "\u22120.005"),
    ],
)
def test_a_figure_is_grouped_and_signed(amount: str, written: str) -> None:
    body = MoneyBody.model_construct(amount=amount, currency="JOD")

    assert Words("en").number(body) == written
    assert is_zero(body) == (amount == "0.000")


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "2026-02-15 (27 Shaban 1447 AH)"),
        ("fr", "2026-02-15 (27 chaabane 1447 H)"),
        ("ar", "2026-02-15 (27 شعبان 1447 هـ)"),
    ],
)
def test_a_day_is_told_by_both_calendars(language: Language, day: str) -> None:
    assert day in said(wording.receipt(samples.a_receipt(), language=language))


def test_a_day_outside_the_hijri_tables_is_told_by_one_calendar() -> None:
    far = DayOut.of(date(2100, 1, 1))

    assert far.hijri is None
    assert Words("ar").day(far) == "2100-01-01"
    assert Words("ar").day_in_words(far).translate(ISOLATES) == "2100-01-01"


def test_the_name_is_written_in_the_script_of_the_language_if_it_is_known_in_it() -> None:
    both = samples.head()
    only_arabic, nameless = (
        samples.head(name_latin=None),
        samples.head(name_ar=None, name_latin=None),
    )

    assert Words("ar").name(both).translate(ISOLATES) == "مريم عبد الله الشريف"
    assert Words("fr").name(both).translate(ISOLATES) == "Maryam Al-Sharif"
    assert Words("en").name(only_arabic).translate(ISOLATES) == "مريم عبد الله الشريف"
    assert Words("en").name(nameless).translate(ISOLATES) == "BR-2026-000007"


def test_a_column_of_nothing_but_zeros_is_left_out() -> None:
    titles = [
        column.title
        for column in wording.statement(samples.a_statement(), language="en").tables[0].columns
    ]

    assert titles == ["Date", "Movement", "Amount", "Principal", "Profit", "Principal owed"]


def test_a_statement_without_movements_says_so() -> None:
    paper = samples.a_statement().model_copy(update={"lines": [], "open_dues": []})
    sheet = wording.statement(paper, language="en")

    assert [table.rows for table in sheet.tables] == [[], []]
    assert [table.empty for table in sheet.tables] == [
        "Nothing moved in these days.",
        "Nothing is left to pay.",
    ]


def test_each_kind_of_movement_has_a_word() -> None:
    assert set(wording.MOVEMENTS) >= {kind.value for kind in MovementKind}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_binds_the_lender_to_its_figures(language: Language) -> None:
    sheet = wording.certificate(samples.a_certificate("balance"), language=language)
    text = said(sheet).replace("\u00a0", ",")

    assert sheet.reference == "CT-2026-000042"
    assert "LN-2026-000123" in text
    assert "2026-04-10" in text
    assert sheet.seal.sha256 == samples.a_certificate("balance").sha256
    assert "/loans/v1/papers" in text


def test_a_certificate_of_a_year_says_what_was_paid_in_it() -> None:
    text = said(wording.certificate(samples.a_certificate("paid_in_year"), language="en"))

    assert "paid 206.619 JOD" in text
    assert "From" not in text
    assert "from 2026-01-01 (12 Rajab 1447 AH) to 2026-04-10" in text


def test_a_receipt_of_money_that_was_taken_back_says_so_first() -> None:
    sheet = wording.receipt(samples.a_receipt(reversed_=True), language="en")

    assert sheet.paragraphs[0] == "This payment was taken back: this paper is no receipt."
    assert len(wording.receipt(samples.a_receipt(), language="en").paragraphs) == 1


def test_a_surplus_is_told_on_a_certificate() -> None:
    more = samples.paid("all", "1300.000", "2026-02-01")
    paper = samples.a_certificate("settlement", samples.PAID_OUT, more)

    assert "owed back to the borrower: 20.577 JOD" in said(
        wording.certificate(paper, language="en")
    )


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_nothing_is_said_in_english_in_another_language(language: Language) -> None:
    english = set(said(wording.statement(samples.a_statement(), language="en")).split("\n"))
    other = set(said(wording.statement(samples.a_statement(), language=language)).split("\n"))
    shared = {line for line in english & other if any(map(str.isalpha, line))}

    assert shared <= {"Date", "Principal"}  # the same word in French


def test_a_paper_as_known_says_at_which_instant() -> None:
    paper = samples.a_statement().model_copy(
        update={"known_at": datetime(2026, 4, 9, 8, 30, tzinfo=UTC)}
    )
    text = said(wording.statement(paper, language="en"))

    assert "As the books knew it at 2026-04-09 08:30:00+00:00." in text
    assert "all that is booked" not in text


def test_a_contract_without_instalments_has_a_schedule_that_says_so() -> None:
    as_of = date(2026, 3, 1)
    empty = PaymentScheduleOut.of((), head=samples.head(), as_of=as_of, known_at=None)
    sheet = wording.schedule(empty, language="en")

    assert (empty.total.total.amount, sheet.tables[0].rows) == ("0.000", [])
    assert sheet.tables[0].empty == "Nothing is left to pay."
    assert printing.printed(sheet).startswith(b"%PDF-")


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_a_statement_tells_what_is_held_and_nothing_of_what_is_not(language: Language) -> None:
    facts = wording.statement(samples.a_statement(), language=language).facts
    labels = {
        "ar": ("مدخراتك المحفوظة لك", "دفعتك المقدمة المحفوظة"),
        "fr": ("Votre épargne, détenue pour vous", "Votre apport, détenu"),
        "en": ("Your savings, held for you", "Your down payment, held"),
    }
    savings, contribution = labels[language]
    assert [str(value)[:2] for label, value, _ in facts if label == savings] == ["40"]
    assert contribution not in [label for label, _, _ in facts]
