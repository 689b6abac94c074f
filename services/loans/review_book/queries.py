"""What was agreed with whom in the contracts that stood on a day, loan by loan or in cells?

Amounts are whole currency units. A loan's chance of default and income are those of its
application; what nobody assessed, or who had no income, has no place in a review and is counted.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.flat_rates import declining_rate
from services.loans.ledger.queries import KNOWN, UNKNOWN, Moment
from services.loans.portfolio.queries import STOOD
from services.loans.rulebook import queries as rulebook_queries
from shared import rulebook, tenancy
from shared.clients.review_books import FREQUENCY
from shared.currencies import exponent_of

GROUPED_FROM: Final = 50_000  # contracts; fewer are told loan by loan
STEP: Final = 0.05  # principal and debts over income of one cell
BATCH: Final = 2_000
RUNNING: Final = ("active", "renegotiated")
EVER: Final = (*RUNNING, "closed", "written_off")
LATE_DAYS: Final = 90

# Months between two due dates.
MONTHS: Final = """
  (case t.frequency when 'daily' then 12.0 / 365 when 'weekly' then 84.0 / 365
    when 'biweekly' then 168.0 / 365 when 'twice_a_month' then 0.5 when 'quarterly' then 3.0
    when 'half_yearly' then 6.0 when 'yearly' then 12.0 else 1.0 end
    * coalesce(cast(t.dating ->> 'every' as int), 1))
"""
# A loan's rhythm in words, and its period in months where a year is 52 weeks or 360 days.
RHYTHM: Final = """
  t.frequency || case when coalesce(cast(t.dating ->> 'every' as int), 1) > 1
    then ' x ' || (t.dating ->> 'every') else '' end
"""
PERIOD: Final = """
  (12.0 / case t.frequency when 'daily' then 360 when 'weekly' then 52 when 'biweekly' then 26
    when 'twice_a_month' then 24 when 'quarterly' then 4 when 'half_yearly' then 2
    when 'yearly' then 1 else 12 end * coalesce(cast(t.dating ->> 'every' as int), 1))
"""
# Terms and grace in months: of whole instalments where the rhythm is told, or whole ones.
PACED_TERM: Final = f"""
      round(t.instalments * {PERIOD}, 6) as term,
      round(least(coalesce(t.principal_grace, 0), t.instalments - 1) * {PERIOD}, 6) as grace,
"""
WHOLE_TERM: Final = f"""
      greatest(round(t.instalments * {MONTHS}), 1)::int as term,
      round(coalesce(t.principal_grace, 0) * {MONTHS})::int as grace,
"""
# Fees at once or with instalments, flat or of the principal: what they come to of a principal.
FEES: Final = """
  coalesce((select sum(
      case when f ->> 'kind' = 'flat'
        then cast(f ->> 'amount_minor' as numeric) / c.principal_minor
        else cast(f ->> 'percent' as numeric) / 100 end
      * case when f ->> 'when' = 'each_instalment'
        then t.instalments else 1 end)
    from jsonb_array_elements(t.fees) f
    where coalesce(f ->> 'of', 'principal') = 'principal' and f ->> 'when' <> 'overdue'), 0)
"""
EVERY: Final = "coalesce(cast(t.dating ->> 'every' as int), 1)"
GRACE: Final = "least(coalesce(t.principal_grace, 0), t.instalments - 1)"
# A flat rate is told as the rate of what is outstanding that asks the same instalments.
FLAT_TERMS: Final = f"""
  select distinct t.annual_rate, t.instalments, {GRACE} as grace, t.frequency, {EVERY} as every
  from contract c
  cross join lateral jsonb_to_record(c.terms) as t(frequency text, dating jsonb,
    instalments int, principal_grace int, annual_rate numeric)
  where c.institution_id = :institution_id and c.currency = :currency
    and c.terms ->> 'charge_method' = 'flat' and t.annual_rate > 0
"""
FLAT: Final = """
  flat as materialized (
    select * from jsonb_to_recordset(cast(:flat as jsonb)) as e(
      annual_rate numeric, instalments int, grace int, frequency text, every int,
      equivalent numeric)
  )
"""
LENT: Final = """
  select s.contract_id, s.status,
    coalesce(cast(:as_of as date) - s.oldest_open_due_on, 0) as days_late
  from stood s
  join contract c on c.institution_id = :institution_id and c.contract_id = s.contract_id
  where s.status = any(cast(:statuses as text[])) and c.currency = :currency
    and (cast(:since as date) is null or c.signed_on >= :since)
    and (cast(:branch_ids as uuid[]) is null or c.branch_id = any(:branch_ids))
"""
STANDING: Final = f"lent as materialized ({LENT})"
LOANS: Final = f"""
  loans as materialized (
    select l.contract_id, c.principal_minor as principal,
      round(coalesce(e.equivalent, t.annual_rate), 6) as annual_rate,
      {WHOLE_TERM}
      least(round({FEES}, 6), 0.99) as fee_share,
      least(o.pd, 0.99) as pd, o.grade,
      a.other_income_minor + a.sales_minor - a.business_costs_minor as income,
      a.debt_service_minor as debts,
      (l.status = 'written_off' or l.days_late > {LATE_DAYS})::int as bad,
      p.code as product, f.code as fund, n.code as branch,
      coalesce(nullif(left(b.region, 80), ''), 'unknown') as region,
      coalesce(nullif(left(a.sector, 80), ''), 'unknown') as sector,
      coalesce(b.sex, 'unknown') as sex,
      case when b.born_on is null then 'unknown'
        when extract(year from age(c.signed_on, b.born_on)) between :youngest and :oldest
        then 'youth' else 'other' end as age,
      {RHYTHM} as frequency
    from lent l
    join contract c on c.institution_id = :institution_id and c.contract_id = l.contract_id
    cross join lateral jsonb_to_record(c.terms) as t(frequency text, dating jsonb,
      instalments int, principal_grace int, annual_rate numeric, charge_method text, fees jsonb)
    left join flat e on t.charge_method = 'flat' and e.annual_rate = t.annual_rate
      and e.instalments = t.instalments and e.frequency = t.frequency
      and e.grace = {GRACE} and e.every = {EVERY}
    join application a on a.institution_id = c.institution_id
      and a.application_id = c.application_id
    join application_assessment o on o.institution_id = a.institution_id
      and o.application_id = a.application_id and o.round = a.round
    join borrower b on b.institution_id = a.institution_id and b.borrower_id = a.borrower_id
    join product p on p.institution_id = c.institution_id and p.product_id = c.product_id
    join fund f on f.institution_id = c.institution_id and f.fund_id = c.fund_id
    join branch n on n.institution_id = c.institution_id and n.branch_id = c.branch_id
    where o.pd is not null
      and a.other_income_minor + a.sales_minor > a.business_costs_minor
  )
"""
PACED_LOANS: Final = LOANS.replace(WHOLE_TERM, PACED_TERM)
# A cell: the same labels and terms, one grade, principal and debts over income within a step.
CELL: Final = f"""
  grade, term, grace, round(annual_rate, 4), round(fee_share, 4),
  round(ln(cast(principal as float8) / income) / ln(1 + {STEP})),
  round(ln(1 + cast(debts as float8) / income) / ln(1 + {STEP}))
"""
# What a row tells, in the order of the client's figures.
TOLD: Final[Mapping[str, str]] = {
    "count": "count(*)",
    "principal": "round(sum(principal) / count(*) / :unit, 6)",
    "annual_rate": "min(annual_rate)",
    "term": "term",
    "grace": "least(grace, term - 1)",
    "fee_share": "min(fee_share)",
    "pd": "round(sum(pd * principal) / sum(principal), 6)",
    "income": "round(sum(income) / count(*) / :unit, 6)",
    "debts": "round(sum(debts) / count(*) / :unit, 6)",
    "bad": "sum(bad)",
}
# A row as its line of JSON, written where the row is: a figure 1200.000000 is "1200".
FIGURE: Final = "to_json(trim_scale(({figure})::numeric)::text)::text"
LABEL: Final = "to_json({label})::text"
BOOK: Final = """
  select {line} as line, count(*) as loans, (select count(*) from lent) as contracts
  from loans group by {labels}, {cell}, term, grace
  order by {labels}, {cell}, term, grace
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which book: of which day and instant, by which labels, since which day of signing.

    Of some branches, or of all (None). `youth` are the ages of young people there on that day.
    """

    moment: Moment
    currency: str
    by: Sequence[str]
    since: date | None
    branch_ids: Collection[UUID] | None
    youth: Mapping[str, int]


async def is_large(session: AsyncSession, wanted: Wanted) -> bool:
    """Whether so many contracts belong to a book that it is told in cells."""
    some = f"select 1 from ({LENT}) l limit {GROUPED_FROM + 1}"
    query = f"{_stood(wanted.moment)} select count(*) from ({some}) m"
    values = await _values(session, wanted)
    return int(await session.scalar(text(query), values) or 0) > GROUPED_FROM


async def contracts_in(session: AsyncSession, wanted: Wanted) -> int:
    """How many contracts belong to a book, those that a review cannot use among them."""
    query = f"{_stood(wanted.moment)} select count(*) from ({LENT}) l"
    return int(await session.scalar(text(query), await _values(session, wanted)) or 0)


async def rows(
    session: AsyncSession, wanted: Wanted, *, grouped: bool
) -> AsyncIterator[Sequence[Row[Any]]]:
    """Give the lines of a book in an order that never changes, some at a time.

    Each with its loans, and with how many contracts belong to the whole book.
    """
    is_paced = FREQUENCY in wanted.by
    told = {**TOLD, "grace": "grace"} if is_paced else TOLD
    written = [FIGURE.format(figure=figure) for figure in told.values()]
    written += [LABEL.format(label=label) for label in wanted.by]
    line = "'[' || " + " || ',' || ".join(written) + " || ']'"
    query = BOOK.format(
        line=line, labels=", ".join(wanted.by), cell=CELL if grouped else "contract_id"
    )
    loans = PACED_LOANS if is_paced else LOANS
    whole = text(f"{_stood(wanted.moment)}, {STANDING}, {FLAT}, {loans} {query}")
    unit = 10 ** exponent_of(wanted.currency)
    values = {
        **await _values(session, wanted),
        "unit": unit,
        "flat": await _equivalents(session, wanted.currency),
        **wanted.youth,
    }
    found = await session.stream(whole, values)
    async for part in found.partitions(BATCH):
        yield part


async def _equivalents(session: AsyncSession, currency: str) -> str:
    """Give the flat terms there are with the rate of what is outstanding that each comes to."""
    values = {"institution_id": tenancy.institution_of(session), "currency": currency}
    found = (await session.execute(text(FLAT_TERMS), values)).all()
    told = [
        row._asdict()
        | {
            "annual_rate": str(row.annual_rate),
            "equivalent": str(
                declining_rate(
                    row.annual_rate,
                    instalments=row.instalments,
                    grace=row.grace,
                    frequency=row.frequency,
                    every=row.every,
                )
            ),
        }
        for row in found
    ]
    return orjson.dumps(told).decode()


def _stood(moment: Moment) -> str:
    if moment.known_at is None:
        return f"with {STOOD.format(known='')}"
    return f"with {UNKNOWN} {STOOD.format(known=KNOWN)}"


async def _values(session: AsyncSession, wanted: Wanted) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "as_of": wanted.moment.as_of,
        "known_at": wanted.moment.known_at,
        "currency": wanted.currency,
        "since": wanted.since,
        "branch_ids": None if wanted.branch_ids is None else list(wanted.branch_ids),
        "statuses": list(EVER if wanted.since else RUNNING),
    }


async def youth(session: AsyncSession, *, on: date) -> Mapping[str, int]:
    """Return from which age to which one is young where the institution is. Raises NoRule."""
    country = (await rulebook_queries.book(session, on=on)).country
    ages = rulebook.find("youth_age", country=country, on=on).members
    return {"youngest": int(str(ages["least"])), "oldest": int(str(ages["most"]))}
