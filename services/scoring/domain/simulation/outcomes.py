"""What would a policy do, in figures: for the whole book and for each segment?

The book goes through in blocks that stay in the processor's cache; of each block only sums and
counts are kept, so a review of a million loans needs no more memory than the book itself.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.simulation import kernel, policy, rhythm
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.kernel import BLOCK, MONTHS_A_YEAR, THREADS, Floats
from services.scoring.domain.simulation.policy import Behaviour, Case, Policy
from services.scoring.domain.simulation.shared_terms import Asked, NewTerms, TermsOfLoans
from services.scoring.domain.simulation.spread import Spread

BURDEN_LIMITS = (0.35, 0.40, 0.50)
LEEWAY = 1e-9  # of a rate: figures of floats that differ by less are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """What the institution pays: rates a year and shares of one, amounts in currency units.

    `operating_cost` is at disbursement, `operating_cost_monthly` in each month of its life and
    `operating_cost_instalment` for each instalment that is handled. `market_rate` and `inflation`
    are for self-sufficiency without subsidy; `equity_share` is the part of the money that is the
    institution's own.
    """

    cost_of_funds: float
    operating_cost: float
    operating_cost_monthly: float
    loss_given_default: float
    market_rate: float
    inflation: float
    equity_share: float
    operating_cost_instalment: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalCap:
    """A ceiling that law sets for some loans, on the effective or the nominal rate, sourced.

    `titles` names the source by language, where that was given.
    """

    where: Mapping[str, str]
    basis: str
    cap: float
    source: str
    titles: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of one group of loans under one policy; shares of one, months, currency units.

    Quantiles (a tenth, half, nine tenths) weigh each loan the same and are exact to half a
    thousandth, of amounts to a quarter of a hundredth. `loans_a_year` is how many
    such loans the fund of today, what was lent before the policy, turns in a year.
    """

    loans: float
    lent: float
    portfolio_yield: float
    effective_rate: tuple[float, float, float]
    total_cost: float
    instalment: tuple[float, float, float]
    burden: tuple[float, float, float]
    burden_over: tuple[float, float, float]
    default_rate: float
    expected_loss: float
    operational_self_sufficiency: float
    financial_self_sufficiency: float
    subsidy: float
    duration: float
    loans_a_year: float
    clients_change: float
    above_cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one policy does: to all, and by each label of each segment."""

    policy: str
    case: Case
    whole: Totals
    segments: Mapping[str, Mapping[str, Totals]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What stays the same over all policies of one review."""

    book: Book
    costs: CostModel
    behaviour: Behaviour
    caps: Sequence[LegalCap]
    segments: Sequence[str]


def terms_of(review: Review, *, rules: Policy, case: Case) -> TermsOfLoans:
    """Return the terms that a policy gives the loans of a review. Raises PolicyContradicts."""
    asked = Asked(
        rules=rules,
        behaviour=review.behaviour,
        case=case,
        cost_of_funds=review.costs.cost_of_funds,
    )
    return TermsOfLoans(review.book, asked)


def outcome_of(review: Review, *, rules: Policy, case: Case) -> Outcome:
    """Run one policy over the book. Raises PolicyContradicts.

    The burden moves the chance of default once (one step, not an equilibrium).
    """
    book, principal = review.book, policy.amounts(review.book, policy=rules)
    terms = terms_of(review, rules=rules, case=case)
    starts = range(0, len(book), BLOCK)

    def run(start: int) -> list[_Sums]:
        rows = slice(start, start + BLOCK)
        columns = _columns(review, book.rows(rows), principal[rows], terms.of(rows), case)
        of_all = _Sums.of(columns, None, 1)
        return [
            of_all,
            *(
                _Sums.of(columns, book.codes[name][rows], len(book.labels[name]))
                for name in review.segments
            ),
        ]

    with ThreadPoolExecutor(THREADS) as threads:
        parts = list(threads.map(run, starts) if len(starts) > 1 else map(run, starts))
    whole, *segments = [_Sums.joined(items) for items in zip(*parts, strict=True)]
    return Outcome(
        policy=rules.name,
        case=case,
        whole=_totals(whole, 0, review.costs),
        segments={
            name: {
                label: _totals(sums, i, review.costs)
                for i, label in enumerate(review.book.labels[name])
            }
            for name, sums in zip(review.segments, segments, strict=True)
        },
    )


# What is summed of each loan, once weighed by loans and once by money lent.
BY_LOAN = ("loans", "before", "spent", "worth", "default", "above", "over_0", "over_1", "over_2")
BY_MONEY = ("lent", "fund", "exposure", "income", "loss", "total_cost")
NAMES = BY_LOAN + BY_MONEY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Of each loan of a block: its measures, already weighed, and what is spread out."""

    count: Floats
    sums: Mapping[str, Floats]
    effective: Floats
    instalment: Floats
    burden: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Sums of groups: a row a measure, a column a group; and three distributions."""

    values: np.ndarray
    effective: Spread
    instalment: Spread
    burden: Spread

    @classmethod
    def of(cls, columns: _Columns, codes: np.ndarray | None, groups: int) -> "_Sums":
        """Sum a block by the groups of its rows."""
        rows = [columns.sums[name] for name in NAMES]
        if codes is None:
            values = np.array([[row.sum()] for row in rows])
        else:
            values = np.array([np.bincount(codes, weights=row, minlength=groups) for row in rows])
        spread = {
            name: getattr(Spread, kind)(getattr(columns, name), columns.count, codes, groups)
            for name, kind in (
                ("effective", "of_rates"), ("instalment", "of_amounts"), ("burden", "of_rates")
            )
        }  # fmt: skip
        return cls(values=values, **spread)

    @classmethod
    def joined(cls, parts: Sequence["_Sums"]) -> "_Sums":
        """Add blocks up, in their order."""
        values = parts[0].values.copy()
        for part in parts[1:]:
            values += part.values
        spread = {
            name: Spread.joined([getattr(part, name) for part in parts])
            for name in ("effective", "instalment", "burden")
        }
        return cls(values=values, **spread)


def _columns(review: Review, own: Book, principal: Floats, terms: NewTerms, case: Case) -> _Columns:
    costs, behaviour, shapes = review.costs, review.behaviour, terms.shapes
    instalment = shapes.instalment * principal
    burden = _burden(own, instalment, shapes.part)
    pd, count = own.pd, own.count
    if terms.moved is not None:
        was = _burden(own, terms.moved.due * own.principal, terms.moved.part)
        pd = policy.defaulting(
            pd, shift=terms.moved.shift, burden_change=burden - was, behaviour=behaviour, case=case
        )
        count = count * terms.moved.demand
    lives = kernel.lives(shapes, pd, loss_given_default=costs.loss_given_default)
    effective = np.broadcast_to(shapes.effective, len(own))
    a_period = costs.operating_cost_instalment + costs.operating_cost_monthly * (
        shapes.part * MONTHS_A_YEAR
    )
    lent = count * principal
    earned = shapes.rate / (shapes.part * MONTHS_A_YEAR)  # of the balance of a month
    lost = lives.hazard * lives.exposure / (shapes.part * MONTHS_A_YEAR)
    income = earned * (1 - lives.hazard) * lives.exposure + terms.fee_share
    running = costs.operating_cost + a_period * lives.alive_worth
    sums = {
        "loans": count,
        "before": own.count,
        "spent": count * (a_period * lives.alive),
        "worth": lent * (lives.worth - 1 + terms.fee_share) - count * running,
        "default": count * pd,
        "above": count * _above(review.caps, own, effective, terms.nominal),
        **{f"over_{i}": count * (burden > limit) for i, limit in enumerate(BURDEN_LIMITS)},
        "lent": lent,
        "fund": own.count * own.principal,
        "exposure": lent * lives.exposure,
        "income": lent * income,
        "loss": lent * lost * costs.loss_given_default,
        "total_cost": lent * terms.cost,
    }
    return _Columns(
        count=count,
        sums=sums,
        effective=effective,
        instalment=instalment,
        burden=burden,
    )


def _burden(own: Book, instalment: Floats, part: Floats) -> Floats:
    """Instalments of an average month and debts, over income."""
    return (own.debts + rhythm.a_month(instalment, 1 / part)) / own.income


def _above(caps: Sequence[LegalCap], book: Book, effective: Floats, nominal: Floats) -> np.ndarray:
    found = np.zeros(len(book), dtype=bool)
    for cap in caps:
        rate = effective if cap.basis == "effective" else nominal
        above = rate > cap.cap + LEEWAY
        found |= book.where(cap.where) & above if cap.where else above
    return found


def _totals(sums: _Sums, group: int, costs: CostModel) -> Totals:
    of = dict(zip(NAMES, (float(value) for value in sums.values[:, group]), strict=True))
    loans, lent = of["loans"], of["lent"]
    share = 1 / loans if loans else 0.0
    part = 1 / lent if lent else 0.0
    years = of["exposure"] / MONTHS_A_YEAR
    running = loans * costs.operating_cost + of["spent"]
    full = (
        costs.market_rate * (1 - costs.equity_share) + costs.inflation * costs.equity_share
    ) * years
    return Totals(
        loans=loans,
        lent=lent,
        portfolio_yield=_ratio(of["income"], years),
        effective_rate=sums.effective.quantiles(group),
        total_cost=of["total_cost"] * part,
        instalment=sums.instalment.quantiles(group),
        burden=sums.burden.quantiles(group),
        burden_over=(of["over_0"] * share, of["over_1"] * share, of["over_2"] * share),
        default_rate=of["default"] * share,
        expected_loss=of["loss"] * part,
        operational_self_sufficiency=_ratio(
            of["income"], costs.cost_of_funds * years + of["loss"] + running
        ),
        financial_self_sufficiency=_ratio(of["income"], full + of["loss"] + running),
        subsidy=max(-of["worth"], 0.0) * part,
        duration=of["exposure"] * part,
        loans_a_year=_ratio(loans * of["fund"], years),
        clients_change=loans - of["before"],
        above_cap=of["above"] * share,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
