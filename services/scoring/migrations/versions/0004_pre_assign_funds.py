"""Runs of the assignment of waiting applications to funds."""

from shared import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# A run never changes but for its decision; the same input has one run.
RUNS = """
create table assignment_run (
  institution_id uuid not null,
  run_id uuid not null,
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  as_of date not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  weights jsonb not null,
  words jsonb not null,
  applications integer not null check (applications >= 0),
  financed integer not null check (financed between 0 and applications),
  method text not null check (method in ('none', 'rounded', 'exact')),
  value numeric not null,
  bound numeric not null check (bound >= value),
  status text not null check (status in ('proposed', 'approved', 'rejected')),
  made_by uuid not null,
  made_at timestamptz not null,
  decided_by uuid check (decided_by <> made_by),
  decided_at timestamptz,
  decision_note text,
  primary key (institution_id, run_id),
  unique (institution_id, input_hash),
  check ((status = 'proposed') = (decided_by is null)),
  check ((decided_by is null) = (decided_at is null))
);
create table assignment_fund (
  institution_id uuid not null,
  run_id uuid not null,
  fund_id uuid not null,
  budget_minor bigint not null check (budget_minor >= 0),
  amount_minor bigint not null check (amount_minor between 0 and budget_minor),
  financed integer not null check (financed >= 0),
  trait_amounts jsonb not null,
  lots jsonb not null,
  refused jsonb not null,
  one_more numeric not null,
  primary key (institution_id, run_id, fund_id),
  foreign key (institution_id, run_id) references assignment_run (institution_id, run_id)
);
create table assignment_line (
  institution_id uuid not null,
  run_id uuid not null,
  application_id uuid not null,
  place integer not null check (place > 0),
  amount_minor bigint not null check (amount_minor > 0),
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  fund_id uuid,
  refusals jsonb not null,
  primary key (institution_id, run_id, application_id),
  foreign key (institution_id, run_id) references assignment_run (institution_id, run_id),
  foreign key (institution_id, run_id, fund_id)
    references assignment_fund (institution_id, run_id, fund_id),
  check ((fund_id is null) = (refusals <> '[]'))
);
create index ix_assignment_line_application
  on assignment_line (institution_id, application_id, run_id);
"""


def upgrade() -> None:
    """Runs of the assignment of waiting applications to funds."""
    migrations.script(RUNS)
    migrations.protect(
        "assignment_run",
        grants="select, insert, update (status, decided_by, decided_at, decision_note)",
    )
    migrations.protect("assignment_fund", grants="select, insert")
    migrations.protect("assignment_line", grants="select, insert")
