"""Late amounts, generations of instalments, and positions that remember every movement."""

from datetime import date
from itertools import groupby
from typing import Any

from alembic import op

from shared import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A generation is a whole set of instalments; the first is the one signed and has no row in
# contract_generation, the amounts of a later one are what it moved between the sums paid.
# `event_id` ties a row to the event of its transaction, whose number says when the books knew of
# it; without one, `recorded_at` or `known_from` says it.
# A position carries branch, product, fund and currency of its contract, frozen like there, so
# that questions about the whole portfolio read one table. position_history has no foreign key:
# its rows are written under the lock of the contract's position, thousands at a time where an old
# movement is corrected, and `rafid verify` folds each again.
TABLES = """
alter table contract add column servicing text not null default 'waterfall'
  check (servicing in ('waterfall', 'course'));
alter table instalment
  add column generation integer not null default 1 check (generation > 0),
  add column penalty_minor bigint not null default 0 check (penalty_minor >= 0),
  drop constraint instalment_pkey,
  add primary key (institution_id, contract_id, generation, number);
create table contract_generation (
  institution_id uuid not null,
  contract_id uuid not null,
  generation integer not null check (generation > 1),
  effective_on date not null,
  order_id uuid,
  event_id uuid,
  principal_minor bigint not null default 0,
  profit_minor bigint not null default 0,
  fee_minor bigint not null default 0,
  penalty_minor bigint not null default 0,
  surplus_minor bigint not null default 0,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (institution_id, contract_id, generation),
  foreign key (institution_id, contract_id)
    references contract (institution_id, contract_id)
);
alter table position
  add column branch_id uuid,
  add column product_id uuid,
  add column fund_id uuid,
  add column currency char(3),
  add column generation integer not null default 1 check (generation > 0),
  add column generation_from date,
  add column renegotiated_on date,
  add column paid_penalty_minor bigint not null default 0,
  add column written_off_minor bigint not null default 0,
  add column outstanding_principal_minor bigint not null default 0,
  add column oldest_open_due_on date,
  add column moved_on date,
  add column status text not null default 'signed' check (status in
    ('signed', 'active', 'renegotiated', 'closed', 'written_off', 'cancelled'));
alter table position set (fillfactor = 80);
create table position_history (
  institution_id uuid not null,
  contract_id uuid not null,
  valid_from date not null,
  version integer not null check (version > 0),
  known_from timestamptz not null default clock_timestamp(),
  event_id uuid,
  generation integer not null check (generation > 0),
  status text not null check (status in
    ('signed', 'active', 'renegotiated', 'closed', 'written_off', 'cancelled')),
  disbursed_minor bigint not null,
  paid_minor bigint not null,
  written_off_minor bigint not null default 0,
  outstanding_principal_minor bigint not null,
  oldest_open_due_on date,
  primary key (institution_id, contract_id, valid_from, version) include
    (known_from, event_id, status, outstanding_principal_minor, written_off_minor,
     oldest_open_due_on)
);
create index ix_position_history_known on position_history
  using brin (institution_id, known_from);
alter table repayment
  add column penalty_minor bigint not null default 0,
  drop constraint repayment_check,
  add constraint repayment_portions check (amount_minor
    = principal_minor + profit_minor + fee_minor + penalty_minor + surplus_minor);
"""

FROM_CONTRACT = """
update position p set branch_id = c.branch_id, product_id = c.product_id, fund_id = c.fund_id,
  currency = c.currency
from contract c where c.institution_id = p.institution_id and c.contract_id = p.contract_id;
alter table position
  alter column branch_id set not null,
  alter column product_id set not null,
  alter column fund_id set not null,
  alter column currency set not null;
"""

# All that deciding a batch needs, in one round trip: a row per contract with the instalments of
# its current generation as arrays, due dates as ordinals, which the driver reads faster.
READ = """
create function repayment_contexts(p_institution uuid, p_contracts uuid[])
returns table (
  contract_id uuid, branch_id uuid, fund_id uuid, currency text, status text, servicing text,
  mode_of_finance text, signed_on date, allocation_order jsonb, version bigint,
  generation integer, generation_from date, renegotiated_on date, moved_on date,
  disbursed_minor bigint, paid_principal_minor bigint, paid_profit_minor bigint,
  paid_fee_minor bigint, paid_penalty_minor bigint, surplus_minor bigint, due_on integer[],
  principal bigint[], profit bigint[], fee bigint[], penalty bigint[], closed_through date
) language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select c.contract_id, c.branch_id, c.fund_id, c.currency::text, c.status, c.servicing,
    c.terms ->> 'mode_of_finance', c.signed_on, c.terms -> 'allocation_order',
    p.version::bigint, p.generation, p.generation_from, p.renegotiated_on, p.moved_on,
    p.disbursed_minor, p.paid_principal_minor, p.paid_profit_minor,
    p.paid_fee_minor, p.paid_penalty_minor, p.surplus_minor,
    i.due_on, i.principal, i.profit, i.fee, i.penalty,
    (select max(k.closed_through) from closing k where k.institution_id = p_institution)
  from contract c
  join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
  cross join lateral (
    select array_agg(d.due_on - date '0001-01-01' + 1 order by d.number) as due_on,
      array_agg(d.principal_minor order by d.number) as principal,
      array_agg(d.profit_minor order by d.number) as profit,
      array_agg(d.fee_minor order by d.number) as fee,
      array_agg(d.penalty_minor order by d.number) as penalty
    from instalment d
    where d.institution_id = c.institution_id and d.contract_id = c.contract_id
      and d.generation = p.generation
  ) i
  where c.institution_id = p_institution and c.contract_id = any(p_contracts);
end $$
"""

# What a movement dated back meets: the day it falls into and every later one, each as the books
# know it now. What once changed that first day changed every later one too, so no row with a
# lower version than its newest can be the newest of its day.
DAYS = """
create function position_days(p_institution uuid, p_contracts uuid[], p_from date[])
returns table (contract_id uuid, valid_from date, generation integer, disbursed_minor bigint,
  paid_minor bigint)
language plpgsql stable as $$
begin
  perform enter_tenant(p_institution);
  return query
  select distinct on (h.contract_id, h.valid_from)
    h.contract_id, h.valid_from, h.generation, h.disbursed_minor, h.paid_minor
  from unnest(p_contracts, p_from) as u(contract_id, day)
  left join lateral (
    select b.valid_from, b.version from position_history b
    where b.institution_id = p_institution and b.contract_id = u.contract_id
      and b.valid_from <= u.day
    order by b.valid_from desc, b.version desc limit 1
  ) f on true
  join position_history h on h.institution_id = p_institution
    and h.contract_id = u.contract_id
    and h.valid_from >= coalesce(f.valid_from, u.day) and h.version >= coalesce(f.version, 0)
  order by h.contract_id, h.valid_from, h.version desc;
end $$
"""

# Write a decided batch in one commit. Returns the contracts whose version has moved; where there
# is one, nothing was written and the batch is decided again. A key taken meanwhile is RF010.
POST = """
create function post_repayments(
  p_institution uuid,
  p_contracts uuid[], p_versions bigint[], p_outstanding bigint[], p_oldest date[],
  p_moved_on date[], p_statuses text[],
  p_repayments uuid[], p_repayment_contracts uuid[], p_amounts bigint[], p_currencies text[],
  p_received_on date[], p_channels text[], p_principal bigint[], p_profit bigint[],
  p_fee bigint[], p_penalty bigint[], p_surplus bigint[], p_reverses uuid[], p_reasons text[],
  p_payments uuid[], p_actors uuid[],
  p_keys text[], p_hashes bytea[], p_answers bytea[],
  p_entries uuid[], p_entry_kinds text[], p_entry_dates date[], p_entry_reverses uuid[],
  p_line_entries int[], p_line_nos smallint[], p_line_accounts uuid[], p_line_funds uuid[],
  p_line_currencies text[], p_line_amounts bigint[],
  p_events uuid[], p_event_types text[], p_event_subjects uuid[], p_event_data text[],
  p_h_contracts uuid[], p_h_from date[], p_h_versions int[], p_h_events uuid[],
  p_h_generations int[], p_h_statuses text[], p_h_disbursed bigint[], p_h_paid bigint[],
  p_h_outstanding bigint[], p_h_oldest date[]
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
    currency, received_on, channel, principal_minor, profit_minor, fee_minor, penalty_minor,
    surplus_minor, reverses_repayment_id, reversal_reason, payment_id, actor_id)
  select p_institution, r.id, r.contract, r.entry, r.amount, r.currency, r.received_on, r.channel,
    r.principal, r.profit, r.fee, r.penalty, r.surplus, r.reverses, r.reason, r.payment, r.actor
  from unnest(p_repayments, p_repayment_contracts, p_entries, p_amounts, p_currencies,
      p_received_on, p_channels, p_principal, p_profit, p_fee, p_penalty, p_surplus, p_reverses,
      p_reasons, p_payments, p_actors)
    as r(id, contract, entry, amount, currency, received_on, channel, principal, profit, fee,
      penalty, surplus, reverses, reason, payment, actor);
  update position p set
    version = p.version + r.moves,
    paid_principal_minor = p.paid_principal_minor + r.principal,
    paid_profit_minor = p.paid_profit_minor + r.profit,
    paid_fee_minor = p.paid_fee_minor + r.fee,
    paid_penalty_minor = p.paid_penalty_minor + r.penalty,
    surplus_minor = p.surplus_minor + r.surplus,
    outstanding_principal_minor = h.outstanding,
    oldest_open_due_on = h.oldest,
    moved_on = h.moved_on,
    status = h.status
  from (
    select u.contract, count(*)::int as moves, sum(u.principal)::bigint as principal,
      sum(u.profit)::bigint as profit, sum(u.fee)::bigint as fee,
      sum(u.penalty)::bigint as penalty, sum(u.surplus)::bigint as surplus
    from unnest(p_repayment_contracts, p_principal, p_profit, p_fee, p_penalty, p_surplus)
      as u(contract, principal, profit, fee, penalty, surplus)
    group by u.contract
  ) r
  join unnest(p_contracts, p_outstanding, p_oldest, p_moved_on, p_statuses)
    as h(contract, outstanding, oldest, moved_on, status) on h.contract = r.contract
  where p.institution_id = p_institution and p.contract_id = r.contract;
  insert into position_history (institution_id, contract_id, valid_from, version, event_id,
    generation, status, disbursed_minor, paid_minor, outstanding_principal_minor,
    oldest_open_due_on)
  select p_institution, h.contract, h.valid_from, h.version, h.event, h.generation, h.status,
    h.disbursed, h.paid, h.outstanding, h.oldest
  from unnest(p_h_contracts, p_h_from, p_h_versions, p_h_events, p_h_generations, p_h_statuses,
      p_h_disbursed, p_h_paid, p_h_outstanding, p_h_oldest)
    as h(contract, valid_from, version, event, generation, status, disbursed, paid, outstanding,
      oldest);
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

# What moved before this migration, in the order in which it was booked.
MOVED = """
select m.institution_id, m.contract_id, m.moved_on, m.disbursed, m.paid, m.recorded_at,
  c.terms -> 'allocation_order' as allocation_order, i.due_on, i.principal, i.profit, i.fee
from (
  select institution_id, contract_id, disbursed_on as moved_on, amount_minor as disbursed,
    0 as paid, recorded_at, disbursement_id as movement_id from disbursement
  union all
  select institution_id, contract_id, received_on, 0, amount_minor, recorded_at, repayment_id
  from repayment
) m
join contract c on c.institution_id = m.institution_id and c.contract_id = m.contract_id
cross join lateral (
  select array_agg(d.due_on order by d.number) as due_on,
    array_agg(d.principal_minor order by d.number) as principal,
    array_agg(d.profit_minor order by d.number) as profit,
    array_agg(d.fee_minor order by d.number) as fee
  from instalment d
  where d.institution_id = c.institution_id and d.contract_id = c.contract_id
) i
order by m.institution_id, m.contract_id, m.recorded_at, m.movement_id
"""
REMEMBER = """
insert into position_history (institution_id, contract_id, valid_from, version, known_from,
  generation, status, disbursed_minor, paid_minor, outstanding_principal_minor,
  oldest_open_due_on)
values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10)
"""
SET_HEAD = """
update position set version = greatest(version, $3), moved_on = $4, status = $5,
  outstanding_principal_minor = $6, oldest_open_due_on = $7
where institution_id = $1 and contract_id = $2
"""
SIGNED = """
update position p set oldest_open_due_on = (
    select i.due_on from instalment i
    where i.institution_id = p.institution_id and i.contract_id = p.contract_id
      and i.principal_minor + i.profit_minor + i.fee_minor > 0
    order by i.number limit 1),
  status = c.status
from contract c
where c.institution_id = p.institution_id and c.contract_id = p.contract_id
  and c.status in ('signed', 'cancelled')
"""
WALLED = ("contract", "instalment", "position", "disbursement", "repayment")

OLD_POST = (
    "post_repayments(uuid, uuid[], bigint[], uuid[], uuid[], bigint[], text[],"
    " date[], text[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[], uuid[],"
    " text[], bytea[], bytea[], uuid[], text[], date[], uuid[], int[], smallint[], uuid[],"
    " uuid[], text[], bigint[], uuid[], text[], uuid[], text[], text[])"
)
NEW_POST = (
    "post_repayments(uuid, uuid[], bigint[], bigint[], date[], date[], text[],"
    " uuid[], uuid[], bigint[], text[], date[], text[], bigint[], bigint[], bigint[], bigint[],"
    " bigint[], uuid[], text[], uuid[], uuid[], text[], bytea[], bytea[],"
    " uuid[], text[], date[], uuid[], int[], smallint[], uuid[], uuid[], text[], bigint[],"
    " uuid[], text[], uuid[], text[],"
    " uuid[], date[], int[], uuid[], int[], text[], bigint[], bigint[], bigint[], date[])"
)


def upgrade() -> None:
    """Late amounts, generations of instalments, and positions that remember every movement."""
    migrations.script(TABLES)
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(FROM_CONTRACT)
    migrations.script(SIGNED)
    _remember_what_moved()
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
    migrations.protect("contract_generation", grants="select, insert")
    migrations.protect("position_history", grants="select, insert")
    migrations.grant("contract", grants="update (status, version, servicing)")
    migrations.script("drop function repayment_contexts(uuid, uuid[])")
    migrations.script(f"drop function {OLD_POST}")
    migrations.define(READ, signature="repayment_contexts(uuid, uuid[])")
    migrations.define(DAYS, signature="position_days(uuid, uuid[], date[])")
    migrations.define(POST, signature=NEW_POST)


def _remember_what_moved() -> None:
    """Fold every contract's movements as booked; reckoned here, whatever the domain becomes."""
    connection = op.get_bind()
    rows = connection.exec_driver_sql(MOVED).mappings().all()
    for key, moves in groupby(rows, key=lambda row: (row["institution_id"], row["contract_id"])):
        written, head = _folded(key, list(moves))
        for values in written:
            connection.exec_driver_sql(REMEMBER, values)
        connection.exec_driver_sql(SET_HEAD, head)


def _folded(key: tuple[Any, ...], moves: list[Any]) -> tuple[list[Any], tuple[Any, ...]]:
    """Give a contract's rows of history, and where it stands after the last of its days."""
    sums: dict[date, tuple[int, int]] = {}
    written: list[tuple[Any, ...]] = []
    for version, move in enumerate(moves, start=2):
        on: date = move["moved_on"]
        before = max((day for day in sums if day <= on), default=on)
        sums.setdefault(on, sums.get(before, (0, 0)))
        for day in sorted(day for day in sums if day >= on):
            sums[day] = sums[day][0] + move["disbursed"], sums[day][1] + move["paid"]
            status, *figures = _standing(move, *sums[day])
            written.append((*key, day, version, move["recorded_at"], status, *sums[day], *figures))
    last = max(sums)
    return written, (*key, len(moves) + 1, last, *_standing(moves[0], *sums[last]))


def _standing(agreed: Any, disbursed: int, paid: int) -> tuple[str, int, date | None]:
    """Give status, outstanding principal and oldest open due date after two sums.

    1,000 paid out, four dues of 250 + 10, profit first, 300 paid: active, 720, the second one.
    """
    owed, rest, principal, oldest = 0, max(paid, 0), 0, None
    for number, due_on in enumerate(agreed["due_on"]):
        owed += sum(agreed[part][number] for part in ("principal", "profit", "fee"))
        if oldest is None and paid < owed:
            oldest = due_on
        for part in agreed["allocation_order"]:
            taken = min(rest, agreed[part][number])
            rest -= taken
            principal += taken if part == "principal" else 0
    if not disbursed > 0:
        return "signed", disbursed - principal, None
    return "closed" if oldest is None else "active", disbursed - principal, oldest
