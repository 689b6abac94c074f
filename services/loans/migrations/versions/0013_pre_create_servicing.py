"""Orders on contracts: proposed, decided on, in force; and what they undo of the money side."""

from shared import migrations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# All tables are added to, never changed: whether an order waits, is refused, in force or taken
# back follows from its decisions, its effect, and the effect of the order that reverses it.
TABLES = """
create table order_batch (
  institution_id uuid not null,
  batch_id uuid not null,
  kind text not null,
  reason text not null,
  effective_on date not null,
  members jsonb not null,
  reverses_batch_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, batch_id),
  foreign key (institution_id, reverses_batch_id)
    references order_batch (institution_id, batch_id)
);
create table contract_order (
  institution_id uuid not null,
  order_id uuid not null,
  contract_id uuid not null,
  batch_id uuid,
  kind text not null,
  reason text not null,
  effective_on date not null,
  members jsonb not null,
  reverses_order_id uuid,
  weight_minor bigint not null check (weight_minor >= 0),
  currency char(3) not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  foreign key (institution_id, contract_id, currency)
    references contract (institution_id, contract_id, currency),
  foreign key (institution_id, batch_id) references order_batch (institution_id, batch_id),
  foreign key (institution_id, reverses_order_id)
    references contract_order (institution_id, order_id),
  check ((kind = 'reversal') = (reverses_order_id is not null))
);
create index ix_contract_order_contract on contract_order (institution_id, contract_id, order_id);
create index ix_contract_order_batch on contract_order (institution_id, batch_id)
  where batch_id is not null;
create table order_decision (
  institution_id uuid not null,
  order_id uuid not null,
  level integer not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id, level),
  unique (institution_id, order_id, actor_id),
  foreign key (institution_id, order_id) references contract_order (institution_id, order_id)
);
create table order_effect (
  institution_id uuid not null,
  order_id uuid not null,
  contract_id uuid not null,
  place integer not null check (place > 0),
  reverses_order_id uuid,
  generation integer,
  received_minor bigint not null,
  moved_minor bigint not null,
  written_off_minor bigint not null,
  forgiven_minor bigint not null,
  recovered_minor bigint not null,
  entry_id uuid,
  event_id uuid not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  unique (institution_id, contract_id, place),
  foreign key (institution_id, order_id) references contract_order (institution_id, order_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id)
);
create unique index uq_order_effect_reverses on order_effect (institution_id, reverses_order_id)
  where reverses_order_id is not null;
create table fund_order (
  institution_id uuid not null,
  order_id uuid not null,
  fund_id uuid not null,
  kind text not null check (kind in ('receipt_reversal', 'channel_transfer')),
  reason text not null,
  effective_on date not null,
  receipt_id uuid,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  source text not null check (source in ('cash', 'wallet')),
  target text check (target in ('cash', 'wallet') and target <> source),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  foreign key (institution_id, fund_id, currency)
    references fund (institution_id, fund_id, currency),
  foreign key (institution_id, receipt_id) references receipt (institution_id, receipt_id),
  check ((kind = 'receipt_reversal') = (receipt_id is not null)),
  check ((kind = 'channel_transfer') = (target is not null))
);
create table fund_order_decision (
  institution_id uuid not null,
  order_id uuid not null,
  outcome text not null check (outcome in ('approve', 'reject')),
  entry_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, order_id),
  foreign key (institution_id, order_id) references fund_order (institution_id, order_id),
  foreign key (institution_id, entry_id) references journal_entry (institution_id, entry_id),
  check ((outcome = 'approve') = (entry_id is not null))
);
"""

# A disbursement and a receipt taken back are rows of negative amounts that name what they undo. A
# contract whose payout was taken back may be paid out again; `undraw` gives its commitment back.
MONEY_BACK = """
alter table disbursement
  add column reverses_disbursement_id uuid,
  drop constraint disbursement_amount_minor_check,
  drop constraint disbursement_check,
  drop constraint disbursement_check1,
  drop constraint disbursement_institution_id_contract_id_key,
  add constraint disbursement_amount check (
    (amount_minor < 0) = (reverses_disbursement_id is not null) and amount_minor <> 0),
  add constraint disbursement_fee check (
    abs(fee_kept_minor) <= abs(amount_minor) and fee_kept_minor * sign(amount_minor) >= 0),
  add constraint disbursement_payment check (
    (payment_id is not null) = (channel = 'wallet' and amount_minor > 0)),
  add foreign key (institution_id, reverses_disbursement_id)
    references disbursement (institution_id, disbursement_id);
create index ix_disbursement_contract on disbursement (institution_id, contract_id);
create unique index uq_disbursement_reverses
  on disbursement (institution_id, reverses_disbursement_id)
  where reverses_disbursement_id is not null;
alter table receipt
  add column reverses_receipt_id uuid,
  drop constraint receipt_amount_minor_check,
  add constraint receipt_amount check (
    (amount_minor < 0) = (reverses_receipt_id is not null) and amount_minor <> 0),
  add foreign key (institution_id, reverses_receipt_id)
    references receipt (institution_id, receipt_id);
create unique index uq_receipt_reverses on receipt (institution_id, reverses_receipt_id)
  where reverses_receipt_id is not null;
alter table fund_claim
  drop constraint fund_claim_kind_check,
  add constraint fund_claim_kind_check check (
    kind in ('reserve', 'release', 'commit', 'uncommit', 'draw', 'undraw'));
"""

# Every agreement of contracts, for money dated before the one that now holds.
AGREEMENTS = """
create function contract_agreements(p_institution uuid, p_contracts uuid[])
returns table (contract_id uuid, generation integer, since date, due_on date[],
  principal bigint[], profit bigint[], fee bigint[], penalty bigint[])
language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select i.contract_id, i.generation, max(g.effective_on),
    array_agg(i.due_on order by i.number), array_agg(i.principal_minor order by i.number),
    array_agg(i.profit_minor order by i.number), array_agg(i.fee_minor order by i.number),
    array_agg(i.penalty_minor order by i.number)
  from instalment i
  left join contract_generation g on g.institution_id = i.institution_id
    and g.contract_id = i.contract_id and g.generation = i.generation
  where i.institution_id = p_institution and i.contract_id = any(p_contracts)
  group by i.contract_id, i.generation;
end $$
"""


def upgrade() -> None:
    """Orders on contracts and funds, and what they undo of the money side."""
    migrations.script(TABLES)
    for table in (
        "order_batch",
        "contract_order",
        "order_decision",
        "order_effect",
        "fund_order",
        "fund_order_decision",
    ):
        migrations.protect(table, grants="select, insert")
    migrations.script(MONEY_BACK)
    migrations.grant("contract", grants="update (borrower_id)")
    migrations.define(AGREEMENTS, signature="contract_agreements(uuid, uuid[])")
