"""Debts elsewhere, as told by a borrower and by a bureau; what one connected group may owe."""

from shared import migrations

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


# Both what was told and what was found stay; the newest of each counts, until its last fresh day.
DEBTS = """
create table debt_report (
  institution_id uuid not null,
  report_id uuid not null,
  borrower_id uuid not null,
  source text not null check (source in ('declared', 'bureau')),
  bureau text check (length(bureau) between 1 and 80),
  as_of date not null,
  fresh_until date not null check (fresh_until >= as_of),
  debts jsonb not null check (jsonb_typeof(debts) = 'array'),
  file_digest bytea check (length(file_digest) = 32),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, report_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  check ((source = 'bureau') = (bureau is not null)),
  check ((source = 'bureau') = (file_digest is not null))
);
create index ix_debt_report_borrower on debt_report (institution_id, borrower_id, as_of);
create unique index ix_debt_report_file
  on debt_report (institution_id, borrower_id, bureau, as_of, file_digest)
  where source = 'bureau';
"""

# The newest limit of a currency that is in force counts; one without an amount lifts it.
EXPOSURE = """
create table exposure_limit (
  institution_id uuid not null,
  exposure_limit_id uuid not null,
  currency char(3) not null,
  max_amount_minor bigint check (max_amount_minor > 0),
  ties text[] not null check (ties <@ array['member', 'guarantor'] and cardinality(ties) > 0),
  effective_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, exposure_limit_id)
);
create index ix_exposure_limit_currency
  on exposure_limit (institution_id, currency, effective_on);
"""


def upgrade() -> None:
    """Debts elsewhere, as told by a borrower and by a bureau; what one connected group may owe."""
    migrations.script(DEBTS + EXPOSURE)
    migrations.protect("debt_report", grants="select, insert")
    migrations.protect("exposure_limit", grants="select, insert")
