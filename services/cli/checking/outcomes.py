"""What came of each case, and how is that counted, told and ended?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Verdict(StrEnum):
    """What came of comparing one case with ours."""

    MATCHED = "matched"
    DIFFERENT = "different"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A case, the groups it is counted in, its verdict, and the first difference or the reason.

    `counts` is false where the case states nothing that was proved by its source a second time.
    """

    name: str
    group: str
    tags: tuple[str, ...]
    verdict: Verdict
    reason: str = ""
    counts: bool = True


def report(outcomes: Sequence[Outcome], *, console: Console, title: str) -> int:
    """Print the tables, the differences and the line that sums up; give the exit status."""
    counted = [outcome for outcome in outcomes if outcome.counts]
    proved = [outcome for outcome in counted if outcome.verdict is not Verdict.MALFORMED]
    console.print(_table(title, ((outcome.group, outcome) for outcome in proved)))
    console.print(_table("tag", ((tag, outcome) for outcome in proved for tag in outcome.tags)))
    _reasons(proved, console=console)
    tell(outcomes, Verdict.DIFFERENT, heading="different, each with its first difference")
    tell(outcomes, Verdict.MALFORMED, heading="not a case")
    _apart(outcomes, console=console, title=title)
    verdicts = Counter(outcome.verdict for outcome in counted)
    print(
        f"matched {verdicts[Verdict.MATCHED]} of {len(proved)} counted,"
        f" {verdicts[Verdict.UNSUPPORTED]} unsupported"
    )
    return int(bool(verdicts[Verdict.DIFFERENT] or verdicts[Verdict.MALFORMED]))


def _apart(outcomes: Sequence[Outcome], *, console: Console, title: str) -> None:
    """Print what came of the tables that only add up; they have no part in the status."""
    apart = [outcome for outcome in outcomes if not outcome.counts]
    if not apart:
        return
    name = f"{title}, tables that only add up"
    console.print(_table(name, ((outcome.group, outcome) for outcome in apart)))
    told = [outcome for outcome in apart if outcome.verdict is not Verdict.MATCHED]
    if told:
        print("\nof tables that only add up:")
        for outcome in told:
            print(f"  {outcome.name}: {outcome.verdict}: {outcome.reason}")
        print()


def tell(outcomes: Iterable[Outcome], verdict: Verdict, *, heading: str) -> None:
    """Print a line for each counted case of a verdict."""
    told = [outcome for outcome in outcomes if outcome.verdict is verdict and outcome.counts]
    if told:
        print(f"\n{heading}:")
        for outcome in told:
            print(f"  {outcome.name}: {outcome.reason}")
        print()


def _table(title: str, grouped: Iterable[tuple[str, Outcome]]) -> Table:
    counts: dict[str, Counter[Verdict]] = {}
    for group, outcome in grouped:
        counts.setdefault(group, Counter())[outcome.verdict] += 1
    table = Table(title, "matched", "different", "unsupported", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for group in sorted(counts):
        shown = (Verdict.MATCHED, Verdict.DIFFERENT, Verdict.UNSUPPORTED)
        table.add_row(escape(group), *(str(counts[group][verdict]) for verdict in shown))
    table.add_row()
    return table


def _reasons(proved: Sequence[Outcome], *, console: Console) -> None:
    by_reason: dict[str, list[str]] = {}
    for outcome in proved:
        if outcome.verdict is Verdict.UNSUPPORTED:
            by_reason.setdefault(outcome.reason, []).append(outcome.name)
    if not by_reason:
        return
    table = Table("unsupported because of", "cases", "of them", box=None, pad_edge=False)
    for reason, names in sorted(by_reason.items(), key=lambda found: -len(found[1])):
        table.add_row(escape(reason), str(len(names)), escape(", ".join(names[:3])))
    table.add_row()
    console.print(table)
