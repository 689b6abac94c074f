"""Run the migrations of monitoring on the connection that shared.migrations opened."""

from alembic import context

from shared import migrations

migrations.run_environment(context)  # type: ignore[arg-type] # a module that stands for its object
