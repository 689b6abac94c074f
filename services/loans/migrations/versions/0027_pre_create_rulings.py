"""The Sharia register, what products and funds name of it, and the log of non-compliance."""

from shared import migrations

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# An institution that is older than the register is not bound by it until it says so.
WIDEN = """
alter table institution add column rulings_bind boolean not null default false;
alter table institution alter column rulings_bind set default true;
alter table product_version add column ruling_id uuid;
alter table fund add column lending_ruling_id uuid;
"""

# A decision names whoever entered the ruling, by a key of it, and is by another: no program can
# make one person two. Only an approved ruling takes its reference.
REGISTER = """
create table sharia_board (
  institution_id uuid not null,
  board_id uuid not null,
  code text not null check (length(code) between 1 and 40),
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  country text check (country ~ '^[A-Z]{2}(-[A-Z]{2,10})?$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, board_id),
  unique (institution_id, code)
);
create table sharia_board_member (
  institution_id uuid not null,
  member_id uuid not null,
  board_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  office text not null check (office in ('chair', 'member', 'secretary')),
  starts_on date not null,
  ends_on date check (ends_on >= starts_on),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, member_id),
  foreign key (institution_id, board_id) references sharia_board (institution_id, board_id)
);
create table ruling (
  institution_id uuid not null,
  ruling_id uuid not null,
  reference text not null check (length(reference) between 1 and 200),
  board_id uuid not null,
  verdict text not null check (verdict in ('permitted', 'forbidden')),
  text text not null,
  language text not null check (language in ('ar', 'fr', 'en')),
  document_sha256 text not null check (document_sha256 ~ '^[0-9a-f]{64}$'),
  source_url text,
  country text check (country ~ '^[A-Z]{2}(-[A-Z]{2,10})?$'),
  given_on date not null,
  in_force_from date not null check (in_force_from >= given_on),
  in_force_until date check (in_force_until > in_force_from),
  topics text[] not null check (cardinality(topics) > 0),
  modes text[] not null,
  fund_kinds text[] not null,
  zakat_classes text[] not null,
  supersedes_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, ruling_id),
  unique (institution_id, ruling_id, actor_id),
  foreign key (institution_id, board_id) references sharia_board (institution_id, board_id),
  foreign key (institution_id, supersedes_id) references ruling (institution_id, ruling_id)
);
create index ix_ruling_supersedes on ruling (institution_id, supersedes_id)
  where supersedes_id is not null;
create table ruling_decision (
  institution_id uuid not null,
  ruling_id uuid not null,
  number text not null,
  outcome text not null check (outcome in ('approved', 'rejected')),
  reference text check ((reference is not null) = (outcome = 'approved')),
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, ruling_id),
  unique (institution_id, reference),
  unique (institution_id, number),
  foreign key (institution_id, ruling_id, proposer_id)
    references ruling (institution_id, ruling_id, actor_id)
);
create table ruling_withdrawal (
  institution_id uuid not null,
  ruling_id uuid not null,
  number text not null,
  withdrawn_on date not null,
  reason text not null,
  document_sha256 text not null check (document_sha256 ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, ruling_id),
  unique (institution_id, number),
  foreign key (institution_id, ruling_id)
    references ruling_decision (institution_id, ruling_id)
);
create table fund_ruling (
  institution_id uuid not null,
  link_id uuid not null,
  fund_id uuid not null,
  ruling_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, link_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  foreign key (institution_id, ruling_id)
    references ruling_decision (institution_id, ruling_id)
);
create index ix_fund_ruling_fund on fund_ruling (institution_id, fund_id);
alter table product_version add foreign key (institution_id, ruling_id)
  references ruling_decision (institution_id, ruling_id);
alter table fund add foreign key (institution_id, lending_ruling_id)
  references ruling_decision (institution_id, ruling_id);
"""

# A case is decided once by its board; what is then moved to charity, and what charity is paid out,
# is ordered by one person and approved by another, which books it.
LOG = """
create table noncompliance (
  institution_id uuid not null,
  case_id uuid not null,
  reference text not null,
  event text not null check (event in ('ruling_out_of_force', 'order_of_steps', 'no_possession',
    'cash_instead_of_goods', 'late_amount_as_income', 'unlawful_activity', 'interest_earned',
    'fee_above_cost', 'fund_rule_broken', 'other')),
  description text not null,
  root_cause text,
  found_by text not null check (found_by in ('staff', 'internal_audit', 'sharia_audit',
    'sharia_board', 'external_audit', 'regulator', 'system')),
  occurred_on date not null,
  found_on date not null check (found_on >= occurred_on),
  fund_id uuid not null,
  contract_id uuid,
  step_id uuid check (step_id is null or contract_id is not null),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor >= 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, case_id),
  unique (institution_id, reference),
  unique (institution_id, case_id, fund_id, currency),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, contract_id) references contract (institution_id, contract_id)
);
create table noncompliance_decision (
  institution_id uuid not null,
  case_id uuid not null,
  board_id uuid not null,
  is_breach boolean not null,
  purify_minor bigint not null check (purify_minor >= 0 and (is_breach or purify_minor = 0)),
  currency char(3) not null,
  remedy text not null,
  decided_on date not null,
  document_sha256 text not null check (document_sha256 ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, case_id),
  foreign key (institution_id, case_id) references noncompliance (institution_id, case_id),
  foreign key (institution_id, board_id) references sharia_board (institution_id, board_id)
);
create table charity_beneficiary (
  institution_id uuid not null,
  beneficiary_id uuid not null,
  code text not null check (length(code) between 1 and 40),
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  registration text not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, beneficiary_id),
  unique (institution_id, code)
);
create table charity_order (
  institution_id uuid not null,
  order_id uuid not null,
  reference text not null,
  kind text not null check (kind in ('purification', 'payment')),
  fund_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  case_id uuid,
  account_code text check (account_code in ('profit_income', 'fee_income', 'penalty_income',
    'investment_income')),
  beneficiary_id uuid,
  channel text,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  unique (institution_id, reference),
  unique (institution_id, order_id, actor_id),
  check ((kind = 'purification') = (case_id is not null and account_code is not null)),
  check ((kind = 'payment') = (beneficiary_id is not null and channel is not null)),
  foreign key (institution_id, case_id, fund_id, currency)
    references noncompliance (institution_id, case_id, fund_id, currency),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, beneficiary_id)
    references charity_beneficiary (institution_id, beneficiary_id)
);
create index ix_charity_order_case on charity_order (institution_id, case_id)
  where case_id is not null;
create index ix_charity_order_fund on charity_order (institution_id, fund_id);
create table charity_decision (
  institution_id uuid not null,
  order_id uuid not null,
  outcome text not null check (outcome in ('approved', 'rejected')),
  entry_id uuid check ((entry_id is not null) = (outcome = 'approved')),
  booked_on date check ((booked_on is not null) = (outcome = 'approved')),
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  foreign key (institution_id, order_id, proposer_id)
    references charity_order (institution_id, order_id, actor_id)
);
"""

ADDED = (
    "sharia_board",
    "ruling",
    "ruling_decision",
    "ruling_withdrawal",
    "fund_ruling",
    "noncompliance",
    "noncompliance_decision",
    "charity_beneficiary",
    "charity_order",
    "charity_decision",
)


def upgrade() -> None:
    """Create the register and the log."""
    migrations.script(WIDEN)
    migrations.grant("institution", grants="update (rulings_bind)")
    migrations.grant("fund", grants="update (lending_ruling, lending_ruling_id)")
    migrations.script(REGISTER)
    migrations.script(LOG)
    for table in ADDED:
        migrations.protect(table, grants="select, insert")
    migrations.protect("sharia_board_member", grants="select, insert, update (ends_on)")
