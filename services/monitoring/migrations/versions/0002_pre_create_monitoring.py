"""Projects, portfolio facts and donor links."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "agreed_contract",
    "project_stage",
    "contract_movement",
    "observed_fund",
    "fund_link",
    "fund_receipt",
    "fund_release",
    "observed_branch",
)

TABLES = """
create table agreed_contract (
  institution_id uuid not null,
  contract_id uuid not null,
  fund_id uuid not null,
  branch_id uuid not null,
  sector text not null,
  region text not null,
  mode_of_finance text not null,
  currency char(3) not null,
  principal_minor bigint not null check (principal_minor > 0),
  signed_on date not null,
  allocation_order text[] not null,
  due_on date[] not null,
  due_principal_minor bigint[] not null,
  due_profit_minor bigint[] not null,
  due_fee_minor bigint[] not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  primary key (institution_id, contract_id),
  check (cardinality(due_on) = cardinality(due_principal_minor)
    and cardinality(due_on) = cardinality(due_profit_minor)
    and cardinality(due_on) = cardinality(due_fee_minor))
);
create index ix_agreed_contract_fund on agreed_contract (institution_id, fund_id);
create table project (
  institution_id uuid not null,
  project_id uuid not null,
  contract_id uuid not null,
  stage text not null check (stage in ('financed', 'repaying', 'repaid')),
  opened_on date not null,
  sequence bigint not null check (sequence > 0),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, project_id),
  unique (institution_id, contract_id)
);
create table project_stage (
  institution_id uuid not null,
  project_id uuid not null,
  sequence bigint not null check (sequence > 0),
  stage text not null check (stage in ('financed', 'repaying', 'repaid')),
  since_on date not null,
  event_id uuid not null,
  known_at timestamptz not null,
  primary key (institution_id, project_id, sequence),
  unique (institution_id, event_id),
  foreign key (institution_id, project_id)
    references project (institution_id, project_id)
);
create table contract_movement (
  institution_id uuid not null,
  event_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  contract_id uuid not null,
  fund_id uuid not null,
  kind text not null check (kind in ('disbursement', 'repayment', 'reversal')),
  effective_on date not null,
  currency char(3) not null,
  amount_minor bigint not null,
  principal_minor bigint not null,
  profit_minor bigint not null,
  fee_minor bigint not null,
  surplus_minor bigint not null,
  channel text not null,
  primary key (institution_id, event_id),
  unique (institution_id, sequence),
  check (kind = 'disbursement'
    or amount_minor = principal_minor + profit_minor + fee_minor + surplus_minor)
);
create index ix_contract_movement_contract
  on contract_movement (institution_id, contract_id, effective_on);
create index ix_contract_movement_fund
  on contract_movement (institution_id, fund_id, effective_on);
create table observed_fund (
  institution_id uuid not null,
  fund_id uuid not null,
  code text not null,
  kind text not null,
  currency char(3) not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  primary key (institution_id, fund_id)
);
create table fund_link (
  institution_id uuid not null,
  fund_id uuid not null,
  donor_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  primary key (institution_id, fund_id, donor_id)
);
create table fund_receipt (
  institution_id uuid not null,
  event_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  fund_id uuid not null,
  donor_id uuid,
  received_on date not null,
  currency char(3) not null,
  amount_minor bigint not null,
  primary key (institution_id, event_id)
);
create index ix_fund_receipt_fund on fund_receipt (institution_id, fund_id, received_on);
create table fund_release (
  institution_id uuid not null,
  event_id uuid not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  fund_id uuid not null,
  released_on date not null,
  currency char(3) not null,
  amount_minor bigint not null,
  primary key (institution_id, event_id)
);
create index ix_fund_release_fund on fund_release (institution_id, fund_id, released_on);
create table observed_branch (
  institution_id uuid not null,
  branch_id uuid not null,
  code text not null,
  region text not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  sequence bigint not null check (sequence > 0),
  known_at timestamptz not null,
  primary key (institution_id, branch_id)
);
create table observed_institution (
  institution_id uuid not null,
  code text not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  country char(2) not null,
  currency char(3) not null,
  timezone text not null,
  primary key (institution_id)
);
create table feed_progress (
  institution_id uuid not null,
  source text not null,
  head bigint not null check (head >= 0),
  primary key (institution_id, source)
);
"""


def upgrade() -> None:
    """Projects, portfolio facts and donor links."""
    migrations.script(TABLES)
    for table in APPEND_ONLY:
        migrations.protect(table, grants="select, insert")
    migrations.protect("project", grants="select, insert, update (stage, sequence)")
    migrations.protect("observed_institution", grants="select, insert, update")
    migrations.protect("feed_progress", grants="select, insert, update")
