"""What is answered about lineage: of a fund, a receipt, a contract, a donor, as of a day or now?

Where a fund mixes its money, an answer as of the past is told through the last version of its pool
that had ended by then: the shares of a day that goes on are not known yet. Each question is parted
into whole units by itself, ties in the order of places: a donor's receipts as one sum, a contract's
units back, a receipt's on. So two questions may round the same share up and down by one unit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import lineage, pool_reading, pools
from services.loans.domain.lineage import HAND, Place, Policy, Spot
from services.loans.domain.pools import Version
from services.loans.funds.tables import FundRow
from services.loans.lineage import queries
from services.loans.lineage.pooled import queries as pooled
from services.loans.lineage.queries import EVER, Told
from shared.ids import FundId

PARTS = 100
"""Single parts of mixed money that one answer names; more are on the next page."""

Parts = dict[Spot, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which cut of the lines is asked for; `through` is beyond all numbers where it is now."""

    told: Told
    through: int

    @property
    def is_now(self) -> bool:
        """Whether all that is told is asked for."""
        return self.through == EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Units of one version of a pool: came in it, or drawn from it."""

    version: Version
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where money is or whose it is: single parts, and where it is mixed by version.

    `places` sums all of it by place; `parts` is a page of it, which `next_version` goes on after.
    """

    told: Told
    places: Mapping[Place, int]
    parts: Parts
    mixed: Sequence[Mixed] | None = None
    next_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of one donor's money in one fund; `contracts` None where it is mixed."""

    fund_id: UUID
    code: str
    currency: str
    policy: Policy
    places: Mapping[Place, int]
    contracts: int | None


async def asked(session: AsyncSession, told: Told, *, is_past: bool) -> Asked:
    """Give the cut that ends with what was told; all of it if nothing was told since."""
    newest = await queries.told(session)
    is_now = not is_past or told.number >= newest.number
    return Asked(told=told, through=EVER if is_now else told.number)


async def claimed(session: AsyncSession, fund_id: FundId, ask: Asked) -> Row[tuple[int, int]]:
    """Return what of a fund was reserved and committed at a cut."""
    return await queries.claimed(session, fund_id, at=None if ask.is_now else ask.told.at)


async def by_tag(
    session: AsyncSession, fund_id: FundId, ask: Asked, *, invested: int
) -> dict[str | None, int]:
    """Return what is at hand under each tag of a fund at a cut, open money first.

    Only open money is `invested`: what stands in property is there, and can not be lent.
    """
    tags: list[str | None] = [None, *await queries.tags(session, fund_id)]
    spots = {tag: lineage.hand_of(tag) for tag in tags}
    known = await queries.counts_through(
        session, fund_id, list(spots.values()), through=ask.through
    )
    held = {
        tag: known[spot].came - known[spot].left if spot in known else 0
        for tag, spot in spots.items()
    }
    return {**held, None: held[None] - invested}


async def of_receipt(
    session: AsyncSession, fund: FundRow, receipt_id: UUID, *, ask: Asked, after: int | None
) -> Found:
    """Return where a receipt's money is at a cut."""
    fund_id, source = FundId(fund.fund_id), Spot(Place.RECEIPT, receipt_id)
    if Policy(fund.lineage_policy) is not Policy.PRO_RATA:
        parts = await queries.whereabouts(session, fund_id, [source], through=ask.through)
        return Found(told=ask.told, places=_by_place(parts), parts=parts)
    versions, told, through = await _versions(session, fund_id, ask)
    rest, back = await _rest(session, fund_id, [source], versions=versions, through=through)
    placed = await pooled.placed(session, fund_id, versions, through=through)
    places = _places(rest, back=back, placed=placed)
    parts, next_version = await _spots(
        session, fund_id, rest.out, after=-1 if after is None else after, through=through
    )
    if after is None:
        own = {HAND: rest.at_hand, source: back, Spot(Place.RECEIPT): sum(rest.paid_back.values())}
        parts = {spot: units for spot, units in own.items() if units} | parts
    return Found(
        told=told,
        places=places,
        parts=parts,
        mixed=[Mixed(version=versions[number], amount=rest.out[number]) for number in rest.out],
        next_version=next_version,
    )


async def of_contract(
    session: AsyncSession, fund: FundRow, contract_id: UUID, *, ask: Asked, after: int | None
) -> Found:
    """Return whose money of a fund stands in a contract at a cut."""
    fund_id, spot = FundId(fund.fund_id), Spot(Place.CONTRACT, contract_id)
    if Policy(fund.lineage_policy) is not Policy.PRO_RATA:
        whole = await queries.origins(session, fund_id, spot, through=ask.through)
        return Found(told=ask.told, places=_by_place(whole), parts=whole)
    versions, told, through = await _versions(session, fund_id, ask)
    drawn = (await pooled.pieces(session, fund_id, [spot], through=through)).get(spot, {})
    origin = pool_reading.origins(versions, drawn)
    parts: Parts = {}
    next_version = None
    for number, amount in origin.came.items():
        if after is not None and number <= after:
            continue
        if len(parts) >= PARTS:
            break
        next_version = number
        version = versions[number]
        for member, units in await _members(session, fund_id, version, amount, through=through):
            parts[member] = parts.get(member, 0) + units
    if origin.owed and after is None:
        parts[HAND] = origin.owed
    is_last = next_version is None or next_version == max(origin.came)
    return Found(
        told=told,
        places={},
        parts=parts,
        mixed=[
            Mixed(version=versions[number], amount=units) for number, units in origin.came.items()
        ],
        next_version=None if is_last else next_version,
    )


async def of_donor(session: AsyncSession, donor_id: UUID, *, ask: Asked) -> list[Given]:
    """Return what became of a donor's money, fund by fund."""
    receipts: defaultdict[UUID, list[Spot]] = defaultdict(list)
    heads = {}
    for row in await queries.given(session, donor_id):
        receipts[row.fund_id].append(Spot(Place.RECEIPT, row.receipt_id))
        heads[row.fund_id] = row
    found = []
    for fund_id, sources in receipts.items():
        head, key = heads[fund_id], FundId(fund_id)
        policy, contracts = Policy(head.lineage_policy), None
        if policy is Policy.PRO_RATA:
            versions, _, through = await _versions(session, key, ask)
            rest, back = await _rest(session, key, sources, versions=versions, through=through)
            placed = await pooled.placed(session, key, versions, through=through)
            places = _places(rest, back=back, placed=placed)
        else:
            parts = await queries.whereabouts(session, key, sources, through=ask.through)
            places = _by_place(parts)
            contracts = sum(spot.place is Place.CONTRACT for spot in parts)
        found.append(
            Given(
                fund_id=fund_id,
                code=head.code,
                currency=head.currency,
                policy=policy,
                places=places,
                contracts=contracts,
            )
        )
    return found


async def _versions(
    session: AsyncSession, fund_id: FundId, ask: Asked
) -> tuple[list[Version], Told, int]:
    """A pool's versions at a cut, and how far they are told."""
    if ask.is_now:
        return await pooled.versions(session, fund_id), ask.told, EVER
    ended = await pooled.ended(session, fund_id, through=ask.through)
    return (
        await pooled.versions_then(session, fund_id, ended),
        Told(number=ended.number, at=ask.told.at if ended.number else None),
        ended.number,
    )


async def _rest(
    session: AsyncSession,
    fund_id: FundId,
    sources: Sequence[Spot],
    *,
    versions: Sequence[Version],
    through: int,
) -> tuple[pool_reading.Rest, int]:
    """Where receipts of a mixed fund rest, and how much of them was given back."""
    came_in = await pooled.came_in(session, fund_id, sources)
    known = await queries.counts_through(session, fund_id, list(came_in), through=through)
    came: defaultdict[int, int] = defaultdict(int)
    for source, count in known.items():
        if came_in[source] < len(versions) and count.left > count.came:
            came[came_in[source]] += count.left - count.came
    back = sum(count.came for count in known.values())
    return pool_reading.whereabouts(versions, came), back


def _places(
    rest: pool_reading.Rest, *, back: int, placed: Mapping[int, Sequence[tuple[Place, int]]]
) -> dict[Place, int]:
    """The sums by place of what rests: each draw's units part as all that was drawn stands."""
    found = {Place.HAND: rest.at_hand, Place.RECEIPT: back + sum(rest.paid_back.values())}
    for number, amount in rest.out.items():
        known = placed[number]
        units = pools.shares(amount, [units for _, units in known])
        for (place, _), part in zip(known, units, strict=True):
            found[place] = found.get(place, 0) + part
    return {place: units for place, units in found.items() if units}


async def _spots(
    session: AsyncSession, fund_id: FundId, out: Mapping[int, int], *, after: int, through: int
) -> tuple[Parts, int | None]:
    """The spots on which units drawn from versions stand, a page of them."""
    parts: Parts = {}
    wanted = [number for number in sorted(out) if number > after]
    for place, number in enumerate(wanted):
        known = await pooled.standing(session, fund_id, number, through=through)
        for spot, part in pool_reading.placed(out[number], known):
            if part:
                parts[spot] = parts.get(spot, 0) + part
        if len(parts) >= PARTS and place + 1 < len(wanted):
            return parts, number
    return parts, None


async def _members(
    session: AsyncSession, fund_id: FundId, version: Version, amount: int, *, through: int
) -> list[tuple[Spot, int]]:
    """Whose an amount of what came in a version is; what no receipt or yield brought is owed."""
    known = await pooled.members(session, fund_id, version.number, through=through)
    rest = version.came - sum(units for _, units in known)
    if rest > 0:
        known.append((HAND, rest))
    units = pools.shares(amount, [one for _, one in known])
    return [(spot, part) for (spot, _), part in zip(known, units, strict=True) if part]


def _by_place(parts: Mapping[Spot, int]) -> dict[Place, int]:
    found: defaultdict[Place, int] = defaultdict(int)
    for spot, units in parts.items():
        found[spot.place] += units
    return dict(found)
