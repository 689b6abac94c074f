"""Persons counted to a class of zakat, written into its tables for tests of what rests on it."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.zakat.classes import ZakatClass
from services.loans.zakat.tables import EligibilityDecisionRow, EligibilityRow
from shared import ids, tenancy
from shared.ids import FundId
from tests.integration.loans.scene import TODAY

VALID_DAYS = 180
KIND = text("select kind from fund where institution_id = :i and fund_id = :f")


async def entitle(
    session: AsyncSession,
    borrower_id: UUID,
    *,
    on: date = TODAY - timedelta(days=30),
    zakat_class: ZakatClass = ZakatClass.FUQARA,
    days: int = 3_650,
) -> UUID:
    """Count a person to a class for ten years; what was told stands in no test."""
    case = {
        "institution_id": tenancy.institution_of(session),
        "eligibility_id": ids.new(),
        "actor_id": ids.new(),
    }
    told = {
        "reference": f"ZE-{ids.new().hex}",
        "borrower_id": borrower_id,
        "asked_on": on,
        "currency": "JOD",
        "told": {},
        "proposal": {},
        "shown": [],
        "facts": [],
        "is_urgent": False,
    }
    await session.execute(insert(EligibilityRow), case | told)
    decided = {
        "institution_id": case["institution_id"],
        "eligibility_id": case["eligibility_id"],
        "outcome": "approved",
        "zakat_class": zakat_class.value,
        "limit_minor": 10_000_000,
        "reasons": "",
        "authority": None,
        "facts": [],
        "decided_on": on,
        "expires_on": on + timedelta(days=days),
        "proposer_id": case["actor_id"],
        "actor_id": ids.new(),
    }
    await session.execute(insert(EligibilityDecisionRow), decided)
    return case["eligibility_id"]


async def is_of_zakat(session: AsyncSession, fund_id: FundId) -> bool:
    values = {"i": tenancy.institution_of(session), "f": fund_id}
    return str(await session.scalar(KIND, values)) == "zakat"
