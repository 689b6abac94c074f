"""Statements beside the books: differences with their owners, and money nobody explains yet."""

from shared import migrations

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

WALLED = ("fund", "account")
OPEN = """
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, 'suspense', 'liability', f.currency
from fund f
where not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = 'suspense'
);
"""
# Who reconciles a real account, since when, and in which fund unexplained money stands; the newest
# version of an account's counts. A judgement is what was said of one line or movement; the newest
# version counts, and nothing is ever overwritten. What two persons decide is proposed by one and
# decided by another; one line leaves suspense once. Whoever judges an account takes its turn, so
# that nobody judges it at the same time.
TABLES = """
create table reconciliation_plan (
  institution_id uuid not null,
  money_account_id uuid not null,
  version integer not null check (version > 0),
  fund_id uuid not null,
  since date not null,
  owner_id uuid not null,
  fee_share numeric(7, 6) not null check (fee_share >= 0 and fee_share < 1),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, money_account_id, version),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id),
  foreign key (institution_id, fund_id) references fund (institution_id, fund_id)
);
create table reconciliation_turn (
  institution_id uuid not null,
  money_account_id uuid not null,
  turns bigint not null default 0 check (turns >= 0),
  ran_at timestamptz,
  primary key (institution_id, money_account_id),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id)
);
create table judgement (
  institution_id uuid not null,
  subject_id uuid not null,
  version integer not null check (version > 0),
  money_account_id uuid not null,
  sort text not null check (sort in ('line', 'payment', 'movement')),
  outcome text not null check (outcome in ('matched', 'ours_only', 'theirs_only',
    'amount_differs', 'currency_differs', 'duplicate', 'reversed', 'fee', 'undecided')),
  state text not null check (state in ('open', 'settled')),
  owner_id uuid not null,
  day date not null,
  side text not null check (side in ('in', 'out')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  level text check (level in ('identifier', 'reference', 'person')),
  match_id uuid,
  fee_minor bigint check (fee_minor > 0),
  proposal_id uuid,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, subject_id, version),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id),
  check (outcome <> 'matched' or (state = 'settled' and match_id is not null))
);
create index ix_judgement_account
  on judgement (institution_id, money_account_id, subject_id, version);
create index ix_judgement_match on judgement (institution_id, match_id) where match_id is not null;
create table suspense_item (
  institution_id uuid not null,
  line_id uuid not null,
  money_account_id uuid not null,
  fund_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  arrived_on date not null,
  entry_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, line_id),
  foreign key (institution_id, line_id) references statement_line (institution_id, line_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create index ix_suspense_item_account on suspense_item (institution_id, money_account_id, line_id);
create table reconciliation_proposal (
  institution_id uuid not null,
  proposal_id uuid not null,
  money_account_id uuid not null,
  kind text not null check (kind in ('match', 'hold', 'repay', 'return', 'fee', 'not_paid')),
  lines uuid[] not null,
  ours uuid[] not null,
  contract_id uuid,
  manual_id uuid,
  reason text not null check (length(reason) between 1 and 500),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, proposal_id),
  unique (institution_id, proposal_id, actor_id),
  foreign key (institution_id, money_account_id)
    references money_account (institution_id, money_account_id),
  check ((kind = 'repay') = (contract_id is not null)),
  check ((kind = 'fee') = (manual_id is not null))
);
create index ix_reconciliation_proposal_account
  on reconciliation_proposal (institution_id, money_account_id, proposal_id);
create table reconciliation_decision (
  institution_id uuid not null,
  proposal_id uuid not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  proposer_id uuid not null,
  actor_id uuid not null check (actor_id <> proposer_id),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, proposal_id),
  foreign key (institution_id, proposal_id, proposer_id)
    references reconciliation_proposal (institution_id, proposal_id, actor_id)
);
create table suspense_end (
  institution_id uuid not null,
  line_id uuid not null,
  proposal_id uuid not null,
  entry_id uuid not null,
  repayment_id uuid,
  ended_on date not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, line_id),
  foreign key (institution_id, line_id) references suspense_item (institution_id, line_id),
  foreign key (institution_id, proposal_id)
    references reconciliation_decision (institution_id, proposal_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create index ix_suspense_end_repayment
  on suspense_end (institution_id, repayment_id) where repayment_id is not null;
"""
SAID = """
alter table payment_message drop constraint payment_message_kind_check;
alter table payment_message add constraint payment_message_kind_check
  check (kind in ('callback', 'answer', 'statement'));
"""
NAMES = (
    "reconciliation_plan", "judgement", "suspense_item", "reconciliation_proposal",
    "reconciliation_decision", "suspense_end",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables, and open the account of suspense in funds that were opened before."""
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(OPEN)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
    migrations.script(TABLES)
    migrations.script(SAID)
    for table in NAMES:
        migrations.protect(table, grants="select, insert")
    migrations.protect("reconciliation_turn", grants="select, insert, update (turns, ran_at)")
