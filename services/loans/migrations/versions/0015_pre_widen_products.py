"""Products that say how principal is spread, profit charged, dates counted and money saved."""

from shared import migrations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A part holds the members that differ from their default: what was offered before reads the same.
COLUMNS = """
alter table product_version
  add column rounding text not null default 'half_even',
  add column day_count text not null default '30/360',
  add column month_end_rule text not null default 'clamp',
  add column amortisation jsonb not null default '{}',
  add column charging jsonb not null default '{}',
  add column dating jsonb not null default '{}',
  add column drawing jsonb not null default '{}',
  add column savings jsonb not null default '{}',
  drop constraint product_version_frequency_check,
  add constraint product_version_frequency_check check (frequency in
    ('daily', 'weekly', 'biweekly', 'twice_a_month', 'monthly', 'quarterly', 'half_yearly',
     'yearly'));
"""


def upgrade() -> None:
    """Widen what a version of a product states."""
    migrations.script(COLUMNS)
