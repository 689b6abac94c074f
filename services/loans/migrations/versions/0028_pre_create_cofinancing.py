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

# A project's cost and the rule by which it is divided; its legs are applications that are signed
# and paid out together, once the person's own share was shown.
FILES = """
create table financing_file (
  institution_id uuid not null,
  file_id uuid not null,
  reference text not null,
  borrower_id uuid not null,
  branch_id uuid not null,
  currency char(3) not null,
  cost_minor bigint not null check (cost_minor > 0),
  own_minor bigint not null check (own_minor between 0 and cost_minor),
  told jsonb not null,
  fact jsonb not null,
  opened_on date not null,
  status text not null default 'open'
    check (status in ('open', 'signed', 'paid_out', 'withdrawn')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, file_id),
  unique (institution_id, reference),
  unique (institution_id, file_id, currency),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, branch_id) references branch (institution_id, branch_id)
);
create index ix_financing_file_borrower on financing_file (institution_id, borrower_id);
create table financing_leg (
  institution_id uuid not null,
  file_id uuid not null,
  leg text not null check (leg in ('state', 'bank')),
  application_id uuid not null,
  primary key (institution_id, file_id, leg),
  unique (institution_id, application_id),
  foreign key (institution_id, file_id) references financing_file (institution_id, file_id),
  foreign key (institution_id, application_id)
    references application (institution_id, application_id)
);
create table own_share (
  institution_id uuid not null,
  own_share_id uuid not null,
  file_id uuid not null,
  kind text not null check (kind in ('paid_in', 'in_kind')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  shown_on date not null,
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, own_share_id),
  foreign key (institution_id, file_id, currency)
    references financing_file (institution_id, file_id, currency)
);
create index ix_own_share_file on own_share (institution_id, file_id);
create table financing_file_history (
  institution_id uuid not null,
  file_id uuid not null,
  status text not null,
  effective_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, file_id, status),
  foreign key (institution_id, file_id) references financing_file (institution_id, file_id)
);
"""

# Who answers for loans, up to how much; what of each loan is covered; and what was claimed, step by
# step. The last step of a claim says where it stands.
GUARANTEES = """
create table guarantee_facility (
  institution_id uuid not null,
  facility_id uuid not null,
  code text not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  fund_id uuid,
  currency char(3) not null,
  covered numeric(7, 6) not null check (covered > 0 and covered <= 1),
  cap_each_minor bigint not null check (cap_each_minor > 0),
  cap_total_minor bigint not null check (cap_total_minor >= cap_each_minor),
  claim_after_days integer not null check (claim_after_days between 1 and 3650),
  claim_within_days integer not null check (claim_within_days between 1 and 3650),
  fee numeric(7, 6) not null check (fee >= 0 and fee < 1),
  product_ids uuid[] not null,
  starts_on date not null,
  ends_on date check (ends_on > starts_on),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, facility_id),
  unique (institution_id, code),
  unique (institution_id, facility_id, currency),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency)
);
create table guarantee_cover (
  institution_id uuid not null,
  cover_id uuid not null,
  facility_id uuid not null,
  contract_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0),
  covered_on date not null,
  released_on date,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, cover_id),
  foreign key (institution_id, facility_id, currency)
    references guarantee_facility (institution_id, facility_id, currency),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency)
);
create unique index uq_guarantee_cover_contract on guarantee_cover (institution_id, contract_id)
  where released_on is null;
create index ix_guarantee_cover_facility on guarantee_cover (institution_id, facility_id)
  include (amount_minor);
create table guarantee_claim (
  institution_id uuid not null,
  claim_id uuid not null,
  cover_id uuid not null,
  contract_id uuid not null,
  currency char(3) not null,
  claimed_minor bigint not null check (claimed_minor > 0),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, claim_id),
  unique (institution_id, cover_id),
  foreign key (institution_id, cover_id) references guarantee_cover (institution_id, cover_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency)
);
create table guarantee_claim_step (
  institution_id uuid not null,
  step_id uuid not null,
  claim_id uuid not null,
  number integer not null check (number > 0),
  status text not null check (status in
    ('filed', 'submitted', 'accepted', 'refused', 'paid', 'recovered')),
  amount_minor bigint not null check (amount_minor >= 0),
  received_minor bigint not null default 0 check (received_minor >= 0),
  taken_on date not null,
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, step_id),
  unique (institution_id, claim_id, number),
  foreign key (institution_id, claim_id) references guarantee_claim (institution_id, claim_id)
);
"""
# A fund that pays a part of the price of another fund's loan, from a day until a day or until its
# conditions are lost; and every payment, with the repayment that it made on the contract.
SUBSIDIES = """
create table subsidy (
  institution_id uuid not null,
  subsidy_id uuid not null,
  contract_id uuid not null,
  fund_id uuid not null,
  currency char(3) not null,
  measure text not null check (measure in ('profit_share', 'rate_points')),
  part numeric(9, 6) not null check (part > 0 and part <= 1),
  cap_minor bigint check (cap_minor > 0),
  starts_on date not null,
  ends_on date check (ends_on > starts_on),
  conditions text[] not null,
  actor_id uuid not null,
  approved_by uuid check (approved_by <> actor_id),
  approved_on date,
  lost_condition text,
  lost_on date,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, subsidy_id),
  unique (institution_id, subsidy_id, currency),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  check ((lost_on is null) = (lost_condition is null))
);
create index ix_subsidy_contract on subsidy (institution_id, contract_id);
create table subsidy_payment (
  institution_id uuid not null,
  payment_id uuid not null,
  subsidy_id uuid not null,
  number integer not null check (number > 0),
  due_on date not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  paid_on date not null,
  repayment_id uuid not null,
  entry_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, payment_id),
  unique (institution_id, subsidy_id, number),
  foreign key (institution_id, subsidy_id, currency)
    references subsidy (institution_id, subsidy_id, currency),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
"""


def upgrade() -> None:
    """Create sources of contracts, financing files, guarantee facilities and subsidies."""
    migrations.script(SOURCES)
    migrations.protect("funding_source", grants="select, insert, delete")
    migrations.script(FILES)
    migrations.protect("financing_file", grants="select, insert, update (status)")
    migrations.protect("financing_leg", grants="select, insert, delete")
    for table in ("own_share", "financing_file_history"):
        migrations.protect(table, grants="select, insert")
    migrations.script(GUARANTEES)
    migrations.protect("guarantee_facility", grants="select, insert, update (ends_on)")
    migrations.protect("guarantee_cover", grants="select, insert, update (released_on)")
    for table in ("guarantee_claim", "guarantee_claim_step"):
        migrations.protect(table, grants="select, insert")
    migrations.script(SUBSIDIES)
    granted = "select, insert, update (approved_by, approved_on, lost_condition, lost_on)"
    migrations.protect("subsidy", grants=granted)
    migrations.protect("subsidy_payment", grants="select, insert")
