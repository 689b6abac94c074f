"""What do the rows of a training file say, column by column?"""

from collections.abc import Mapping, Sequence

import numpy as np

from services.scoring.domain.card_form import CharacteristicKnownTooLate
from services.scoring.domain.scorecard import Direction
from services.scoring.domain.training.bins import Flags, Levels, Numbers
from services.scoring.domain.training.spec import Spec
from shared.errors import Kind, RafidError

Texts = Mapping[str, Sequence[str]]


class ColumnAbsent(RafidError):
    """A column of the specification is not in the file"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The file has no column {column}; it has {columns}."
    column: str
    columns: tuple[str, ...]


class CellUnreadable(RafidError):
    """A cell of a column of numbers holds no number"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Column {column}, loan {row}: {value} is not a number; leave it blank if unknown."
    column: str
    row: int
    value: str


class ColumnBlank(RafidError):
    """A column of the specification is blank for every loan"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Column {column} is blank for every loan of the file."
    column: str


class TargetBlank(RafidError):
    """It is not said of every loan how it ended"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "Column {column} is blank for {count} loans, the first is number {row}: a loan whose end "
        "is not known teaches nothing; leave it out of the file."
    )
    column: str
    count: int
    row: int


def check_columns(names: Sequence[str], *, spec: Spec) -> None:
    """Raise ColumnAbsent if the file lacks a column that the specification names.

    Raises CharacteristicKnownTooLate where a characteristic is the target itself.
    """
    wanted = [
        spec.target.column,
        *(item.column for item in spec.asked),
        *(item.column for item in spec.audited),
    ]
    for name in wanted:
        if name not in names:
            raise ColumnAbsent(column=name, columns=tuple(names))
    for item in spec.asked:
        if item.column == spec.target.column:
            raise CharacteristicKnownTooLate(characteristic=item.id, known_at="closing")


def bad_of(texts: Texts, *, spec: Spec) -> Flags:
    """Tell for each loan whether it ended badly. Raises TargetBlank."""
    ends = [value.strip() for value in texts[spec.target.column]]
    if "" in ends:
        raise TargetBlank(column=spec.target.column, count=ends.count(""), row=ends.index("") + 1)
    return np.array([end == spec.target.bad for end in ends], dtype=bool)


def asked_of(texts: Texts, *, spec: Spec) -> dict[str, Numbers | Levels]:
    """Read the characteristics, by their ids. Raises CellUnreadable, ColumnBlank."""
    return {
        item.id: _levels(item.column, texts)
        if item.direction is Direction.NONE
        else numbers_of(item.column, texts)
        for item in spec.asked
    }


def audited_of(texts: Texts, *, spec: Spec) -> dict[str, Numbers | Levels]:
    """Read the protected traits, by their names. Raises CellUnreadable, ColumnBlank."""
    return {
        item.name: numbers_of(item.column, texts) if item.bands else _levels(item.column, texts)
        for item in spec.audited
    }


def _levels(column: str, texts: Texts) -> Levels:
    values = np.array([value.strip() for value in texts[column]], dtype=str)
    if not (values != "").any():
        raise ColumnBlank(column=column)
    return values


def numbers_of(column: str, texts: Texts) -> Numbers:
    """Read a column of numbers, blanks as not a number. Raises CellUnreadable, ColumnBlank."""
    values = np.empty(len(texts[column]))
    for i, text in enumerate(texts[column]):
        try:
            values[i] = float(text) if text.strip() else np.nan
        except ValueError:
            raise CellUnreadable(column=column, row=i + 1, value=text) from None
        if text.strip() and not np.isfinite(values[i]):
            raise CellUnreadable(column=column, row=i + 1, value=text)
    if np.isnan(values).all():
        raise ColumnBlank(column=column)
    return values
