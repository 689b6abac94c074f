"""What do funds, donors and receipts look like on the wire?"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Standing
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.lineage import Policy
from services.loans.funds.tables import DonorRow, FundRow, ReceiptRow
from services.loans.institutions.schemas import NamesBody
from services.loans.ledger.queries import Cut
from shared.currencies import UnknownCurrency
from shared.money import Money, exponent_of
from shared.schemas import LATER, Body, MoneyBody, Page

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,30}$", examples=["WAQF-1"])]
Tag = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$", examples=["women-2026"])]


class FundIn(Body):
    """A fund to open; its kind and currency are fixed for good.

    `floor` is the least corpus that must stand; what is endowed to a waqf raises it
    (`/funds/{id}/waqf` tells both). `lending_ruling` is the ruling under which
    a zakat fund may lend at all. `lineage_policy` says how its money is followed (fifo): for good.
    """

    code: Code
    kind: FundKind
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["JOD"])]
    names: NamesBody
    floor: MoneyBody | None = None
    lending_ruling: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lineage_policy: Annotated[Policy | None, LATER] = None

    @model_validator(mode="after")
    def _has_one_currency(self) -> Self:
        try:
            exponent_of(self.currency)
        except UnknownCurrency as error:
            raise PydanticCustomError("refused_value", "{error}", {"error": error}) from error
        if self.floor is not None:
            floor = self.floor.money()
            if floor.currency != self.currency or floor.is_negative:
                raise PydanticCustomError("floor", "the floor is not an amount of the fund")
        return self

    def floor_money(self) -> Money:
        """Give the floor; none is zero."""
        return Money.zero(self.currency) if self.floor is None else self.floor.money()


class FundOut(Body):
    """A fund."""

    fund_id: UUID
    code: str
    kind: FundKind
    currency: str
    names: NamesBody
    floor: MoneyBody
    lending_ruling: str | None
    lending_ruling_id: UUID | None = None
    lineage_policy: Policy
    status: str

    @classmethod
    def of(cls, row: FundRow) -> "FundOut":
        """Write a fund."""
        return cls(
            fund_id=row.fund_id,
            code=row.code,
            kind=FundKind(row.kind),
            currency=row.currency,
            names=NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en),
            floor=MoneyBody.of(Money(row.floor_minor, row.currency)),
            lending_ruling=row.lending_ruling,
            lending_ruling_id=row.lending_ruling_id,
            lineage_policy=Policy(row.lineage_policy),
            status=row.status,
        )


class LendingRulingIn(Body):
    """The ruling of the Sharia register, by reference or id, under which a fund lends."""

    ruling: Annotated[str, Field(min_length=1, max_length=200)]


class BalancesOut(Body):
    """What a fund's money did so far, and what of it is free.

    received + returned = disbursed + in hand. Disbursed: paid out to borrowers, recipients,
    lenders and others, and put into investments. Returned: all else that moved the money at hand,
    such as what borrowers and guarantors paid, yield, and entries by hand (negative where they
    paid). Apart from it stand goods bought and shares taken, which are disbursed once a borrower
    owes them, and money taken over with old books, which is in hand alone. Available = in hand,
    less what is owed to borrowers and to charity, less reserved and committed.
    """

    received: MoneyBody
    reserved: MoneyBody
    committed: MoneyBody
    disbursed: MoneyBody
    returned: MoneyBody
    in_hand: MoneyBody
    available: MoneyBody
    outstanding: MoneyBody


class FundDetailOut(Body):
    """A fund with its balances and the donors who see it."""

    fund: FundOut
    balances: BalancesOut
    donor_ids: list[UUID]

    @classmethod
    def of(
        cls, row: FundRow, *, figures: Row[Any], standing: Standing, donor_ids: list[UUID]
    ) -> "FundDetailOut":
        """Write a fund with its balances."""

        def body(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, row.currency))

        balances = BalancesOut(
            received=body(figures.received_minor),
            reserved=MoneyBody.of(standing.reserved),
            committed=MoneyBody.of(standing.committed),
            disbursed=body(figures.disbursed_minor),
            returned=body(figures.returned_minor),
            in_hand=body(figures.cash_minor),
            available=MoneyBody.of(standing.available),
            outstanding=body(figures.outstanding_principal_minor),
        )
        return cls(fund=FundOut.of(row), balances=balances, donor_ids=donor_ids)


class FiguresOut(Body):
    """A fund's totals from the journal at a cut, in minor units.

    received + returned = disbursed + cash, as in BalancesOut. `sequence` is the newest number of
    the event feed at `known_at`. `balances` are debits less credits of each account that moved.
    """

    fund_id: UUID
    currency: str
    received_minor: int
    disbursed_minor: int
    returned_minor: int
    cash_minor: int
    outstanding_principal_minor: int
    as_of: date | None
    known_at: datetime
    sequence: int
    balances: dict[str, int] = Field(default_factory=dict)

    @classmethod
    def of(
        cls,
        row: Row[Any],
        *,
        accounts: Iterable[Row[Any]],
        as_of: date | None,
        known_at: datetime,
        sequence: int,
    ) -> "FiguresOut":
        """Write the totals with the cut they were taken at."""
        return cls(
            fund_id=row.fund_id,
            currency=row.currency,
            received_minor=row.received_minor,
            disbursed_minor=row.disbursed_minor,
            returned_minor=row.returned_minor,
            cash_minor=row.cash_minor,
            outstanding_principal_minor=row.outstanding_principal_minor,
            as_of=as_of,
            known_at=known_at,
            sequence=sequence,
            balances={
                one.code: one.debit_minor - one.credit_minor
                for one in accounts
                if one.debit_minor or one.credit_minor
            },
        )


class DonorIn(Body):
    """A donor to register."""

    code: Code
    names: NamesBody


class DonorOut(Body):
    """A donor."""

    donor_id: UUID
    code: str
    names: NamesBody

    @classmethod
    def of(cls, row: DonorRow) -> "DonorOut":
        """Write a donor."""
        names = NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en)
        return cls(donor_id=row.donor_id, code=row.code, names=names)


class LinkIn(Body):
    """The donor who shall see a fund."""

    donor_id: UUID


class LinkOut(Body):
    """A donor sees a fund."""

    fund_id: UUID
    donor_id: UUID


class ReceiptIn(Body):
    """Money that came into a fund, and as what it was given; without a day, today.

    `nature` must be told and must be one of the fund's kind. `returnable_on` is the day on which a
    temporary waqf goes back to who gave it. `tag`, in a fund that follows its money by tag, is the
    purpose or clause it was given for; without one it is open money.
    """

    amount: MoneyBody
    donor_id: UUID | None = None
    received_on: date | None = None
    channel: Channel = Channel.CASH
    nature: Annotated[ReceiptNature | None, LATER] = None
    returnable_on: Annotated[date | None, LATER] = None
    tag: Annotated[Tag | None, LATER] = None


class ReceiptOut(Body):
    """A booked receipt."""

    receipt_id: UUID
    fund_id: UUID
    donor_id: UUID | None
    amount: MoneyBody
    received_on: date
    channel: Channel
    nature: ReceiptNature
    returnable_on: date | None
    tag: str | None
    entry_id: UUID

    @classmethod
    def of(cls, row: ReceiptRow) -> "ReceiptOut":
        """Write a receipt."""
        return cls(
            receipt_id=row.receipt_id,
            fund_id=row.fund_id,
            donor_id=row.donor_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            received_on=row.received_on,
            channel=Channel(row.channel),
            nature=ReceiptNature(row.nature),
            returnable_on=row.returnable_on,
            tag=row.tag,
            entry_id=row.entry_id,
        )


class StatementLineOut(Body):
    """One entry that moved the fund: what it did to the money in hand and to the loans."""

    entry_id: UUID
    kind: str
    occurred_on: date
    recorded_at: datetime
    source_id: UUID
    contract_id: UUID | None
    reverses_entry_id: UUID | None
    cash: MoneyBody
    loans: MoneyBody


class StatementOut(Body):
    """A part of a fund's statement at a cut; the balances are those of the whole cut."""

    fund_id: UUID
    as_of: date | None
    known_at: datetime | None
    in_hand: MoneyBody
    outstanding: MoneyBody
    items: list[StatementLineOut]
    next: str | None

    @classmethod
    def of(
        cls,
        rows: list[Row[Any]],
        *,
        page: Page,
        figures: Row[Any],
        cut: Cut,
    ) -> "StatementOut":
        """Write a page of entries."""

        def body(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, figures.currency))

        kept, cursor = page.cut(rows, key=lambda row: UUID(str(row.entry_id)))
        items = [
            StatementLineOut(
                entry_id=row.entry_id,
                kind=row.kind,
                occurred_on=row.occurred_on,
                recorded_at=row.recorded_at,
                source_id=row.source_id,
                contract_id=row.contract_id,
                reverses_entry_id=row.reverses_entry_id,
                cash=body(row.cash_minor),
                loans=body(row.loans_minor),
            )
            for row in kept
        ]
        return cls(
            fund_id=figures.fund_id,
            as_of=cut.as_of,
            known_at=cut.known_at,
            in_hand=body(figures.cash_minor),
            outstanding=body(figures.outstanding_principal_minor),
            items=items,
            next=cursor,
        )
