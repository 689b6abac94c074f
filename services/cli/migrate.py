"""`rafid migrate`: bring a database to the newest schema of the three services."""

from sqlalchemy.engine import make_url

from shared import migrations


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
