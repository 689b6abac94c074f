"""A seal is the hash of all a paper says: a changed figure, day or name breaks it."""

import hashlib
import json

import pytest

from services.loans.papers.documents import CertificateOut
from tests.unit.loans.papers import samples


def test_the_seal_can_be_recomputed_by_somebody_else() -> None:
    paper = samples.a_certificate()
    members = json.loads(paper.model_dump_json())
    sealed = members.pop("sha256")
    written = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert hashlib.sha256(written.encode()).hexdigest() == sealed


@pytest.mark.parametrize(
    "changed",
    [
        samples.a_certificate("settlement"),
        samples.a_certificate(name_latin="Somebody Else"),
        samples.a_certificate("balance", samples.PAID_OUT, samples.FIRST),
    ],
)
def test_anything_changed_breaks_the_seal(changed: CertificateOut) -> None:
    assert changed.sha256 != samples.a_certificate().sha256
    assert samples.a_certificate().sha256 == samples.a_certificate().sha256


def test_what_is_kept_of_a_certificate_names_nobody() -> None:
    kept = json.dumps(samples.a_certificate().content(), ensure_ascii=False)

    assert "Maryam" not in kept
    assert "مريم" not in kept
    assert "BR-2026-000007" in kept


def test_a_schedule_sums_what_it_lists() -> None:
    paper = samples.a_schedule()

    assert (paper.total.principal.amount, paper.total.total.amount) == ("1200.000", "1279.423")
    assert len(paper.instalments) == 12
