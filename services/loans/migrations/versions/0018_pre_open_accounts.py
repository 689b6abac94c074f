"""Funds that were opened before have the accounts that the chart has gained since."""

from shared import migrations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WALLED = ("fund", "account")
OPEN = """
insert into account (institution_id, account_id, fund_id, code, class, currency)
select f.institution_id, gen_random_uuid(), f.fund_id, c.code, c.class, f.currency
from fund f
join (values
  ('penalty_income', 'income', '{donation,state,commercial}'::text[]),
  ('profit_accrued', 'asset', '{donation,state,commercial}'),
  ('profit_unearned', 'liability', '{donation,state,commercial}'),
  ('loss_allowance', 'asset', '{zakat,waqf,donation,state,commercial}'),
  ('provision_expense', 'expense', '{zakat,waqf,donation,state,commercial}'),
  ('recovery', 'income', '{zakat,waqf,donation,state,commercial}'),
  ('forgiveness', 'expense', '{zakat}'),
  ('goods', 'asset', '{waqf,donation,state,commercial}'),
  ('goods_due', 'asset', '{waqf,donation,state,commercial}'),
  ('partnerships', 'asset', '{waqf,donation,state,commercial}'),
  ('profit_receivable', 'asset', '{waqf,donation,state,commercial}'),
  ('deferred_profit', 'liability', '{waqf,donation,state,commercial}'),
  ('client_deposit', 'liability', '{waqf,donation,state,commercial}'),
  ('capital_loss', 'expense', '{waqf,donation,state,commercial}'),
  ('upkeep', 'expense', '{waqf,donation,state,commercial}')
) as c(code, class, kinds) on f.kind = any(c.kinds)
where not exists (
  select from account a
  where a.institution_id = f.institution_id and a.fund_id = f.fund_id and a.code = c.code
);
"""


def upgrade() -> None:
    """Open, in every fund, the accounts that its kind has gained; nothing is posted to them."""
    for table in WALLED:
        migrations.script(f"alter table {table} no force row level security")
    migrations.script(OPEN)
    for table in WALLED:
        migrations.script(f"alter table {table} force row level security")
