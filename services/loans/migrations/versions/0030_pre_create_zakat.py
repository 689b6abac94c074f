"""Zakat: prices, payers, collections, eligibility, grants, costs, investments."""

from shared import migrations

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

HEAD = """
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
"""

COLLECTION = f"""
create table zakat_price (
  institution_id uuid not null,
  price_id uuid not null,
  metal text not null check (metal in ('gold', 'silver')),
  currency char(3) not null,
  per_gram numeric(18, 6) not null check (per_gram > 0),
  priced_on date not null,
  source text not null check (length(source) between 1 and 300),
{HEAD}
  primary key (institution_id, price_id)
);
create index ix_zakat_price_on on zakat_price (institution_id, metal, currency, priced_on);
create table zakat_payer (
  institution_id uuid not null,
  payer_id uuid not null,
  reference text not null,
  name text not null check (length(name) between 1 and 200),
{HEAD}
  primary key (institution_id, payer_id),
  unique (institution_id, reference)
);
create table zakat_collection (
  institution_id uuid not null,
  receipt_id uuid not null,
  reference text not null,
  fund_id uuid not null,
  payer_id uuid,
  region text not null check (length(region) between 1 and 60),
  intention text not null check (length(intention) between 1 and 200),
  origin text not null check (origin in ('payer', 'company_levy')),
  facts jsonb not null,
{HEAD}
  primary key (institution_id, receipt_id),
  unique (institution_id, reference),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id),
  foreign key (institution_id, payer_id) references zakat_payer (institution_id, payer_id)
);
create index ix_zakat_collection_fund on zakat_collection (institution_id, fund_id);
create table zakat_consent (
  institution_id uuid not null,
  receipt_id uuid not null,
  given_on date not null,
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{{64}}$'),
{HEAD}
  primary key (institution_id, receipt_id),
  foreign key (institution_id, receipt_id)
    references zakat_collection (institution_id, receipt_id)
);
create table zakat_tie (
  institution_id uuid not null,
  tie_id uuid not null,
  borrower_id uuid not null,
  payer_id uuid,
  staff_id uuid,
  relation text not null
    check (relation in ('self', 'ascendant', 'descendant', 'wife', 'husband', 'other_kin')),
{HEAD}
  primary key (institution_id, tie_id),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id),
  foreign key (institution_id, payer_id) references zakat_payer (institution_id, payer_id),
  check ((payer_id is null) <> (staff_id is null))
);
create index ix_zakat_tie_borrower on zakat_tie (institution_id, borrower_id);
"""

# A case is locked through its row while something under it is decided or given. Whoever decides is
# another than who entered it, by a key and a check.
ELIGIBILITY = f"""
create table zakat_eligibility (
  institution_id uuid not null,
  eligibility_id uuid not null,
  reference text not null,
  borrower_id uuid not null,
  asked_on date not null,
  currency char(3) not null,
  told jsonb not null,
  proposal jsonb not null,
  shown jsonb not null,
  facts jsonb not null,
  is_urgent boolean not null,
  version integer not null default 1,
{HEAD}
  primary key (institution_id, eligibility_id),
  unique (institution_id, reference),
  unique (institution_id, eligibility_id, actor_id),
  unique (institution_id, eligibility_id, borrower_id, currency),
  foreign key (institution_id, borrower_id) references borrower (institution_id, borrower_id)
);
create index ix_zakat_eligibility_borrower on zakat_eligibility (institution_id, borrower_id);
create table zakat_eligibility_decision (
  institution_id uuid not null,
  eligibility_id uuid not null,
  outcome text not null check (outcome in ('approved', 'rejected')),
  zakat_class text check (zakat_class in ('fuqara', 'masakin', 'muallafa', 'riqab', 'gharimin',
    'fi_sabilillah', 'ibn_sabil')),
  limit_minor bigint check (limit_minor > 0),
  reasons text not null,
  authority text,
  facts jsonb not null,
  decided_on date not null,
  expires_on date,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, eligibility_id),
  foreign key (institution_id, eligibility_id, proposer_id)
    references zakat_eligibility (institution_id, eligibility_id, actor_id),
  check ((outcome = 'approved') = (zakat_class is not null)),
  check ((outcome = 'approved') = (limit_minor is not null)),
  check ((outcome = 'approved') = (expires_on is not null)),
  check (zakat_class not in ('muallafa', 'riqab', 'fi_sabilillah') or authority is not null)
);
create table zakat_eligibility_end (
  institution_id uuid not null,
  eligibility_id uuid not null,
  ended_on date not null,
  reason text not null check (length(reason) between 1 and 300),
{HEAD}
  primary key (institution_id, eligibility_id),
  foreign key (institution_id, eligibility_id)
    references zakat_eligibility_decision (institution_id, eligibility_id)
);
"""

CHANNELS = "('cash', 'wallet', 'bank')"
GRANTS = f"""
create table zakat_grant (
  institution_id uuid not null,
  grant_id uuid not null,
  reference text not null,
  fund_id uuid not null,
  borrower_id uuid not null,
  eligibility_id uuid not null,
  zakat_class text not null,
  purpose text not null check (length(purpose) between 1 and 300),
  form text not null check (form in ('money', 'goods')),
  goods text,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  channel text not null check (channel in {CHANNELS}),
  paid_to text not null check (paid_to in ('recipient', 'creditor')),
  debt jsonb,
  calculation jsonb not null,
  outside_reason text check (outside_reason in ('surplus', 'greater_need', 'relatives')),
{HEAD}
  primary key (institution_id, grant_id),
  unique (institution_id, reference),
  unique (institution_id, grant_id, actor_id),
  foreign key (institution_id, fund_id, currency) references fund (institution_id, fund_id, currency),
  foreign key (institution_id, eligibility_id, borrower_id, currency)
    references zakat_eligibility (institution_id, eligibility_id, borrower_id, currency),
  check ((form = 'goods') = (goods is not null))
);
create index ix_zakat_grant_fund on zakat_grant (institution_id, fund_id);
create index ix_zakat_grant_eligibility on zakat_grant (institution_id, eligibility_id);
create table zakat_grant_payment (
  institution_id uuid not null,
  grant_id uuid not null,
  paid_on date not null,
  facts jsonb not null,
  entry_id uuid not null,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, grant_id),
  foreign key (institution_id, grant_id, proposer_id)
    references zakat_grant (institution_id, grant_id, actor_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create table zakat_grant_handover (
  institution_id uuid not null,
  grant_id uuid not null,
  handed_on date not null,
  accepted_by text not null check (accepted_by in ('signature', 'thumbprint', 'witnesses')),
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{{64}}$'),
{HEAD}
  primary key (institution_id, grant_id),
  foreign key (institution_id, grant_id)
    references zakat_grant_payment (institution_id, grant_id)
);
create table zakat_grant_reversal (
  institution_id uuid not null,
  grant_id uuid not null,
  reversed_on date not null,
  reason text not null check (length(reason) between 1 and 300),
  entry_id uuid not null,
{HEAD}
  primary key (institution_id, grant_id),
  foreign key (institution_id, grant_id)
    references zakat_grant_payment (institution_id, grant_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
"""

COSTS = f"""
create table zakat_cost (
  institution_id uuid not null,
  cost_id uuid not null,
  reference text not null,
  fund_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  purpose text not null check (purpose in ('wages', 'collection', 'keeping', 'distribution')),
  what text not null check (length(what) between 1 and 300),
  appointment text,
  work_record char(64) check (work_record ~ '^[0-9a-f]{{64}}$'),
  channel text not null check (channel in {CHANNELS}),
{HEAD}
  primary key (institution_id, cost_id),
  unique (institution_id, reference),
  unique (institution_id, cost_id, actor_id),
  foreign key (institution_id, fund_id, currency) references fund (institution_id, fund_id, currency),
  check (purpose <> 'wages' or (appointment is not null and work_record is not null))
);
create index ix_zakat_cost_fund on zakat_cost (institution_id, fund_id);
create table zakat_cost_payment (
  institution_id uuid not null,
  cost_id uuid not null,
  paid_on date not null,
  collected_minor bigint not null,
  booked_minor bigint not null,
  limit_minor bigint not null,
  share numeric(9, 6) not null,
  facts jsonb not null,
  entry_id uuid not null,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, cost_id),
  foreign key (institution_id, cost_id, proposer_id)
    references zakat_cost (institution_id, cost_id, actor_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create table zakat_investment (
  institution_id uuid not null,
  investment_id uuid not null,
  reference text not null,
  fund_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  what text not null check (length(what) between 1 and 300),
  needs_met text not null,
  safeguards text not null,
  end_ownership text not null,
{HEAD}
  primary key (institution_id, investment_id),
  unique (institution_id, reference),
  unique (institution_id, investment_id, actor_id),
  foreign key (institution_id, fund_id, currency) references fund (institution_id, fund_id, currency)
);
create table zakat_investment_approval (
  institution_id uuid not null,
  investment_id uuid not null,
  approved_on date not null,
  facts jsonb not null,
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, investment_id),
  foreign key (institution_id, investment_id, proposer_id)
    references zakat_investment (institution_id, investment_id, actor_id)
);
"""

ADDED_TO = (
    "zakat_price",
    "zakat_payer",
    "zakat_collection",
    "zakat_consent",
    "zakat_tie",
    "zakat_eligibility_decision",
    "zakat_eligibility_end",
    "zakat_grant",
    "zakat_grant_payment",
    "zakat_grant_handover",
    "zakat_grant_reversal",
    "zakat_cost",
    "zakat_cost_payment",
    "zakat_investment",
    "zakat_investment_approval",
)


def upgrade() -> None:
    """Rows of zakat, all only added; a case's version is what is locked."""
    for sql in (COLLECTION, ELIGIBILITY, GRANTS, COSTS):
        migrations.script(sql)
    migrations.protect("zakat_eligibility", grants="select, insert, update (version)")
    for table in ADDED_TO:
        migrations.protect(table, grants="select, insert")
