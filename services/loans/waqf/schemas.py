"""What do deeds, orders and the position of a waqf look like on the wire?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.domain.journal import Channel
from services.loans.domain.waqf_deed import Deed, LossBase, WaqfBenefit, WaqfUse
from services.loans.domain.waqf_orders import Asset, Authority, WaqfOrder, WaqfOrderKind
from services.loans.waqf.queries import Proposed
from services.loans.waqf.tables import (
    PriceIndexRow,
    WaqfAssetRow,
    WaqfConflictRow,
    WaqfIncomeRow,
)
from shared.money import Money
from shared.schemas import Body, MoneyBody

Fraction = Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", examples=["0.10"])]
Short = Annotated[str, Field(min_length=1, max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Clause = Annotated[str, Field(min_length=1, max_length=2000)]

_PAID = {"channel", "party_id", "authority"}
TAKES: dict[WaqfOrderKind, tuple[set[str], set[str]]] = {
    WaqfOrderKind.DEED: ({"deed"}, {"authority"}),
    WaqfOrderKind.INVEST: ({"amount", "asset"}, _PAID),
    WaqfOrderKind.UPKEEP: ({"amount"}, _PAID),
    WaqfOrderKind.DISTRIBUTION: ({"amount", "purpose"}, _PAID),
    WaqfOrderKind.NAZIR_FEE: ({"amount"}, {"channel"}),
    WaqfOrderKind.RESERVE: ({"amount"}, set()),
    WaqfOrderKind.GROWTH: ({"amount"}, {"benefit", "consent"}),
    WaqfOrderKind.LOSS_COVER: ({"contract_id"}, set()),
    WaqfOrderKind.RETURN: ({"receipt_id"}, {"channel", "party_id", "authority"}),
    WaqfOrderKind.EXCHANGE: ({"asset_id", "amount", "appraised"}, {"asset", *_PAID}),
}
"""What an order of each kind must say, and what it may say beside."""


class DeedBody(Body):
    """A deed as its founder laid it down; shares are fractions of the net yield.

    `growth_share` left out: the deed is silent on adding yield to the corpus. `purpose_clause` and
    `corpus_clause` are the founder's words, quoted in refusals. `clause_ids` are the restrictions
    of the fund that carry the founder's further stipulations.
    """

    reference: Line
    made_on: date
    use: WaqfUse
    benefit: WaqfBenefit
    purposes: Annotated[list[Short], Field(max_length=20)]
    purpose_clause: Clause
    corpus_clause: Clause
    permits_temporary: bool = False
    permits_qard: bool = False
    growth_share: Fraction | None = None
    nazir_id: UUID | None = None
    nazir_fee_share: Fraction = "0"
    reserve_share: Fraction = "0"
    loss_rate: Fraction = "0"
    loss_base: LossBase = LossBase.POOL
    clause_ids: Annotated[list[UUID], Field(max_length=50, default_factory=list)]

    def value(self) -> Deed:
        """Read the deed."""
        return Deed(
            reference=self.reference,
            made_on=self.made_on,
            use=self.use,
            benefit=self.benefit,
            purposes=tuple(self.purposes),
            purpose_clause=self.purpose_clause,
            corpus_clause=self.corpus_clause,
            permits_temporary=self.permits_temporary,
            permits_qard=self.permits_qard,
            growth_share=None if self.growth_share is None else Decimal(self.growth_share),
            nazir_id=self.nazir_id,
            nazir_fee_share=Decimal(self.nazir_fee_share),
            reserve_share=Decimal(self.reserve_share),
            loss_rate=Decimal(self.loss_rate),
            loss_base=self.loss_base,
            clause_ids=tuple(self.clause_ids),
        )

    @classmethod
    def of(cls, deed: Deed) -> Self:
        """Write a deed."""
        return cls(
            reference=deed.reference,
            made_on=deed.made_on,
            use=deed.use,
            benefit=deed.benefit,
            purposes=list(deed.purposes),
            purpose_clause=deed.purpose_clause,
            corpus_clause=deed.corpus_clause,
            permits_temporary=deed.permits_temporary,
            permits_qard=deed.permits_qard,
            growth_share=None if deed.growth_share is None else str(deed.growth_share),
            nazir_id=deed.nazir_id,
            nazir_fee_share=str(deed.nazir_fee_share),
            reserve_share=str(deed.reserve_share),
            loss_rate=str(deed.loss_rate),
            loss_base=deed.loss_base,
            clause_ids=list(deed.clause_ids),
        )


class AuthorityBody(Body):
    """The decision of a court, ministry or board over awqaf."""

    name: Line
    reference: Line
    decided_on: date

    def value(self) -> Authority:
        """Read the decision."""
        return Authority(name=self.name, reference=self.reference, decided_on=self.decided_on)

    @classmethod
    def of(cls, authority: Authority | None) -> Self | None:
        """Write a decision, if there is one."""
        if authority is None:
            return None
        return cls(
            name=authority.name,
            reference=authority.reference,
            decided_on=authority.decided_on,
        )


class AssetBody(Body):
    """Property: what it is."""

    kind: Short
    description: Annotated[str, Field(min_length=1, max_length=300)]

    def value(self) -> Asset:
        """Read the property."""
        return Asset(kind=self.kind, description=self.description)

    @classmethod
    def of(cls, asset: Asset | None) -> Self | None:
        """Write property, if there is any."""
        return None if asset is None else cls(kind=asset.kind, description=asset.description)


class WaqfOrderIn(Body):
    """What is proposed for a waqf; each kind takes members of its own (see `TAKES`).

    `amount` of an exchange is the money received, or the appraised value of the property
    received; `appraised` the value of the property given up.
    """

    kind: WaqfOrderKind
    effective_on: date | None = None
    amount: MoneyBody | None = None
    channel: Channel | None = None
    purpose: Short | None = None
    party_id: UUID | None = None
    contract_id: UUID | None = None
    receipt_id: UUID | None = None
    asset_id: UUID | None = None
    asset: AssetBody | None = None
    appraised: MoneyBody | None = None
    authority: AuthorityBody | None = None
    benefit: Line | None = None
    consent: Line | None = None
    deed: DeedBody | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_takes(self) -> Self:
        must, may = TAKES[self.kind]
        said = self.model_fields_set - {"kind", "effective_on"}
        given = {name for name in said if getattr(self, name) is not None}
        if not must <= given <= must | may:
            raise ValueError(f"{self.kind} takes {sorted(must)}, and may take {sorted(may)}")
        return self

    def order(self, *, on: date, currency: str) -> WaqfOrder:
        """Read the order. Raises `AmountTooLarge`."""
        return WaqfOrder(
            kind=self.kind,
            on=self.effective_on or on,
            amount=Money.zero(currency) if self.amount is None else self.amount.money(),
            channel=self.channel or Channel.CASH,
            purpose=self.purpose,
            party_id=self.party_id,
            contract_id=self.contract_id,
            receipt_id=self.receipt_id,
            asset_id=self.asset_id,
            asset=None if self.asset is None else self.asset.value(),
            appraised=None if self.appraised is None else self.appraised.money(),
            authority=None if self.authority is None else self.authority.value(),
            benefit=self.benefit,
            consent=self.consent,
            deed=None if self.deed is None else self.deed.value(),
        )


class WaqfOrderOut(Body):
    """An order of a waqf and what became of it."""

    order_id: UUID
    fund_id: UUID
    kind: WaqfOrderKind
    effective_on: date
    amount: MoneyBody
    channel: Channel
    purpose: str | None
    party_id: UUID | None
    contract_id: UUID | None
    receipt_id: UUID | None
    asset_id: UUID | None
    asset: AssetBody | None
    authority: AuthorityBody | None
    benefit: str | None
    consent: str | None
    deed: DeedBody | None
    proposed_by: UUID
    state: Literal["proposed", "approved", "rejected"]
    decided_by: UUID | None
    entry_id: UUID | None

    @classmethod
    def of(cls, proposed: Proposed) -> Self:
        """Write an order."""
        row, decision, order = proposed.row, proposed.decision, proposed.order
        return cls(
            order_id=row.order_id,
            fund_id=row.fund_id,
            kind=order.kind,
            effective_on=order.on,
            amount=MoneyBody.of(order.amount),
            channel=order.channel,
            purpose=order.purpose,
            party_id=order.party_id,
            contract_id=order.contract_id,
            receipt_id=order.receipt_id,
            asset_id=order.asset_id,
            asset=AssetBody.of(order.asset),
            authority=AuthorityBody.of(order.authority),
            benefit=order.benefit,
            consent=order.consent,
            deed=None if order.deed is None else DeedBody.of(order.deed),
            proposed_by=row.actor_id,
            state=proposed.state,
            decided_by=None if decision is None else decision.actor_id,
            entry_id=None if decision is None else decision.entry_id,
        )


class WaqfDecisionIn(Body):
    """What another decides on an order."""

    outcome: Literal["approve", "reject"]


class IncomeIn(Body):
    """Yield that came in as money, or a participant's gift to the pool; without a day, today."""

    kind: Literal["yield", "tabarru"]
    amount: MoneyBody
    channel: Channel = Channel.CASH
    received_on: date | None = None
    asset_id: UUID | None = None


class IncomeOut(Body):
    """A booked income."""

    income_id: UUID
    fund_id: UUID
    kind: Literal["yield", "tabarru"]
    amount: MoneyBody
    channel: Channel
    received_on: date
    asset_id: UUID | None
    entry_id: UUID

    @classmethod
    def of(cls, row: WaqfIncomeRow) -> Self:
        """Write an income."""
        return cls(
            income_id=row.income_id,
            fund_id=row.fund_id,
            kind="yield" if row.kind == "yield" else "tabarru",
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            channel=Channel(row.channel),
            received_on=row.received_on,
            asset_id=row.asset_id,
            entry_id=row.entry_id,
        )


class ConflictIn(Body):
    """An interest to be declared: whose, and which. No name stands here."""

    party_id: UUID
    interest: Line
    declared_on: date | None = None


class ConflictOut(Body):
    """A declared interest."""

    conflict_id: UUID
    fund_id: UUID
    party_id: UUID
    interest: str
    declared_on: date

    @classmethod
    def of(cls, row: WaqfConflictRow) -> Self:
        """Write a declared interest."""
        return cls(
            conflict_id=row.conflict_id,
            fund_id=row.fund_id,
            party_id=row.party_id,
            interest=row.interest,
            declared_on=row.declared_on,
        )


class WaqfAssetOut(Body):
    """Property of a corpus, at what it stands in the books."""

    asset_id: UUID
    kind: str
    description: str
    cost: MoneyBody

    @classmethod
    def of(cls, row: WaqfAssetRow) -> Self:
        """Write property."""
        return cls(
            asset_id=row.asset_id,
            kind=row.kind,
            description=row.description,
            cost=MoneyBody.of(Money(row.cost_minor, row.currency)),
        )


class IndexIn(Body):
    """A published index of prices on a day."""

    series: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,19}$", examples=["CPI"])]
    valid_on: date
    value: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", examples=["112.4"])]
    source: Line

    @model_validator(mode="after")
    def _is_above_zero(self) -> Self:
        if not Decimal(self.value):
            raise ValueError("an index is above zero")
        return self


class IndexOut(Body):
    """A value of an index, with who published it."""

    series: str
    valid_on: date
    value: str
    source: str

    @classmethod
    def of(cls, row: PriceIndexRow) -> Self:
        """Write a value of an index."""
        value = format(row.value.normalize(), "f")
        return cls(series=row.series, valid_on=row.valid_on, value=value, source=row.source)
