"""How is an approved application signed into a contract, and how does its standing change?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import operations as applications
from services.loans.applications import queries as application_queries
from services.loans.applications.operations import Change
from services.loans.cofinancing import asking, joining
from services.loans.cofinancing.queries import Sources
from services.loans.contracts import positions, queries, telling
from services.loans.contracts.positions import PaidOut
from services.loans.contracts.tables import (
    ContractHistoryRow,
    ContractRow,
    InstalmentRow,
    PositionRow,
)
from services.loans.domain import agreement, lifecycle
from services.loans.domain.agreement import Agreement
from services.loans.domain.claiming import Ask
from services.loans.domain.lawful import Book
from services.loans.domain.lifecycle import (
    ApplicationEvent,
    CancelReason,
    ContractEvent,
    ContractStatus,
)
from services.loans.domain.product import Asked, Product
from services.loans.domain.signing import SigningFile
from services.loans.domain.waqf_ladder import Due as PrincipalDue
from services.loans.funds import operations as funds
from services.loans.funds import tagging
from services.loans.funds.tagging import Binding
from services.loans.institutions import operations as institutions
from services.loans.products import queries as products
from services.loans.rulebook import operations as rulebook_uses
from services.loans.rulebook import queries as rulebook
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.events import ContractSigned
from shared.ids import ApplicationId, ContractId, FundId
from shared.rulebook import Fact

RATE_PLACES = Decimal("0.000001")


class AnotherFundDecided(RafidError):
    """The decision names another fund"""

    kind = Kind.RULE
    service = "loans"
    detail = "The application was approved for the fund {fund_id}; sign it for that one."
    fund_id: FundId


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What is to be signed; the rest stands in the approved decision."""

    application_id: ApplicationId
    signed_on: date
    fund_id: FundId | None = None
    first_due_on: date | None = None
    tag: str | None = None
    file_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A locked contract that enters a state, the day it does, and the event that tells it."""

    contract: ContractRow
    on: date
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A signing with everything that is written for it."""

    contract_id: ContractId
    signing: Signing
    file: SigningFile
    offered: Product
    agreement: Agreement

    @property
    def ask(self) -> Ask:
        """What the contract asks of its fund."""
        return Ask(
            fund_id=self.file.fund_id,
            application_id=self.signing.application_id,
            amount=self.agreement.terms.principal,
            mode=self.agreement.terms.mode_of_finance,
            bears_fee=self.offered.bears_fee,
            fund_kinds=self.offered.fund_kinds,
            keeps_savings=self.agreement.terms.savings.is_asked,
            dues=tuple(PrincipalDue(i.due_on, i.principal) for i in self.agreement.instalments),
            ruling_id=self.offered.ruling_id,
        )


async def sign_contract(
    session: AsyncSession, signing: Signing, *, actor: Actor, at: datetime
) -> ContractRow:
    """Sign one approved application (see `sign_contracts`)."""
    (row,) = await sign_contracts(session, [signing], actor=actor, at=at)
    return row


async def sign_contracts(
    session: AsyncSession, signings: Sequence[Signing], *, actor: Actor, at: datetime
) -> list[ContractRow]:
    """Sign approved applications: freeze terms and instalments, commit the fund, tell it.

    All or none, in a handful of statements. Raises ApplicationNotFound (also for one out of the
    actor's reach), TransitionRefused for one that is not approved, AnotherFundDecided,
    TermsInvalid, FundRestricted, ClaimRefused, TagNotFollowed, TagExhausted, and what `lawful`
    raises.
    """
    if not signings:
        return []
    application_ids = [signing.application_id for signing in signings]
    await joining.require_joined(session, {one.application_id: one.file_id for one in signings})
    rows = await application_queries.locked_applications(session, application_ids, actor=actor)
    changes = [
        Change(row=rows[application_id], event=ApplicationEvent.SIGN, actor_id=actor.id)
        for application_id in application_ids
    ]
    await applications.advance(session, changes, at=at)
    country, facts = await rulebook.own_facts(session)
    agreed = await _agree(session, signings, country=country, facts=facts)
    for day in sorted({signing.signed_on for signing in signings}):
        asks = [item.ask for item in agreed if item.signing.signed_on == day]
        parts = await asking.spread(session, asks)
        await funds.commit_all(session, parts, on=day, actor_id=actor.id)
        await _bind(session, agreed, parts, actor_id=actor.id)
    used = [(item.contract_id, item.agreement.facts) for item in agreed]
    await rulebook_uses.record_uses(session, "contract", used)
    shared = await asking.sources_of(session, application_ids)
    signed = await write_agreed(session, agreed, country=country, actor_id=actor.id, shared=shared)
    for row in (one for one in signed if one.application_id in shared):
        await take_one_by_one(session, row)
    return signed


async def _bind(
    session: AsyncSession, agreed: Sequence[Agreed], asks: Sequence[Ask], *, actor_id: UUID
) -> None:
    """Fix which money of their locked funds contracts are lent from."""
    items = {item.signing.application_id: item for item in agreed}
    bindings: defaultdict[FundId, list[Binding]] = defaultdict(list)
    for ask in asks:
        item = items[ask.application_id]
        binding = Binding(
            contract_id=item.contract_id,
            application_id=ask.application_id,
            amount=ask.amount,
            tag=item.signing.tag,
            purpose=item.file.purpose,
        )
        bindings[ask.fund_id].append(binding)
    for fund_id in sorted(bindings):
        await tagging.bind(session, fund_id, bindings[fund_id], actor_id=actor_id)


async def write_agreed(
    session: AsyncSession,
    agreed: Sequence[Agreed],
    *,
    country: str,
    actor_id: UUID,
    shared: Mapping[ApplicationId, Sources] = MappingProxyType({}),
) -> list[ContractRow]:
    """Write contracts as agreed and tell them, whoever agreed: here, or a lender before us.

    `shared` are the funds of those that several finance.
    """
    contracts = await _write(session, agreed, actor_id=actor_id)
    await feed.publish_all(
        session,
        [feed.Told(_told(item, country, shared), item.contract_id) for item in agreed],
    )
    return contracts


def _told(item: Agreed, country: str, shared: Mapping[ApplicationId, Sources]) -> ContractSigned:
    return telling.signed(
        item.agreement,
        contract_id=item.contract_id,
        application_id=item.signing.application_id,
        signed_on=item.signing.signed_on,
        file=item.file,
        country=country,
        sources=shared.get(item.signing.application_id),
    )


async def _agree(
    session: AsyncSession, signings: Sequence[Signing], *, country: str, facts: Sequence[Fact]
) -> list[Agreed]:
    files = await queries.signing_files(session, [one.application_id for one in signings])
    versions = {(file.product_id, file.product_version) for file in files.values()}
    offered = await products.products_of(session, versions)
    agreed = []
    for signing in signings:
        file = files[signing.application_id]
        if signing.fund_id not in (None, file.fund_id):
            raise AnotherFundDecided(fund_id=file.fund_id)
        version = offered[file.product_id, file.product_version]
        book = rulebook.as_read(country, facts, on=signing.signed_on).knowing(file.told)
        agreed.append(_agreed(signing, file=file, offered=version, book=book))
    return agreed


def _agreed(signing: Signing, *, file: SigningFile, offered: Product, book: Book) -> Agreed:
    asked = Asked(
        amount=file.amount,
        term_months=file.term_months,
        grace_months=file.grace_months,
        annual_rate=file.annual_rate,
    )
    return Agreed(
        contract_id=ContractId(ids.new()),
        signing=signing,
        file=file,
        offered=offered,
        agreement=agreement.agree(
            offered,
            asked=asked,
            on=signing.signed_on,
            first_due_on=signing.first_due_on,
            country=book.country,
            book=book,
            strict=True,
        ),
    )


async def _write(
    session: AsyncSession, agreed: Sequence[Agreed], *, actor_id: UUID
) -> list[ContractRow]:
    institution_id = tenancy.institution_of(session)
    references = await _references(session, agreed)
    contracts = [
        {
            "institution_id": institution_id,
            "contract_id": item.contract_id,
            "reference": reference,
            "application_id": item.signing.application_id,
            "borrower_id": item.file.borrower_id,
            "branch_id": item.file.branch_id,
            "product_id": item.file.product_id,
            "product_version": item.file.product_version,
            "fund_id": item.file.fund_id,
            "currency": item.agreement.terms.currency,
            "principal_minor": item.agreement.terms.principal.minor,
            "terms": item.agreement.terms.to_json(),
            "servicing": item.agreement.terms.servicing,
            "signed_on": item.signing.signed_on,
            "effective_annual_rate": item.agreement.disclosure.effective_annual_rate.quantize(
                RATE_PLACES
            ),
            "total_cost_minor": item.agreement.disclosure.total_cost.minor,
            "actor_id": actor_id,
        }
        for item, reference in zip(agreed, references, strict=True)
    ]
    rows = (await session.scalars(insert(ContractRow).returning(ContractRow), contracts)).all()
    by_id = {row.contract_id: row for row in rows}
    signed = [(by_id[item.contract_id], item) for item in agreed]
    keys = [{"institution_id": institution_id, "contract_id": item.contract_id} for item in agreed]
    dues = [
        {
            **key,
            "number": due.number,
            "due_on": due.due_on,
            "principal_minor": due.principal.minor,
            "profit_minor": due.profit.minor,
            "fee_minor": due.fee.minor,
        }
        for key, item in zip(keys, agreed, strict=True)
        for due in item.agreement.instalments
    ]
    if dues:  # partners owe none
        await session.execute(insert(InstalmentRow), dues)
    await session.execute(
        insert(PositionRow),
        [positions.signed(row, item.agreement.instalments) for row, item in signed],
    )
    entered = [Entered(contract=row, on=row.signed_on) for row in rows]
    await _remember(session, entered, actor_id=actor_id)
    return [row for row, _ in signed]


async def _references(session: AsyncSession, agreed: Sequence[Agreed]) -> list[str]:
    """Number contracts by the year they are signed in."""
    years = [item.signing.signed_on.year for item in agreed]
    given = {
        year: iter(
            await institutions.next_references(
                session, kind="LN", year=year, count=years.count(year)
            )
        )
        for year in sorted(set(years))
    }
    return [next(given[year]) for year in years]


async def pay_out(session: AsyncSession, paid: Sequence[PaidOut], *, actor_id: UUID) -> None:
    """Note that the whole principal of locked, signed contracts is with their borrowers.

    Raises TransitionRefused.
    """
    rows = [Entered(contract=one.contract, on=one.on, event_id=one.event_id) for one in paid]
    await enter(session, rows, event=ContractEvent.DISBURSE, actor_id=actor_id)
    await positions.pay_out(session, paid)


async def enter(
    session: AsyncSession,
    entered: Sequence[Entered],
    *,
    event: ContractEvent,
    actor_id: UUID,
    reason: CancelReason | None = None,
) -> None:
    """Bring locked contracts into the state after an event. Raises TransitionRefused."""
    for row in (one.contract for one in entered):
        status = lifecycle.next_contract_status(ContractStatus(row.status), event=event)
        row.status, row.version = status.value, row.version + 1
    await session.flush()
    await _remember(session, entered, actor_id=actor_id, reason=reason)


async def take_one_by_one(session: AsyncSession, row: ContractRow) -> None:
    """Take what comes on a locked contract under its lock from now on.

    Money changed its instalments, or several funds share what comes.
    """
    if row.servicing == "waterfall":
        row.servicing = "advance"
    await session.flush()


async def hand_over(
    session: AsyncSession, entered: Entered, *, borrower_id: UUID, actor_id: UUID
) -> None:
    """Let another borrower stand in a locked contract from now on."""
    row = entered.contract
    row.borrower_id, row.version = borrower_id, row.version + 1
    await session.flush()
    await _remember(session, [entered], actor_id=actor_id)


async def _remember(
    session: AsyncSession,
    entered: Sequence[Entered],
    *,
    actor_id: UUID,
    reason: CancelReason | None = None,
) -> None:
    await session.execute(
        insert(ContractHistoryRow),
        [
            {
                "institution_id": one.contract.institution_id,
                "contract_id": one.contract.contract_id,
                "version": one.contract.version,
                "status": one.contract.status,
                "reason": reason,
                "effective_on": one.on,
                "event_id": one.event_id,
                "actor_id": actor_id,
            }
            for one in entered
        ],
    )
