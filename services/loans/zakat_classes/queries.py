"""To which classes of zakat are persons counted, and what else decides whether it is lent to them?

The tables belong to `zakat`, which knows the funds; claims on a fund ask here, below it.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.holding import Receiver
from shared import tenancy
from shared.ids import ApplicationId

IN_FORCE = """
    c.institution_id = :institution_id and d.outcome = 'approved' and d.decided_on <= :on
    and d.expires_on > :on and (e.ended_on is null or e.ended_on > :on)
"""
DECIDED = """
    zakat_eligibility c
    join zakat_eligibility_decision d
      on d.institution_id = c.institution_id and d.eligibility_id = c.eligibility_id
    left join zakat_eligibility_end e
      on e.institution_id = c.institution_id and e.eligibility_id = c.eligibility_id
"""
CLASSES = text(f"""
    select c.borrower_id, array_agg(distinct d.zakat_class) as classes
    from {DECIDED}
    where {IN_FORCE} and c.borrower_id = any(:borrower_ids)
    group by c.borrower_id
""")
RECEIVERS = text(f"""
    select a.application_id,
      array(select distinct d.zakat_class from {DECIDED}
        where {IN_FORCE} and c.borrower_id = a.borrower_id) as classes,
      exists (select from guarantor g
        where g.institution_id = a.institution_id and g.borrower_id = a.borrower_id)
        as has_guarantor
    from application a
    where a.institution_id = :institution_id and a.application_id = any(:application_ids)
""")


async def classes_in_force(
    session: AsyncSession, borrower_ids: Collection[UUID], *, on: date
) -> dict[UUID, frozenset[ZakatClass]]:
    """To which classes decisions in force that day count persons; one without any is left out."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "borrower_ids": list(borrower_ids),
        "on": on,
    }
    return {
        row.borrower_id: frozenset(map(ZakatClass, row.classes))
        for row in await session.execute(CLASSES, values)
    }


async def receivers(
    session: AsyncSession, application_ids: Collection[ApplicationId], *, on: date
) -> dict[ApplicationId, Receiver]:
    """What decides whether zakat is lent to who applied, by application, on a day."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
        "on": on,
    }
    return {
        ApplicationId(row.application_id): Receiver(
            classes=frozenset(map(ZakatClass, row.classes)), has_guarantor=row.has_guarantor
        )
        for row in await session.execute(RECEIVERS, values)
    }
