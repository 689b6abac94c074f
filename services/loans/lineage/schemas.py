"""What does the lineage of a fund, a receipt or a contract look like on the wire?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

from services.loans.contracts.tables import ContractRow
from services.loans.domain.lineage import NOBODY, Count, Place, Spot
from services.loans.funds.tables import FundRow, ReceiptRow
from services.loans.lineage.queries import Told
from shared.money import Money
from shared.schemas import Body, MoneyBody


class FundLineageOut(Body):
    """Where all the money of a fund is, as told through an entry of the journal.

    received - given_back + earned = at_hand + in_contracts + lost + spent, always. What is
    `committed` is at hand and promised to contracts that are signed.
    """

    fund_id: UUID
    received: MoneyBody
    given_back: MoneyBody
    earned: MoneyBody
    at_hand: MoneyBody
    committed: MoneyBody
    in_contracts: MoneyBody
    lost: MoneyBody
    spent: MoneyBody
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(
        cls, fund: FundRow, totals: Mapping[Place, Count], *, committed: Money, told: Told
    ) -> Self:
        """Write the sums of a fund's places."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, fund.currency))

        def stands(place: Place) -> MoneyBody:
            return money(totals[place].came - totals[place].left)

        return cls(
            fund_id=fund.fund_id,
            received=money(totals[Place.RECEIPT].left),
            given_back=money(totals[Place.RECEIPT].came),
            earned=money(totals[Place.YIELD].left - totals[Place.YIELD].came),
            at_hand=stands(Place.HAND),
            committed=MoneyBody.of(committed),
            in_contracts=stands(Place.CONTRACT),
            lost=stands(Place.LOST),
            spent=stands(Place.SPENT),
            told_through=told.number,
            told_at=told.at,
        )


class ShareOut(Body):
    """A part of money: the place it stands in or comes from, and whose it is there.

    `receipt`: a receipt of the fund (where money stands: given back). `yield`: earned on the
    contract. `contract`, `lost`: with the contract, lost on it. `hand`: in cash or wallet.
    """

    place: Place
    receipt_id: UUID | None = None
    contract_id: UUID | None = None
    amount: MoneyBody

    @classmethod
    def of(cls, spot: Spot, amount: Money) -> Self:
        """Write what stands on a spot; NOBODY is left out."""
        owner = None if spot.owner == NOBODY else spot.owner
        is_receipt = spot.place is Place.RECEIPT
        return cls(
            place=spot.place,
            receipt_id=owner if is_receipt else None,
            contract_id=None if is_receipt else owner,
            amount=MoneyBody.of(amount),
        )


class ReceiptLineageOut(Body):
    """Where a receipt's money is now; the parts add up to the receipt, to the last minor unit."""

    fund_id: UUID
    receipt_id: UUID
    donor_id: UUID | None
    amount: MoneyBody
    parts: list[ShareOut]
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(cls, row: ReceiptRow, parts: Mapping[Spot, int], *, told: Told) -> Self:
        """Write where a receipt's units rest, the largest part first."""
        return cls(
            fund_id=row.fund_id,
            receipt_id=row.receipt_id,
            donor_id=row.donor_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            parts=_shares(parts, currency=row.currency),
            told_through=told.number,
            told_at=told.at,
        )


class ContractLineageOut(Body):
    """Whose money stands in a contract now; the parts add up to what the fund has in it."""

    fund_id: UUID
    contract_id: UUID
    amount: MoneyBody
    parts: list[ShareOut]
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(cls, row: ContractRow, parts: Mapping[Spot, int], *, told: Told) -> Self:
        """Write where a contract's units come from, the largest part first."""
        return cls(
            fund_id=row.fund_id,
            contract_id=row.contract_id,
            amount=MoneyBody.of(Money(sum(parts.values()), row.currency)),
            parts=_shares(parts, currency=row.currency),
            told_through=told.number,
            told_at=told.at,
        )


def _shares(parts: Mapping[Spot, int], *, currency: str) -> list[ShareOut]:
    return [ShareOut.of(spot, Money(minor, currency)) for spot, minor in parts.items()]
