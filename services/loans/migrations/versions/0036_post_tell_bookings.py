"""What the books did before each entry was told: every older entry, told once."""

from shared import migrations

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

WALLED = ("account", "journal_entry", "journal_line", "event", "event_pending")

# The event of an entry has the entry's own id. Entries posted by code that tells them already
# (after the roll-out this migration follows) are left out.
TELL = """
with told as materialized (
  select institution_id, cast(data -> 'booked' ->> 'entry_id' as uuid) as entry_id from event
  where type in ('loans.fund-booked.v1', 'loans.repayment-received.v1',
    'loans.repayment-reversed.v1') and jsonb_typeof(data -> 'booked') = 'object'
), entry as (
  select e.institution_id, e.entry_id, (min(l.fund_id::text))::uuid as fund_id,
    jsonb_build_object('booked', jsonb_build_object(
      'entry_id', e.entry_id, 'fund_id', min(l.fund_id::text),
      'kind', coalesce(o.kind, e.kind), 'is_reversal', e.reverses_entry_id is not null,
      'occurred_on', e.occurred_on, 'contract_id', e.contract_id,
      'currency', min(l.currency),
      'lines', jsonb_agg(jsonb_build_object('account', a.code, 'account_class', a.class,
        'amount_minor', l.amount_minor) order by l.line_no))) as data
  from journal_entry e
  join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
  join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
  left join journal_entry o on o.institution_id = e.institution_id
    and o.entry_id = e.reverses_entry_id
  where not exists (select from told t
    where t.institution_id = e.institution_id and t.entry_id = e.entry_id)
  group by e.institution_id, e.entry_id, o.kind
), written as (
  insert into event (institution_id, event_id, type, subject_id, data)
  select institution_id, entry_id, 'loans.fund-booked.v1', fund_id, data from entry
  order by entry_id
  returning institution_id, event_id, recorded_at
)
insert into event_pending (institution_id, event_id, recorded_at)
select institution_id, event_id, recorded_at from written;
"""


def upgrade() -> None:
    """Tell what was booked."""
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(TELL)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
