"""What becomes of the applications of a file after they came in? Each step can be taken again."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.loans.applications import assessing, intake
from services.loans.applications import queries as applications
from services.loans.applications.assessing import Asking
from services.loans.approvals import by_rules
from services.loans.approvals import operations as approvals
from services.loans.contracts import operations as contracts
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.operations import Signing
from services.loans.contracts.queries import ContractFilter
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.domain.lifecycle import ApplicationStatus, ContractStatus
from services.loans.domain.product import Product
from services.loans.funds import queries as funds
from services.loans.guarantees import serving
from services.loans.products import queries as products
from shared.clients.scoring import ScoringClient
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, ContractId, FundId
from shared.schemas import MAX_PAGE, Page

CHUNK = 250
Status = ApplicationStatus
Told = Callable[[int, int], None]


class NoFundFits(RafidError):
    """None of the funds named may pay for the product"""

    kind = Kind.RULE
    service = "loans"
    detail = "{product_code} needs a fund of {currency} of one of the kinds {fund_kinds}."
    product_code: str
    currency: str
    fund_kinds: tuple[FundKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The instant and the local day on which everything of one run happens."""

    at: datetime
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSteps:
    """The later steps of one file: assess, decide, sign, pay.

    `names` are the outside names of its lines. `told` hears after each part of a step how many
    more are done, and of how many.
    """

    db: TenantDb
    names: Sequence[str]
    moment: Moment

    async def waiting(self, *statuses: Status, product_id: UUID | None = None) -> list[
        ApplicationId
    ]:  # fmt: skip
        """The applications of the file that stand in one of these statuses."""
        async with self.db() as session:
            return await applications.ids_of_file(
                session, self.names, statuses=statuses, product_id=product_id
            )

    async def assess(self, scoring: ScoringClient, *, told: Told) -> int:
        """Have assessed what waits for it; return how many were."""
        done = 0
        waiting = await self.waiting(Status.SUBMITTED, Status.WAITING_FOR_ASSESSMENT)
        for part in _parts(waiting):
            done += await assessing.assess(
                self.db,
                Asking(scoring=scoring, funds=serving.ask_funds),
                part,
                at=self.moment.at,
                on=self.moment.on,
            )
            told(len(part), len(waiting))
        return done

    async def decide(self, fund_codes: Sequence[str], *, told: Told) -> Counter[str]:
        """Execute the products' rules, and try again for those that wait for funds.

        Return how many were refused to the rules and left to people, by the refusal's name.
        """
        left: Counter[str] = Counter()
        for product in await self._products():
            fund_id = await self._fund(product, fund_codes=fund_codes)
            product_id = product.product_id
            assessed = await self.waiting(Status.ASSESSED, product_id=product_id)
            for part in _parts(assessed):
                async with self.db.begin() as session:
                    outcomes = await by_rules.decide_by_rules(
                        session, part, fund_id=fund_id, at=self.moment.at, on=self.moment.on
                    )
                left.update(one.slug() for one in outcomes if isinstance(one, RafidError))
                told(len(part), len(assessed))
            await self._reserve(product_id)
        return left

    async def _reserve(self, product_id: UUID) -> None:
        actor = by_rules.rules_actor(self.db.institution_id)
        for part in _parts(await self.waiting(Status.WAITING_FOR_FUNDS, product_id=product_id)):
            async with self.db.begin() as session:
                await approvals.reserve_waiting(
                    session, part, at=self.moment.at, on=self.moment.on, actor=actor
                )

    async def sign(self, *, told: Told) -> int:
        """Sign what is approved; return how many contracts there are more."""
        actor = intake.importer(self.db.institution_id)
        done = 0
        approved = await self.waiting(Status.APPROVED)
        for part in _parts(approved):
            signings = [Signing(application_id=one, signed_on=self.moment.on) for one in part]
            async with self.db.begin() as session:
                rows = await contracts.sign_contracts(
                    session, signings, actor=actor, at=self.moment.at
                )
            done += len(rows)
            told(len(part), len(approved))
        return done

    async def pay(self, *, told: Told) -> int:
        """Pay signed contracts out in cash; return how many were."""
        actor = intake.importer(self.db.institution_id)
        signed = frozenset(await self.waiting(Status.SIGNED))
        unpaid = [one async for one in self._unpaid(signed)]
        for start in range(0, len(unpaid), CHUNK):
            part = unpaid[start : start + CHUNK]
            payouts = [Payout(contract_id=one, disbursed_on=self.moment.on) for one in part]
            async with self.db.begin() as session:
                await disbursements.disburse_contracts(session, payouts, actor=actor)
            told(len(part), len(unpaid))
        return len(unpaid)

    async def _unpaid(self, application_ids: frozenset[ApplicationId]) -> AsyncIterator[ContractId]:
        page = Page(limit=MAX_PAGE)
        wanted = ContractFilter(status=ContractStatus.SIGNED.value)
        more = True
        while more:
            async with self.db() as session:
                rows = await contract_queries.contracts(session, wanted=wanted, page=page)
            for row in rows[:MAX_PAGE]:
                if row.application_id in application_ids:
                    yield ContractId(row.contract_id)
            more = len(rows) > MAX_PAGE
            page = Page(limit=MAX_PAGE, after=rows[MAX_PAGE - 1].contract_id if more else None)

    async def _products(self) -> list[Product]:
        async with self.db() as session:
            versions = await applications.versions_of_file(session, self.names)
            return list((await products.products_of(session, versions)).values())

    async def _fund(self, product: Product, *, fund_codes: Sequence[str]) -> FundId:
        """The first of the funds named that is of a kind and currency the product is lent from."""
        async with self.db() as session:
            rows = {row.code: row for row in await funds.funds(session, page=Page(limit=MAX_PAGE))}
        for code in fund_codes:
            row = rows.get(code)
            if row is None:
                continue
            if FundKind(row.kind) in product.fund_kinds and row.currency == product.currency:
                return FundId(row.fund_id)
        kinds = tuple(sorted(product.fund_kinds))
        raise NoFundFits(product_code=product.code, currency=product.currency, fund_kinds=kinds)


def _parts(application_ids: Sequence[ApplicationId]) -> list[Sequence[ApplicationId]]:
    return [application_ids[n : n + CHUNK] for n in range(0, len(application_ids), CHUNK)]
