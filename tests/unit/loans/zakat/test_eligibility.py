"""A class is proposed from need and debt alone, shown by evidence, and holds for a while."""

import dataclasses
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.loans.domain.zakat import eligibility, records
from services.loans.domain.zakat.classes import EVIDENCE, OWNING, Evidence, ZakatClass
from services.loans.domain.zakat.eligibility import (
    AboveSufficiency,
    AuthorityNotNamed,
    Circumstances,
    ClassNotForPersons,
    Eligibility,
    EligibilityExpired,
    EligibilityMissing,
    EvidenceStale,
    LimitMissing,
    Proposal,
    ReasonsMissing,
    Shown,
    VisitByOne,
    ZakatEvidenceMissing,
)
from services.loans.domain.zakat.rules import Line
from services.loans.zakat.schemas import CaseIn, CircumstancesBody
from shared.money import Money
from shared.rulebook import Fact, Source

TODAY = date(2026, 3, 1)
PERSON = uuid4()
FORBIDDEN_WORDS = ("religion", "faith", "sect", "tribe", "origin", "party", "nationality", "sex")


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


LINE = Line(
    household=jod("150.000"),
    person=jod("40.000"),
    fact=Fact(id="l", topic="t", value="x", source=Source(title="committee")),
)


def told(**changes: Any) -> Circumstances:
    amounts = {"income": "100.000", "aid": "20.000", "assets": "160.000", "debts_due": "0.000"}
    given: dict[str, Any] = {name: jod(changes.pop(name, text)) for name, text in amounts.items()}
    return Circumstances(**{"persons": 5} | given | changes)


def propose(worse_first: ZakatClass = ZakatClass.FUQARA, **changes: Any) -> Proposal:
    return eligibility.propose(
        told(**changes), line=LINE, months=12, poor_below=(1, 2), worse_first=worse_first
    )


def limit(zakat_class: ZakatClass, proposal: Proposal, **changes: Any) -> Money:
    given: dict[str, Any] = {"given": None, "reasons": "", "authority": None, "has": jod("120.000")}
    return eligibility.decided_limit(proposal, zakat_class, **(given | changes))


@pytest.mark.parametrize(
    ("income", "expected"),
    [
        ("154.999", ZakatClass.FUQARA),  # with 20.000 of aid one fils below the half of 350.000
        ("155.000", ZakatClass.MASAKIN),
        ("316.666", ZakatClass.MASAKIN),
    ],
)
def test_less_than_half_of_what_suffices_is_the_poorest(income: str, expected: ZakatClass) -> None:
    assert propose(income=income).classes == (expected,)


def test_the_schools_order_of_the_two_is_a_setting() -> None:
    assert propose(ZakatClass.MASAKIN).classes == (ZakatClass.MASAKIN,)
    assert propose(ZakatClass.MASAKIN, income="200.000").classes == (ZakatClass.FUQARA,)


def test_what_is_lacking_for_a_year_less_assets_is_the_need() -> None:
    assert propose().need == jod("2600.000")


@pytest.mark.parametrize("changes", [{"income": "330.000"}, {"assets": "2760.000"}])
def test_who_has_enough_is_counted_to_no_class(changes: dict[str, Any]) -> None:
    found = propose(**changes)

    assert found.classes == ()
    assert [one.code for one in found.reasons] == ["sufficient"]
    assert found.need.is_zero


def test_who_can_earn_enough_lacks_nothing() -> None:
    found = propose(can_earn_enough=True)

    assert (found.classes, found.need) == ((), jod("0.000"))
    assert [one.code for one in found.reasons] == ["can-earn"]


def test_debts_beyond_assets_make_a_debtor() -> None:
    found = propose(income="400.000", assets="300.000", debts_due="1800.000")

    assert found.classes == (ZakatClass.GHARIMIN,)
    assert found.gap == jod("1500.000")
    assert limit(ZakatClass.GHARIMIN, found) == jod("1500.000")


def test_one_who_is_able_to_pay_is_no_debtor() -> None:
    found = propose(income="400.000", assets="1800.000", debts_due="1800.000")

    assert found.classes == ()
    with pytest.raises(AboveSufficiency):
        limit(ZakatClass.GHARIMIN, found, reasons="he asked")


def test_who_is_cut_off_is_a_traveller_beside_other_classes() -> None:
    found = propose(is_cut_off=True)

    assert found.classes == (ZakatClass.FUQARA, ZakatClass.IBN_SABIL)


@pytest.mark.rule("Z-16")
def test_nothing_of_religion_tribe_party_or_sex_is_ever_read() -> None:
    names = {one.name for one in dataclasses.fields(Circumstances)}
    names |= set(CircumstancesBody.model_fields) | set(CaseIn.model_fields)

    assert [name for name in names for word in FORBIDDEN_WORDS if word in name] == []
    assert propose().classes, "what is told of need and debt is enough to propose a class"


@pytest.mark.parametrize("zakat_class", sorted(set(ZakatClass) - {ZakatClass.AMILIN}))
def test_everything_a_class_asks_for_must_be_shown(zakat_class: ZakatClass) -> None:
    people = (uuid4(), uuid4())
    shown = [Shown(evidence=one, seen_on=TODAY, people=people) for one in EVIDENCE[zakat_class]]
    eligibility.require_shown(zakat_class, shown, on=TODAY, most_days=180)

    for left_out in shown:
        rest = [one for one in shown if one is not left_out]
        with pytest.raises(ZakatEvidenceMissing) as refused:
            eligibility.require_shown(zakat_class, rest, on=TODAY, most_days=180)
        assert refused.value.missing == (left_out.evidence,)


def visits(*people: UUID, on: date = TODAY) -> list[Shown]:
    rest = [one for one in EVIDENCE[ZakatClass.FUQARA] if one is not Evidence.FIELD_VISIT]
    found = [Shown(evidence=one, seen_on=on) for one in rest]
    return [*found, Shown(evidence=Evidence.FIELD_VISIT, seen_on=on, people=people)]


def test_a_visit_by_one_person_twice_is_a_visit_by_one() -> None:
    one, other = uuid4(), uuid4()
    eligibility.require_shown(ZakatClass.FUQARA, visits(one, other), on=TODAY, most_days=180)

    for people in ((one,), (one, one), ()):
        with pytest.raises(VisitByOne):
            eligibility.require_shown(ZakatClass.FUQARA, visits(*people), on=TODAY, most_days=180)


def test_evidence_grows_old_and_newer_evidence_counts() -> None:
    old = visits(uuid4(), uuid4(), on=TODAY - timedelta(days=181))
    with pytest.raises(EvidenceStale):
        eligibility.require_shown(ZakatClass.FUQARA, old, on=TODAY, most_days=180)
    eligibility.require_shown(ZakatClass.FUQARA, old, on=TODAY, most_days=181)

    newer = [*visits(uuid4(), uuid4()), *old]
    eligibility.require_shown(ZakatClass.FUQARA, newer, on=TODAY, most_days=180)


@pytest.mark.parametrize(
    "zakat_class", [ZakatClass.MUALLAFA, ZakatClass.RIQAB, ZakatClass.FI_SABILILLAH]
)
def test_three_classes_are_the_authority_s_alone(zakat_class: ZakatClass) -> None:
    assert zakat_class not in propose(is_cut_off=True, debts_due="900.000").classes
    given = {"given": jod("100.000"), "reasons": "as the authority decided"}

    with pytest.raises(AuthorityNotNamed):
        limit(zakat_class, propose(), **given)
    named = limit(zakat_class, propose(), authority="Ifta council, decision 12", **given)
    assert named == jod("100.000")


def test_nobody_is_counted_to_those_who_work_on_it() -> None:
    with pytest.raises(ClassNotForPersons):
        limit(ZakatClass.AMILIN, propose(), reasons="x")
    with pytest.raises(ClassNotForPersons):
        eligibility.require_shown(ZakatClass.AMILIN, [], on=TODAY, most_days=180)


def test_who_departs_from_the_proposal_says_why() -> None:
    with pytest.raises(ReasonsMissing):
        limit(ZakatClass.MASAKIN, propose(), reasons=" ")
    assert limit(ZakatClass.MASAKIN, propose(), reasons="he has a stall") == jod("2600.000")


@pytest.mark.parametrize("given", [None, "0.000", "-5.000"])
def test_a_class_without_a_computed_need_names_its_amount(given: str | None) -> None:
    found = propose(is_cut_off=True)
    with pytest.raises(LimitMissing):
        limit(ZakatClass.IBN_SABIL, found, given=None if given is None else jod(given))
    assert limit(ZakatClass.IBN_SABIL, found, given=jod("75.000")) == jod("75.000")


def decided(**changes: Any) -> Eligibility:
    members: dict[str, Any] = {
        "eligibility_id": uuid4(),
        "reference": "ZE-2026-000001",
        "borrower_id": PERSON,
        "zakat_class": ZakatClass.FUQARA,
        "decided_on": TODAY,
        "expires_on": eligibility.expires(TODAY, days=180),
        "limit": jod("2600.000"),
    }
    return Eligibility(**members | changes)


@pytest.mark.rule("Z-3")
def test_a_decision_holds_179_days_more_and_not_the_180th() -> None:
    last = TODAY + timedelta(days=179)
    assert eligibility.require_in_force(decided(), borrower_id=PERSON, on=last)

    with pytest.raises(EligibilityExpired) as refused:
        eligibility.require_in_force(decided(), borrower_id=PERSON, on=last + timedelta(days=1))
    assert refused.value.expires_on == date(2026, 8, 28)


@pytest.mark.rule("Z-3")
def test_no_decision_or_a_later_one_is_none() -> None:
    for found in (None, decided(decided_on=TODAY + timedelta(days=1))):
        with pytest.raises(EligibilityMissing):
            eligibility.require_in_force(found, borrower_id=PERSON, on=TODAY)
    assert eligibility.require_in_force(decided(), borrower_id=PERSON, on=TODAY)


def test_a_decision_that_was_ended_holds_until_that_day() -> None:
    ended = decided(ended_on=TODAY + timedelta(days=10))

    assert ended.is_in_force(TODAY + timedelta(days=9))
    with pytest.raises(EligibilityExpired) as refused:
        eligibility.require_in_force(ended, borrower_id=PERSON, on=TODAY + timedelta(days=10))
    assert refused.value.expires_on == TODAY + timedelta(days=10)


def test_what_is_kept_of_a_case_is_read_again_alike() -> None:
    one, found = told(debts_due="900.000", is_cut_off=True), propose(debts_due="900.000")
    seen = Shown(
        evidence=Evidence.FIELD_VISIT, seen_on=TODAY, paper="a" * 64, people=(uuid4(), uuid4())
    )

    assert records.circumstances(records.of_circumstances(one)) == one
    assert records.proposal(records.of_proposal(found)) == found
    assert records.shown(records.of_shown(seen)) == seen


def test_the_first_four_classes_own_what_they_receive() -> None:
    assert {one.value for one in OWNING} == {"fuqara", "masakin", "amilin", "muallafa"}
