"""Borrowers, what identifies them, their consent, and who read about them."""

from shared import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The keys beside the names are computed by domain/duplicates.py; the database only compares.
TABLES = """
create table borrower (
  institution_id uuid not null,
  borrower_id uuid not null,
  reference text not null,
  external_id text,
  kind text not null
    check (kind in ('person', 'productive_family', 'solidarity_group', 'micro_enterprise')),
  branch_id uuid not null,
  name_ar text,
  name_latin text,
  name_sort text not null,
  sex text check (sex in ('female', 'male')),
  born_on date,
  region text not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, borrower_id),
  unique (institution_id, reference),
  unique (institution_id, external_id),
  foreign key (institution_id, branch_id) references branch (institution_id, branch_id),
  check (name_ar is not null or name_latin is not null)
);
create index ix_borrower_born_on on borrower (institution_id, born_on);
create index ix_borrower_name_sort on borrower (institution_id, name_sort, borrower_id);
create table borrower_name (
  institution_id uuid not null,
  borrower_id uuid not null,
  name_key text not null,
  primary key (institution_id, borrower_id, name_key),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_borrower_name_key on borrower_name (institution_id, name_key);
create table borrower_document (
  institution_id uuid not null,
  borrower_id uuid not null,
  type text not null,
  country char(2) not null,
  number_key text not null,
  number text not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, type, country, number_key),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_borrower_document_borrower on borrower_document (institution_id, borrower_id);
create table borrower_phone (
  institution_id uuid not null,
  borrower_id uuid not null,
  number text not null,
  primary key (institution_id, borrower_id, number),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_borrower_phone_number on borrower_phone (institution_id, number);
create table borrower_member (
  institution_id uuid not null,
  borrower_id uuid not null,
  member_borrower_id uuid not null,
  leads boolean not null,
  primary key (institution_id, borrower_id, member_borrower_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, member_borrower_id)
    references borrower (institution_id, borrower_id),
  check (borrower_id <> member_borrower_id)
);
create table guarantor (
  institution_id uuid not null,
  borrower_id uuid not null,
  guarantor_borrower_id uuid not null,
  since_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, borrower_id, guarantor_borrower_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, guarantor_borrower_id)
    references borrower (institution_id, borrower_id),
  check (borrower_id <> guarantor_borrower_id)
);
create table consent (
  institution_id uuid not null,
  consent_id uuid not null,
  borrower_id uuid not null,
  purpose text not null,
  granted boolean not null,
  effective_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, consent_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_consent_borrower on consent (institution_id, borrower_id);
create table confirmed_distinct (
  institution_id uuid not null,
  borrower_id uuid not null,
  other_borrower_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, borrower_id, other_borrower_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, other_borrower_id)
    references borrower (institution_id, borrower_id)
);
create table access_record (
  institution_id uuid not null,
  access_id uuid not null,
  actor_id uuid not null,
  borrower_id uuid not null,
  purpose text not null,
  accessed_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, access_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_access_record_borrower on access_record (institution_id, borrower_id);
"""

APPEND_ONLY = (
    "borrower_document",
    "borrower_phone",
    "borrower_name",
    "borrower_member",
    "guarantor",
    "consent",
    "confirmed_distinct",
    "access_record",
)


def upgrade() -> None:
    """Borrowers, what identifies them, their consent, and who read about them."""
    migrations.script(TABLES)
    migrations.protect("borrower", grants="select, insert")
    for table in APPEND_ONLY:
        migrations.protect(table, grants="select, insert")
