"""Pledges, agreements with their instalments, exchange, and money borrowed from lenders."""

from shared import migrations

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# What was promised and is firmly due, as movements: what came, or comes no more, takes away from
# it. One that came names its receipt, and counts no more once that is taken back. A receipt that
# something rests on is bound by it: nothing else takes it back.
EXPECTED = """
create table fund_expectation (
  institution_id uuid not null,
  expectation_id uuid not null,
  fund_id uuid not null,
  source_id uuid not null,
  number integer not null check (number > 0),
  amount_minor bigint not null check (amount_minor <> 0),
  from_on date not null,
  until_on date not null check (until_on > from_on),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, expectation_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create index ix_fund_expectation_fund on fund_expectation (institution_id, fund_id, until_on);
alter table receipt add column bound_by uuid;
"""

# Two persons, held by keys: whoever proposed a thing cannot be who decides on it.
PROPOSALS = """
create table agreement_proposal (
  institution_id uuid not null,
  proposal_id uuid not null,
  kind text not null check (kind in ('agreement', 'figure', 'draw_down', 'rate', 'payment')),
  decided_at timestamptz,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, proposal_id),
  unique (institution_id, proposal_id, actor_id)
);
create table agreement_decision (
  institution_id uuid not null,
  proposal_id uuid not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, proposal_id),
  foreign key (institution_id, proposal_id, proposer_id)
    references agreement_proposal (institution_id, proposal_id, actor_id)
);
"""

AGREEMENTS = """
create table pledge (
  institution_id uuid not null,
  pledge_id uuid not null,
  reference text not null,
  fund_id uuid not null,
  donor_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  pledged_on date not null,
  expires_on date check (expires_on > pledged_on),
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{64}$'),
  withdrawn_on date check (withdrawn_on >= pledged_on),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, pledge_id),
  unique (institution_id, reference),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  foreign key (institution_id, donor_id) references donor (institution_id, donor_id)
);
create table agreement (
  institution_id uuid not null,
  agreement_id uuid not null,
  reference text not null check (length(reference) between 1 and 60),
  fund_id uuid not null,
  fund_currency char(3) not null,
  donor_id uuid not null,
  party text not null check (party in ('donor', 'state', 'lender')),
  nature text not null,
  currency char(3) not null,
  total_minor bigint not null check (total_minor > 0),
  signed_on date not null,
  pledge_id uuid,
  late_after_days integer not null check (late_after_days between 0 and 365),
  counts_when_due boolean not null,
  firm_days integer not null check (firm_days between 0 and 365),
  offer jsonb check ((offer is not null) = (party = 'lender')),
  available_until date check ((available_until is not null) = (party = 'lender')),
  clauses jsonb not null,
  documents jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, agreement_id),
  unique (institution_id, agreement_id, currency),
  check (not counts_when_due or (firm_days > 0 and currency = fund_currency)),
  check (party <> 'lender' or currency = fund_currency),
  foreign key (institution_id, agreement_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, fund_id, fund_currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, donor_id) references donor (institution_id, donor_id),
  foreign key (institution_id, pledge_id) references pledge (institution_id, pledge_id)
);
create unique index uq_agreement_reference on agreement (institution_id, donor_id, reference);
create index ix_agreement_fund on agreement (institution_id, fund_id);
create table agreement_instalment (
  institution_id uuid not null,
  agreement_id uuid not null,
  number integer not null check (number > 0),
  due_on date not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  primary key (institution_id, agreement_id, number),
  foreign key (institution_id, agreement_id, currency)
    references agreement (institution_id, agreement_id, currency)
);
create table agreement_condition (
  institution_id uuid not null,
  agreement_id uuid not null,
  instalment integer not null,
  number integer not null check (number > 0),
  measure text not null
    check (measure in ('par30', 'par90', 'absorption', 'disbursed', 'borrowers', 'told')),
  code text not null,
  comparison text not null check (comparison in ('at_least', 'at_most')),
  threshold numeric not null check (threshold >= 0),
  clause text not null check (length(clause) between 1 and 1000),
  primary key (institution_id, agreement_id, instalment, number),
  foreign key (institution_id, agreement_id, instalment)
    references agreement_instalment (institution_id, agreement_id, number)
);
create table agreement_figure (
  institution_id uuid not null,
  figure_id uuid not null,
  agreement_id uuid not null,
  instalment integer not null,
  condition_no integer not null,
  measure text not null,
  numerator numeric not null,
  denominator numeric not null check (denominator > 0),
  as_of date not null,
  formula text not null,
  version integer not null,
  is_met boolean not null,
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, figure_id),
  check ((measure = 'told') = (evidence is not null)),
  foreign key (institution_id, figure_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, agreement_id, instalment, condition_no)
    references agreement_condition (institution_id, agreement_id, instalment, number)
);
create index ix_agreement_figure_condition
  on agreement_figure (institution_id, agreement_id, instalment, condition_no);
"""

# What came for an instalment, or comes no more. What is taken back names it and is its opposite.
EXCHANGE = """
create table exchange_rate (
  institution_id uuid not null,
  rate_id uuid not null,
  base char(3) not null,
  quote char(3) not null check (quote <> base),
  rated_on date not null,
  rate numeric not null check (rate > 0),
  source text not null check (length(source) between 1 and 300),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, rate_id)
);
create index ix_exchange_rate_day on exchange_rate (institution_id, base, quote, rated_on);
create table agreement_move (
  institution_id uuid not null,
  move_id uuid not null,
  agreement_id uuid not null,
  number integer not null,
  kind text not null check (kind in ('match', 'unmatch', 'cancel')),
  amount_minor bigint not null check (amount_minor <> 0 and (amount_minor < 0) = (kind = 'unmatch')),
  currency char(3) not null,
  receipt_id uuid check ((receipt_id is null) = (kind = 'cancel')),
  rate_id uuid,
  credited_minor bigint check ((credited_minor is null) = (rate_id is null)),
  fund_minor bigint not null,
  exchange_entry_id uuid,
  reverses_move_id uuid check ((reverses_move_id is not null) = (kind = 'unmatch')),
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, move_id),
  foreign key (institution_id, agreement_id, number)
    references agreement_instalment (institution_id, agreement_id, number),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id),
  foreign key (institution_id, rate_id) references exchange_rate (institution_id, rate_id),
  foreign key (institution_id, exchange_entry_id)
    references journal_entry (institution_id, entry_id),
  foreign key (institution_id, reverses_move_id)
    references agreement_move (institution_id, move_id)
);
create index ix_agreement_move_instalment
  on agreement_move (institution_id, agreement_id, number);
create unique index uq_agreement_move_reverses
  on agreement_move (institution_id, reverses_move_id) where reverses_move_id is not null;
"""

# A draw-down freezes its terms and instalments when the money comes.
BORROWED = """
create table draw_down (
  institution_id uuid not null,
  draw_id uuid not null,
  reference text not null,
  agreement_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, draw_id),
  unique (institution_id, reference),
  foreign key (institution_id, draw_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, agreement_id, currency)
    references agreement (institution_id, agreement_id, currency)
);
create index ix_draw_down_agreement on draw_down (institution_id, agreement_id);
create table draw_receipt (
  institution_id uuid not null,
  draw_id uuid not null,
  receipt_id uuid not null,
  received_on date not null,
  terms jsonb not null,
  instalments jsonb not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, draw_id),
  unique (institution_id, receipt_id),
  foreign key (institution_id, draw_id) references draw_down (institution_id, draw_id),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id)
);
create table draw_end (
  institution_id uuid not null,
  draw_id uuid not null,
  receipt_id uuid,
  ended_on date not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, draw_id),
  foreign key (institution_id, draw_id) references draw_down (institution_id, draw_id),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id)
);
create table lender_rate (
  institution_id uuid not null,
  change_id uuid not null,
  draw_id uuid not null,
  effective_on date not null,
  annual_rate numeric not null check (annual_rate > 0),
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, change_id),
  foreign key (institution_id, change_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, draw_id) references draw_receipt (institution_id, draw_id)
);
create index ix_lender_rate_draw on lender_rate (institution_id, draw_id);
create table lender_payment (
  institution_id uuid not null,
  payment_id uuid not null,
  draw_id uuid not null,
  kind text not null check (kind in ('repayment', 'share')),
  amount_minor bigint not null check (amount_minor > 0),
  declared_minor bigint check ((declared_minor is not null) = (kind = 'share')),
  currency char(3) not null,
  paid_on date not null,
  channel text not null check (channel in ('cash', 'wallet', 'bank')),
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$' or (evidence is null and kind <> 'share')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, payment_id),
  foreign key (institution_id, payment_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, draw_id) references draw_receipt (institution_id, draw_id)
);
create index ix_lender_payment_draw on lender_payment (institution_id, draw_id);
create table lender_booking (
  institution_id uuid not null,
  booking_id uuid not null,
  payment_id uuid not null,
  principal_minor bigint not null,
  cost_minor bigint not null,
  entry_id uuid not null,
  reverses_booking_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, booking_id),
  foreign key (institution_id, payment_id) references lender_payment (institution_id, payment_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id),
  foreign key (institution_id, reverses_booking_id)
    references lender_booking (institution_id, booking_id)
);
create unique index uq_lender_booking_payment on lender_booking (institution_id, payment_id)
  where reverses_booking_id is null;
create unique index uq_lender_booking_reverses
  on lender_booking (institution_id, reverses_booking_id) where reverses_booking_id is not null;
"""

ADDED = (
    "fund_expectation",
    "agreement_decision",
    "agreement",
    "agreement_instalment",
    "agreement_condition",
    "agreement_figure",
    "exchange_rate",
    "agreement_move",
    "draw_down",
    "draw_receipt",
    "draw_end",
    "lender_rate",
    "lender_payment",
    "lender_booking",
)


def upgrade() -> None:
    """Create what was promised, what came of it, and what is owed to lenders."""
    for script in (EXPECTED, PROPOSALS, AGREEMENTS, EXCHANGE, BORROWED):
        migrations.script(script)
    for table in ADDED:
        migrations.protect(table, grants="select, insert")
    migrations.protect("agreement_proposal", grants="select, insert, update (decided_at)")
    migrations.protect("pledge", grants="select, insert, update (withdrawn_on)")
    migrations.script("grant update (bound_by) on receipt to rafid_loans")
