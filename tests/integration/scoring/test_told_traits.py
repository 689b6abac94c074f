"""Traits are kept as they were told, and the audit of an old day reads what was known then."""

import ast
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

import services.scoring
from shared import ids
from shared.auth import Role
from tests.integration.scoring.desk import Desk

TRAITS = "/scoring/v1/fairness/traits"
FAIRNESS = "/scoring/v1/fairness"
OUTCOMES = "/scoring/v1/models/outcomes"
APPLICANTS = tuple(str(ids.new()) for _ in range(200))
ROOT = Path(services.scoring.__path__[0])


async def decide(scoring: Desk, on: str) -> None:
    """The first thirty are refused, all others lent to."""
    decisions = [
        {
            "application_id": one,
            "decision": "refused" if place < 30 else "lent",
            "decided_on": on,
        }
        for place, one in enumerate(APPLICANTS)
    ]
    answer = await scoring.service().post(OUTCOMES, {"outcomes": decisions})
    assert answer.status_code == 200


async def tell(scoring: Desk, *sexes: str) -> None:
    """One sex of the first hundred, another of the others."""
    told = [
        {"application_id": one, "sex": sexes[place >= 100]} for place, one in enumerate(APPLICANTS)
    ]
    assert (await scoring.service().post(TRAITS, {"traits": told})).status_code == 200


async def ratios(scoring: Desk, *, days_ago: int = 0) -> dict[str, str]:
    on = scoring.signer.clock.now().date() - timedelta(days=days_ago)
    found = (await scoring.caller(Role.AUDITOR).get(FAIRNESS, on=str(on))).json()
    (sex,) = [item for item in found["traits"] if item["trait"] == "sex"]
    return {group["name"]: group["approval_rate"] for group in sex["groups"]}


async def test_an_old_day_is_audited_by_what_was_known_of_traits_then(scoring: Desk) -> None:
    """Told on the first day, corrected on the second: each day keeps its own answer."""
    await decide(scoring, str(scoring.signer.clock.now().date()))
    await tell(scoring, "female", "male")
    first = {"female": "0.700000", "male": "1.000000"}
    assert await ratios(scoring) == first

    scoring.signer.clock.advance(timedelta(days=1))
    await tell(scoring, "male", "female")
    await tell(scoring, "male", "female")

    assert await ratios(scoring) == {"female": "1.000000", "male": "0.700000"}
    assert await ratios(scoring, days_ago=1) == first
    assert await ratios(scoring, days_ago=2) == {}


async def test_what_stood_before_tellings_were_kept_is_kept_when_it_is_told_anew(
    scoring: Desk,
) -> None:
    await decide(scoring, str(scoring.signer.clock.now().date()))
    stood = text("""
        insert into trait (institution_id, application_id, sex, actor_id, recorded_at)
        select :institution_id, a, 'female', a, :at from unnest(cast(:ids as uuid[])) a
    """)
    async with scoring.database.begin(scoring.institution_id) as session:
        members = {"institution_id": scoring.institution_id, "ids": list(APPLICANTS)}
        await session.execute(stood, members | {"at": scoring.signer.clock.now()})
    scoring.signer.clock.advance(timedelta(days=1))
    await tell(scoring, "male", "male")

    assert await ratios(scoring) == {"male": "0.850000"}
    assert await ratios(scoring, days_ago=1) == {"female": "0.850000"}


async def test_tellings_are_only_added_and_no_other_service_reads_traits(scoring: Desk) -> None:
    asked = text("""
        select r.rolname, t.name, p.may from pg_roles r,
          unnest(array['trait', 'trait_told']) t (name),
          unnest(array['select', 'insert', 'update', 'delete']) p (may)
        where r.rolname in ('rafid_loans', 'rafid_scoring', 'rafid_monitoring')
          and has_table_privilege(r.oid, t.name, p.may)
    """)
    async with scoring.database.read(scoring.institution_id) as session:
        found = {tuple(row) for row in (await session.execute(asked)).all()}

    may = {"trait": ("select", "insert", "update"), "trait_told": ("select", "insert")}
    assert found == {("rafid_scoring", table, one) for table, all_ in may.items() for one in all_}


def test_the_audit_and_the_comparison_of_cards_alone_know_of_traits() -> None:
    """What forms, keeps or tells an opinion imports nothing of the slice that holds them."""
    knowing = set()
    for path in ROOT.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        named = {
            f"{node.module}.{name.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        if any(one.startswith("services.scoring.fairness") for one in named):
            knowing.add(path.relative_to(ROOT).parts[0])
        assert "from trait" not in source.lower().replace("\n", " ") or "fairness" in path.parts

    assert knowing == {"app.py", "fairness", "watching"}
