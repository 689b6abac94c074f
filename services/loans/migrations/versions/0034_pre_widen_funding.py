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


def upgrade() -> None:
    """Widen what is kept of subsidies."""
    migrations.script(SUBSIDIES)
    migrations.grant("subsidy", grants="update (lost_by)")
