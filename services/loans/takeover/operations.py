"""How does a portfolio come in from a file: borrowers, contracts, history and opening balances?"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import operations as contracts
from services.loans.contracts.operations import Agreed, Signing
from services.loans.disbursements import taking_over as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain import schedule, taking_over, whole_life
from services.loans.domain.agreement import Agreement
from services.loans.domain.chart import FundKind
from services.loans.domain.portfolio_records import ContractRecord, MovedKind
from services.loans.domain.product import Product
from services.loans.domain.signing import SigningFile
from services.loans.domain.taking_over import FundNotForProduct, Opened
from services.loans.funds import operations as funds
from services.loans.funds.tables import FundRow
from services.loans.ledger import operations as ledger
from services.loans.takeover import queries
from services.loans.takeover.queries import Places
from services.loans.takeover.tables import ContractOriginRow, ImportRunRow
from shared import ids, tenancy
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, BranchId, ContractId, FundId, ProductId

END_RUN = text("""
    update import_run set taken = :taken, refused = :refused, ended_at = :at
    where institution_id = :institution_id and run_id = :run_id
""")
COMPLETE = text("""
    update contract_origin set completed_at = :at
    where institution_id = :institution_id and contract_id = any(:contract_ids)
      and completed_at is null
""")


class CodeUnknown(RafidError):
    """The file names something that is not here"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "There is no {what} of the code {code}."
    what: str
    code: str


class ContractOwn(RafidError):
    """The contract is this institution's own"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{reference} went out from here; it is not taken over from itself."
    reference: str


class ContractChanged(RafidError):
    """The contract was taken over before, and read otherwise then"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{reference} is here already; what the file says of it now is another thing."
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A contract of the file that may come in."""

    record: ContractRecord
    agreement: Agreement
    offered: Product
    fund: FundRow
    branch_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run over a file."""

    run_id: UUID
    digest: bytes
    contracts: int
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whose loan it is: what an event of a signed contract tells of a borrower."""

    borrower_id: UUID
    kind: str
    region: str
    sex: str | None
    born_on: date | None


def fit(record: ContractRecord, *, here: Places, country: str, today: date) -> Fitting:
    """Decide whether a contract may come in; the whole of it is computed and compared.

    Raises `ContractOwn`, `CodeUnknown`, `FundNotForProduct`, and what `taking_over` and, of a
    contract whose whole life is told, `whole_life` raise.
    """
    if record.reference.startswith(here.own):
        raise ContractOwn(reference=record.reference)
    if record.branch not in here.branches:
        raise CodeUnknown(what="branch", code=record.branch)
    offered = here.products.get((record.product, record.product_version))
    offered = offered or here.products.get((record.product, None))
    if offered is None:
        raise CodeUnknown(what="product", code=record.product)
    fund = here.funds.get(record.fund)
    if fund is None:
        raise CodeUnknown(what="fund", code=record.fund)
    suits = FundKind(fund.kind) in offered.fund_kinds
    if not suits or fund.currency != record.principal.currency:
        raise FundNotForProduct(product_code=record.product, fund_code=record.fund)
    agreement = taking_over.agreed(record, offered=offered, country=country)
    if record.is_lived:
        whole_life.check(record, today=today)
    else:
        taking_over.check(record, agreement.terms, dues=agreement.instalments, today=today)
    return Fitting(
        record=record,
        agreement=agreement,
        offered=offered,
        fund=fund,
        branch_id=here.branches[record.branch],
    )


async def remember_run(session: AsyncSession, run: Run, *, actor_id: UUID) -> None:
    """Write a run down with its first contracts; again: no effect."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "run_id": run.run_id,
        "digest": run.digest,
        "contracts": run.contracts,
        "taken": 0,
        "refused": 0,
        "actor_id": actor_id,
        "began_at": run.began_at,
    }
    await session.execute(insert_or(ImportRunRow).values(values).on_conflict_do_nothing())


async def end_run(
    session: AsyncSession, run_id: UUID, *, taken: int, refused: int, at: datetime
) -> None:
    """Note how a run ended."""
    values = {"institution_id": tenancy.institution_of(session), "run_id": run_id}
    await session.execute(END_RUN, values | {"taken": taken, "refused": refused, "at": at})


async def take_over(
    session: AsyncSession,
    fitting: Sequence[tuple[Fitting, Known]],
    *,
    run: Run,
    country: str,
    actor_id: UUID,
) -> None:
    """Write contracts with their payment and opening balances, all or none.

    The entries stand on the days of the past; the opening entry of each fund on the first of
    them. Repayments follow by their own way in. Raises PeriodClosed for a day whose books are
    closed, ContractChanged for a name that came before with another content.
    """
    fitting = await _new(session, fitting)
    if not fitting:
        return
    await remember_run(session, run, actor_id=actor_id)
    agreed = [agreed_of(one, known) for one, known in fitting]
    await contracts.write_agreed(session, agreed, country=country, actor_id=actor_id)
    payouts = [
        Payout(contract_id=item.contract_id, disbursed_on=_paid_out_on(one.record))
        for (one, _), item in zip(fitting, agreed, strict=True)
    ]
    opened = [
        Opened(
            fund=funds.accounts_of(one.fund),
            fee_kept=schedule.fees_at_disbursement(one.agreement.terms),
            moved=one.record.moved,
        )
        for one, _ in fitting
    ]
    entries = taking_over.opening_entries(opened, on=min(one.disbursed_on for one in payouts))
    for entry in entries:
        await ledger.post(session, entry, actor_id=actor_id, source_id=run.run_id)
    await disbursements.take_over(session, payouts, actor_id=actor_id)
    for (one, known), item in zip(fitting, agreed, strict=True):
        session.add(origin_of(session, one.record, item.contract_id, run=run, known=known))
    await session.flush()


def origin_of(
    session: AsyncSession,
    record: ContractRecord,
    contract_id: ContractId,
    *,
    run: Run,
    known: Known,
) -> ContractOriginRow:
    """Make the row of where a contract came from, its history not yet booked."""
    return ContractOriginRow(
        institution_id=tenancy.institution_of(session),
        contract_id=contract_id,
        external_reference=record.reference,
        sector=record.sector,
        digest=digest_of(record),
        run_id=run.run_id,
        signer_id=known.borrower_id,
    )


async def _new(
    session: AsyncSession, fitting: Sequence[tuple[Fitting, Known]]
) -> list[tuple[Fitting, Known]]:
    """Leave out what came before; raises ContractChanged where it was another thing."""
    there = await queries.origins(session, [one.record.reference for one, _ in fitting])
    for one, _ in fitting:
        row = there.get(one.record.reference)
        if row is not None:
            require_same(one.record, row)
    return [pair for pair in fitting if pair[0].record.reference not in there]


def require_same(record: ContractRecord, row: ContractOriginRow) -> None:
    """Raise ContractChanged unless a contract is the one that came under its name."""
    if row.digest != digest_of(record):
        raise ContractChanged(reference=record.reference)


async def complete(
    session: AsyncSession, contract_ids: Sequence[ContractId], *, at: datetime
) -> None:
    """Note that the whole history of contracts is booked."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
        "at": at,
    }
    await session.execute(COMPLETE, values)


def digest_of(record: ContractRecord) -> bytes:
    """Give the hash of all that a file says of a contract, wherever its lines stand."""
    facts: list[object] = [
        *(record.reference, record.borrower_key, record.branch, record.product, record.fund),
        *(record.signed_on, record.principal, record.terms, record.annual_rate),
        *(record.term_months, record.grace_months, record.first_due_on),
    ]
    for due in record.dues:
        facts += (due.number, due.due_on, due.principal, due.profit, due.fee)
    for one in record.moved:
        facts += (one.number, one.kind.value, one.on, one.amount, one.channel.value, one.reverses)
    if record.is_lived:
        facts += (record.status, sorted(record.details.items()))
        for one in record.moved:
            facts += (one.reason, one.booked_on, sorted(one.details.items()), one.has_channel)
    return hashlib.sha256(json.dumps([str(fact) for fact in facts]).encode()).digest()


def _paid_out_on(record: ContractRecord) -> date:
    return next(one.on for one in record.moved if one.kind is MovedKind.DISBURSEMENT)


def agreed_of(one: Fitting, known: Known) -> Agreed:
    """Give a contract of a file as it is written, signed by the borrower who is known."""
    record, terms = one.record, one.agreement.terms
    contract_id = ContractId(ids.new())
    file = SigningFile(
        application_id=ApplicationId(contract_id),
        borrower_id=known.borrower_id,
        branch_id=BranchId(one.branch_id),
        product_id=ProductId(one.offered.product_id),
        product_version=one.offered.version,
        sector=record.sector,
        fund_id=FundId(one.fund.fund_id),
        fund_kind=FundKind(one.fund.kind),
        amount=terms.principal,
        term_months=record.term_months or len(one.agreement.instalments),
        grace_months=record.grace_months,
        annual_rate=terms.annual_rate,
        borrower_kind=known.kind,
        region=known.region,
        sex=known.sex,
        born_on=known.born_on,
    )
    signing = Signing(application_id=file.application_id, signed_on=record.signed_on)
    return Agreed(
        contract_id=contract_id,
        signing=signing,
        file=file,
        offered=one.offered,
        agreement=one.agreement,
    )
