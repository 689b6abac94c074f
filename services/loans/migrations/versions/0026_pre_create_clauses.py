"""What founders and donors said their money is for: clauses of funds, and the tree of regions.

A clause is only ever added. Another follows it, or lifts it; a second person approves each.
"""

from shared import migrations

TABLES = """
create table region (
  institution_id uuid not null,
  code text not null check (code ~ '^[^ A-Z-]{1,60}$'),
  above_code text,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, code),
  foreign key (institution_id, above_code) references region (institution_id, code),
  check (above_code <> code)
);
create table clause (
  institution_id uuid not null,
  clause_id uuid not null,
  fund_id uuid not null,
  reference text not null,
  kind text not null check (kind in
    ('zakat_class', 'sex', 'age', 'youth', 'client_status', 'sector', 'purpose',
     'mode_of_finance', 'region', 'giving_days', 'spend_within', 'most_per_person',
     'most_per_contract', 'least_per_contract', 'most_share', 'least_share',
     'own_contribution', 'joined_by', 'not_joined_by', 'most_aid', 'stipulation', 'lifting')),
  rule jsonb not null,
  words text not null check (length(words) between 1 and 4000),
  language text not null check (language in ('ar', 'fr', 'en')),
  source text not null check (length(source) between 1 and 300),
  dated_on date not null,
  whose text not null check (whose in ('founder', 'donor', 'lender', 'state', 'institution')),
  valid_from date not null,
  valid_through date check (valid_through >= valid_from),
  spares_agreed boolean not null,
  succeeds_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, clause_id),
  unique (institution_id, reference),
  unique (institution_id, clause_id, actor_id),
  unique (institution_id, fund_id, clause_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  foreign key (institution_id, fund_id, succeeds_id)
    references clause (institution_id, fund_id, clause_id),
  check ((kind = 'lifting') <= (succeeds_id is not null))
);
create index ix_clause_succeeds on clause (institution_id, succeeds_id);
create table clause_decision (
  institution_id uuid not null,
  clause_id uuid not null,
  outcome text not null check (outcome in ('approved', 'rejected')),
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, clause_id),
  foreign key (institution_id, clause_id, proposer_id)
    references clause (institution_id, clause_id, actor_id)
);
"""

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create clauses, what was decided of them, and regions."""
    migrations.script(TABLES)
    for table in ("region", "clause", "clause_decision"):
        migrations.protect(table, grants="select, insert")
