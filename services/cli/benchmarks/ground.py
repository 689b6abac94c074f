"""Where does the bench run? On thousands of qard contracts, lent by the operations themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services import data_folder
from services.cli.benchmarks.repayments import Ground
from services.demonstration import lending, ruling
from services.demonstration.lending import Case, Desk
from services.embedded import Rafid
from services.loans.approvals import operations as approvals
from services.loans.domain import giving
from services.loans.domain.application import Request
from services.loans.domain.borrower import (
    BorrowerKind,
    Consent,
    ConsentPurpose,
    Document,
    DocumentType,
    NewBorrower,
)
from services.loans.domain.chart import FundKind
from services.loans.domain.household import Household
from services.loans.domain.journal import Channel
from services.loans.domain.price import Price
from services.loans.domain.product import Asked, Limits, Policy, Product
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance
from services.loans.funds import operations as funds
from services.loans.institutions import operations as institutions
from services.loans.institutions import passwords
from services.loans.institutions.names import Names
from services.loans.ledger import queries as ledger
from services.loans.products import operations as products
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database, TenantDb
from shared.ids import BranchId, FundId, InstitutionId, ProductId
from shared.money import Money

CONTRACTS: Final = 5_000
PART: Final = 500
CURRENCY: Final = "JOD"
TIMEZONE: Final = "Asia/Amman"
PRINCIPAL: Final = Money(2_000_000, CURRENCY)
MONTHS: Final = 24
NAMES: Final = Names(ar="قياس", fr="Mesure", en="Bench")
NOTHING: Final = Money.zero(CURRENCY)
DAYS_IN_YEAR: Final = 365

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The ground, and a program that may send repayments to it."""

    ground: Ground
    client_id: str
    client_secret: str

    async def token(self, port: int) -> str:
        """Ask the issuer for a bearer token, as any program does (RFC 6749, section 4.4)."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            answer = await http.post(
                "/loans/v1/token",
                data={"grant_type": "client_credentials"},
                auth=(self.client_id, self.client_secret),
            )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The institution that is lent from."""

    institution_id: InstitutionId
    branch_id: BranchId
    fund_id: FundId
    product: Product
    officer: Actor
    approver: Actor
    client_id: str
    client_secret: str


async def prepare(
    urls: Mapping[str, str],
    folder: Path,
    *,
    contracts: int = CONTRACTS,
    on: date | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Prepared:
    """Found an institution and lend so many loans, each far larger than the bench pays back.

    They are lent today, or on the day `on`. The services run in this process meanwhile, since
    scoring is asked over HTTP. `progress` is told how many contracts of how many are paid out.
    """
    rafid = Rafid(
        folder=folder,
        urls=urls,
        kept=data_folder.open_secrets(folder),
        public_url="http://127.0.0.1",
    )
    async with rafid.running():
        return await _lend(rafid, contracts=contracts, on=on, progress=progress)


async def _lend(rafid: Rafid, *, contracts: int, on: date | None, progress: Progress) -> Prepared:
    database: Database = rafid.loans.state.database
    clock = rafid.loans.state.clock
    today: date = on or clock.today(TIMEZONE)
    place = await _found(database, contracts=contracts, today=today)
    desk = Desk(
        db=TenantDb(database, place.institution_id),
        scoring=rafid.loans.state.scoring,
        clock=clock,
        officers={place.branch_id: place.officer},
        approvers=[place.approver],
        funds_manager=place.officer,
    )
    contract_ids = []
    for start in range(0, contracts, PART):
        numbers = range(start, min(start + PART, contracts))
        cases = [_case(number, place=place, today=today) for number in numbers]
        standings = await lending.take_through(desk, cases, on=today)
        contract_ids += [one.contract_id for one in standings.values() if one.contract_id]
        progress(len(contract_ids), contracts)
    async with database.read(place.institution_id) as session:
        accounts = await ledger.accounts_of(session, [place.fund_id])
    ground = Ground(
        institution_id=place.institution_id,
        fund_id=place.fund_id,
        cash_account_id=accounts[place.fund_id, "cash"].account_id,
        loans_account_id=accounts[place.fund_id, "loans"].account_id,
        actor_id=place.officer.id,
        currency=CURRENCY,
        today=today,
        contract_ids=tuple(contract_ids),
    )
    return Prepared(ground=ground, client_id=place.client_id, client_secret=place.client_secret)


async def _found(database: Database, *, contracts: int, today: date) -> _Place:
    institution_id = InstitutionId(ids.new())
    secret = passwords.new_secret()
    hashed = await passwords.hashed(secret)
    async with database.begin(institution_id) as session:
        founded = await institutions.create_institution(
            session,
            code=f"bench-{institution_id.hex[-8:]}",
            names=NAMES,
            country="JO",
            currency=CURRENCY,
            timezone=TIMEZONE,
        )
        branch = await institutions.create_branch(session, code="B1", names=NAMES, region="amman")
        client = await institutions.create_client(
            session, name="bench", roles={Role.OFFICER, Role.INTEGRATOR}, secret_hash=hashed
        )
        chief = Actor(
            id=founded.administrator.staff_id,
            institution_id=institution_id,
            roles=frozenset({Role.ADMINISTRATOR, Role.APPROVER}),
        )
        fund_id = await _endow(session, PRINCIPAL * (contracts + 1), on=today, actor=chief)
        product = await _offer(session, on=today, actor=chief)
    officer = Actor(
        id=client.client_id, institution_id=institution_id, roles=frozenset({Role.OFFICER})
    )
    return _Place(
        institution_id=institution_id,
        branch_id=BranchId(branch.branch_id),
        fund_id=fund_id,
        product=product,
        officer=officer,
        approver=chief,
        client_id=f"{founded.institution.code}.{client.name}",
        client_secret=secret,
    )


async def _endow(session: AsyncSession, amount: Money, *, on: date, actor: Actor) -> FundId:
    """Open a waqf fund with this amount in cash."""
    fund = await funds.create_fund(
        session,
        code="waqf",
        kind=FundKind.WAQF,
        names=NAMES,
        floor=NOTHING,
        lending_ruling=None,
        on=on,
        actor_id=actor.id,
    )
    await funds.receive(
        session,
        fund_id=fund.fund_id,
        donor_id=None,
        amount=amount,
        received_on=on,
        channel=Channel.CASH,
        nature=giving.NATURES[FundKind(fund.kind)][0],
        actor_id=actor.id,
    )
    return FundId(fund.fund_id)


async def _offer(session: AsyncSession, *, on: date, actor: Actor) -> Product:
    """Offer the product under a ruling, and let approvers decide on it."""
    second = replace(actor, id=ids.new())
    ruling_id = await ruling.register(session, country="JO", on=on, maker=second, checker=actor)
    product = replace(_product(), ruling_id=ruling_id)
    await products.create_product(session, product, names=NAMES, on=on, actor=actor)
    await approvals.set_authority_level(
        session,
        product_id=None,
        fund_id=None,
        max_amount=PRINCIPAL,
        level=1,
        role=Role.APPROVER,
        actor=actor,
    )
    return product


def _product() -> Product:
    """One amount and one term, so that scoring has one corner to look at."""
    nothing = Decimal(0)
    return Product(
        product_id=ProductId(ids.new()),
        version=1,
        code="QARD",
        mode_of_finance=ModeOfFinance.QARD,
        charge_method=ChargeMethod.NONE,
        amount=Limits(least=PRINCIPAL, usual=PRINCIPAL, most=PRINCIPAL),
        term_months=Limits(least=MONTHS, usual=MONTHS, most=MONTHS),
        annual_rate=Limits(least=nothing, usual=nothing, most=nothing),
        grace_months=Limits(least=0, usual=0, most=0),
        frequency=Frequency.MONTHLY,
        fund_kinds=frozenset({FundKind.WAQF}),
        price=Price(cost_of_funds=nothing, operating_cost=NOTHING, operating_cost_monthly=NOTHING),
        policy=Policy(),
    )


def _case(number: int, *, place: _Place, today: date) -> Case:
    month = Money(900_000, CURRENCY)
    borrower = NewBorrower(
        kind=BorrowerKind.PERSON,
        branch_id=place.branch_id,
        region="amman",
        name_latin=f"Borrower {number}",
        born_on=today - timedelta(days=30 * DAYS_IN_YEAR + number % 7_000),
        documents=(Document(type=DocumentType.FILE_NUMBER, number=f"F{number:06d}", country="JO"),),
        consents=(Consent(purpose=ConsentPurpose.CREDIT_DECISION, effective_on=today),),
    )
    request = Request(
        asked=Asked(amount=PRINCIPAL, term_months=MONTHS, grace_months=0, annual_rate=Decimal(0)),
        own_contribution=NOTHING,
        purpose="bench",
        sector="trade",
        household=Household(
            other_income=month,
            sales=NOTHING,
            business_costs=NOTHING,
            household_costs=NOTHING,
            debt_service=NOTHING,
        ),
    )
    return Case(
        external_id=f"bench-{number}",
        branch_id=place.branch_id,
        request=request,
        product=place.product,
        borrower=borrower,
        submitted_on=today,
        reason="bench",
        fund_id=place.fund_id,
        signed_on=today,
        disbursed_on=today,
        against_the_rules="bench",
    )
