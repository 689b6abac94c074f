"""`rafid replay-scores`: give every kept opinion again, or ask what another card had said."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from services.cli.opening import asked, databases, tenants
from services.cli.options import Folder, Institution
from services.scoring.assessments import queries as assessments
from services.scoring.domain import card_form, replaying
from services.scoring.domain.replaying import Difference, Kept
from services.scoring.domain.scorecard import Scorecard
from services.scoring.models import queries as models
from shared.db import Database
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

console = Console()

PAGE = 500
ScoringAddress = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="RAFID_SCORING_DATABASE_URL",
        help="The scoring role's address of a server that runs; --institution is an id then.",
    ),
]


class OtherCardUnreadable(RafidError):
    """The card that shall be tried cannot be read"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{file} holds no scorecard: {fault}."
    file: str
    fault: str


def replay_scores(
    data: Folder = None,
    url: ScoringAddress = None,
    institution: Institution = None,
    card: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Another card: print what would differ."),
    ] = None,
) -> None:
    """Give every kept opinion again from inputs, card and engine, and say how many came out alike.

    With --card every kept application is scored by that card too, what would differ is printed,
    and nothing is stored: settings of one programme tried on the past files of another.
    """
    other = None if card is None else read_card(card)

    async def main() -> int:
        broken = 0
        async for database, institution_id in _named(data, url, institution):
            console.print(f"[bold]institution {institution_id}[/]")
            if other is not None:
                _print(await differences(database, institution_id, other), other)
                continue
            count, unlike = await replayed(database, institution_id)
            broken += len(unlike)
            console.print(f"  {count - len(unlike):,} of {count:,} opinions are reproduced.")
            for assessment_id in unlike[:10]:
                console.print(f"  [red]✗ {assessment_id} comes out otherwise.[/]")
        return broken

    if asyncio.run(main()):
        raise typer.Exit(1)


def read_card(path: Path) -> Scorecard:
    """Read a card's file. Raises OtherCardUnreadable and what `card_form.scorecard_of` raises."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise OtherCardUnreadable(file=path.name, fault=str(error)) from None
    if not isinstance(document, dict):
        raise OtherCardUnreadable(file=path.name, fault="not an object")
    return card_form.scorecard_of(document)


async def replayed(database: Database, institution_id: InstitutionId) -> tuple[int, list[UUID]]:
    """Give each kept opinion again; return how many there are and which came out otherwise."""
    count, unlike = 0, []
    async for assessment_id, kept, card in _kept(database, institution_id):
        count += 1
        if not replaying.is_reproduced(kept, card=card):
            unlike.append(assessment_id)
    return count, unlike


async def differences(
    database: Database, institution_id: InstitutionId, other: Scorecard
) -> list[Difference]:
    """Score every kept application by another card."""
    return [
        replaying.difference(kept, card=card, other=other)
        async for _, kept, card in _kept(database, institution_id)
    ]


async def _kept(
    database: Database, institution_id: InstitutionId
) -> AsyncIterator[tuple[UUID, Kept, Scorecard]]:
    after: UUID | None = None
    async with database.read(institution_id, snapshot=True) as session:
        while rows := await assessments.assessments_after(session, after, limit=PAGE):
            for row in rows:
                version = await models.scorecard_version(
                    session, card_id=row.card_id, version=row.card_version
                )
                kept = Kept(engine=row.engine, inputs=row.inputs, opinion=row.opinion)
                yield row.assessment_id, kept, models.scorecard_of(version)
            after = rows[-1].assessment_id
            session.expunge_all()


async def _named(
    folder: Folder, url: ScoringAddress, institution: Institution
) -> AsyncIterator[tuple[Database, InstitutionId]]:
    if url is not None:
        database = Database(url)
        try:
            for institution_id in await tenants(database):
                if institution in {None, str(institution_id)}:
                    yield database, institution_id
        finally:
            await database.close()
        return
    async with databases(folder, None) as opened:
        for row in await asked(opened["loans"], code=institution):
            yield opened["scoring"], InstitutionId(row.institution_id)


def _print(found: list[Difference], other: Scorecard) -> None:
    changes = Counter((item.advice_before, item.advice or item.fault or "") for item in found)
    table = Table("advice as given", f"by {other.card_id} {other.version}", "applications")
    for (before, after), count in sorted(changes.items()):
        table.add_row(before, after, f"{count:,}")
    console.print(table)
    moved = sum(item.advice != item.advice_before for item in found)
    console.print(f"  {moved:,} of {len(found):,} applications would be advised otherwise.")
