"""Applications, their history and assessments; decisions and who may take them."""

from shared import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# An application's row holds what is asked now and where it stands; every step on the way is a
# row of the history. What was offered stands in the decision.
APPLICATIONS = """
create table application (
  institution_id uuid not null,
  application_id uuid not null,
  reference text not null,
  external_id text,
  borrower_id uuid not null,
  branch_id uuid not null,
  product_id uuid not null,
  product_version integer not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  term_months integer not null check (term_months > 0),
  grace_months integer not null check (grace_months >= 0),
  own_contribution_minor bigint not null check (own_contribution_minor >= 0),
  purpose text not null,
  sector text not null,
  other_income_minor bigint not null check (other_income_minor >= 0),
  sales_minor bigint not null check (sales_minor >= 0),
  business_costs_minor bigint not null check (business_costs_minor >= 0),
  household_costs_minor bigint not null check (household_costs_minor >= 0),
  debt_service_minor bigint not null check (debt_service_minor >= 0),
  activity_permitted boolean not null,
  in_default_now boolean not null,
  characteristics jsonb not null,
  status text not null check (status in (
    'submitted', 'waiting_for_assessment', 'assessed', 'returned', 'withdrawn',
    'approved', 'rejected', 'waiting_for_funds', 'signed')),
  reason jsonb,
  round integer not null default 1,
  version integer not null default 1,
  officer_id uuid not null,
  submitted_at timestamptz not null,
  status_since timestamptz not null,
  primary key (institution_id, application_id),
  unique (institution_id, reference),
  unique (institution_id, external_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, branch_id) references branch (institution_id, branch_id),
  foreign key (institution_id, product_id, product_version)
    references product_version (institution_id, product_id, version)
);
create index ix_application_status on application (institution_id, status, application_id);
create index ix_application_borrower on application (institution_id, borrower_id);
create table application_history (
  institution_id uuid not null,
  application_id uuid not null,
  version integer not null,
  round integer not null,
  event text not null,
  status text not null,
  reason text,
  actor_id uuid not null,
  happened_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, application_id, version),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id)
);
create table application_assessment (
  institution_id uuid not null,
  assessment_id uuid not null,
  application_id uuid not null,
  round integer not null,
  points integer not null,
  grade text not null,
  answer jsonb not null,
  assessed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, assessment_id),
  unique (institution_id, application_id, round),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id)
);
"""

APPROVALS = """
create table authority_level (
  institution_id uuid not null,
  authority_level_id uuid not null,
  product_id uuid,
  fund_id uuid,
  currency char(3) not null,
  max_amount_minor bigint not null check (max_amount_minor > 0),
  level integer not null check (level between 1 and 9),
  role text not null,
  in_force boolean not null default true,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, authority_level_id),
  foreign key (institution_id, product_id) references product (institution_id, product_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create table decision (
  institution_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  round integer not null,
  level integer not null,
  outcome text not null check (outcome in ('approve', 'reject', 'return')),
  reasons text[] not null check (cardinality(reasons) > 0),
  override_reason text,
  recommended text not null check (recommended in ('approve', 'refer', 'reject')),
  assessment_id uuid not null,
  fund_id uuid,
  currency char(3),
  amount_minor bigint check (amount_minor > 0),
  term_months integer,
  grace_months integer,
  annual_rate numeric(9,6),
  actor_id uuid not null,
  decided_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, decision_id),
  unique (institution_id, application_id, round, level),
  unique (institution_id, application_id, round, actor_id),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id),
  foreign key (institution_id, assessment_id)
    references application_assessment (institution_id, assessment_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  check (outcome <> 'approve' or (fund_id is not null and currency is not null
    and amount_minor is not null and term_months is not null
    and grace_months is not null and annual_rate is not null))
);
"""


def upgrade() -> None:
    """Applications, their history and assessments; decisions and who may take them."""
    migrations.script(APPLICATIONS)
    migrations.protect("application", grants="select, insert, update")
    migrations.protect("application_history", grants="select, insert")
    migrations.protect("application_assessment", grants="select, insert")
    migrations.script(APPROVALS)
    migrations.protect("authority_level", grants="select, insert, update (in_force)")
    migrations.protect("decision", grants="select, insert")
