"""Deals with days and goods that come back, terms agreed anew, rebates, profit of every waqf."""

from shared import migrations

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Days of a step beside its own (from when to when goods could not be used, until when they are
# delivered); what came back in goods, at what they stood for.
STEPS = """
alter table deal_step
  add column days jsonb not null default '{}',
  add column settled_minor bigint not null default 0;
alter table contract_history drop constraint contract_history_reason_check;
alter table contract_history add constraint contract_history_reason_check check (reason in
  ('borrower_withdrew', 'not_collected', 'conditions_not_met', 'signed_in_error', 'deal_ended'));
"""

# A version of a product says what falls away for who settles early; left out, its mode says so.
PRODUCTS = """
alter table product_version add column early_settlement jsonb not null default '{}';
"""

# What a contract had agreed before it was agreed anew.
TERMS = """
create table former_terms (
  institution_id uuid not null,
  contract_id uuid not null,
  source_id uuid not null,
  terms jsonb not null,
  effective_annual_rate numeric(9, 6) not null,
  total_cost_minor bigint not null,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, contract_id, source_id),
  foreign key (institution_id, contract_id) references contract (institution_id, contract_id)
);
"""

# The one way to other terms: of a contract that is signed and no more, with those before kept.
AGREE_ANEW = """
create function agree_anew(
  p_institution uuid, p_contract uuid, p_source uuid, p_terms jsonb, p_principal bigint,
  p_rate numeric, p_cost bigint, p_actor uuid
) returns void language plpgsql as $$
begin
  perform enter_tenant(p_institution);
  insert into former_terms (institution_id, contract_id, source_id, terms, effective_annual_rate,
    total_cost_minor, actor_id)
  select institution_id, contract_id, p_source, terms, effective_annual_rate, total_cost_minor,
    p_actor
  from contract
  where institution_id = p_institution and contract_id = p_contract and status = 'signed';
  if not found then
    raise exception 'the terms of contract % are frozen', p_contract;
  end if;
  update contract set terms = p_terms, principal_minor = p_principal,
    effective_annual_rate = p_rate, total_cost_minor = p_cost
  where institution_id = p_institution and contract_id = p_contract;
end $$;
"""
SIGNATURE = "agree_anew(uuid, uuid, uuid, jsonb, bigint, numeric, bigint, uuid)"

# A waqf that was opened before has the accounts of profit that its chart has gained since.
WALLED = ("fund", "account")
WAQF = """
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, c.code, c.class, f.currency
from fund f
cross join (values
  ('profit_income', 'income'),
  ('profit_accrued', 'asset'),
  ('profit_unearned', 'liability')
) as c(code, class)
where f.kind = 'waqf' and not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = c.code
);
"""


def upgrade() -> None:
    """Widen what deals, products and contracts keep; open the accounts of a waqf's profit."""
    migrations.script(STEPS + PRODUCTS + TERMS)
    migrations.protect("former_terms", grants="select")
    migrations.define(AGREE_ANEW, signature=SIGNATURE)
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(WAQF)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
