"""`rafid assign`: which fund is proposed for which application that waits for money?"""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from services.cli import reaching
from services.cli.options import Folder, Institution
from services.cli.reaching import Address, Reached
from shared.clients.assignment_runs import (
    MOST_APPLICATIONS,
    FundIn,
    ProposedRun,
    RunIn,
    WaitingIn,
    WaitingListOut,
    WeightsIn,
    WordsIn,
)
from shared.clients.loans import HttpLoansClient
from shared.clients.scoring_runs import HttpScoringRuns
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

console = Console()


class WeightsUnreadable(RafidError):
    """The weights cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "{file} holds no weights of a run: {fault}."
    file: str
    fault: str


def assign(
    *,
    institution: Institution = None,
    weights: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Points by measure, as JSON; to propose."),
    ] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Have scoring propose a run of all that waits.")
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="The institution's own if not named.")
    ] = None,
    data: Folder = None,
    url: Address = None,
) -> None:
    """Gather what waits for money; with --propose have a fund proposed for each application.

    Weights are the institution's own, e.g. {"social": {"poverty": "3", "women": "1"}}: what has
    no point by them is proposed no fund. A second person approves the run; nothing is reserved.
    """
    if propose and weights is None:
        raise typer.BadParameter("--propose needs --weights")
    points = None if weights is None else read_weights(weights)

    async def main() -> None:
        async with reaching.services(data, url, client="loans") as reached:
            institution_id = await reached.institution(institution)
            waiting = await gathered(reached, institution_id, currency=currency)
            _say_waiting(waiting)
            if propose and points is not None and waiting.applications:
                _say_run(await proposed(reached, institution_id, waiting, points))

    asyncio.run(main())


def read_weights(path: Path) -> WeightsIn:
    """Read a file of weights. Raises WeightsUnreadable."""
    try:
        return WeightsIn.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsUnreadable(file=path.name, fault=str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(map(str, first["loc"]))
        raise WeightsUnreadable(file=path.name, fault=f"{member}: {first['msg']}") from None


async def gathered(
    reached: Reached, institution_id: InstitutionId, *, currency: str | None
) -> WaitingListOut:
    """Gather the whole waiting list, part after part; the funds are those of the first part."""
    client = HttpLoansClient(reached.loans, tokens=reached.tokens)
    parts: list[WaitingListOut] = []
    after: str | None = None
    while not parts or after is not None:
        parts.append(await client.waiting_list(institution_id, currency=currency, after=after))
        after = parts[-1].next
        if sum(len(part.applications) for part in parts) > MOST_APPLICATIONS:
            break  # scoring says how many it takes
    funds: list[FundIn] = parts[0].funds
    applications: list[WaitingIn] = [item for part in parts for item in part.applications]
    words: dict[str, WordsIn] = {code: it for part in parts for code, it in part.words.items()}
    return WaitingListOut(
        as_of=parts[0].as_of,
        currency=parts[0].currency,
        funds=funds,
        applications=applications,
        words=words,
    )


async def proposed(
    reached: Reached, institution_id: InstitutionId, waiting: WaitingListOut, weights: WeightsIn
) -> ProposedRun:
    """Have scoring propose a run of a waiting list. Raises ScoringRefused, ScoringUnavailable."""
    run = RunIn(
        as_of=waiting.as_of,
        weights=weights,
        funds=waiting.funds,
        applications=waiting.applications,
        words=waiting.words,
    )
    client = HttpScoringRuns(reached.scoring, tokens=reached.tokens)
    return await client.propose(run, institution_id=institution_id)


def _say_waiting(waiting: WaitingListOut) -> None:
    table = Table("fund", "free", "may finance")
    for fund in waiting.funds:
        count = sum(fund.fund_id in item.eligible for item in waiting.applications)
        table.add_row(str(fund.fund_id), fund.budget.amount, f"{count:,}")
    console.print(table)
    console.print(f"{len(waiting.applications):,} applications wait in {waiting.currency}.")


def _say_run(run: ProposedRun) -> None:
    table = Table("fund", "proposed", "applications", "points for one more unit")
    for fund in run.funds:
        table.add_row(str(fund.fund_id), fund.amount.amount, f"{fund.financed:,}", fund.one_more)
    console.print(table)
    console.print(
        f"Run {run.run_id}: {run.financed:,} of {run.applications:,} would be financed; "
        f"at most {run.gap} below the best. Status: {run.status}.",
        soft_wrap=True,
    )
