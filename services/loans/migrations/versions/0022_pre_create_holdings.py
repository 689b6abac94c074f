"""Money of borrowers held for their contracts, and loans paid out in tranches."""

from shared import migrations

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Every movement of savings and own contributions; what is held is their sum. One that a payout or
# an order made names it.
HOLDINGS = """
create table holding (
  institution_id uuid not null,
  holding_id uuid not null,
  contract_id uuid not null,
  purpose text not null check (purpose in ('savings', 'contribution')),
  kind text not null check (kind in ('deposit', 'withdrawal', 'kept_back', 'set_off', 'applied',
    'earning', 'reversal')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  moved_on date not null,
  channel text check (channel in ('cash', 'wallet')),
  evidence char(64) check (evidence ~ '^[0-9a-f]{64}$'),
  disbursement_id uuid,
  order_id uuid,
  reverses_holding_id uuid,
  reason text,
  entry_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, holding_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, disbursement_id)
    references disbursement (institution_id, disbursement_id),
  foreign key (institution_id, order_id) references contract_order (institution_id, order_id),
  foreign key (institution_id, reverses_holding_id)
    references holding (institution_id, holding_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id),
  check ((kind = 'reversal') = (reverses_holding_id is not null))
);
create index ix_holding_contract on holding (institution_id, contract_id);
create unique index uq_holding_reverses on holding (institution_id, reverses_holding_id)
  where reverses_holding_id is not null;
"""

# A payout that is one of several names the generation of instalments it made. Over a wallet the
# next may set out once the one before it is booked.
TRANCHES = """
alter table disbursement
  add column generation integer check (generation > 1),
  add column saved_minor bigint not null default 0,
  add constraint disbursement_saved check (
    abs(saved_minor + fee_kept_minor) <= abs(amount_minor)
    and saved_minor * sign(amount_minor) >= 0);
alter table payment add column gross_minor bigint check (gross_minor >= amount_minor);
drop index uq_payment_outbound;
create unique index uq_payment_outbound on payment (institution_id, contract_id)
  where direction = 'outbound' and (status in ('requested', 'accepted')
    or (status = 'completed' and booked_at is null));
"""

WALLED = ("fund", "account")
OPEN = """
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, c.code, c.class, f.currency
from fund f
join (values
  ('savings', 'liability', '{zakat,waqf,donation,state,commercial}'::text[]),
  ('contribution', 'liability', '{zakat,waqf,donation,state,commercial}'),
  ('savings_cost', 'expense', '{donation,state,commercial}')
) as c(code, class, kinds) on f.kind = any(c.kinds)
where not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = c.code
);
"""


def upgrade() -> None:
    """Money held for contracts with its accounts in every fund, and payouts in tranches."""
    migrations.script(HOLDINGS)
    migrations.protect("holding", grants="select, insert")
    migrations.script(TRANCHES)
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(OPEN)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
