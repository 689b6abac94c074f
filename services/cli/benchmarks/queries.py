"""What does a bench look up after a run, to see whether a rule held all the time?"""

from sqlalchemy import text

from services.loans.funds import queries as funds
from shared.db import Database
from shared.ids import FundId, InstitutionId

# The most that was ever reserved and committed together, claim after claim as they were written;
# they are written under the fund's lock.
HIGHEST = text("""
    select coalesce(max(claimed), 0)::bigint as highest, count(*) as claims from (
      select sum(case kind when 'reserve' then amount_minor when 'release' then -amount_minor
        when 'uncommit' then -amount_minor when 'draw' then -amount_minor
        when 'undraw' then amount_minor else 0 end) over (order by recorded_at, claim_id) as claimed
      from fund_claim where institution_id = :institution_id and fund_id = :fund_id
    ) running
""")


async def highest(
    database: Database, *, institution_id: InstitutionId, fund_id: FundId
) -> tuple[int, int]:
    """Look for the most that was ever claimed of a fund at once, and count the claims."""
    values = {"institution_id": institution_id, "fund_id": fund_id}
    async with database.read(institution_id) as session:
        row = (await session.execute(HIGHEST, values)).one()
        standing = (await funds.standings(session, [fund_id]))[fund_id]
    return max(row.highest, (standing.reserved + standing.committed).minor), row.claims
