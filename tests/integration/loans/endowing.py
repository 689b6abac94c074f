"""A waqf to test from: its deed, two persons who order, and what they have it do."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.loans.corpus import queries as corpus
from services.loans.domain.authority import Outcome
from services.loans.domain.chart import FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, LossBase, WaqfBenefit, WaqfUse
from services.loans.domain.waqf_orders import WaqfOrder, WaqfOrderKind
from services.loans.funds import operations as funds
from services.loans.ledger import queries as ledger
from services.loans.lineage import operations as lineages
from services.loans.proof import operations as proof
from services.loans.waqf import incomes, operations
from services.loans.waqf.queries import Proposed
from shared import ids
from shared.auth import Actor, Role
from shared.db import TenantDb
from shared.ids import FundId
from shared.money import Money
from tests.chained import chain
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod

DEED = Deed(
    reference="DEED-1",
    made_on=date(2020, 1, 1),
    use=WaqfUse.LENT,
    benefit=WaqfBenefit.CHARITABLE,
    purposes=("education", "relief"),
    purpose_clause="Its yield teaches children and relieves the needy.",
    corpus_clause="The sum endowed stands for ever.",
    nazir_fee_share=Decimal("0.1"),
    reserve_share=Decimal("0.1"),
    permits_temporary=True,
)
INVESTED = replace(DEED, use=WaqfUse.INVESTED)
COVERED = replace(DEED, loss_rate=Decimal("0.03"), loss_base=LossBase.POOL)


@dataclass(frozen=True, kw_only=True)
class Waqf:
    """A fund under a deed, with one who proposes and one who approves."""

    scene: Scene
    fund_id: FundId
    maker: Actor
    checker: Actor

    async def propose(self, kind: str, amount: str = "0", **members: Any) -> Proposed:
        order = WaqfOrder(
            kind=WaqfOrderKind(kind),
            on=members.pop("on", TODAY),
            amount=jod(amount),
            **members,
        )
        async with self.scene.database.begin(self.scene.institution_id) as session:
            return await operations.propose(
                session, self.fund_id, order, today=max(order.on, TODAY), actor=self.maker
            )

    async def decide(
        self, proposed: Proposed, *, outcome: Outcome = Outcome.APPROVE, actor: Actor | None = None
    ) -> Proposed:
        async with self.scene.database.begin(self.scene.institution_id) as session:
            return await operations.decide(
                session, proposed.row.order_id, outcome=outcome, actor=actor or self.checker
            )

    async def order(self, kind: str, amount: str = "0", **members: Any) -> Proposed:
        """Propose and approve."""
        return await self.decide(await self.propose(kind, amount, **members))

    async def earn(self, amount: str, *, kind: incomes.IncomeKind = "yield") -> UUID:
        async with self.scene.database.begin(self.scene.institution_id) as session:
            row = await incomes.receive(
                session,
                self.fund_id,
                kind=kind,
                amount=jod(amount),
                channel=Channel.CASH,
                on=TODAY,
                asset_id=None,
                today=TODAY,
                actor=self.maker,
            )
        return row.income_id

    async def endow_for_a_time(self, amount: str, *, until: date, tag: str | None = None) -> UUID:
        async with self.scene.database.begin(self.scene.institution_id) as session:
            row = await funds.receive(
                session,
                fund_id=self.fund_id,
                donor_id=None,
                amount=jod(amount),
                received_on=TODAY,
                channel=Channel.CASH,
                nature=ReceiptNature.WAQF_TEMPORARY,
                returnable_on=until,
                actor_id=ACTOR,
                tag=tag,
            )
        return row.receipt_id

    async def books(self) -> Books:
        async with self.scene.database.read(self.scene.institution_id) as session:
            keeps = (await corpus.kept(session, [self.fund_id]))[self.fund_id]
            return await corpus.books(session, keeps)

    async def balances(self) -> dict[str, Money]:
        async with self.scene.database.read(self.scene.institution_id) as session:
            found = await ledger.balances(session, self.fund_id)
        return {code: amount for code, amount in found.items() if amount.minor}


async def faults(scene: Scene) -> dict[str, str]:
    """The rules of `rafid verify` that do not hold, once every line is told."""
    await chain(scene.database, scene.institution_id)
    await lineages.catch_up(TenantDb(scene.database, scene.institution_id))
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        return {
            finding.rule: f"{finding.row}: {finding.why}"
            async for finding in proof.prove(session)
            if not finding.holds
        }


def person(scene: Scene, *roles: Role) -> Actor:
    return Actor(
        id=ids.new(),
        institution_id=scene.institution_id,
        roles=frozenset(roles or {Role.FUNDS_MANAGER}),
    )


async def founded(
    scene: Scene,
    deed: Deed | None = DEED,
    *,
    receives: str = "1000000.000",
    kind: FundKind = FundKind.WAQF,
    lending_ruling: str | None = None,
) -> Waqf:
    """A fund of the kind that received an endowment, under a deed if one is given."""
    fund_id = await scene.fund(kind, receives=receives, lending_ruling=lending_ruling)
    waqf = Waqf(scene=scene, fund_id=fund_id, maker=person(scene), checker=person(scene))
    if deed is not None:
        await waqf.order("deed", deed=deed)
    return waqf
