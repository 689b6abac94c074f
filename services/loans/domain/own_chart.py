"""How does an institution number and name its accounts, and which of ours stand under which?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.loans.domain import chart, own_accounts
from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.intake import Line
from services.loans.domain.portfolio_records import CellInvalid
from shared.errors import JsonValue, Kind, RafidError

COLUMNS: Final = (
    "number",
    "name_ar",
    "name_fr",
    "name_en",
    "class",
    "parent",
    "accounts",
    "own",
)
LINES_MAX: Final = 5_000
DEPTH_MAX: Final = 12
LONGEST_NAME: Final = 120
LONGEST_SHOWN: Final = 60
SAID: Final[Mapping[str, bool]] = {"": False, "no": False, "yes": True}


class ChartColumnsMissing(RafidError):
    """The file is not a chart of accounts"""

    kind = Kind.RULE
    service = "loans"
    detail = "It lacks the columns {missing}."
    missing: tuple[str, ...]


class ChartTooLong(RafidError):
    """The chart has too many lines"""

    kind = Kind.RULE
    service = "loans"
    detail = "It has {found} lines; a chart has at most {most}."
    found: int
    most: int


class ChartNumberTwice(RafidError):
    """A number stands in the chart twice"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The number {number} stands in line {first} already."
    number: str
    first: int


class ChartAccountTwice(RafidError):
    """An account stands under two numbers"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{account} stands under the number {number} already: what is on it would count twice."
    account: str
    number: str


class ChartClassDiffers(RafidError):
    """An account stands under a number of another class"""

    kind = Kind.RULE
    service = "loans"
    detail = "{account} is of the class {account_class}; the number {number} is not."
    account: str
    account_class: AccountClass
    number: str


class ChartParentUnfit(RafidError):
    """The number above is not one that can stand there"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{parent} above {number} is not in the chart, is of another class, stands below it, or"
        " has accounts itself: a heading has none."
    )
    number: str
    parent: str


class ChartAccountsMissing(RafidError):
    """Accounts with entries have no number"""

    kind = Kind.RULE
    service = "loans"
    detail = "Give a number to {accounts}: they have entries, and a statement must be whole."
    accounts: tuple[str, ...]


class ChartRefused(RafidError):
    """The chart is refused"""

    kind = Kind.RULE
    service = "loans"
    detail = "{count} lines cannot stand as they are, the first is line {first}; nothing was kept."
    count: int
    first: int
    refusals: tuple["RefusedLine", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line that was not taken in, and why."""

    line: Line
    error: RafidError

    def to_json(self) -> JsonValue:
        """The refusal as a member of a problem."""
        return {"line": self.line.number, "problem": self.error.slug(), "told": str(self.error)}

    def to_text(self) -> str:
        """The refusal as words inside a sentence."""
        return f"{self.line.number}: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An account of ours that stands under a number, in funds of one kind or of every other."""

    code: str
    fund_kind: FundKind | None = None

    def __str__(self) -> str:
        return self.code if self.fund_kind is None else f"{self.code}:{self.fund_kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLine:
    """A number of the institution's chart; a heading where no account stands under it."""

    number: str
    name_ar: str
    name_fr: str
    name_en: str
    account_class: AccountClass
    parent: str | None = None
    accounts: tuple[Mapped, ...] = ()
    is_own: bool = False

    @property
    def own_code(self) -> str | None:
        """The code of the account of the institution's own that this number opens."""
        return own_accounts.code_of(self.account_class, self.number) if self.is_own else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChart:
    """An institution's chart: its lines in its order, and what stands where."""

    lines: tuple[ChartLine, ...]
    _places: Mapping[tuple[str, FundKind | None], ChartLine] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places: dict[tuple[str, FundKind | None], ChartLine] = {}
        for line in self.lines:
            for one in line.accounts:
                places[one.code, one.fund_kind] = line
            if line.own_code is not None:
                places[line.own_code, None] = line
        object.__setattr__(self, "_places", places)

    def line_of(self, code: str, *, fund_kind: FundKind) -> ChartLine | None:
        """Where an account of a fund stands: a line for its kind goes before one for every kind.

        With `cash` under 101 and `cash:waqf` under 105, the cash of a waqf stands under 105.
        """
        return self._places.get((code, fund_kind)) or self._places.get((code, None))

    def numbered(self, number: str) -> ChartLine | None:
        """The line of a number."""
        return next((line for line in self.lines if line.number == number), None)

    def require_whole(self, booked: Iterable[tuple[str, FundKind]]) -> None:
        """Refuse a chart in which an account that was booked on has no number.

        Raises `ChartAccountsMissing`.
        """
        missing = {
            f"{code}:{kind.value}"
            for code, kind in booked
            if self.line_of(code, fund_kind=kind) is None
        }
        if missing:
            raise ChartAccountsMissing(accounts=tuple(sorted(missing)))


def read(columns: Sequence[str], lines: Sequence[Line]) -> OwnChart:
    """Read a chart from the lines of a file; all of it or none.

    A line names its number, its names in three languages, its class, the number above it, and
    the accounts of ours under it, parted by spaces (`cash bank:waqf`); `own` yes opens an account
    of the institution's own for entries by hand. Raises `ChartColumnsMissing`, `ChartTooLong`,
    and `ChartRefused` with every line that is wrong.
    """
    missing = tuple(name for name in COLUMNS[:5] if name not in columns)
    if missing:
        raise ChartColumnsMissing(missing=missing)
    if len(lines) > LINES_MAX:
        raise ChartTooLong(found=len(lines), most=LINES_MAX)
    read_: list[tuple[Line, ChartLine]] = []
    refused: list[RefusedLine] = []
    for line in lines:
        try:
            read_.append((line, _line(line)))
        except RafidError as error:
            refused.append(RefusedLine(line=line, error=error))
    refused += [RefusedLine(line=line, error=error) for line, error in _contradictions(read_)]
    if refused or not read_:
        refused.sort(key=lambda one: one.line.number)
        first = refused[0].line.number if refused else 1
        raise ChartRefused(count=len(refused), first=first, refusals=tuple(refused))
    return OwnChart(lines=tuple(line for _, line in read_))


def _line(line: Line) -> ChartLine:
    if line.fault is not None:
        raise line.fault
    row = {name: line.row.get(name, "").strip() for name in COLUMNS}
    if own_accounts.NUMBER.fullmatch(row["number"]) is None:
        raise _invalid(row, "number")
    for name in ("name_ar", "name_fr", "name_en"):
        if not 0 < len(row[name]) <= LONGEST_NAME or not row[name].isprintable():
            raise _invalid(row, name)
    if row["class"] not in set(AccountClass):
        raise _invalid(row, "class")
    if row["own"].lower() not in SAID:
        raise _invalid(row, "own")
    account_class = AccountClass(row["class"])
    return ChartLine(
        number=row["number"],
        name_ar=row["name_ar"],
        name_fr=row["name_fr"],
        name_en=row["name_en"],
        account_class=account_class,
        parent=row["parent"] or None,
        accounts=tuple(_mapped(row, text, account_class) for text in row["accounts"].split()),
        is_own=SAID[row["own"].lower()],
    )


def _mapped(row: Mapping[str, str], text: str, account_class: AccountClass) -> Mapped:
    code, _, kind = text.partition(":")
    if (":" in text) and kind not in set(FundKind):
        raise _invalid(row, "accounts", text)
    fund_kind = FundKind(kind) if kind else None
    theirs = own_accounts.class_of(code) or _CLASSES.get((code, fund_kind))
    if theirs is None:
        raise _invalid(row, "accounts", text)
    if theirs is not account_class:
        raise ChartClassDiffers(account=text, account_class=theirs, number=row["number"])
    return Mapped(code=code, fund_kind=fund_kind)


def _invalid(row: Mapping[str, str], column: str, value: str | None = None) -> CellInvalid:
    shown = row[column] if value is None else value
    printable = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown
    )
    return CellInvalid(column=column, value=printable[:LONGEST_SHOWN])


def _contradictions(
    lines: Sequence[tuple[Line, ChartLine]],
) -> Iterator[tuple[Line, RafidError]]:
    """What is wrong between lines that are each right: doubles, and numbers that do not fit."""
    first: dict[str, tuple[Line, ChartLine]] = {}
    places: dict[tuple[str, FundKind | None], str] = {}
    for source, line in lines:
        if line.number in first:
            yield source, ChartNumberTwice(number=line.number, first=first[line.number][0].number)
            continue
        first[line.number] = (source, line)
        own = () if line.own_code is None else (Mapped(code=line.own_code),)
        for one in (*line.accounts, *own):
            place = places.setdefault((one.code, one.fund_kind), line.number)
            if place != line.number or line.accounts.count(one) > 1:
                yield source, ChartAccountTwice(account=str(one), number=place)
                break
    by_number = {number: line for number, (_, line) in first.items()}
    for source, line in lines:
        if line.parent is not None and not _fits(line, by_number):
            yield source, ChartParentUnfit(number=line.number, parent=line.parent[:LONGEST_SHOWN])


def _fits(line: ChartLine, by_number: Mapping[str, ChartLine]) -> bool:
    seen = {line.number}
    above: ChartLine | None = line
    while above is not None and above.parent is not None:
        parent = by_number.get(above.parent)
        if parent is None or parent.number in seen or parent.account_class != line.account_class:
            return False
        if parent.accounts or parent.is_own:
            return False
        if len(seen) > DEPTH_MAX:
            return False
        seen.add(parent.number)
        above = parent
    return True


def _classes() -> Mapping[tuple[str, FundKind | None], AccountClass]:
    found: dict[tuple[str, FundKind | None], AccountClass] = {}
    for account in chart.CHART:
        found[account.code, None] = account.account_class
        for kind in account.fund_kinds:
            found[account.code, kind] = account.account_class
    return found


_CLASSES: Final = _classes()
