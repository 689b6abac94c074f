"""How do columns of figures and of labels become a book, each impossible loan named by its row?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation.book import Book, BookUnreadable, checked
from services.scoring.domain.simulation.kernel import Floats
from services.scoring.domain.simulation.rhythm import FREQUENCY, PER_YEAR, USUAL, per_year_of
from shared.digits import to_western_digits
from shared.errors import Kind, RafidError

PRODUCT = "product"
TERM_MAX = 480  # months
RATE_MAX = 10.0  # 1,000 % a year
AMOUNT_MAX = 1e12  # whole currency units
LABELS_MAX = 200  # of one segment
REQUIRED = ("principal", "annual_rate", "term", "pd", "income")
ASSUMED: Mapping[str, float] = {"count": 1.0, "grace": 0.0, "fee_share": 0.0, "debts": 0.0}
MOST: Mapping[str, float] = {
    "count": AMOUNT_MAX, "principal": AMOUNT_MAX, "income": AMOUNT_MAX, "debts": AMOUNT_MAX,
    "annual_rate": RATE_MAX, "term": TERM_MAX, "grace": TERM_MAX,
}  # fmt: skip
FIGURES = (*REQUIRED, *ASSUMED)


class BookEmpty(RafidError):
    """The book has no loans"""

    kind = Kind.RULE
    service = "scoring"
    detail = "A review needs at least one loan."


class BookColumnMissing(RafidError):
    """The book lacks a column"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The book has no column {column}; it is needed as {member}."
    column: str
    member: str


class BookColumnsUneven(RafidError):
    """The columns of the book are not of one length"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The column {column} has {cells} cells where others have {loans}."
    column: str
    cells: int
    loans: int


class GradeUnknown(RafidError):
    """A grade has no chance of default"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Loan {row} has the grade {grade}, which is given no chance of default."
    grade: str
    row: int


class FrequencyUnknown(RafidError):
    """A loan is paid as often as no loan is"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Loan {row} has the frequency {frequency}, which is none."
    frequency: str
    row: int


class SegmentTooFine(RafidError):
    """A segment has too many labels"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The segment {segment} has {labels} labels, more than {most}."
    segment: str
    labels: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Which column of a file is which member of a loan; `is_percent` where rates are written so.

    `pd_by_grade` gives the chance of default a year where the file has grades only.
    """

    members: Mapping[str, str]
    segments: Mapping[str, str]
    pd_by_grade: Mapping[str, float]
    is_percent: bool = False


def numbers_of(texts: Sequence[str]) -> Floats:
    """Read figures as they are written; what is none becomes NaN. `"1,5"` is none, `"١٢"` is 12."""
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        return np.array([_number(text) for text in texts])


def graded(grades: Sequence[str], pd_by_grade: Mapping[str, float]) -> Floats:
    """Give each loan the chance of default of its grade. Raises GradeUnknown."""
    for row, grade in enumerate(grades, start=1):
        if grade not in pd_by_grade:
            raise GradeUnknown(grade=grade, row=row)
    return np.array([pd_by_grade[grade] for grade in grades], dtype=np.float64)


def book_from_file(columns: Mapping[str, Sequence[str]], *, sources: Sources) -> Book:
    """Make a book of a file's columns of text. Raises BookColumnMissing and what `book_from` does.

    Worked: with `is_percent` the text "24" in the column of the rate is 0.24.
    """
    for member, column in (*sources.members.items(), *sources.segments.items()):
        if column not in columns:
            raise BookColumnMissing(column=column, member=member)
    figures = {
        member: numbers_of(columns[column])
        for member, column in sources.members.items()
        if member != "grade"
    }
    if sources.is_percent:
        for member in ("annual_rate", "fee_share", "pd"):
            if member in figures:
                figures[member] = figures[member] / 100
    if "grade" in sources.members and "pd" not in figures:
        figures["pd"] = graded(columns[sources.members["grade"]], sources.pd_by_grade)
    return book_from(
        figures, labels={name: columns[column] for name, column in sources.segments.items()}
    )


def book_from(figures: Mapping[str, Floats], *, labels: Mapping[str, Sequence[str]]) -> Book:
    """Make a book of columns of figures and of labels, the product among these.

    The label `frequency` says how often a loan is paid (`rhythm.PER_YEAR`); without it all are
    paid monthly. Raises BookColumnMissing, BookColumnsUneven, BookEmpty, SegmentTooFine,
    FrequencyUnknown, and BookUnreadable with the first row of an impossible figure: none, below
    0, months that are no whole instalments, or beyond what is a loan (480 months, 1,000 % a year).
    """
    for member in REQUIRED:
        if member not in figures:
            raise BookColumnMissing(column=member, member=member)
    if PRODUCT not in labels:
        raise BookColumnMissing(column=PRODUCT, member=PRODUCT)
    rows = len(figures["principal"])
    lengths = {name: len(cells) for name, cells in figures.items()}
    lengths |= {name: len(cells) for name, cells in labels.items()}
    for name, length in lengths.items():
        if length != rows:
            raise BookColumnsUneven(column=name, cells=length, loans=rows)
    if not rows:
        raise BookEmpty
    columns = {name: np.full(rows, value) for name, value in ASSUMED.items()} | {
        name: _bounded(name, cells) for name, cells in figures.items()
    }
    codes, known = _coded(labels)
    return checked(
        Book(
            count=columns["count"],
            principal=columns["principal"],
            annual_rate=columns["annual_rate"],
            term=columns["term"],
            grace=columns["grace"],
            fee_share=columns["fee_share"],
            pd=columns["pd"],
            income=columns["income"],
            debts=columns["debts"],
            per_year=_rhythms(codes, known, rows=rows),
            codes=codes,
            labels=known,
        )
    )


def _coded(
    labels: Mapping[str, Sequence[str]],
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    codes, known = {}, {}
    for name, cells in labels.items():
        found, places = np.unique(np.array(cells, dtype=object).astype(str), return_inverse=True)
        if len(found) > LABELS_MAX:
            raise SegmentTooFine(segment=name, labels=len(found), most=LABELS_MAX)
        codes[name] = places.astype(np.int64)
        known[name] = tuple(str(label) for label in found)
    return codes, known


def _rhythms(
    codes: Mapping[str, np.ndarray], known: Mapping[str, tuple[str, ...]], *, rows: int
) -> Floats:
    """Return the instalments a year of each loan. Raises FrequencyUnknown."""
    if FREQUENCY not in known:
        return np.full(rows, PER_YEAR[USUAL])
    found = [per_year_of(label) for label in known[FREQUENCY]]
    for place, per_year in enumerate(found):
        if per_year is None:
            row = int(np.argmax(codes[FREQUENCY] == place)) + 1
            raise FrequencyUnknown(frequency=known[FREQUENCY][place], row=row)
    return np.asarray(np.array(found, dtype=np.float64)[codes[FREQUENCY]])


def _bounded(name: str, cells: Floats) -> Floats:
    values = np.asarray(cells, dtype=np.float64)
    bad = ~np.isfinite(values) | (values > MOST.get(name, AMOUNT_MAX))
    if name == "count":
        bad |= ~(values > 0)
    if bad.any():
        row = int(np.argmax(bad)) + 1
        raise BookUnreadable(column=name, count=int(bad.sum()), row=row)
    return values


def _number(text: str) -> float:
    try:
        return float(to_western_digits(text.strip()))
    except ValueError:
        return float("nan")
