"""What several funds, subsidies, guarantees and agreements keep beyond what they kept."""

from shared import migrations

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Who stopped a subsidy, for whoever stopped it does not let it hold again; and a payment that is
# taken back, as a row below zero that names it.
SUBSIDIES = """
alter table subsidy add column lost_by uuid;
alter table subsidy_payment add column reverses_payment_id uuid;
alter table subsidy_payment drop constraint subsidy_payment_amount_minor_check;
alter table subsidy_payment add constraint subsidy_payment_amount_minor_check
  check (amount_minor <> 0 and (amount_minor < 0) = (reverses_payment_id is not null));
alter table subsidy_payment add constraint subsidy_payment_reverses_key
  unique (institution_id, reverses_payment_id);
alter table subsidy_payment add constraint subsidy_payment_reverses_fkey
  foreign key (institution_id, reverses_payment_id)
  references subsidy_payment (institution_id, payment_id);
"""

# What a cover costs is paid once, by another person than who covered; a step of a claim that was
# a mistake is taken back by one that names it. And what lending funds pay guarantors: an account.
GUARANTEES = """
alter table guarantee_cover add column fee_paid_on date;
alter table guarantee_cover add column fee_paid_by uuid check (fee_paid_by <> actor_id);
alter table guarantee_cover add constraint guarantee_cover_fee_check
  check ((fee_paid_on is null) = (fee_paid_by is null));
alter table guarantee_claim_step add column reverses_step_id uuid;
alter table guarantee_claim_step add constraint guarantee_claim_step_reverses_key
  unique (institution_id, reverses_step_id);
alter table guarantee_claim_step add constraint guarantee_claim_step_reverses_fkey
  foreign key (institution_id, reverses_step_id)
  references guarantee_claim_step (institution_id, step_id);
alter table fund no force row level security;
alter table account no force row level security;
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, 'guarantee_cost', 'expense', f.currency
from fund f where f.kind in ('donation', 'state', 'commercial')
  and not exists (select from account a where a.institution_id = f.institution_id
    and a.fund_id = f.fund_id and a.code = 'guarantee_cost');
alter table fund force row level security;
alter table account force row level security;
"""

# What of an instalment comes no more, or on another day: one proposes with the giver's paper,
# another approves.
CHANGES = """
alter table agreement_proposal drop constraint agreement_proposal_kind_check;
alter table agreement_proposal add constraint agreement_proposal_kind_check
  check (kind in ('agreement', 'figure', 'draw_down', 'rate', 'payment', 'change'));
create table agreement_change (
  institution_id uuid not null,
  change_id uuid not null,
  agreement_id uuid not null,
  number integer not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  due_on date,
  evidence char(64) not null check (evidence ~ '^[0-9a-f]{64}$'),
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, change_id),
  foreign key (institution_id, change_id)
    references agreement_proposal (institution_id, proposal_id),
  foreign key (institution_id, agreement_id, number)
    references agreement_instalment (institution_id, agreement_id, number),
  foreign key (institution_id, agreement_id, currency)
    references agreement (institution_id, agreement_id, currency)
);
create index ix_agreement_change_instalment
  on agreement_change (institution_id, agreement_id, number);
"""


def upgrade() -> None:
    """Widen what is kept of subsidies, guarantees and agreements."""
    migrations.script(SUBSIDIES)
    migrations.script(GUARANTEES)
    migrations.script(CHANGES)
    migrations.protect("agreement_change", grants="select, insert")
    migrations.grant("guarantee_cover", grants="update (fee_paid_on, fee_paid_by)")
    migrations.grant("subsidy", grants="update (lost_by)")
