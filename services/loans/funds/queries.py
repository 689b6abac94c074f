"""What does a fund hold, what is claimed of it, and what did its money do?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Standing
from services.loans.domain.funding import Claims, Fund
from services.loans.funds.counts import queries as counts
from services.loans.funds.counts.queries import MONEY
from services.loans.funds.tables import DonorRow, FundDonorRow, FundRow, ReceiptRow
from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, FundId
from shared.money import Money
from shared.schemas import Page


class FundNotFound(RafidError):
    """There is no such fund"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No fund has the id {fund_id}."
    fund_id: UUID


def fund_of(row: FundRow) -> Fund:
    """Give a row as the value that the rules know."""
    return Fund(
        fund_id=FundId(row.fund_id),
        code=row.code,
        kind=FundKind(row.kind),
        currency=row.currency,
        floor=Money(row.floor_minor, row.currency),
        is_open=row.status == "open",
        has_lending_ruling=row.lending_ruling is not None,
    )


async def locked_funds(session: AsyncSession, fund_ids: Sequence[FundId]) -> dict[FundId, FundRow]:
    """Lock funds in the order of their ids; raises FundNotFound.

    The lock leaves key-share locks alone: a receipt or a contract that names the fund need not
    wait, only another claim must.
    """
    statement = (
        select(FundRow)
        .where(
            FundRow.institution_id == tenancy.institution_of(session),
            FundRow.fund_id.in_(set(fund_ids)),
        )
        .order_by(FundRow.fund_id)
        .with_for_update(key_share=True)
    )
    rows = {FundId(row.fund_id): row for row in await session.scalars(statement)}
    for fund_id in fund_ids:
        if fund_id not in rows:
            raise FundNotFound(fund_id=fund_id)
    return rows


async def fund_by_id(session: AsyncSession, fund_id: UUID) -> FundRow:
    """Return a fund; raises FundNotFound."""
    row = await session.get(FundRow, (tenancy.institution_of(session), fund_id))
    if row is None:
        raise FundNotFound(fund_id=fund_id)
    return row


async def funds(session: AsyncSession, *, page: Page) -> Sequence[FundRow]:
    """Return a page of funds by id, one more than fits."""
    statement = select(FundRow).where(FundRow.institution_id == tenancy.institution_of(session))
    if page.after is not None:
        statement = statement.where(FundRow.fund_id > page.after)
    rows = await session.scalars(statement.order_by(FundRow.fund_id).limit(page.limit + 1))
    return rows.all()


async def find_donor(session: AsyncSession, donor_id: UUID) -> DonorRow | None:
    """Return a donor, or None."""
    return await session.get(DonorRow, (tenancy.institution_of(session), donor_id))


async def donors(session: AsyncSession, *, page: Page) -> Sequence[DonorRow]:
    """Return a page of donors by id, one more than fits."""
    statement = select(DonorRow).where(DonorRow.institution_id == tenancy.institution_of(session))
    if page.after is not None:
        statement = statement.where(DonorRow.donor_id > page.after)
    rows = await session.scalars(statement.order_by(DonorRow.donor_id).limit(page.limit + 1))
    return rows.all()


async def is_linked(session: AsyncSession, *, fund_id: UUID, donor_id: UUID) -> bool:
    """Whether a donor is linked to a fund."""
    key = (tenancy.institution_of(session), fund_id, donor_id)
    return await session.get(FundDonorRow, key) is not None


async def donors_of(session: AsyncSession, fund_id: UUID) -> Sequence[UUID]:
    """Return the ids of the donors linked to a fund."""
    statement = select(FundDonorRow.donor_id).where(
        FundDonorRow.institution_id == tenancy.institution_of(session),
        FundDonorRow.fund_id == fund_id,
    )
    return (await session.scalars(statement.order_by(FundDonorRow.donor_id))).all()


async def receipts(session: AsyncSession, fund_id: UUID, *, page: Page) -> Sequence[ReceiptRow]:
    """Return a page of a fund's receipts in the order of booking, one more than fits."""
    statement = select(ReceiptRow).where(
        ReceiptRow.institution_id == tenancy.institution_of(session),
        ReceiptRow.fund_id == fund_id,
    )
    if page.after is not None:
        statement = statement.where(ReceiptRow.receipt_id > page.after)
    rows = await session.scalars(statement.order_by(ReceiptRow.receipt_id).limit(page.limit + 1))
    return rows.all()


async def is_receipt_reversed(session: AsyncSession, receipt_id: UUID) -> bool:
    """Tell whether a receipt was taken back."""
    statement = select(ReceiptRow.receipt_id).where(
        ReceiptRow.institution_id == tenancy.institution_of(session),
        ReceiptRow.reverses_receipt_id == receipt_id,
    )
    return await session.scalar(statement) is not None


async def standings(
    session: AsyncSession, fund_ids: Sequence[FundId], *, on: date | None = None
) -> dict[FundId, Standing]:
    """Return what each fund holds and what is claimed of it.

    With a day also what is firmly due on it.
    """
    found = await counts.counted(session, fund_ids, on=on)
    return {fund_id: one.standing for fund_id, one in found.items()}


UNDER_WAY = text("""
    select coalesce(sum(case k.kind when 'commit' then k.amount_minor
      when 'uncommit' then -k.amount_minor when 'draw' then -k.amount_minor
      when 'undraw' then k.amount_minor else 0 end), 0)::bigint
    from payment p
    join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
    join fund_claim k on k.institution_id = c.institution_id
      and k.application_id = c.application_id and k.fund_id = :fund_id
    where p.institution_id = :institution_id and p.direction = 'outbound'
      and (p.status in ('requested', 'accepted')
        or (p.status = 'completed' and p.booked_at is null))
""")


async def under_way(session: AsyncSession, fund: FundRow) -> Money:
    """Return what contracts hold of a fund whose payments have set out and are not booked."""
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund.fund_id}
    minor = (await session.execute(UNDER_WAY, values)).scalar_one()
    return Money(minor, fund.currency)


CLAIMS = text("""
    select k.application_id, k.fund_id, f.currency,
      sum(case k.kind when 'reserve' then amount_minor when 'release' then -amount_minor
        when 'commit' then -amount_minor else 0 end)::bigint as reserved_minor,
      sum(case k.kind when 'commit' then amount_minor when 'uncommit' then -amount_minor
        when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end)::bigint
        as committed_minor,
      sum(case k.kind when 'draw' then amount_minor when 'undraw' then -amount_minor
        else 0 end)::bigint as drawn_minor
    from fund_claim k
    join fund f on f.institution_id = k.institution_id and f.fund_id = k.fund_id
    where k.institution_id = :institution_id and k.application_id = any(:application_ids)
    group by k.application_id, k.fund_id, f.currency
""")


async def claims_of(
    session: AsyncSession, application_ids: Sequence[ApplicationId]
) -> dict[tuple[ApplicationId, FundId], Claims]:
    """Return what applications hold of funds, by (application, fund)."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
    }
    return {
        (ApplicationId(row.application_id), FundId(row.fund_id)): Claims(
            reserved=Money(row.reserved_minor, row.currency),
            committed=Money(row.committed_minor, row.currency),
            drawn=Money(row.drawn_minor, row.currency),
        )
        for row in await session.execute(CLAIMS, values)
    }


# What the fund's money did, from the journal. A reversal counts as the kind it undoes; a fee
# kept back at disbursement has come back from the borrower on the same day. Goods count as
# paid out when they are handed over. What is held for borrowers and participants is theirs: it
# is none of the fund's cash until it pays what is owed. Lent is the part of what was paid out
# that borrowers owe.
SPENT = (
    "'grant', 'amil_cost', 'nazir_fee', 'upkeep', 'corpus_return', 'subsidy', 'borrowing',"
    " 'charity', 'transfer'"
)
IS_LENT = (
    "m.code = 'loans' and (m.kind = 'disbursement'"
    " or (m.kind = 'deal' and (m.amount_minor > 0) <> m.is_reversal))"
)
EARNED = "'yield', 'guarantee', 'exchange', 'manual', 'reserve'"
HELD = "'savings', 'contribution', 'tabarru', 'suspense'"
FIGURES = text(f"""
    select f.fund_id, f.currency,
      coalesce(sum(m.amount_minor) filter (
        where m.is_cash and m.kind in ('receipt', 'opening')), 0)::bigint as received_minor,
      coalesce(sum(m.amount_minor) filter (where {IS_LENT}), 0)::bigint as lent_minor,
      (coalesce(sum(m.amount_minor) filter (where {IS_LENT}), 0)
        - coalesce(sum(m.amount_minor) filter (where m.is_cash and m.kind in ({SPENT})), 0)
        )::bigint as disbursed_minor,
      (coalesce(sum(m.amount_minor) filter (where m.is_cash
          and m.kind in ('repayment', 'fee', 'surplus_refund', 'recovery', 'correction',
            'holding', 'reversal', {EARNED})), 0)
        - coalesce(sum(m.amount_minor) filter (where m.code = 'fee_income'
          and m.kind = 'disbursement'), 0))::bigint as returned_minor,
      coalesce(sum(m.amount_minor) filter (where m.is_cash), 0)::bigint as cash_minor,
      coalesce(sum(m.amount_minor) filter (where m.code = 'loans'), 0)::bigint
        as outstanding_principal_minor
    from fund f
    left join (
      select l.institution_id, l.fund_id, a.code, l.amount_minor,
        a.code in ({MONEY}, {HELD}) as is_cash,
        coalesce(o.kind, e.kind) as kind, e.reverses_entry_id is not null as is_reversal
      from account a
      join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
      join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
      left join journal_entry o
        on o.institution_id = e.institution_id and o.entry_id = e.reverses_entry_id
      where a.institution_id = :institution_id
        and a.code in ({MONEY}, {HELD}, 'loans', 'fee_income')
        and (cast(:fund_id as uuid) is null or a.fund_id = :fund_id) and {WITHIN_CUT}
    ) m on m.institution_id = f.institution_id and m.fund_id = f.fund_id
    where f.institution_id = :institution_id
      and (cast(:fund_id as uuid) is null or f.fund_id = :fund_id)
    group by f.fund_id, f.currency
""")


async def figures(session: AsyncSession, fund_id: FundId, *, cut: Cut) -> Row[Any]:
    """Return a fund's totals at a cut, in minor units; raises FundNotFound."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    row = (await session.execute(FIGURES, values)).first()
    if row is None:
        raise FundNotFound(fund_id=fund_id)
    return row


SEQUENCE_AT = text("""
    select number, numbered_at from feed_entry
    where institution_id = :institution_id
      and (cast(:known_at as timestamptz) is null or numbered_at <= :known_at)
    order by number desc limit 1
""")


async def sequence_at(
    session: AsyncSession, known_at: datetime | None
) -> tuple[int, datetime | None]:
    """Return the newest number of the feed at an instant, and when it was given."""
    values = {"institution_id": tenancy.institution_of(session), "known_at": known_at}
    row = (await session.execute(SEQUENCE_AT, values)).first()
    return (row.number, row.numbered_at) if row else (0, None)


STATEMENT = text(f"""
    select e.entry_id, e.kind, e.occurred_on, e.recorded_at, e.source_id, e.contract_id,
      e.reverses_entry_id,
      coalesce(sum(l.amount_minor) filter (where a.code in ({MONEY})), 0)::bigint
        as cash_minor,
      coalesce(sum(l.amount_minor) filter (where a.code = 'loans'), 0)::bigint as loans_minor
    from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where e.institution_id = :institution_id and a.fund_id = :fund_id
      and (cast(:after as uuid) is null or e.entry_id > :after) and {WITHIN_CUT}
    group by e.institution_id, e.entry_id order by e.entry_id limit :limit
""")


async def statement(
    session: AsyncSession, fund_id: FundId, *, cut: Cut, page: Page
) -> Sequence[Row[Any]]:
    """Return a page of the entries that moved a fund, in the order of booking, one too many."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
        "after": page.after,
        "limit": page.limit + 1,
    }
    return (await session.execute(STATEMENT, values)).all()


COUNTRY = text("select country from institution where institution_id = :institution_id")


async def country(session: AsyncSession) -> str:
    """Return the country whose rules the institution follows."""
    values = {"institution_id": tenancy.institution_of(session)}
    code: str = (await session.execute(COUNTRY, values)).scalar_one()
    return code
