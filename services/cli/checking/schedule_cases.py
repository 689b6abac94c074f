"""Which checkpoints of a schedule case count, and what came of the case?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from services.cli.checking import courses, periodic, reading, tables
from services.cli.checking.outcomes import Outcome, Verdict
from services.cli.checking.reading import CaseFile, Malformed, Node, Unsupported, refuse_unknown
from services.cli.checking.tables import Compare
from shared.errors import RafidError

FORMAT: Final = "schedule-case/1"
CASE_MEMBERS: Final = frozenset(
    {"id", "format", "tier", "source", "tags", "verified", "verified_how", "verified_checkpoints"}
    | {"note", "inputs", "events", "schedule_columns", "transaction_columns", "checkpoints"}
)
CHECKPOINT_MEMBERS: Final = frozenset(
    {"after_event", "business_date", "check", "variant", "rows", "totals", "transactions"}
    | {"loan_status", "total_outstanding", "total_overdue", "overpaid", "early_closure"}
    | {"closed_all_obligations_met"}
)


class Mark(StrEnum):
    """What is known of a table: proved a second time, only added up, or doubtful."""

    COUNTED = "counted"
    TWO_COLUMNS = "two columns"
    ARITHMETIC = "arithmetic"
    LEFT_OUT = "left out"


MARKS: Final = {
    "full": Mark.COUNTED,
    "amounts": Mark.COUNTED,
    "principal-interest": Mark.TWO_COLUMNS,
    "arithmetic": Mark.ARITHMETIC,
    "mismatch": Mark.LEFT_OUT,
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint and what its figures count for."""

    stated: Node
    mark: Mark


def outcomes_of(file: CaseFile) -> list[Outcome]:
    """Compare a case: what came of its proved tables, and apart of those that only add up."""
    if file.content is None:
        return [_malformed(file, file.complaint)]
    try:
        return _compared(file, file.content)
    except Malformed as error:
        return [_malformed(file, str(error))]


def accruals_in(file: CaseFile) -> int:
    """Count the lines of a case that are entries of a lender's books and are not compared."""
    if file.content is None:
        return 0
    try:
        return sum(
            line.items()[1].value in tables.ACCRUALS
            for point in file.content.listed("checkpoints")
            for line in point.listed("transactions")
            if len(line.items()) > 1
        )
    except (Malformed, TypeError):
        return 0


def checkpoints_of(case: Node) -> list[Checkpoint]:
    """Give the checkpoints with their marks, in the order of events.

    One that states no table (a status, an amount, a list of transactions) counts as much as the
    last table before it, and as the first one where there is none before.
    """
    stated = sorted(case["checkpoints"].items(), key=lambda point: point["after_event"].whole())
    for point in stated:
        refuse_unknown(point, CHECKPOINT_MEMBERS)
    marks = [_mark(point) for point in stated]
    known = next((mark for mark in marks if mark is not None), Mark.LEFT_OUT)
    found = []
    for point, mark in zip(stated, marks, strict=True):
        known = mark or known
        found.append(Checkpoint(point, known))
    return found


def _mark(checkpoint: Node) -> Mark | None:
    check = checkpoint.get("check")
    return None if check is None else reading.chosen(check, MARKS)


def _compared(file: CaseFile, case: Node) -> list[Outcome]:
    if case["format"].text() != FORMAT:
        raise Malformed(f"its format is {case['format'].text()}")
    group, tags = f"tier {case['tier'].whole()}", reading.tags_of(case)
    results: dict[bool, tuple[Verdict, str]] = {}
    for counts, verdict, reason in _results(case):
        if results.get(counts, (Verdict.MATCHED, ""))[0] is Verdict.MATCHED:
            results[counts] = verdict, reason
    return [
        Outcome(
            name=file.name, group=group, tags=tags, verdict=verdict, reason=reason, counts=counts
        )
        for counts, (verdict, reason) in results.items()
    ]


def _results(case: Node) -> Iterator[tuple[bool, Verdict, str]]:
    """Give for each checkpoint whether it counts, and what came of it."""
    try:
        refuse_unknown(case, CASE_MEMBERS)
        checkpoints = checkpoints_of(case)
    except Unsupported as error:
        yield True, Verdict.UNSUPPORTED, str(error)
        return
    comparing = cache(lambda: _comparing(case))  # heard once, whichever checkpoint is the first
    for point in checkpoints:
        if point.mark is not Mark.LEFT_OUT:
            yield point.mark is not Mark.ARITHMETIC, *_tried(comparing, point)


def _broke(error: Exception) -> str:
    if isinstance(error, RafidError):
        return f"refused: {error.title()}: {error}"
    return f"broke: {type(error).__name__}: {error}"


def _comparing(case: Node) -> Compare:
    if case["inputs"].get("schedule_engine") is None:
        return periodic.comparing(case)
    return courses.comparing(case)


def _tried(comparing: Callable[[], Compare], point: Checkpoint) -> tuple[Verdict, str]:
    place = f"after event {point.stated['after_event'].whole()}"
    try:
        two_columns_only = point.mark is Mark.TWO_COLUMNS
        difference = comparing()(point.stated, two_columns_only=two_columns_only)
    except Unsupported as error:
        return Verdict.UNSUPPORTED, str(error)
    except Malformed:
        raise
    except Exception as error:  # noqa: BLE001 - a case may hold anything, and the next one waits
        return Verdict.DIFFERENT, f"{place}: {_broke(error)}"
    return (Verdict.DIFFERENT, f"{place}: {difference}") if difference else (Verdict.MATCHED, "")


def _malformed(file: CaseFile, complaint: str) -> Outcome:
    return Outcome(name=file.name, group="", tags=(), verdict=Verdict.MALFORMED, reason=complaint)
