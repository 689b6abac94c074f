"""What is claimed of each fund and what stands on each account, kept as running sums."""

from shared import migrations

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# A fund's claims are added under its lock, so its one row is no place to queue. An account's sum
# is of what the chain has numbered: only the sequencer moves it, one at a time, and no posting
# waits for it. What is not numbered yet is counted from the lines themselves.
TABLES = """
create table fund_claim_sum (
  institution_id uuid not null,
  fund_id uuid not null,
  reserved_minor bigint not null,
  committed_minor bigint not null,
  primary key (institution_id, fund_id)
) with (fillfactor = 50);
create table account_sum (
  institution_id uuid not null,
  account_id uuid not null,
  minor bigint not null,
  primary key (institution_id, account_id)
) with (fillfactor = 50);
"""

CLAIMS = """
      coalesce(sum(case kind when 'reserve' then amount_minor when 'release' then -amount_minor
        when 'commit' then -amount_minor else 0 end), 0),
      coalesce(sum(case kind when 'commit' then amount_minor when 'uncommit' then -amount_minor
        when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end), 0)
"""

# Rows of one table make the sums of another in the statement that writes them, whoever writes:
# a process of the version before counts as one of this version does.
ADD_CLAIMS = f"""
create function add_claims() returns trigger language plpgsql as $$
begin
  insert into fund_claim_sum as s (institution_id, fund_id, reserved_minor, committed_minor)
  select institution_id, fund_id, {CLAIMS}
  from fresh group by institution_id, fund_id order by institution_id, fund_id
  on conflict (institution_id, fund_id) do update
    set reserved_minor = s.reserved_minor + excluded.reserved_minor,
      committed_minor = s.committed_minor + excluded.committed_minor;
  return null;
end $$
"""

ADD_LINES = """
create function add_lines() returns trigger language plpgsql as $$
begin
  insert into account_sum as s (institution_id, account_id, minor)
  select l.institution_id, l.account_id, sum(l.amount_minor)
  from fresh k
  join journal_line l on l.institution_id = k.institution_id and l.entry_id = k.entry_id
  group by l.institution_id, l.account_id order by l.institution_id, l.account_id
  on conflict (institution_id, account_id) do update set minor = s.minor + excluded.minor;
  return null;
end $$
"""

READ = ("fund_claim", "journal_link", "journal_line")
# Nobody claims or numbers between the first sum and the first row that is added to it.
FIRST = f"""
lock table fund_claim, journal_link in share row exclusive mode;
insert into fund_claim_sum (institution_id, fund_id, reserved_minor, committed_minor)
select institution_id, fund_id, {CLAIMS} from fund_claim group by institution_id, fund_id;
insert into account_sum (institution_id, account_id, minor)
select l.institution_id, l.account_id, sum(l.amount_minor)
from journal_link k
join journal_line l on l.institution_id = k.institution_id and l.entry_id = k.entry_id
group by l.institution_id, l.account_id;
create trigger add_claims after insert on fund_claim
  referencing new table as fresh for each statement execute function add_claims();
create trigger add_lines after insert on journal_link
  referencing new table as fresh for each statement execute function add_lines();
"""


def upgrade() -> None:
    """Two tables of sums, what they start with, and what adds to them."""
    migrations.script(TABLES)
    migrations.define(ADD_CLAIMS, signature="add_claims()", callable_by_service=False)
    migrations.define(ADD_LINES, signature="add_lines()", callable_by_service=False)
    for table in READ:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(FIRST)
    for table in READ:
        migrations.script(f"alter table {table} force row level security")
    for table in ("fund_claim_sum", "account_sum"):
        migrations.protect(table, grants="select")
