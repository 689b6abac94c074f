"""Several funds behind one contract, files of several contracts, guarantees and subsidies."""

from shared import migrations

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# The funds that finance one application together, proposed before it is decided: how much of the
# principal and of the income each has, and in which rank. The one at place 1 leads.
SOURCES = """
create table funding_source (
  institution_id uuid not null,
  application_id uuid not null,
  fund_id uuid not null,
  place smallint not null check (place between 1 and 12),
  rank smallint not null check (rank between 1 and 12),
  part bigint not null check (part > 0),
  income_part bigint not null check (income_part >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, application_id, fund_id),
  unique (institution_id, application_id, place),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create index ix_funding_source_fund on funding_source (institution_id, fund_id);
"""


def upgrade() -> None:
    """Create sources of contracts, financing files, guarantee facilities and subsidies."""
    migrations.script(SOURCES)
    migrations.protect("funding_source", grants="select, insert, delete")

