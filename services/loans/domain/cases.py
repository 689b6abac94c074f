"""What is asked of a fund, and what do its clauses need to know about it?"""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.loans.domain.application import Characteristics
from services.loans.domain.borrower import age_on
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import Clause
from services.loans.domain.regions import Regions, plain
from shared.errors import RafidError
from shared.money import Money

NO_AIDS = frozenset({"none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of who asks and what for; None is not known. Words are plain codes.

    `aids` are the other aids the case has (none: an empty set), `aid` what they come to together,
    `cost` what the project costs in all, `sources` the other funds that pay for the same contract.
    `agreed_on` is the day of the signature, if there was one.
    """

    person: UUID | None = None
    zakat_class: str | None = None
    sex: str | None = None
    age: int | None = None
    client_status: str | None = None
    sector: str | None = None
    purpose: str | None = None
    region: str | None = None
    own_contribution: Money | None = None
    aids: frozenset[str] | None = None
    aid: Money | None = None
    cost: Money | None = None
    sources: frozenset[str] = frozenset()
    agreed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked of a fund on a day: `amount` of the whole contract, `leaving` of it now.

    `held` is what the contract has reserved of the fund already, `mode` a mode of finance or
    "grant".
    """

    application_id: UUID
    facts: Facts
    amount: Money
    leaving: Money
    held: Money
    mode: str
    bears_fee: bool
    fund_kinds: frozenset[FundKind]
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was given before, since a clause began, to each of those whom it tells apart."""

    total: int = 0
    of: Mapping[Hashable, int] = field(default_factory=dict)

    def plus(self, more: Iterable[tuple[Hashable, int]]) -> "Counted":
        """The same with amounts more, or less: 5 for men and 3 less for women."""
        total, of = self.total, dict(self.of)
        for bucket, minor in more:
            total += minor
            of[bucket] = of.get(bucket, 0) + minor
        return Counted(total=total, of=of)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What clauses ask of a fund and of the world, in minor units of the fund's currency.

    `received` came in so far; `free` is neither reserved nor committed (once money leaves: all
    there is); `stale` came in too long ago for a clause and is not drawn yet. `youth` are the
    ages that count as young, both included.
    """

    regions: Regions = field(default_factory=Regions)
    youth: tuple[int, int] = (15, 35)
    received: int = 0
    free: int = 0
    stale: Mapping[UUID, int] = field(default_factory=dict)
    counted: Mapping[UUID, Counted] = field(default_factory=dict)

    def counts(self, clause: Clause) -> Counted:
        """What was given before, as a clause counts it."""
        return self.counted.get(clause.clause_id) or Counted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an application, or several that are alike to the clauses, hold of a fund already.

    Counted from `since` on: reserved, and given (committed, be it drawn or not), in minor units.
    `in_group` is the part of a person in what a group holds: it counts for the person alone.
    """

    since: date
    facts: Facts
    reserved: int
    given: int
    application_id: UUID | None = None
    in_group: bool = False


def facts_told(
    *,
    person: UUID | None,
    sex: str | None,
    born_on: date | None,
    region: str | None,
    sector: str | None,
    purpose: str | None,
    own_contribution: Money,
    characteristics: Characteristics,
    on: date,
    zakat_class: str | None = None,
    agreed_on: date | None = None,
) -> Facts:
    """The facts of an application on a day, words as plain codes.

    Its characteristics tell `client_status`, the other `aids` ("forsa, intelaka", or "none"),
    `aids_amount` and `project_cost`; an amount that is none is not told. The class of zakat is
    never read from there: a person decides it.
    """
    currency = own_contribution.currency
    told = {name: said for name, said in characteristics.items() if isinstance(said, str)}
    aids = told.get("aids")
    codes = frozenset(filter(None, map(plain, re.split(r"[,;،]", aids or ""))))
    return Facts(
        person=person,
        zakat_class=zakat_class,
        sex=sex,
        age=age_of(born_on, on=on),
        client_status=_code(told.get("client_status")),
        sector=_code(sector),
        purpose=_code(purpose),
        region=_code(region),
        own_contribution=own_contribution,
        aids=None if not codes else codes - NO_AIDS,
        aid=_amount(told.get("aids_amount"), currency=currency),
        cost=_amount(told.get("project_cost"), currency=currency),
        agreed_on=agreed_on,
    )


def age_of(born_on: date | None, *, on: date) -> int | None:
    """The age on a day in whole years, where the day of birth is told."""
    return None if born_on is None else age_on(born_on, on=on)


def with_sources(facts: Facts, sources: frozenset[str]) -> Facts:
    """The facts with other funds that pay as well."""
    return replace(facts, sources=facts.sources | sources) if sources else facts


def _code(words: str | None) -> str | None:
    return plain(words or "") or None


def _amount(words: str | None, *, currency: str) -> Money | None:
    try:
        found = None if words is None else Money.parse(words, currency)
    except RafidError:
        return None
    return None if found is None or found.is_negative else found
