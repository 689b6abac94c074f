"""Two who bear one name may be said to be no kin; and of what groups is a person?"""

from shared import migrations

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KIN = "'self', 'ascendant', 'descendant', 'wife', 'husband', 'other_kin'"
LET = """
alter table zakat_tie drop constraint zakat_tie_relation_check,
  add constraint zakat_tie_relation_check check (relation in ({relations}))
"""
BY_MEMBER = """
create index ix_borrower_member_member on borrower_member (institution_id, member_borrower_id)
"""


def upgrade() -> None:
    """Let a tie say that there is none, and find the groups of a person."""
    migrations.script(BY_MEMBER)
    migrations.script(LET.format(relations=f"{KIN}, 'unrelated'"))
