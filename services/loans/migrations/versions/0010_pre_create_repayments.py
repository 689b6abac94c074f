"""Repayments and their set-based posting."""

from shared import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = """
create table repayment (
  institution_id uuid not null,
  repayment_id uuid not null,
  contract_id uuid not null,
  entry_id uuid not null,
  amount_minor bigint not null check (amount_minor <> 0),
  currency char(3) not null,
  received_on date not null,
  channel text not null check (channel in ('cash', 'wallet')),
  principal_minor bigint not null,
  profit_minor bigint not null,
  fee_minor bigint not null,
  surplus_minor bigint not null,
  reverses_repayment_id uuid,
  reversal_reason text check (reversal_reason in
    ('wrong_contract', 'wrong_amount', 'not_received', 'duplicate')),
  payment_id uuid,
  actor_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, repayment_id),
  foreign key (institution_id, contract_id) references contract (institution_id, contract_id),
  foreign key (institution_id, reverses_repayment_id)
    references repayment (institution_id, repayment_id),
  check (amount_minor = principal_minor + profit_minor + fee_minor + surplus_minor),
  check ((amount_minor < 0) = (reverses_repayment_id is not null)),
  check ((amount_minor < 0) = (reversal_reason is not null))
);
create index ix_repayment_contract on repayment (institution_id, contract_id, received_on);
create unique index uq_repayment_reverses on repayment (institution_id, reverses_repayment_id)
  where reverses_repayment_id is not null;
create unique index uq_repayment_payment on repayment (institution_id, payment_id)
  where payment_id is not null and reverses_repayment_id is null;
"""

# All that deciding a batch needs, in one round trip: a row per contract with its agreed dues as
# arrays.
READ = """
create function repayment_contexts(p_institution uuid, p_contracts uuid[])
returns table (
  contract_id uuid, branch_id uuid, fund_id uuid, currency text, status text,
  signed_on date, allocation_order jsonb, version bigint, disbursed_minor bigint,
  paid_principal_minor bigint, paid_profit_minor bigint, paid_fee_minor bigint,
  surplus_minor bigint, principal bigint[], profit bigint[], fee bigint[], closed_through date
) language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select c.contract_id, c.branch_id, c.fund_id, c.currency::text, c.status, c.signed_on,
    c.terms -> 'allocation_order', p.version::bigint, p.disbursed_minor,
    p.paid_principal_minor, p.paid_profit_minor,
    p.paid_fee_minor, p.surplus_minor, i.principal, i.profit, i.fee,
    (select max(k.closed_through) from closing k where k.institution_id = p_institution)
  from contract c
  join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
  cross join lateral (
    select array_agg(d.principal_minor order by d.number) as principal,
      array_agg(d.profit_minor order by d.number) as profit,
      array_agg(d.fee_minor order by d.number) as fee
    from instalment d
    where d.institution_id = c.institution_id and d.contract_id = c.contract_id
  ) i
  where c.institution_id = p_institution and c.contract_id = any(p_contracts);
end $$
"""

ACCOUNTS = """
create function fund_accounts(p_institution uuid, p_funds uuid[])
returns table (fund_id uuid, kind text, code text, account_id uuid, currency text)
language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select f.fund_id, f.kind, a.code, a.account_id, a.currency::text
  from fund f join account a
    on a.institution_id = f.institution_id and a.fund_id = f.fund_id
  where f.institution_id = p_institution and f.fund_id = any(p_funds);
end $$
"""

TO_REVERSE = """
create function repayment_to_reverse(p_institution uuid, p_repayment uuid)
returns table (contract_id uuid, entry_id uuid, amount_minor bigint, currency text,
  received_on date, channel text, reversed boolean, payment_status text)
language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select r.contract_id, r.entry_id, r.amount_minor, r.currency::text, r.received_on, r.channel,
    exists (select from repayment o where o.institution_id = p_institution
      and o.reverses_repayment_id = r.repayment_id),
    (select case when exists (select from payment_step s where s.institution_id = p_institution
        and s.payment_id = p.payment_id and s.told = 'reversed') then 'reversed' else p.status end
      from payment p where p.institution_id = p_institution and p.payment_id = r.payment_id)
  from repayment r
  where r.institution_id = p_institution and r.repayment_id = p_repayment;
end $$
"""

# Write a decided batch in one commit. Returns the contracts whose version has moved; where there
# is one, nothing was written and the batch is decided again. A key taken meanwhile is RF010.
POST = """
create function post_repayments(
  p_institution uuid,
  p_contracts uuid[], p_versions bigint[],
  p_repayments uuid[], p_repayment_contracts uuid[], p_amounts bigint[], p_currencies text[],
  p_received_on date[], p_channels text[], p_principal bigint[], p_profit bigint[],
  p_fee bigint[], p_surplus bigint[], p_reverses uuid[], p_payments uuid[], p_actors uuid[],
  p_keys text[], p_hashes bytea[], p_answers bytea[],
  p_entries uuid[], p_entry_kinds text[], p_entry_dates date[], p_entry_reverses uuid[],
  p_line_entries int[], p_line_nos smallint[], p_line_accounts uuid[], p_line_funds uuid[],
  p_line_currencies text[], p_line_amounts bigint[],
  p_events uuid[], p_event_types text[], p_event_subjects uuid[], p_event_data text[],
  p_reasons text[]
) returns uuid[] language plpgsql as $$
declare
  v_moved uuid[];
  v_taken bigint;
begin
  perform enter_tenant(p_institution);
  with locked as (
    select p.contract_id, p.version from position p
    where p.institution_id = p_institution and p.contract_id = any(p_contracts)
    order by p.contract_id for update
  )
  select array_agg(e.contract_id) into v_moved
  from unnest(p_contracts, p_versions) as e(contract_id, version)
  left join locked l on l.contract_id = e.contract_id
  where l.version is distinct from e.version;
  if v_moved is not null then
    return v_moved;
  end if;
  insert into idempotency_key (institution_id, actor_id, key, request_hash, status, answer)
  select p_institution, k.actor, k.key, k.hash, 201, k.answer
  from unnest(p_actors, p_keys, p_hashes, p_answers) as k(actor, key, hash, answer)
  where k.key is not null order by k.actor, k.key
  on conflict do nothing;
  get diagnostics v_taken = row_count;
  if v_taken <> (select count(*) from unnest(p_keys) as k(key) where k.key is not null) then
    raise exception 'an idempotency key was taken meanwhile' using errcode = 'RF010';
  end if;
  perform post_entries(
    p_institution, p_actors, p_entries, p_entry_kinds, p_entry_dates, p_repayments,
    p_repayment_contracts, p_entry_reverses, p_line_entries, p_line_nos, p_line_accounts,
    p_line_funds, p_line_currencies, p_line_amounts);
  insert into repayment (institution_id, repayment_id, contract_id, entry_id, amount_minor,
    currency, received_on, channel, principal_minor, profit_minor, fee_minor, surplus_minor,
    reverses_repayment_id, reversal_reason, payment_id, actor_id)
  select p_institution, r.id, r.contract, r.entry, r.amount, r.currency, r.received_on, r.channel,
    r.principal, r.profit, r.fee, r.surplus, r.reverses, r.reason, r.payment, r.actor
  from unnest(p_repayments, p_repayment_contracts, p_entries, p_amounts, p_currencies,
      p_received_on, p_channels, p_principal, p_profit, p_fee, p_surplus, p_reverses,
      p_reasons, p_payments, p_actors)
    as r(id, contract, entry, amount, currency, received_on, channel, principal, profit, fee,
      surplus, reverses, reason, payment, actor);
  update position p set
    version = p.version + 1,
    paid_principal_minor = p.paid_principal_minor + r.principal,
    paid_profit_minor = p.paid_profit_minor + r.profit,
    paid_fee_minor = p.paid_fee_minor + r.fee,
    surplus_minor = p.surplus_minor + r.surplus
  from (
    select u.contract, sum(u.principal)::bigint as principal, sum(u.profit)::bigint as profit,
      sum(u.fee)::bigint as fee, sum(u.surplus)::bigint as surplus
    from unnest(p_repayment_contracts, p_principal, p_profit, p_fee, p_surplus)
      as u(contract, principal, profit, fee, surplus)
    group by u.contract
  ) r
  where p.institution_id = p_institution and p.contract_id = r.contract;
  with told as (
    insert into event (institution_id, event_id, type, subject_id, data)
    select p_institution, e.id, e.type, e.subject, e.data::jsonb
    from unnest(p_events, p_event_types, p_event_subjects, p_event_data)
      as e(id, type, subject, data)
    returning event_id, recorded_at
  )
  insert into event_pending (institution_id, event_id, recorded_at)
  select p_institution, event_id, recorded_at from told;
  return '{}';
end $$
"""


def upgrade() -> None:
    """Repayments and their set-based posting."""
    migrations.script(TABLES)
    migrations.protect("repayment", grants="select")
    migrations.define(READ, signature="repayment_contexts(uuid, uuid[])")
    migrations.define(ACCOUNTS, signature="fund_accounts(uuid, uuid[])")
    migrations.define(TO_REVERSE, signature="repayment_to_reverse(uuid, uuid)")
    migrations.define(
        POST,
        signature="post_repayments(uuid, uuid[], bigint[], uuid[], uuid[], bigint[], text[],"
        " date[], text[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[], uuid[],"
        " text[], bytea[], bytea[], uuid[], text[], date[], uuid[], int[], smallint[], uuid[],"
        " uuid[], text[], bigint[], uuid[], text[], uuid[], text[], text[])",
    )
