"""What does a book look like to a review: as loans, or as cells of loans that are alike?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from services.scoring.domain.simulation import rhythm
from services.scoring.domain.simulation.kernel import Floats, Terms, Wholes
from services.scoring.domain.simulation.kinds import Kinds, kinds_of
from shared.errors import Kind, RafidError

STEPS = (0.02, 0.05, 0.10, 0.20)  # principal over income of one cell, as relative steps
CELLS_MOST = 400_000
GRADES = 10
BASIS_POINTS = 10_000
STEPS_OF_MONTH = 1_000  # by weeks a rest beside whole instalments tells terms apart
STEPS_OF_RHYTHM = 100  # of an instalment a year, in which rhythms differ
KEY_MOST = 2**62
PD_MAX = 0.99
COLUMNS = (
    "count", "principal", "annual_rate", "term", "grace", "fee_share", "pd", "income", "debts",
    "per_year",
)  # fmt: skip
# What tells kinds of terms apart, and the step in which each is counted.
TERMS = {"annual_rate": 1e-6, "fee_share": 1e-6, "term": 1e-3, "grace": 1e-3, "per_year": 1e-2}


class BookUnreadable(RafidError):
    """The book cannot be reviewed"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{count} loans have an impossible {column}; the first is number {row}."
    column: str
    count: int
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Loans or cells as columns; amounts in whole currency units, rates and shares of one.

    `count` is how many loans a row stands for. `income` and `debts` are a month's, `term` and
    `grace` months, paid in `per_year` instalments a year. `codes` name a row's product, fund and
    segments by the place of its label in `labels`.
    """

    count: Floats
    principal: Floats
    annual_rate: Floats
    term: Floats
    grace: Floats
    fee_share: Floats
    pd: Floats
    income: Floats
    debts: Floats
    per_year: Floats
    codes: Mapping[str, Wholes]
    labels: Mapping[str, tuple[str, ...]]
    numbered: dict[frozenset[str], Kinds | None] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def __len__(self) -> int:
        return len(self.count)

    @property
    def terms(self) -> Terms:
        """The terms that the kernel takes: months as instalments."""
        return Terms(
            annual_rate=self.annual_rate,
            periods=rhythm.instalments(self.term, self.per_year),
            grace=rhythm.instalments(self.grace, self.per_year),
            fee_share=self.fee_share,
            per_year=self.per_year,
        )

    def kinds(self, *, by: frozenset[str]) -> Kinds | None:
        """Number its kinds of terms, apart by these labels; reckoned once."""
        if by not in self.numbered:
            columns = [(getattr(self, name), step) for name, step in TERMS.items()]
            columns += [(self.codes[name], 1.0) for name in sorted(by)]
            self.numbered[by] = kinds_of(columns)
        return self.numbered[by]

    def rows(self, rows: slice | Wholes) -> "Book":
        """Return some of the rows."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        codes = {name: values[rows] for name, values in self.codes.items()}
        return replace(self, **columns, codes=codes)

    def where(self, chosen: Mapping[str, str]) -> np.ndarray:
        """Tell which rows have these labels. An unknown label is nobody's."""
        found = np.ones(len(self), dtype=bool)
        for name, label in chosen.items():
            labels = self.labels.get(name, ())
            place = labels.index(label) if label in labels else -1
            found &= self.codes[name] == place if name in self.codes else False
        return found


def checked(book: Book) -> Book:
    """Return the book if each row is a possible loan, paid in whole instalments.

    Raises BookUnreadable.
    """
    terms = book.terms
    faults = {
        "principal": ~(book.principal > 0),
        "annual_rate": ~((book.annual_rate >= 0) & (book.annual_rate < np.inf)),
        "term": ~((terms.periods > 0) & rhythm.is_whole(book.term, book.per_year)),
        "grace": ~(
            (book.grace >= 0)
            & (terms.grace < terms.periods)
            & rhythm.is_whole(book.grace, book.per_year)
        ),
        "fee_share": ~((book.fee_share >= 0) & (book.fee_share < 1)),
        "pd": ~((book.pd >= 0) & (book.pd <= PD_MAX)),
        "income": ~(book.income > 0),
        "debts": ~(book.debts >= 0),
    }
    for column, bad in faults.items():
        if bad.any():
            row = int(np.argmax(bad)) + 1
            raise BookUnreadable(column=column, count=int(bad.sum()), row=row)
    return book


def step_for(book: Book, *, most: int = CELLS_MOST) -> float:
    """Return the finest step of income at which a book has at most so many cells."""
    for step in STEPS[:-1]:
        if len(np.unique(_key(book, step))) <= most:
            return step
    return STEPS[-1]


def cells_of(book: Book, *, step: float) -> Book:
    """Join loans that are alike into cells.

    Alike: same product, fund and segments, term, grace, rhythm, rate and fee to a basis point; the
    chance of default in the same tenth of the book; principal and debts over income within
    `step`. A cell has the means of its loans, weighed by principal where it multiplies them.
    """
    _, first, of = np.unique(_key(book, step), return_index=True, return_inverse=True)
    count: Floats = np.bincount(of, weights=book.count).astype(np.float64)
    lent = np.bincount(of, weights=book.count * book.principal)

    def mean(values: Floats) -> Floats:
        return np.bincount(of, weights=book.count * values) / count

    return replace(
        book,
        count=count,
        principal=lent / count,
        annual_rate=book.annual_rate[first],
        term=book.term[first],
        grace=book.grace[first],
        fee_share=book.fee_share[first],
        pd=np.bincount(of, weights=book.count * book.principal * book.pd) / lent,
        income=mean(book.income),
        debts=mean(book.debts),
        per_year=book.per_year[first],
        codes={name: values[first] for name, values in book.codes.items()},
    )


def _key(book: Book, step: float) -> Wholes:
    """Number the cell of each loan."""
    width = np.log1p(step)
    edges = np.unique(np.quantile(book.pd, np.linspace(0, 1, GRADES + 1)[1:-1]))
    columns = (
        *book.codes.values(),
        np.round(book.term * STEPS_OF_MONTH),
        np.round(book.grace * STEPS_OF_MONTH),
        np.round(book.per_year * STEPS_OF_RHYTHM),
        np.round(book.annual_rate * BASIS_POINTS),
        np.round(book.fee_share * BASIS_POINTS),
        np.searchsorted(edges, book.pd, side="right"),
        np.round(np.log(book.principal / book.income) / width),
        np.round(np.log1p(book.debts / book.income) / width),
    )
    key: Wholes = np.zeros(len(book), dtype=np.int64)
    size = 1
    for column in columns:
        places = (column - column.min(initial=0)).astype(np.int64)
        many = int(places.max(initial=0)) + 1
        if size * many > KEY_MOST:
            _, key = np.unique(key, return_inverse=True)
            size = int(key.max(initial=0)) + 1
        key = key * many + places
        size *= many
    return key
