"""Which policies does no other beat, and what do today's terms give up beside them?

Read from the figures of a result, so that reviews that were run before say it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.scoring.domain.simulation import comparing
from services.scoring.domain.simulation.reviewing import TODAY, policy_named
from services.scoring.reviews import telling

Json = Mapping[str, Any]
WEIGHED: Final = ("total_cost", "subsidy", "burden_over_40", "expected_loss", "loans_a_year")
"""What a committee weighs: less of the first four is better, more of the last."""
MINUS: Final = "\u2212"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A policy that none beats: its place in the result, and how much better than today's it is.

    `gains` is, for each figure weighed, how much better (below 0: worse) than today's terms.
    `is_better` where it is nowhere worse. `is_second`: only a policy above a ceiling beats it.
    """

    number: int
    policy: Json
    gains: Mapping[str, float]
    is_better: bool
    is_second: bool

    @property
    def is_today(self) -> bool:
        """Whether it is today's terms."""
        return bool(self.policy["name"] == TODAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """What today's terms give up in one figure: how much better the best lawful one does."""

    name: str
    today: float
    best: float
    policy: str

    @property
    def given_up(self) -> float:
        """How much better the best is; 0 where today's terms are the best."""
        return self.best - self.today if self.name in telling.MORE else self.today - self.best

    @property
    def share(self) -> float:
        """The same, relative to today's figure; 0 where that is 0."""
        return self.given_up / abs(self.today) if self.today else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The policies that none beats, of so many; the best lawful one that beats today's."""

    of: int
    unbeaten: int
    standings: Sequence[Standing]
    regrets: Sequence[Regret]
    better: str | None


def front_of(result: Json) -> Front:
    """Gather who is unbeaten among all policies of a review: today's, those given, those found.

    First come those that beat today's terms everywhere, then the cheapest for borrowers. Lawful
    policies that only an unlawful one beats stand in it too, said so: law leaves no other way to
    them. Worked: of three policies one costs less and needs no more of anything than another: two
    are in the set.
    """
    policies: Sequence[Json] = result["policies"]
    weighed = {item["name"]: _weighed(item) for item in policies}
    allowed = {item["name"] for item in policies if item["is_lawful"]}
    lawful = comparing.unbeaten({name: weighed[name] for name in weighed if name in allowed})
    pareto = comparing.unbeaten(weighed)
    today = weighed[TODAY]
    better = [name for name in lawful if comparing.beats(weighed[name], today)]
    found = [
        Standing(
            number=number,
            policy=item,
            gains=dict(zip(WEIGHED, map(_less, today, weighed[item["name"]]), strict=True)),
            is_better=comparing.beats(weighed[item["name"]], today),
            is_second=item["name"] not in pareto,
        )
        for number, item in enumerate(policies, start=1)
        if item["name"] in pareto or item["name"] in lawful
    ]
    return Front(
        of=len(policies),
        unbeaten=len(pareto),
        standings=sorted(found, key=lambda one: (not one.is_better, _cost(one), one.number)),
        regrets=_regrets(policies, lawful),
        better=min(better, key=lambda name: (weighed[name], name), default=None),
    )


def difference(name: str, gain: float) -> str:
    """Write how a figure differs from today's, by how much better it is; "" where it tells alike.

    Worked: a cost that is better by 0.0123 is `−1.2 %`, a loss that is worse by as much `+1.2 %`.
    """
    told = telling.told(name, abs(gain))
    if told == telling.told(name, 0):
        return ""
    is_more = (gain > 0) == (name in telling.MORE)
    return f"{'+' if is_more else MINUS}{told}"


def drawn(result: Json, front: Front, *, chosen: str, most: int) -> Sequence[tuple[int, Json]]:
    """Choose which policies a chart has room for: today's, the chosen one, the set, then others.

    Gives each with its number, in the order of the table.
    """
    numbered = list(enumerate(result["policies"], start=1))
    in_set = {one.number for one in front.standings}
    ranked = sorted(
        numbered,
        key=lambda pair: (
            pair[1]["name"] not in (TODAY, chosen),
            pair[0] not in in_set,
            pair[0],
        ),
    )
    return sorted(ranked[:most], key=lambda pair: pair[0])


def _regrets(policies: Sequence[Json], lawful: Sequence[str]) -> list[Regret]:
    today = policy_named({"policies": policies}, TODAY)
    choice = [item for item in policies if item["name"] in lawful]
    if today is None or not choice:
        return []
    rows = []
    for place, name in enumerate(WEIGHED):
        best = min(choice, key=lambda item: (_weighed(item)[place], item["name"]))
        if not difference(name, _weighed(today)[place] - _weighed(best)[place]):
            best = today
        rows.append(
            Regret(
                name=name,
                today=_figure(today, name),
                best=_figure(best, name),
                policy=best["name"],
            )
        )
    return rows


def _weighed(policy: Json) -> tuple[float, ...]:
    """Write what is weighed so that less is better everywhere."""
    return tuple(
        -_figure(policy, name) if name in telling.MORE else _figure(policy, name)
        for name in WEIGHED
    )


def _figure(policy: Json, name: str) -> float:
    return telling.figure(policy["cases"]["central"], name)


def _less(today: float, own: float) -> float:
    return today - own


def _cost(standing: Standing) -> float:
    return _figure(standing.policy, WEIGHED[0])
