"""Institutions, branches, staff and programs; references; codes and attempts of sign-in."""

from shared import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
create table institution_code (
  code text primary key check (code ~ '^[a-z][a-z0-9-]{1,30}$'),
  institution_id uuid not null unique
);
comment on table institution_code is
  '@reference which institution a code names: asked before anybody is signed in';
create table institution (
  institution_id uuid primary key,
  code text not null,
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  timezone text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create table branch (
  institution_id uuid not null references institution (institution_id),
  branch_id uuid not null,
  code text not null check (code ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,30}$'),
  name_ar text not null,
  name_fr text not null,
  name_en text not null,
  region text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  deactivated_at timestamptz,
  primary key (institution_id, branch_id),
  unique (institution_id, code)
);
create table staff (
  institution_id uuid not null references institution (institution_id),
  staff_id uuid not null,
  login text not null check (login ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  name text not null,
  roles text[] not null check (cardinality(roles) > 0),
  branch_ids uuid[],
  donor_id uuid check ((donor_id is not null) = ('donor' = any (roles))),
  password_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  deactivated_at timestamptz,
  primary key (institution_id, staff_id),
  unique (institution_id, login)
);
create table client (
  institution_id uuid not null references institution (institution_id),
  client_id uuid not null,
  name text not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  roles text[] not null check (cardinality(roles) > 0),
  branch_ids uuid[],
  secret_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  deactivated_at timestamptz,
  primary key (institution_id, client_id),
  unique (institution_id, name)
);
create table reference_counter (
  institution_id uuid not null,
  kind text not null check (kind ~ '^[A-Z]{2,4}$'),
  year smallint not null,
  last bigint not null check (last > 0),
  primary key (institution_id, kind, year)
);
create table authorization_code (
  institution_id uuid not null,
  code_hash bytea not null,
  client_id text not null,
  redirect_uri text not null,
  code_challenge text not null,
  nonce text,
  scope text not null,
  staff_id uuid not null,
  expires_at timestamptz not null,
  redeemed_at timestamptz,
  primary key (institution_id, code_hash),
  foreign key (institution_id, staff_id) references staff (institution_id, staff_id)
);
create table sign_in_attempt (
  institution_id uuid not null,
  login text not null,
  attempts integer not null check (attempts > 0),
  since timestamptz not null,
  primary key (institution_id, login)
);
"""

GRANTS = {
    "institution": "select, insert",
    "branch": "select, insert, update (deactivated_at)",
    "staff": "select, insert, update (deactivated_at, password_hash)",
    "client": "select, insert, update (deactivated_at)",
    "reference_counter": "select, insert, update (last)",
    "authorization_code": "select, insert, update (redeemed_at), delete",
    "sign_in_attempt": "select, insert, update (attempts, since), delete",
}


def upgrade() -> None:
    """Create the tables of the slices institutions and identity."""
    migrations.script(TABLES)
    migrations.grant("institution_code", grants="select, insert")
    for table, grants in GRANTS.items():
        migrations.protect(table, grants=grants)
