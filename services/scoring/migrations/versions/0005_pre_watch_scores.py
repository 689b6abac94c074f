"""What shadow cards said, how loans ended, and traits that the audit alone reads."""

from shared import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# What a card that is only tried said of the same application; `fault`: why it could not.
SHADOWS = """
create table shadow_score (
  institution_id uuid not null,
  assessment_id uuid not null,
  card_id text not null,
  card_version text not null,
  points integer,
  grade text,
  pd numeric,
  breakdown jsonb,
  fault text,
  primary key (institution_id, assessment_id, card_id, card_version),
  foreign key (institution_id, assessment_id)
    references assessment (institution_id, assessment_id),
  foreign key (institution_id, card_id, card_version)
    references scorecard_version (institution_id, card_id, version),
  check ((fault is null) = (points is not null)),
  check ((points is null) = (grade is null)),
  check ((points is null) = (pd is null)),
  check ((points is null) = (breakdown is null))
);
create index ix_shadow_score_card on shadow_score (institution_id, card_id, card_version);
create index ix_assessment_card on assessment (institution_id, card_id, card_version);
"""

# What was decided and how the loan ended: only ever added, the highest change is how it stands.
OUTCOMES = """
create table loan_outcome (
  institution_id uuid not null,
  application_id uuid not null,
  change integer not null check (change > 0),
  decision text not null check (decision in ('lent', 'refused')),
  decided_on date not null,
  decided_by uuid,
  reason_code text,
  lent_on date,
  result text check (result in ('good', 'bad')),
  observed_on date,
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, application_id, change),
  check (decision = 'lent' or (lent_on is null and result is null)),
  check ((result is null) = (observed_on is null)),
  check (result is null or lent_on is not null),
  check (observed_on >= lent_on)
);
"""

# Who a person is: never a part of a card or an opinion, read by the audit of fairness alone.
TRAITS = """
create table trait (
  institution_id uuid not null,
  application_id uuid not null,
  sex text check (sex in ('female', 'male')),
  age_band text check (age_band ~ '^[a-z0-9][a-z0-9_]{0,31}$'),
  region text check (region ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'),
  disability text check (disability in ('yes', 'no')),
  actor_id uuid not null,
  recorded_at timestamptz not null,
  primary key (institution_id, application_id)
);
"""
# What was known about a challenger when it was promoted, and why it was promoted all the same.
EVIDENCE = """
alter table scorecard_change add column reason text check (length(reason) between 1 and 500);
alter table scorecard_change add column evidence jsonb;
"""


def upgrade() -> None:
    """What shadow cards said, how loans ended, and traits that the audit alone reads."""
    migrations.script(SHADOWS + OUTCOMES + TRAITS + EVIDENCE)
    migrations.protect("shadow_score", grants="select, insert")
    migrations.protect("loan_outcome", grants="select, insert")
    migrations.protect("trait", grants="select, insert, update")
