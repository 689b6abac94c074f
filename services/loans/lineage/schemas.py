"""What does the lineage of a fund, a receipt, a contract or a donor look like on the wire?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from services.loans.contracts.tables import ContractRow
from services.loans.domain.lineage import NOBODY, Count, Place, Policy, Spot
from services.loans.funds.tables import FundRow, ReceiptRow
from services.loans.lineage.queries import Told
from services.loans.lineage.reading import Found, Given, Mixed
from shared.money import Money
from shared.schemas import LATER, Body, MoneyBody

SMALLEST_CELL = 5
"""A count of fewer contracts could be about somebody: a donor does not read it."""


class TagOut(Body):
    """What is at hand under a tag; none: of open money."""

    tag: str | None
    at_hand: MoneyBody


class MixtureOut(Body):
    """Units of one version of a fund's pool: what came in it, or was drawn from it."""

    version: int
    begun_on: date
    amount: MoneyBody

    @classmethod
    def of(cls, mixed: Mixed, *, currency: str) -> Self:
        """Write a part of mixed money."""
        return cls(
            version=mixed.version.number,
            begun_on=mixed.version.begun_on,
            amount=MoneyBody.of(Money(mixed.amount, currency)),
        )


class FundLineageOut(Body):
    """Where all the money of a fund is, as told through an entry of the journal.

    received - given_back + earned = at_hand + in_contracts + lost + spent, always. Of what is at
    hand, `invested` stands in property, where anything does, `committed` is promised to contracts
    that are signed and `reserved` to applications that are approved; the rest is `free`. `tags`
    part what is not invested where the fund keeps its money apart by tag.
    """

    fund_id: UUID
    policy: Policy
    received: MoneyBody
    given_back: MoneyBody
    earned: MoneyBody
    at_hand: MoneyBody
    committed: MoneyBody
    reserved: MoneyBody
    free: MoneyBody
    in_contracts: MoneyBody
    lost: MoneyBody
    spent: MoneyBody
    tags: list[TagOut] | None
    told_through: int
    told_at: datetime | None
    invested: Annotated[MoneyBody | None, LATER] = None

    @classmethod
    def of(
        cls,
        fund: FundRow,
        totals: Mapping[Place, Count],
        *,
        claimed: tuple[int, int],
        tags: Mapping[str | None, int] | None,
        invested: int,
        told: Told,
    ) -> Self:
        """Write the sums of a fund's places; what is claimed is reserved and committed."""
        reserved, committed = claimed

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, fund.currency))

        def stands(place: Place) -> int:
            return totals[place].came - totals[place].left

        at_hand = stands(Place.HAND)
        parted = None
        if tags is not None:
            parted = [TagOut(tag=tag, at_hand=money(minor)) for tag, minor in tags.items()]
        return cls(
            fund_id=fund.fund_id,
            policy=Policy(fund.lineage_policy),
            received=money(totals[Place.RECEIPT].left),
            given_back=money(totals[Place.RECEIPT].came),
            earned=money(-stands(Place.YIELD)),
            at_hand=money(at_hand),
            committed=money(committed),
            reserved=money(reserved),
            free=money(at_hand - invested - reserved - committed),
            in_contracts=money(stands(Place.CONTRACT)),
            lost=money(stands(Place.LOST)),
            spent=money(stands(Place.SPENT)),
            tags=parted,
            told_through=told.number,
            told_at=told.at,
            invested=money(invested) if invested else None,
        )


class PlacesOut(Body):
    """Where money is, in sums: given back, at hand, with borrowers, lost, spent."""

    given_back: MoneyBody
    at_hand: MoneyBody
    in_contracts: MoneyBody
    lost: MoneyBody
    spent: MoneyBody

    @classmethod
    def of(cls, places: Mapping[Place, int], *, currency: str) -> Self:
        """Write sums by place; what was given back to a yield went back, too."""

        def money(*wanted: Place) -> MoneyBody:
            return MoneyBody.of(Money(sum(places.get(one, 0) for one in wanted), currency))

        return cls(
            given_back=money(Place.RECEIPT, Place.YIELD),
            at_hand=money(Place.HAND),
            in_contracts=money(Place.CONTRACT),
            lost=money(Place.LOST),
            spent=money(Place.SPENT),
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
    """Where a receipt's money is; the places add up to the receipt, to the last minor unit.

    `parts` are single places, the largest first; they add up, too, unless the fund mixes its money:
    then `drawn` says how much of the receipt is out by the version of the pool that it was drawn
    from, and `parts` is a page of it, worked out on reading, which `next` goes on after.
    """

    fund_id: UUID
    receipt_id: UUID
    donor_id: UUID | None
    policy: Policy
    amount: MoneyBody
    places: PlacesOut
    parts: list[ShareOut]
    drawn: list[MixtureOut] | None
    next: str | None
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(cls, row: ReceiptRow, found: Found, *, policy: Policy) -> Self:
        """Write where a receipt's units rest."""
        return cls(
            fund_id=row.fund_id,
            receipt_id=row.receipt_id,
            donor_id=row.donor_id,
            policy=policy,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            places=PlacesOut.of(found.places, currency=row.currency),
            parts=_shares(found.parts, currency=row.currency),
            drawn=_mixed(found.mixed, currency=row.currency),
            next=None if found.next_version is None else str(found.next_version),
            told_through=found.told.number,
            told_at=found.told.at,
        )


class ContractLineageOut(Body):
    """Whose money of a fund stands in a contract; the parts add up to what the fund has in it.

    Where the fund mixes its money, `came` says by the version of the pool when it came in, adds up,
    and `parts` is a page of single receipts and yields, which `next` goes on after. `fund_ids` are
    all that finance the contract: ask for each of them.
    """

    fund_id: UUID
    fund_ids: list[UUID]
    contract_id: UUID
    policy: Policy
    amount: MoneyBody
    parts: list[ShareOut]
    came: list[MixtureOut] | None
    next: str | None
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(cls, row: ContractRow, found: Found, *, fund: FundRow, fund_ids: Sequence[UUID]) -> Self:
        """Write where a contract's units come from."""
        whole = sum(found.parts.values())
        if found.mixed is not None:
            owed = found.parts.get(Spot(Place.HAND), 0)
            whole = owed + sum(one.amount for one in found.mixed)
        return cls(
            fund_id=fund.fund_id,
            fund_ids=list(fund_ids),
            contract_id=row.contract_id,
            policy=Policy(fund.lineage_policy),
            amount=MoneyBody.of(Money(whole, row.currency)),
            parts=_shares(found.parts, currency=row.currency),
            came=_mixed(found.mixed, currency=row.currency),
            next=None if found.next_version is None else str(found.next_version),
            told_through=found.told.number,
            told_at=found.told.at,
        )


class DonorFundOut(Body):
    """What became of a donor's money in one fund; the places add up to what was received.

    `contracts` counts the contracts that hold some of it now. It is not told where it is one to
    four (`are_few`), or where the fund mixes its money: then each contract has a share.
    """

    fund_id: UUID
    fund_code: str
    policy: Policy
    received: MoneyBody
    places: PlacesOut
    contracts: int | None
    are_few: bool

    @classmethod
    def of(cls, given: Given) -> Self:
        """Write a fund's part of a donor's account."""
        few = given.contracts is not None and 0 < given.contracts < SMALLEST_CELL
        return cls(
            fund_id=given.fund_id,
            fund_code=given.code,
            policy=given.policy,
            received=MoneyBody.of(Money(sum(given.places.values()), given.currency)),
            places=PlacesOut.of(given.places, currency=given.currency),
            contracts=None if few else given.contracts,
            are_few=few,
        )


class DonorLineageOut(Body):
    """What became of all that a donor gave, fund by fund: sums, and nobody's name."""

    donor_id: UUID
    funds: list[DonorFundOut]
    told_through: int
    told_at: datetime | None

    @classmethod
    def of(cls, donor_id: UUID, found: Sequence[Given], *, told: Told) -> Self:
        """Write a donor's account."""
        return cls(
            donor_id=donor_id,
            funds=[DonorFundOut.of(given) for given in found],
            told_through=told.number,
            told_at=told.at,
        )


def _shares(parts: Mapping[Spot, int], *, currency: str) -> list[ShareOut]:
    ordered = sorted(parts.items(), key=lambda one: (-one[1], one[0]))
    return [ShareOut.of(spot, Money(minor, currency)) for spot, minor in ordered]


def _mixed(mixed: Sequence[Mixed] | None, *, currency: str) -> list[MixtureOut] | None:
    return None if mixed is None else [MixtureOut.of(one, currency=currency) for one in mixed]
