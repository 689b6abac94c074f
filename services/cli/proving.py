"""`rafid verify`: prove every figure of a database from its rows, and name the first that fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer
from rich.console import Console

from services.cli.opening import databases, tenants
from services.cli.options import Folder, LoansAddress
from services.loans.lineage import operations as lineage
from services.loans.proof import operations as proof
from services.loans.proof.operations import Finding
from shared.db import Database, TenantDb
from shared.ids import InstitutionId

console = Console()


async def prove_lineage(
    opened: dict[str, Database],
) -> AsyncIterator[tuple[InstitutionId, Finding]]:
    """Tell each institution's lines to the newest entry, and prove where every unit is."""
    for institution_id in await tenants(opened["loans"]):
        await lineage.catch_up(TenantDb(opened["loans"], institution_id))
        async with opened["loans"].read(institution_id, snapshot=True) as session:
            yield institution_id, await proof.prove_lines(session)
            yield institution_id, await proof.prove_accounts(session)


async def prove_all(opened: dict[str, Database]) -> AsyncIterator[tuple[InstitutionId, Finding]]:
    """Prove each institution's books, then the feeds of the other services."""
    for institution_id in await tenants(opened["loans"]):
        async with opened["loans"].read(institution_id, snapshot=True) as session:
            async for finding in proof.prove(session):
                yield institution_id, finding
    for service, database in opened.items():
        if service == "loans":
            continue
        for institution_id in await tenants(database):
            async with database.read(institution_id, snapshot=True) as session:
                yield institution_id, await proof.feed_chain_finding(session)


def verify(
    data: Folder = None,
    url: LoansAddress = None,
    lineage_only: Annotated[
        bool, typer.Option("--lineage", help="Prove only where every unit of every fund is.")
    ] = False,
) -> None:
    """Prove the books: every rule, both chains of hashes, every contract's sums."""
    prove = prove_lineage if lineage_only else prove_all

    async def main() -> int:
        broken = 0
        async with databases(data, url) as opened:
            last = None
            async for institution_id, finding in prove(opened):
                if institution_id != last:
                    console.print(f"[bold]institution {institution_id}[/]")
                    last = institution_id
                tell(finding)
                broken += not finding.holds
        return broken

    broken = asyncio.run(main())
    if broken:
        console.print(f"[red]{broken} rules are broken.[/]")
        raise typer.Exit(1)
    console.print("[green]Everything fits.[/]")


def tell(finding: Finding) -> None:
    """Print one rule's result."""
    if finding.holds:
        count = "" if finding.looked_at is None else f" ({finding.looked_at:,})"
        console.print(f"  [green]✓[/] {finding.rule}{count}")
    else:
        console.print(f"  [red]✗ {finding.rule}[/]\n    first row {finding.row}: {finding.why}")
