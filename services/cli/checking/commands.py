"""`rafid check`: run what others published through our functions, and tell where they differ."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.cli.checking import annuity_cases, outcomes, rate_cases, reading, schedule_cases
from services.cli.checking.outcomes import Outcome, Verdict
from services.cli.checking.reading import CaseFile, Malformed, Node, Unsupported
from shared.errors import RafidError

console = Console()

CaseFolder = Annotated[
    Path,
    typer.Argument(exists=True, file_okay=False, readable=True, help="The folder of case files."),
]
RATE_FORMATS: Final[Mapping[str, Callable[[Node], str]]] = {
    rate_cases.FORMAT: rate_cases.difference,
    annuity_cases.FORMAT: annuity_cases.difference,
}


def check_apr(folder: CaseFolder) -> None:
    """Compare yearly rates and annuity functions, each within the tolerance it states."""
    found = [rate_outcome(file) for file in _files(folder)]
    raise typer.Exit(outcomes.report(found, console=console, title="convention"))


def check_schedules(folder: CaseFolder) -> None:
    """Compare schedules and the courses of contracts, every cell of every table that counts."""
    found: list[Outcome] = []
    files = _files(folder)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        for file in progress.track(files, description="comparing"):
            found.extend(schedule_cases.outcomes_of(file))
    accruals = sum(map(schedule_cases.accruals_in, files))
    if accruals:
        print(
            f"not compared: {accruals} lines of accrual, which are entries of a lender's books"
            " and no movements of a contract\n"
        )
    raise typer.Exit(outcomes.report(found, console=console, title="tier"))


def _files(folder: Path) -> list[CaseFile]:
    found = list(reading.case_files(folder))
    if not found:
        raise typer.BadParameter(f"there is no case file (*.json) in {folder}")
    return found


def rate_outcome(file: CaseFile) -> Outcome:
    """Compare one case of a rate or an annuity function."""
    if file.content is None:
        return _malformed(file, file.complaint)
    try:
        form = file.content["format"].text()
        if form not in RATE_FORMATS:
            return _malformed(file, f"its format is {form}")
        kind = "convention" if form == rate_cases.FORMAT else "function"
        group, tags = file.content[kind].text(), reading.tags_of(file.content)
        verdict, reason = _verdict(RATE_FORMATS[form], file.content)
    except Malformed as error:
        return _malformed(file, str(error))
    return Outcome(name=file.name, group=group, tags=tags, verdict=verdict, reason=reason)


def _verdict(compare: Callable[[Node], str], case: Node) -> tuple[Verdict, str]:
    try:
        difference = compare(case)
    except Unsupported as error:
        return Verdict.UNSUPPORTED, str(error)
    except (RafidError, ValueError, ArithmeticError) as error:
        return Verdict.DIFFERENT, f"refused: {error}"
    return (Verdict.DIFFERENT, difference) if difference else (Verdict.MATCHED, "")


def _malformed(file: CaseFile, complaint: str) -> Outcome:
    return Outcome(name=file.name, group="", tags=(), verdict=Verdict.MALFORMED, reason=complaint)
