"""What became of a fund's money: received, lent, granted, spent, lost, returned, at hand?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.monitoring.domain import headings
from services.monitoring.domain.headings import Heading
from shared.money import Money

DEFINITION = "fund-utilisation.v2"

GIVEN = frozenset({"receipt", "opening"})
SPENT = frozenset(
    {
        "grant",
        "amil_cost",
        "nazir_fee",
        "upkeep",
        "corpus_return",
        "subsidy",
        "borrowing",
        "charity",
        "transfer",
    }
)
"""Kinds of entries by which money leaves a fund for another reason than a loan."""
PASSED_BY = frozenset({"disbursement", "deal"})
"""Kinds whose money is told by what borrowers owe, not by what left the cash on the day."""
GIVING_UP = frozenset({"write_off", "forgiveness"})
"""Kinds by which principal leaves the borrowers' account without coming back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What entries of one kind did to one account: the sums of debits and of credits.

    A reversal counts to the kind that it undoes, with the opposite of its lines.
    """

    kind: str
    account: str
    account_class: str
    debits: int
    credits: int

    @property
    def net(self) -> int:
        """Debits less credits."""
        return self.debits - self.credits

    @property
    def heading(self) -> Heading:
        """Where the account stands in the story."""
        return headings.heading_of(self.account, account_class=self.account_class)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """A fund's books summed up to a value date, as known at an instant; one currency.

    `received` came in as money from who gives or lends to the fund, less what of it was booked
    by mistake; `committed` is promised in signed contracts and not paid out; `disbursed` is all
    that was paid out, `lent` the part of it that borrowers owe; `returned` is all else that moved
    the money at hand: `principal` of loans paid back, `surplus` paid too much and owed back, and
    `income`, everything else. `given_back` went back to lenders and to givers of a temporary
    waqf. `balances` are all headings, each with its own sign (see `headings`).
    """

    received: Money
    committed: Money
    lent: Money
    disbursed: Money
    returned: Money
    principal: Money
    surplus: Money
    given_back: Money
    balances: Mapping[Heading, Money]

    @property
    def income(self) -> Money:
        """Of what came back, all but principal and what was paid too much."""
        return self.returned - self.principal - self.surplus

    @property
    def at_hand(self) -> Money:
        """What is in the fund's cash, wallets and banks, less what is held there for others."""
        return self.balances[Heading.AT_HAND]

    @property
    def outstanding(self) -> Money:
        """Principal still with borrowers."""
        return self.balances[Heading.WITH_BORROWERS]

    @property
    def given_up(self) -> Money:
        """Lent, and neither paid back nor still owed: written off, forgiven, lost with goods."""
        return self.lent - self.outstanding - self.principal

    @property
    def spent(self) -> Money:
        """Paid out, and no loan: grants, costs, what was given back, property bought."""
        return self.disbursed - self.lent

    @property
    def under_way(self) -> Money:
        """Money in goods on their way, or below nothing: clients' money that is not owed yet.

        received + returned = disbursed + under way + at hand. Worked: goods bought for 1,000 and
        not handed over: 1,000 under way; handed over they are 1,000 disbursed and nothing is.
        """
        return self.received + self.returned - self.disbursed - self.at_hand

    @property
    def lent_again(self) -> Money:
        """Money lent beyond what was received: max(0, lent - received).

        It can only have come from money that returned, so it is the least amount that went out a
        second time or more often. Worked: received 1,000, returned 400, lent 1,250: lent again
        250, at hand 150.
        """
        beyond = self.lent - self.received
        return beyond if beyond.is_positive else Money.zero(beyond.currency)

    @property
    def gap(self) -> Money:
        """What the story does not explain: nothing, whatever happened.

        What was given and earned, less what was given away, spent and lost, is what stands at
        hand, with borrowers, in goods and property, less what of it is owed to others.
        """
        zero = Money.zero(self.received.currency)
        came = sum((self.balances[one] for one in headings.SOURCES), zero)
        left = sum((self.balances[one] for one in headings.USES), zero)
        stands = sum((self.balances[one] for one in headings.PLACES), zero)
        return came - left - stands + self.balances[Heading.OWED]


def of(booked: Iterable[Booked], *, promised: int, currency: str) -> Utilisation:
    """Sum up what a fund's entries did, in minor units of its currency.

    Worked: a receipt of 1,000 (Dr cash, Cr fund balance), a loan of 400 (Dr loans, Cr cash), 100
    of it paid back (Dr cash, Cr loans) and a grant of 50 (Dr grants, Cr cash): received 1,000,
    lent 400, disbursed 450, returned 100, at hand 650, with borrowers 300.
    """
    nets: defaultdict[Heading, int] = defaultdict(int)
    sums: defaultdict[str, int] = defaultdict(int)
    for one in booked:
        nets[one.heading] += one.net
        for name, minor in _parts(one):
            sums[name] += minor
    signs = dict.fromkeys((*headings.SOURCES, Heading.OWED), -1)
    balances = {one: Money(signs.get(one, 1) * nets[one], currency) for one in Heading}
    names = ("received", "lent", "returned", "principal", "surplus", "given_back")
    amounts = {name: Money(sums[name], currency) for name in names}
    return Utilisation(
        committed=Money(promised, currency),
        disbursed=Money(sums["lent"] + sums["spent"], currency),
        balances=balances,
        **amounts,
    )


def headings_of(balances: Mapping[str, int], *, currency: str) -> dict[Heading, Money]:
    """The headings of a trial balance (debits less credits by account), signed as in `of`."""
    booked = [
        Booked(kind="", account=code, account_class="", debits=minor, credits=0)
        for code, minor in balances.items()
    ]
    return dict(of(booked, promised=0, currency=currency).balances)


def _parts(one: Booked) -> Iterable[tuple[str, int]]:
    """Which totals an account's change belongs to, by the kind of its entries."""
    if one.heading is Heading.AT_HAND:
        yield _of_money(one)
    elif one.heading is Heading.WITH_BORROWERS:
        yield _of_loans(one)
    elif one.account == "fee_income" and one.kind == "disbursement":
        yield "returned", -one.net
    elif one.account == "surplus" and one.kind not in PASSED_BY:
        yield "surplus", -one.net
    elif one.heading is Heading.RECEIVED and one.kind not in GIVEN:
        yield "given_back", one.net


def _of_money(one: Booked) -> tuple[str, int]:
    if one.kind in GIVEN:
        return "received", one.net
    if one.kind in SPENT:
        return "spent", -one.net
    return ("passed", 0) if one.kind in PASSED_BY else ("returned", one.net)


def _of_loans(one: Booked) -> tuple[str, int]:
    if one.kind in PASSED_BY:
        return "lent", one.net if one.kind == "disbursement" else one.debits
    return ("given_up", -one.net) if one.kind in GIVING_UP else ("principal", -one.net)
