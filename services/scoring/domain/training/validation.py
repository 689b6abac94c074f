"""How good is a trained card on loans that it has not seen, and for whom?"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from services.scoring.domain import card_form
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.training import bins, fairness, fitting, measures
from services.scoring.domain.training import card as cards
from services.scoring.domain.training.bins import Flags, Levels, Numbers
from services.scoring.domain.training.fitting import Columns
from services.scoring.domain.training.spec import Spec
from shared.errors import Kind, RafidError

Json = dict[str, Any]
Step = Callable[[str], None]
Recipe = Callable[[Columns, Flags, Spec, Mapping[str, object]], Json]

GRADES = 10
CURVE_POINTS = 101


class FoldsTooMany(RafidError):
    """There are too few loans of one kind to prove a card by so many folds"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "{good} loans ended well and {bad} badly; each of {folds} folds needs one of both at least."
    )
    good: int
    bad: int
    folds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a card is proved: `parts` folds, `repeats` times, from a seed."""

    parts: int = 5
    repeats: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A card's document and the proof of it."""

    document: Json
    validation: Json


def train(
    columns: Columns,
    *,
    bad: Flags,
    audited: Mapping[str, Numbers | Levels],
    spec: Spec,
    training: Mapping[str, object],
    plan: Plan,
    step: Step,
    recipe: Recipe | None = None,
) -> Trained:
    """Fit the card on all loans and prove the same recipe on folds it has not seen.

    Every loan is scored by cards fitted without it, in each repeat; the figures are of those
    scores, in whole points as the card would give them. The card itself is then fitted on all.
    Raises what `fitting.fit` and `card_form.scorecard_of` raise, FoldsTooMany.
    """
    bins.check_classes(bad)
    bads = int(bad.sum())
    if min(bads, len(bad) - bads) < plan.parts:
        raise FoldsTooMany(good=len(bad) - bads, bad=bads, folds=plan.parts)
    step("whole")
    made = recipe or _document
    document = made(columns, bad, spec, training)
    held_out, fold_aucs = _held_out(columns, bad, spec, plan, step=step, recipe=made)
    step("figures")
    card = card_form.scorecard_of(document)
    score = cards.totals(card, columns).astype(np.float64)
    validation = {
        "rows": len(bad),
        "bad": int(bad.sum()),
        "plan": asdict(plan),
        "held_out": _figures(held_out, fold_aucs, card, bad, plan),
        "on_the_training_file": {"auc": measures.auc(score, bad=bad)},
        "stability": _stability(held_out[0], score),
        "characteristics": _characteristics(columns, bad, spec),
        "fairness": _fairness(audited, held_out[0], card, bad, spec),
        "curve": _curve(held_out[0], bad),
        "distribution": _distribution(held_out[0], bad),
    }
    return Trained(document=document, validation=validation)


def pd_of(card: Scorecard, score: Numbers) -> Numbers:
    """Return the chance of default at each score, by the card's calibration."""
    unique, places = np.unique(score, return_inverse=True)
    table = np.array([float(card.calibration.pd(int(points))) for points in unique])
    return np.asarray(table[places], dtype=np.float64)


def _document(columns: Columns, bad: Flags, spec: Spec, training: Mapping[str, object]) -> Json:
    fitted = fitting.fit(columns, bad=bad, questions=spec.questions, method=spec.method)
    return cards.document_of(fitted, spec=spec, training=training)


def _held_out(
    columns: Columns, bad: Flags, spec: Spec, plan: Plan, *, step: Step, recipe: Recipe
) -> tuple[list[Numbers], list[float]]:
    scores: list[Numbers] = []
    aucs: list[float] = []
    for repeat in range(plan.repeats):
        score = np.zeros(len(bad))
        for part, test in enumerate(fitting.folds(bad, parts=plan.parts, seed=plan.seed + repeat)):
            step(f"fold {repeat + 1}.{part + 1}")
            learned = np.ones(len(bad), dtype=bool)
            learned[test] = False
            document = recipe(
                {name: values[learned] for name, values in columns.items()},
                bad[learned],
                spec,
                {},
            )
            card = card_form.scorecard_of(document)
            score[test] = cards.totals(card, {n: v[test] for n, v in columns.items()})
            aucs.append(measures.auc(score[test], bad=bad[test]))
        scores.append(score)
    return scores, aucs


def _figures(
    held_out: list[Numbers], fold_aucs: list[float], card: Scorecard, bad: Flags, plan: Plan
) -> Json:
    score = held_out[0]
    pd = pd_of(card, score)
    interval = measures.bootstrapped_auc(score, bad=bad, seed=plan.seed)
    return {
        "auc_mean": float(np.mean(fold_aucs)),
        "auc_deviation": float(np.std(fold_aucs)),
        "auc_low": interval.low,
        "auc_high": interval.high,
        "gini": 2 * float(np.mean(fold_aucs)) - 1,
        "ks": float(np.mean([measures.ks(item, bad=bad) for item in held_out])),
        "capture_worst_tenth": measures.capture(score, bad=bad),
        "brier": measures.brier(pd, bad=bad),
        "calibration_error": measures.calibration_error(pd, bad=bad),
        "calibration": _calibration(pd, bad),
    }


def _calibration(pd: Numbers, bad: Flags) -> list[Json]:
    order = np.argsort(pd, kind="stable")
    return [
        {
            "rows": len(part),
            "stated": float(pd[part].mean()),
            "observed": float(bad[part].mean()),
            **_jeffreys(int(bad[part].sum()), len(part)),
        }
        for part in np.array_split(order, GRADES)
        if len(part)
    ]


def _jeffreys(count: int, rows: int) -> Json:
    low, high = measures.jeffreys(count, rows)
    return {"low": low, "high": high}


def _stability(held_out: Numbers, score: Numbers) -> Json:
    cuts = np.unique(np.quantile(score, np.linspace(0, 1, GRADES + 1)[1:-1]))

    def counts(values: Numbers) -> Numbers:
        places = np.searchsorted(cuts, values, side="right")
        return np.bincount(places, minlength=len(cuts) + 1).astype(np.float64)

    return {"psi_held_out_to_training": measures.psi(counts(held_out), counts(score))}


def _characteristics(columns: Columns, bad: Flags, spec: Spec) -> list[Json]:
    fitted = fitting.fit(columns, bad=bad, questions=spec.questions, method=spec.method)
    kept = [
        {
            "id": item.id,
            "information_value": item.information_value,
            "slope": slope,
            "review": spec.characteristic(item.id).review,
            "bins": [
                {"of": _bin_name(item, i), "rows": part.count, "bad_rate": part.bad_rate, "woe": w}
                for i, (part, w) in enumerate(zip(item.bins, item.woe, strict=True))
            ],
            "unknown": {"rows": item.missing_bin.count, "woe": item.missing},
        }
        for item, slope in zip(fitted.binnings, fitted.slopes, strict=True)
    ]
    left = [
        {"id": item.id, "information_value": item.information_value, "dropped": item.reason}
        for item in fitted.dropped
    ]
    return kept + left


def _bin_name(item: Any, place: int) -> str:
    if item.groups:
        return ", ".join(item.groups[place])
    bounds = [f"{cut:g}" for cut in item.cuts]
    if place == 0:
        return f"< {bounds[0]}" if bounds else "*"
    return f"≥ {bounds[place - 1]}" + (f", < {bounds[place]}" if place < len(bounds) else "")


def _fairness(
    audited: Mapping[str, Numbers | Levels], score: Numbers, card: Scorecard, bad: Flags, spec: Spec
) -> list[Json]:
    floor = float(np.quantile(score, 1 - spec.approve_share))
    pd = pd_of(card, score)
    found = []
    for item in spec.audited:
        values = audited[item.name]
        groups = fairness.groups_of(values, cuts=item.bands)
        of = fairness.audit(item.name, groups=groups, score=score, pd=pd, bad=bad, floor=floor)
        rows = [{**asdict(group), "calibration": group.calibration} for group in of.groups]
        found.append({**asdict(of), "groups": rows, "flags": list(of.flags), "floor": floor})
    return found


def _curve(score: Numbers, bad: Flags) -> list[list[float]]:
    order = np.argsort(score, kind="stable")
    ill = np.concatenate([[0.0], np.cumsum(bad[order]) / bad.sum()])
    good = np.concatenate([[0.0], np.cumsum(~bad[order]) / (~bad).sum()])
    places = np.linspace(0, len(bad), CURVE_POINTS).astype(int)
    return [[float(good[i]), float(ill[i])] for i in places]


def _distribution(score: Numbers, bad: Flags) -> Json:
    edges = np.histogram_bin_edges(score, bins=24)
    return {
        "edges": [float(edge) for edge in edges],
        "good": [int(n) for n in np.histogram(score[~bad], edges)[0]],
        "bad": [int(n) for n in np.histogram(score[bad], edges)[0]],
    }
