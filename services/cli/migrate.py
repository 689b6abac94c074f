"""`rafid migrate`: bring a database to the newest schema of the three services."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.engine import make_url

from shared import migrations

console = Console()


async def prepare_database(
    admin_url: str, database: str, *, passwords: dict[str, str] | None = None
) -> dict[str, str]:
    """Make database, roles and schemas and run every migration; idempotent.

    Returns the application roles' URLs by service. `admin_url` is a superuser's.
    """
    urls = await migrations.prepare_roles(admin_url, database=database, passwords=passwords)
    target = make_url(admin_url).set(database=database).render_as_string(hide_password=False)
    for service in migrations.SERVICES:
        await migrations.upgrade(target, service)
    return urls


def migrate(
    admin_url: Annotated[
        str,
        typer.Option(
            envvar="RAFID_ADMIN_DATABASE_URL",
            help="A superuser's address; only this command uses it.",
        ),
    ],
    database: Annotated[str, typer.Option(help="The database to prepare.")] = "rafid",
    show_urls: Annotated[
        bool, typer.Option("--show-urls", help="Print the services' addresses, once.")
    ] = False,
) -> None:
    """Create roles and schemas where they are missing and run every migration."""
    urls = asyncio.run(prepare_database(admin_url, database))
    console.print(f"The schemas of {', '.join(urls)} are the newest.")
    if show_urls:
        for service, url in urls.items():
            console.print(f"RAFID_{service.upper()}_DATABASE_URL={url}", soft_wrap=True)
