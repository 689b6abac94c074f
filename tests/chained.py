"""What the processes behind the services do after a commit: number it, and follow the money."""

from services.loans.ledger.queries import EVENTS, JOURNAL
from services.loans.lineage import operations as lineage
from shared import ids
from shared.db import Database, TenantDb
from shared.feed import Sequencer
from shared.ids import InstitutionId

HOLDER = ids.new()


async def chain(database: Database, institution_id: InstitutionId) -> None:
    """Number what is committed, then let the lines of funds follow it; for as often as needed."""
    sequencer = Sequencer(database, chains=(EVENTS, JOURNAL))
    sequencer.holder = HOLDER  # one holder has the lease for a while
    while await sequencer.number(institution_id):
        pass
    await lineage.catch_up(TenantDb(database, institution_id))
