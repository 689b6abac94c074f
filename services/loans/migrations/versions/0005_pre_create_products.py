"""Products and their frozen versions."""

from shared import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A version is never changed: what was offered on the day of an application stays readable.
TABLES = """
create table product (
  institution_id uuid not null,
  product_id uuid not null,
  code text not null check (length(code) between 1 and 40),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, product_id),
  unique (institution_id, code)
);
create table product_version (
  institution_id uuid not null,
  product_id uuid not null,
  version integer not null check (version > 0),
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  mode_of_finance text not null check (mode_of_finance in ('qard', 'conventional')),
  charge_method text not null check (charge_method in ('none', 'declining_balance', 'flat')),
  currency char(3) not null,
  min_amount_minor bigint not null check (min_amount_minor > 0),
  default_amount_minor bigint not null,
  max_amount_minor bigint not null,
  min_term_months integer not null check (min_term_months > 0),
  default_term_months integer not null,
  max_term_months integer not null,
  min_annual_rate numeric(9,6) not null check (min_annual_rate >= 0),
  default_annual_rate numeric(9,6) not null,
  max_annual_rate numeric(9,6) not null,
  min_grace_months integer not null check (min_grace_months >= 0),
  default_grace_months integer not null,
  max_grace_months integer not null,
  frequency text not null check (frequency in ('weekly', 'biweekly', 'monthly', 'quarterly')),
  fees jsonb not null,
  allocation_order text[] not null,
  fund_kinds text[] not null check (cardinality(fund_kinds) > 0),
  residue_rule text not null,
  moving_rule text not null,
  price jsonb not null,
  approve_points_from integer,
  reject_points_below integer,
  automatic_decision boolean not null,
  least_age_years integer not null check (least_age_years between 0 and 120),
  offered boolean not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, product_id, version),
  foreign key (institution_id, product_id) references product (institution_id, product_id),
  check (default_amount_minor between min_amount_minor and max_amount_minor),
  check (default_term_months between min_term_months and max_term_months),
  check (default_annual_rate between min_annual_rate and max_annual_rate),
  check (default_grace_months between min_grace_months and max_grace_months),
  check (mode_of_finance <> 'qard' or (charge_method = 'none' and max_annual_rate = 0)),
  check (not automatic_decision or approve_points_from is not null),
  check (reject_points_below <= approve_points_from)
);
"""


def upgrade() -> None:
    """Products and their frozen versions."""
    migrations.script(TABLES)
    migrations.protect("product", grants="select, insert")
    migrations.protect("product_version", grants="select, insert")
