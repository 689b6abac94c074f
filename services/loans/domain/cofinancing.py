"""Which fund bears which part of one contract that several funds finance together?

The engine keeps computing one contract, on the accounts of its leading fund. What a fund bears of
each account is a function of the contract's running totals alone, so that the order in which money
came, a reversal, or a correction dated back can leave no rest: an entry is split into what each
fund bears after it less what it bore before.

Principal is one stack of units, the funds of the first rank at its bottom. It is drawn from the
bottom, comes back from the bottom, and is lost from the top: the last rank bears the first loss.
Funds of one rank share each unit of their layer by what they agreed. What zakat forgives is of its
own layer alone: the others are owed what they were.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from services.loans.domain import chart
from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import JournalEntry, Line
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money

SOURCES_MOST = 12
SHARE_UNITS = 10**9
HELD_BY_LEAD = frozenset(
    {"surplus", "charity", "savings", "savings_cost", "contribution", "client_deposit"}
)
"""What is owed to the borrower or to charity and is no fund's own: the leading fund holds it."""


class SourcesInvalid(RafidError):
    """The funds of one contract do not fit together"""

    kind = Kind.RULE
    service = "loans"
    detail = "From 2 to {most} different funds, each with a part above zero; given are {given}."
    most: int
    given: int


class PartsNotWhole(RafidError):
    """The parts do not make the whole"""

    kind = Kind.RULE
    service = "loans"
    detail = "The parts ({what}) add up to {given}, not to {asked}."
    what: str
    given: str
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is proposed of a fund: an amount or a share (0.6), and perhaps another of the income."""

    rank: int
    amount: Money | None = None
    share: Decimal | None = None
    income_share: Decimal | None = None


def weights(parts: Sequence[Part], *, asked: Money) -> list[tuple[int, int]]:
    """The weights of parts in the principal and in the income; shares in 10^-9.

    Amounts add up to what is asked, shares to 1. Without a share of the income its parts are those
    of the principal. 600.000 and 400.000 JOD, income 1 and 0: (600000, 1000000000), (400000, 0).
    Raises `PartsNotWhole`.
    """
    amounts = [part.amount for part in parts if part.amount is not None]
    if len(amounts) == len(parts):
        given = Money.total(amounts, asked.currency)
        if given != asked:
            raise PartsNotWhole(what="amount", given=str(given), asked=str(asked))
        principal = [amount.minor for amount in amounts]
    else:
        principal = _of_one([part.share for part in parts], what="share")
    if all(part.income_share is None for part in parts):
        return list(zip(principal, principal, strict=True))
    income = _of_one([part.income_share for part in parts], what="income_share")
    return list(zip(principal, income, strict=True))


def _of_one(shares: Sequence[Decimal | None], *, what: str) -> list[int]:
    told = [share for share in shares if share is not None]
    if len(told) != len(shares) or sum(told) != 1:
        raise PartsNotWhole(what=what, given=str(sum(told)), asked="1")
    return [int(share * SHARE_UNITS) for share in told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A fund's part in a contract: how much of the principal, in which rank, of which income.

    `part` and `income_part` are weights: minor units as agreed, or any whole numbers. A fund with
    an `income_part` of 0 has no share in profit, fees and late amounts.
    """

    fund: FundAccounts
    rank: int
    part: int
    income_part: int

    @property
    def fund_id(self) -> FundId:
        """The fund."""
        return self.fund.fund_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a contract has booked by now over all its funds, in minor units.

    `drawn` was paid out; `booked` is debits less credits by account. What was given up for lost is
    `lost`, what of it came in later `recovered`, and all else that is not owed any more came back.
    """

    drawn: int
    booked: Mapping[str, int]

    @property
    def lost(self) -> int:
        """Principal written off."""
        return self.booked.get("write_off", 0)

    @property
    def recovered(self) -> int:
        """What came in on principal written off."""
        return -self.booked.get("recovery", 0)

    @property
    def forgiven(self) -> int:
        """Principal that the leading fund, zakat, gave up for its borrower."""
        return self.booked.get("forgiveness", 0)

    @property
    def returned(self) -> int:
        """Principal that came back or was forgiven: paid out 1,000, owed 600, lost 100 is 300."""
        return self.drawn - self.booked.get("loans", 0) - self.lost

    def after(self, entry: JournalEntry, *, draws: bool) -> "Totals":
        """The totals with one more entry; `draws`: its loans are paid out or taken back."""
        booked = dict(self.booked)
        for line in entry.lines:
            booked[line.account_code] = booked.get(line.account_code, 0) + line.amount.minor
        drawn = self.drawn + (entry.amount_of("loans").minor if draws else 0)
        return Totals(drawn=drawn, booked=booked)


NOTHING = Totals(drawn=0, booked={})
Shares = Mapping[FundId, int]
"""So many minor units of each fund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The funds of one contract of so much principal; the first source leads.

    Raises `SourcesInvalid` for fewer than two funds, a fund twice, a part of nothing or less, and
    where no fund has a share in the income.
    """

    sources: tuple[Source, ...]
    principal: int

    def __post_init__(self) -> None:
        funds = {source.fund_id for source in self.sources}
        fits = (
            1 < len(self.sources) <= SOURCES_MOST
            and len(funds) == len(self.sources)
            and all(source.part > 0 and source.income_part >= 0 for source in self.sources)
            and any(source.income_part for source in self.sources)
        )
        if not fits:
            raise SourcesInvalid(most=SOURCES_MOST, given=len(self.sources))

    @property
    def lead(self) -> FundAccounts:
        """The fund on whose accounts the contract is computed."""
        return self.sources[0].fund

    def amounts(self) -> dict[FundId, int]:
        """What each fund finances of the principal: 1,000 by 2 to 1 is 666 and 334."""
        parts = shared(self.principal, [source.part for source in self.sources])
        return {one.fund_id: part for one, part in zip(self.sources, parts, strict=True)}

    def stack(self, units: int, *, forgiven: int = 0) -> dict[FundId, int]:
        """Whose the first so many units of the principal are, from the first rank up.

        600 of rank 1 and 400 of rank 2: the first 700 units are 600 and 100. Each fund's part
        grows with the units and never falls, so that no difference of two is below zero. What the
        leading fund has forgiven is no part of its layer: 200 of its 600, and they are 400 and 300.
        """
        amounts, rest = self.amounts(), units
        amounts[self.lead.fund_id] -= forgiven
        found: dict[FundId, int] = {}
        by_rank = sorted(self.sources, key=lambda source: source.rank)
        for _, layer in groupby(by_rank, key=lambda source: source.rank):
            funds = [source.fund_id for source in layer]
            size = sum(amounts[fund] for fund in funds)
            parts = shared(max(min(rest, size), 0), [amounts[fund] for fund in funds])
            found.update(zip(funds, parts, strict=True))
            rest -= size
        return found

    def income(self, units: int) -> dict[FundId, int]:
        """Whose so many units of income are; less than nothing is shared as its opposite."""
        parts = shared(abs(units), [source.income_part for source in self.sources])
        sign = -1 if units < 0 else 1
        return {one.fund_id: sign * part for one, part in zip(self.sources, parts, strict=True)}

    def owed(self, totals: Totals) -> dict[FundId, int]:
        """What each fund is owed or has written off: whose loss a guarantor makes good."""
        loans, lost = self.shares(totals, "loans"), self.shares(totals, "write_off")
        return {fund: units + lost[fund] for fund, units in loans.items()}

    def leads_alone(self) -> bool:
        """Whether no other fund has the rank of the leading one."""
        lead, *others = self.sources
        return all(one.rank != lead.rank for one in others)

    def drawn(self, before: int, *, after: int) -> dict[FundId, int]:
        """What each fund pays out where a payout leads from one sum to another."""
        return _less(self.stack(after), self.stack(before))

    def shares(self, totals: Totals, account_code: str) -> dict[FundId, int]:
        """What each fund bears of one account's total, debit positive; it sums to the total."""
        gone = totals.forgiven
        standing = totals.drawn - totals.lost - gone
        if account_code == "loans":
            back = self.stack(totals.returned - gone, forgiven=gone)
            return _less(self.stack(standing, forgiven=gone), back)
        if account_code == "write_off":
            drawn = self.stack(totals.drawn - gone, forgiven=gone)
            return _less(drawn, self.stack(standing, forgiven=gone))
        if account_code == "recovery":
            again = min(totals.recovered, totals.lost)
            bottom = self.stack(standing, forgiven=gone)
            good = _less(self.stack(standing + again, forgiven=gone), bottom)
            beyond = self.income(totals.recovered - again)
            return {fund: -(good[fund] + beyond[fund]) for fund in good}
        total = totals.booked.get(account_code, 0)
        if account_code in HELD_BY_LEAD or account_code == "forgiveness":
            return {one.fund_id: total if one is self.sources[0] else 0 for one in self.sources}
        return self.income(total)


def split(
    plan: Plan, entry: JournalEntry, *, before: Totals, draws: bool = False
) -> tuple[dict[FundId, JournalEntry], Totals]:
    """One entry of the leading fund as one for each fund that it moves, and the totals after it.

    Each fund's entry balances: what its other lines leave open moves through its money, so that
    every account's sum over the funds is the entry's own. 1,000 paid out of 600 (rank 1) and 400
    (rank 2); 300 with 30 of profit comes back, by parts 6 to 4: the first takes Dr cash 318, Cr
    loans 300, Cr profit 18, the second Dr cash 12, Cr profit 12. Raises `AccountNotInChart` where
    a fund has no such account: no profit of zakat.
    """
    after = before.after(entry, draws=draws)
    codes = [line.account_code for line in entry.lines]
    money = next((code for code in codes if code in chart.MONEY), chart.MONEY[0])
    moved = {
        code: _less(plan.shares(after, code), plan.shares(before, code))
        for code in after.booked
        if code not in chart.MONEY
    }
    for code, shares in moved.items():
        if sum(shares.values()) != entry.amount_of(code).minor:
            raise ArithmeticError(f"{code} of contract {entry.contract_id} is not shared whole")
    entries = {}
    for source in plan.sources:
        lines = {code: shares[source.fund_id] for code, shares in moved.items()}
        own = _entry(entry, source.fund, {money: -sum(lines.values()), **lines})
        if own is not None:
            entries[source.fund_id] = own
    return entries, after


def totals_of(entries: Iterable[tuple[JournalEntry, bool]]) -> Totals:
    """The totals after entries, each with whether it draws."""
    totals = NOTHING
    for entry, draws in entries:
        totals = totals.after(entry, draws=draws)
    return totals


def _entry(
    entry: JournalEntry, fund: FundAccounts, moved: Mapping[str, int]
) -> JournalEntry | None:
    currency = entry.lines[0].amount.currency
    lines = tuple(
        Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=Money(minor, currency))
        for code, minor in moved.items()
        if minor
    )
    if not lines:
        return None
    return JournalEntry(
        kind=entry.kind, occurred_on=entry.occurred_on, lines=lines, contract_id=entry.contract_id
    )


def _less(these: Shares, those: Shares) -> dict[FundId, int]:
    return {fund: units - those[fund] for fund, units in these.items()}


def parted(amount: Money, weights: Mapping[FundId, int]) -> dict[FundId, Money]:
    """An amount shared by weights, those of nothing left out; below zero as its opposite.

    -100.000 by 600 and 400: -60.000 and -40.000.
    """
    sign = -1 if amount.is_negative else 1
    parts = shared(abs(amount.minor), list(weights.values()))
    return {
        fund: Money(sign * part, amount.currency)
        for fund, part in zip(weights, parts, strict=True)
        if part
    }


def shared(units: int, weights: Sequence[int]) -> list[int]:
    """Units shared by weights, exactly, so that more units never give anybody less.

    One after the other takes the whole part of its share of what is left. The largest remainder
    would come nearer by a unit, but may take a unit from one when there is one more to share (the
    paradox of Alabama): a fund's part of what came back could then fall as more comes back.
    """
    parts, left = [], sum(weights)
    for weight in weights:
        part = units * weight // left if left else 0
        parts.append(part)
        units, left = units - part, left - weight
    return parts
