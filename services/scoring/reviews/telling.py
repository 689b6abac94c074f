"""What does a review say to a committee? The figures of its page and its paper, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.scoring.domain.simulation.reviewing import TODAY, policy_named
from services.scoring.domain.simulation.rhythm import BURDEN_SOURCE, FREQUENCY, USUAL
from services.scoring.reviews.charts import percent
from shared.errors import Say, Sentence

Json = Mapping[str, Any]

FIGURES: Final = {
    "effective_rate_low": Sentence("Borrowers' effective rate, a tenth below"),
    "effective_rate": Sentence("Borrowers' effective rate, median"),
    "effective_rate_high": Sentence("Borrowers' effective rate, a tenth above"),
    "total_cost": Sentence("What borrowers pay beyond the principal"),
    "instalment": Sentence("Instalment, median"),
    "burden": Sentence("Instalments and debts over income, median"),
    "burden_over_35": Sentence("Borrowers over 35 % of income"),
    "burden_over_40": Sentence("Borrowers over 40 % of income"),
    "burden_over_50": Sentence("Borrowers over 50 % of income"),
    "default_rate": Sentence("Default a year"),
    "expected_loss": Sentence("Expected loss over the life"),
    "portfolio_yield": Sentence("Yield of the portfolio"),
    "operational_self_sufficiency": Sentence("Operational self-sufficiency"),
    "financial_self_sufficiency": Sentence("Financial self-sufficiency"),
    "subsidy": Sentence("Subsidy needed"),
    "duration": Sentence("Months a loan keeps its money"),
    "loans_a_year": Sentence("Loans a year from the same fund"),
    "clients_change": Sentence("Borrowers gained or lost"),
    "loans": Sentence("Loans"),
    "lent": Sentence("Lent"),
    "above_cap": Sentence("Loans above a legal ceiling"),
}
COMPARED: Final = (
    "total_cost", "subsidy", "burden_over_40", "expected_loss", "loans_a_year",
    "operational_self_sufficiency",
)  # fmt: skip
WHOLE: Final = tuple(name for name in FIGURES if name != "above_cap")
PLACES: Final = {
    "effective_rate_low": ("effective_rate", 0),
    "effective_rate": ("effective_rate", 1),
    "effective_rate_high": ("effective_rate", 2),
    "instalment": ("instalment", 1),
    "burden": ("burden", 1),
    "burden_over_35": ("burden_over", 0),
    "burden_over_40": ("burden_over", 1),
    "burden_over_50": ("burden_over", 2),
}
# What a search could miss: a condition, or that terms within its bounds are a loan at all.
MISSED: Final[Mapping[str, str]] = {**FIGURES, "terms": Sentence("Terms that a loan can have")}
COUNTS: Final = frozenset({"loans", "lent", "loans_a_year", "clients_change", "instalment"})
MORE: Final = frozenset({"loans_a_year"})  # of what is weighed: more of it is better
ASSUMPTIONS: Final = {
    "grace_month": Sentence("Each month of grace more"),
    "rate_ten_points": Sentence("Ten points of the rate more"),
    "burden_tenth": Sentence("A tenth of income more to pay"),
    "term_doubling": Sentence("The term doubled"),
    "elasticity": Sentence("Demand by the effective rate, elasticity"),
    "weekly_to_monthly": Sentence("Paid monthly instead of weekly"),
}
RULES: Final = {
    "annual_rate": Sentence("rate"),
    "term": Sentence("term"),
    "grace": Sentence("grace"),
    "fee_share": Sentence("fee"),
    "amount": Sentence("amount"),
}
FREQUENCIES: Final = {
    "daily": Sentence("daily"),
    "weekly": Sentence("weekly"),
    "biweekly": Sentence("every two weeks"),
    "twice_a_month": Sentence("twice a month"),
    "monthly": Sentence("monthly"),
    "quarterly": Sentence("quarterly"),
    "half_yearly": Sentence("half-yearly"),
    "yearly": Sentence("yearly"),
}
A_MONTH: Final = Sentence(
    "In the share of income a month is the twelfth of a year: 52 weekly instalments, 26 of every "
    "two weeks, four quarterly ones."
)
STATES: Final = {
    "draft": Sentence("Draft"),
    "run": Sentence("Reckoned"),
    "recommended": Sentence("Recommended"),
    "adopted": Sentence("Adopted"),
    "declined": Sentence("Declined"),
}
AIMS: Final = {
    "lowest_cost": Sentence("the lowest cost for borrowers"),
    "lowest_burden": Sentence("the fewest over 40 % of income"),
    "lowest_subsidy": Sentence("the lowest subsidy"),
    "most_loans": Sentence("the most loans a year"),
}
CASES: Final = ("low", "central", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure predicted, in its range, beside what was observed."""

    name: str
    predicted: float
    low: float
    high: float
    observed: float

    @property
    def is_outside(self) -> bool:
        """Whether the observed figure lies outside of the predicted range."""
        return not self.low <= self.observed <= self.high


def figure(totals: Json, name: str) -> float:
    """Return a figure of totals by its name here."""
    member, place = PLACES.get(name, (name, None))
    value = totals[member]
    return float(value if place is None else value[place])


def count(value: float) -> str:
    """Write a count or a whole amount, its thousands apart by a space that no line breaks.

    A comma would be decimals in French: 108550 is `108 550` in every language.
    """
    return f"{round(value):,}".replace(",", "\u00a0")


def told(name: str, value: float) -> str:
    """Write a figure: counts and amounts with thousands apart, ratios plain, shares in per cent."""
    if name in COUNTS:
        return count(value)
    if name == "duration":
        return f"{value:.1f}"
    if name.endswith("_sufficiency"):
        return f"{value:.2f}"
    return percent(value)


def focus(result: Json, recommended: str | None) -> str:
    """Name the policy that is held beside today's: the recommended one, or the best found.

    Lawful ones come first: the best of all, answers of searches, those that none beats.
    """
    policies = {item["name"]: item for item in result["policies"]}
    searched = [name for name, item in policies.items() if item["origin"] == "searched"]
    unbeaten = [name for name in policies if name in result["pareto"] and name != TODAY]
    wanted = [result["better"], *searched, *unbeaten, *list(policies)[1:]]
    known = [name for name in wanted if name in policies]
    lawful = [name for name in known if policies[name]["is_lawful"]]
    chosen: str = next(iter([*filter(None, [recommended]), *lawful, *known, TODAY]))
    return chosen


def changes(policy: Json, *, say: Say) -> str:
    """Say in one line what a policy changes."""
    lines = []
    for change in policy["changes"]:
        rules = [
            f"{say(words)} {_rule(change[name])}" for name, words in RULES.items() if name in change
        ]
        if FREQUENCY in change:
            rules.append(f"{say('paid')} {frequency(change[FREQUENCY], say=say)}")
        where = ", ".join(f"{name} = {label}" for name, label in change["where"].items())
        lines.append(f"{where}: {' · '.join(rules)}" if where else " · ".join(rules))
    return "; ".join(lines)


def frequency(label: str, *, say: Say) -> str:
    """Say how often is paid; "weekly x 2" is `weekly × 2`."""
    name, _, every = label.partition(" x ")
    told = say(FREQUENCIES[name])
    return f"{told} × \u2066{every}\u2069" if every else told


def rhythms(result: Json, *, say: Say) -> list[str]:
    """Say how often the loans of a book are paid, and how a burden a month follows from it.

    Worked: `Paid: monthly: 36 · weekly: 4`. Older results do not know, and say nothing.
    """
    loans: Mapping[str, float] = result["book"].get("frequencies", {})
    changed = [change for policy in result["policies"] for change in policy["changes"]]
    lines = []
    if result["book"].get("frequency_assumed"):
        lines.append(
            say("The book does not say how often loans are paid: all are taken as paid monthly.")
        )
    else:
        told = [
            f"{frequency(label, say=say)}: \u2066{count(number)}\u2069"
            for label, number in sorted(loans.items(), key=lambda item: (-item[1], item[0]))
        ]
        lines += [f"{say('Paid')}: {' · '.join(told)}"] if told else []
    if set(loans) - {USUAL} or any(FREQUENCY in change for change in changed):
        lines.append(f"{say(A_MONTH)} (\u2066{BURDEN_SOURCE}\u2069)")
    return lines


def beside(result: Json, *, policy: str, observed: Json) -> list[Compared]:
    """Set what was observed beside what the adopted policy promised."""
    chosen = policy_named(result, policy)
    if chosen is None:
        return []
    rows = []
    for name, value in observed.items():
        values = [figure(chosen["cases"][case], name) for case in CASES]
        rows.append(
            Compared(
                name=name,
                predicted=values[1],
                low=min(values),
                high=max(values),
                observed=float(value),
            )
        )
    return rows


def unlawful(policy: Json) -> Sequence[Json]:
    """Return the ceilings that a policy breaks."""
    return [flag for flag in policy["caps"] if flag["above"] > 0]


def _rule(rule: Json) -> str:
    parts = []
    if rule["set_to"] is not None:
        parts.append(f"= {rule['set_to']:g}")
    if rule["times"] != 1:
        parts.append(f"× {rule['times']:.4g}")
    if rule["plus"]:
        parts.append(f"{rule['plus']:+g}")
    if rule["low"] is not None:
        parts.append(f"≥ {rule['low']:g}")
    if rule["high"] is not None:
        parts.append(f"≤ {rule['high']:g}")
    return f"\u2066{' '.join(parts) or '='}\u2069"
