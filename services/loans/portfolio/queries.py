"""How did the contracts stand on a day, as the books knew it at an instant?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.at_risk import Risk, Scheme
from services.loans.ledger.queries import KNOWN, UNKNOWN, Moment
from services.loans.portfolio.tables import BucketSchemeRow
from shared import tenancy

SCHEMES = 100


class By(StrEnum):
    """What a portfolio is divided by."""

    BRANCH = "branch"
    PRODUCT = "product"
    FUND = "fund"
    INSTITUTION = "institution"


KEYS = {
    By.BRANCH: "p.branch_id",
    By.PRODUCT: "p.product_id",
    By.FUND: "p.fund_id",
    By.INSTITUTION: "p.institution_id",
}

# Where every contract stood on a day, from what was known at an instant: of the rows that hold by
# then the newest day, and of that day the newest knowledge. The key gives them in this order.
STOOD = """
  stood as (
    select distinct on (h.contract_id) h.contract_id, h.valid_from, h.version, h.status,
      h.outstanding_principal_minor, h.written_off_minor, h.oldest_open_due_on
    from position_history h
    where h.institution_id = :institution_id and h.valid_from <= :as_of {known}
    order by h.contract_id desc, h.valid_from desc, h.version desc
  )
"""
FIGURES = """
  select {key} as key, p.currency::text as currency,
    case when {at}.status = 'written_off' then -1 else width_bucket(
      coalesce(cast(:as_of as date) - {at}.oldest_open_due_on, 0), cast(:from_days as int[]))
    end as bucket,
    {at}.status = 'renegotiated' as renegotiated,
    coalesce(cast(:as_of as date) - {at}.oldest_open_due_on, 0) > :non_accrual_after
      as non_accrual,
    count(*) as contracts,
    sum({at}.outstanding_principal_minor)::bigint as outstanding,
    sum({at}.written_off_minor)::bigint as written_off
  from {source}
  where p.institution_id = :institution_id
    and {at}.status in ('active', 'renegotiated', 'written_off')
    and (cast(:branch_ids as uuid[]) is null or p.branch_id = any(:branch_ids))
  group by 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the portfolio in one currency."""

    key: UUID
    currency: str
    risk: Risk


async def scheme_at(session: AsyncSession, *, as_of: date) -> Scheme:
    """Return the buckets that hold on a day; the usual ones where none were set."""
    statement = (
        select(BucketSchemeRow)
        .where(
            BucketSchemeRow.institution_id == tenancy.institution_of(session),
            BucketSchemeRow.effective_on <= as_of,
        )
        .order_by(BucketSchemeRow.effective_on.desc())
        .limit(1)
    )
    row: BucketSchemeRow | None = await session.scalar(statement)
    if row is None:
        return Scheme()
    return Scheme(from_days=tuple(row.from_days), non_accrual_after_days=row.non_accrual_after_days)


async def schemes(session: AsyncSession) -> Sequence[BucketSchemeRow]:
    """Return every scheme of buckets that was set, the newest first."""
    statement = (
        select(BucketSchemeRow)
        .where(BucketSchemeRow.institution_id == tenancy.institution_of(session))
        .order_by(BucketSchemeRow.effective_on.desc())
        .limit(SCHEMES)
    )
    return (await session.scalars(statement)).all()


async def at_risk(
    session: AsyncSession,
    *,
    by: By,
    moment: Moment,
    scheme: Scheme,
    branch_ids: Collection[UUID] | None = None,
) -> list[Part]:
    """Return the risk of each part of the portfolio within the branches seen (None: all)."""
    rows = await session.execute(
        text(_figures(by, moment)),
        {
            **_dates(session, moment),
            "from_days": list(scheme.from_days),
            "non_accrual_after": scheme.non_accrual_after_days,
            "branch_ids": None if branch_ids is None else list(branch_ids),
        },
    )
    found: dict[tuple[UUID, str], Risk] = {}
    for row in rows:
        risk = found.setdefault((row.key, row.currency), Risk.empty(scheme))
        _count(risk, row)
    return [
        Part(key=key, currency=currency, risk=risk)
        for (key, currency), risk in sorted(found.items())
    ]


def _figures(by: By, moment: Moment) -> str:
    key = KEYS[by]
    if moment.is_now:
        return FIGURES.format(key=key, at="p", source="position p")
    known = "" if moment.known_at is None else KNOWN
    unknown = "" if moment.known_at is None else UNKNOWN
    source = (
        "stood s join position p"
        " on p.institution_id = :institution_id and p.contract_id = s.contract_id"
    )
    stood = STOOD.format(known=known)
    return f"with {unknown} {stood} {FIGURES.format(key=key, at='s', source=source)}"


def _dates(session: AsyncSession, moment: Moment) -> dict[str, object]:
    values: dict[str, object] = {
        "institution_id": tenancy.institution_of(session),
        "as_of": moment.as_of,
    }
    if moment.known_at is not None:
        values["known_at"] = moment.known_at
    return values


def _count(risk: Risk, row: Row[Any]) -> None:
    if row.bucket < 0:
        risk.written_off.add(row.contracts, row.written_off)
        return
    risk.buckets[row.bucket].add(row.contracts, row.outstanding)
    if row.renegotiated:
        risk.renegotiated_by[row.bucket].add(row.contracts, row.outstanding)
    if row.non_accrual:
        risk.non_accrual.add(row.contracts, row.outstanding)
