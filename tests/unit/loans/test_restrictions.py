"""One function reads every restriction: what is met, what is broken, what is not told."""

from datetime import date
from typing import Any

import pytest

from services.loans.domain import restrictions
from services.loans.domain.cases import About, Counted, facts_told
from services.loans.domain.clauses import Base, ClauseKind
from services.loans.domain.funding import Refusal
from services.loans.domain.readings import READINGS, Found
from services.loans.domain.telling_clauses import asked_of, refusal_of, source_of
from shared import texts
from shared.errors import Sentence
from tests.builders import an_id, money
from tests.clauses import ON, REGIONS, START, a_case, a_clause, restricted

pytestmark = pytest.mark.requirement("A6.2")
MET, BROKEN, NOT_TOLD = Found.MET, Found.BROKEN, Found.NOT_TOLD
K = ClauseKind
ME = an_id("person case")


@pytest.mark.parametrize(
    ("kind", "rule", "facts", "found"),
    [
        (K.SEX, {"values": ["female"]}, {}, MET),
        (K.SEX, {"values": ["female"]}, {"sex": "male"}, BROKEN),
        (K.SEX, {"values": ["female"]}, {"sex": None}, NOT_TOLD),
        (K.ZAKAT_CLASS, {"values": ["fuqara", "masakin"]}, {"zakat_class": "masakin"}, MET),
        (K.ZAKAT_CLASS, {"values": ["fuqara"]}, {"zakat_class": "gharimin"}, BROKEN),
        (K.ZAKAT_CLASS, {"values": ["fuqara"]}, {}, NOT_TOLD),
        (K.SECTOR, {"values": ["tobacco"], "bars": True}, {}, MET),
        (K.SECTOR, {"values": ["tobacco"], "bars": True}, {"sector": "tobacco"}, BROKEN),
        (K.SECTOR, {"values": ["tobacco"], "bars": True}, {"sector": None}, NOT_TOLD),
        (K.PURPOSE, {"values": ["tools"]}, {}, MET),
        (K.CLIENT_STATUS, {"values": ["refugee"]}, {}, BROKEN),
        (K.MODE, {"values": ["qard"]}, {}, MET),
        (K.MODE, {"values": ["qard"], "bars": True}, {}, BROKEN),
        (K.AGE, {"least": 18, "most": 30}, {"age": 30}, MET),
        (K.AGE, {"least": 18, "most": 30}, {"age": 31}, BROKEN),
        (K.AGE, {"least": 18}, {"age": 17}, BROKEN),
        (K.AGE, {"most": 30}, {"age": None}, NOT_TOLD),
        (K.YOUTH, {}, {"age": 35}, MET),
        (K.YOUTH, {}, {"age": 36}, BROKEN),
        (K.YOUTH, {}, {"age": 14}, BROKEN),
        (K.REGION, {"values": ["irbid"]}, {}, MET),
        (K.REGION, {"values": ["north"]}, {}, MET),
        (K.REGION, {"values": ["south"]}, {}, BROKEN),
        (K.REGION, {"values": ["jordan"], "bars": True}, {}, BROKEN),
        (K.REGION, {"values": ["south"], "bars": True}, {}, MET),
        (K.REGION, {"values": ["north"]}, {"region": "atlantis"}, NOT_TOLD),
        (K.REGION, {"values": ["north"]}, {"region": None}, NOT_TOLD),
        (K.REGION, {"values": ["atlantis"]}, {"region": "atlantis"}, MET),
        (K.GIVING_DAYS, {"opens_on": ON, "closes_on": ON}, {}, MET),
        (K.GIVING_DAYS, {"opens_on": date(2026, 3, 2)}, {}, BROKEN),
        (K.GIVING_DAYS, {"closes_on": date(2026, 2, 28)}, {}, BROKEN),
        (K.MOST_PER_CONTRACT, {"amount": "500.000"}, {}, MET),
        (K.MOST_PER_CONTRACT, {"amount": "499.999"}, {}, BROKEN),
        (K.LEAST_PER_CONTRACT, {"amount": "500.000"}, {}, MET),
        (K.LEAST_PER_CONTRACT, {"amount": "500.001"}, {}, BROKEN),
        (K.MOST_PER_PERSON, {"amount": "500.000"}, {}, MET),
        (K.MOST_PER_PERSON, {"amount": "499.999"}, {}, BROKEN),
        (K.MOST_PER_PERSON, {"amount": "500.000"}, {"person": None}, NOT_TOLD),
        (K.OWN_CONTRIBUTION, {"share": "0.5"}, {"own_contribution": money("500.000")}, MET),
        (K.OWN_CONTRIBUTION, {"share": "0.5"}, {"own_contribution": money("499.999")}, BROKEN),
        (K.OWN_CONTRIBUTION, {"share": "0.1"}, {"own_contribution": None}, NOT_TOLD),
        (K.JOINED_BY, {"values": ["state"]}, {"sources": frozenset({"state"})}, MET),
        (K.JOINED_BY, {"values": ["state"]}, {"aids": frozenset({"state"})}, MET),
        (K.JOINED_BY, {"values": ["state"]}, {"aids": frozenset({"forsa"})}, BROKEN),
        (K.JOINED_BY, {}, {"aids": frozenset()}, BROKEN),
        (K.JOINED_BY, {}, {"aids": None}, NOT_TOLD),
        (K.STIPULATION, {}, {}, MET),
    ],
)
def test_each_kind_finds_what_is_met_what_is_broken_and_what_is_not_told(
    kind: ClauseKind, rule: dict[str, Any], facts: dict[str, Any], found: Found
) -> None:
    about = About(regions=REGIONS, received=10_000_000)
    clause = a_clause(kind, **rule)
    assert restrictions.read(clause, case=a_case(**facts), about=about) is found


@pytest.mark.requirement("S2.2")
@pytest.mark.parametrize(
    ("kind", "rule", "facts", "found"),
    [
        (K.NOT_JOINED_BY, {"values": ["forsa"]}, {"aids": frozenset({"forsa"})}, BROKEN),
        (K.NOT_JOINED_BY, {"values": ["forsa"]}, {"aids": frozenset({"intelaka"})}, MET),
        (K.NOT_JOINED_BY, {"values": ["forsa"]}, {"aids": None}, NOT_TOLD),
        (K.NOT_JOINED_BY, {}, {"aids": frozenset({"intelaka"})}, BROKEN),
        (K.NOT_JOINED_BY, {}, {"aids": None, "sources": frozenset({"state"})}, BROKEN),
        (K.MOST_AID, {"share": "0.3"}, {"aid": "100.000", "cost": "2000.000"}, MET),
        (K.MOST_AID, {"share": "0.3"}, {"aid": "100.001", "cost": "2000.000"}, BROKEN),
        (K.MOST_AID, {"share": "0.3"}, {"aids": frozenset(), "cost": "2000.000"}, MET),
        (K.MOST_AID, {"share": "0.3"}, {"aid": "100.000"}, NOT_TOLD),
        (K.MOST_AID, {"share": "0.3"}, {"cost": "2000.000"}, NOT_TOLD),
    ],
)
def test_aids_that_may_not_be_joined_and_the_ceiling_of_all_of_them(
    kind: ClauseKind, rule: dict[str, Any], facts: dict[str, Any], found: Found
) -> None:
    """500 with 100 of other aids is 30 per cent of 2,000: what a premium may be in all."""
    told: dict[str, Any] = {
        name: money(value) if name in {"aid", "cost"} else value for name, value in facts.items()
    }
    assert restrictions.read(a_clause(kind, **rule), case=a_case(**told), about=About()) is found


@pytest.mark.parametrize(
    ("rule", "counted", "facts", "amount", "found"),
    [
        # the docstrings' figures
        ({"of": "women"}, {True: 600, False: 200}, {"sex": "male"}, "0.400", MET),
        ({"of": "women"}, {True: 600, False: 200}, {"sex": "male"}, "0.401", BROKEN),
        ({"of": "women"}, {}, {"sex": "male"}, "0.001", BROKEN),
        ({"of": "women"}, {}, {"sex": "female"}, "9.000", MET),
        ({"of": "women"}, {}, {"sex": None}, "0.001", NOT_TOLD),
        ({"of": "women"}, {True: 600}, {"sex": None}, "0.600", MET),
        ({"of": "youth"}, {True: 600}, {"age": 36}, "0.601", BROKEN),
        ({"of": "youth"}, {True: 600}, {"age": 35}, "0.601", MET),
        ({"of": "women", "base": Base.RECEIVED}, {}, {"sex": "male"}, "0.500", MET),
        ({"of": "women", "base": Base.RECEIVED}, {}, {"sex": "male"}, "0.501", BROKEN),
        ({"of": "women", "base": Base.RECEIVED}, {False: 1}, {"sex": "male"}, "0.500", BROKEN),
        ({"of": "women", "base": Base.RECEIVED}, {True: 900}, {"sex": "male"}, "0.500", MET),
    ],
)
def test_the_favoured_keep_their_share(
    rule: dict[str, Any], counted: dict[Any, int], facts: dict[str, Any], amount: str, found: Found
) -> None:
    clause = a_clause(K.LEAST_SHARE, share="0.5", **rule)
    about = About(received=1_000, counted={clause.clause_id: Counted().plus(counted.items())})
    assert restrictions.read(clause, case=a_case(amount, **facts), about=about) is found


@pytest.mark.parametrize(
    ("rule", "counted", "facts", "amount", "found"),
    [
        ({"of": "sector"}, {}, {}, "2.000", MET),
        ({"of": "sector"}, {}, {}, "2.001", BROKEN),
        ({"of": "sector"}, {"crafts": 1_999}, {}, "0.001", MET),
        ({"of": "sector"}, {"crafts": 1_999}, {}, "0.002", BROKEN),
        ({"of": "sector"}, {"trade": 20_000}, {}, "5.000", MET),
        ({"of": "sector", "values": ["trade"]}, {"trade": 9_999}, {}, "9.000", MET),
        ({"of": "sector"}, {}, {"sector": None}, "0.001", NOT_TOLD),
        ({"of": "person"}, {ME: 1_999}, {}, "0.002", BROKEN),
        ({"of": "region", "values": ["north"]}, {"north": 1_999}, {}, "0.002", BROKEN),
        ({"of": "region", "values": ["south"]}, {"south": 1_999}, {}, "0.002", MET),
    ],
)
def test_one_sector_person_or_region_gets_its_share_at_most(
    rule: dict[str, Any], counted: dict[Any, int], facts: dict[str, Any], amount: str, found: Found
) -> None:
    """20 per cent of 10,000 received, and of what was given where that is more."""
    clause = a_clause(K.MOST_SHARE, share="0.2", **rule)
    counts = {clause.clause_id: Counted().plus(counted.items())}
    about = About(regions=REGIONS, received=10_000, counted=counts)
    assert restrictions.read(clause, case=a_case(amount, **facts), about=about) is found


def test_what_one_person_got_before_counts() -> None:
    clause = a_clause(K.MOST_PER_PERSON, amount="700.000")
    for before, found in ((200_000, MET), (200_001, BROKEN)):
        about = About(counted={clause.clause_id: Counted().plus([(ME, before)])})
        assert restrictions.read(clause, case=a_case(), about=about) is found


def test_what_is_free_and_not_too_old_may_be_taken() -> None:
    clause = a_clause(K.SPEND_WITHIN, most=90)
    about = About(free=600_000, stale={clause.clause_id: 100_000})
    assert restrictions.read(clause, case=a_case("500.000"), about=about) is MET
    assert restrictions.read(clause, case=a_case("500.001"), about=about) is BROKEN
    held = a_case("500.001", held=money("0.001"))
    assert restrictions.read(clause, case=held, about=about) is MET


def test_a_clause_holds_on_its_days_and_may_spare_what_was_signed_before() -> None:
    male: dict[str, Any] = {"sex": "male", "agreed_on": date(2025, 12, 31)}
    clause = a_clause(K.SEX, values=["female"], valid_through=ON)
    read = restrictions.read
    assert read(clause, case=a_case(**male), about=About()) is BROKEN
    assert read(clause, case=a_case(on=date(2026, 3, 2), **male), about=About()) is MET
    assert read(clause, case=a_case(on=date(2025, 12, 31), **male), about=About()) is MET
    sparing = a_clause(K.SEX, values=["female"], spares_agreed=True)
    assert read(sparing, case=a_case(**male), about=About()) is MET
    on_the_day = male | {"agreed_on": START}
    assert read(sparing, case=a_case(**on_the_day), about=About()) is BROKEN
    assert read(sparing, case=a_case(sex="male"), about=About()) is BROKEN


def test_every_reason_is_given_the_kind_first_each_clause_by_its_name() -> None:
    own = Refusal(rule="fund-open", reason=Sentence("the fund is closed"), source=Sentence("x"))
    women, little = a_clause(K.SEX, values=["female"]), a_clause(K.MOST_PER_CONTRACT, amount="5.0")
    told = a_clause(K.ZAKAT_CLASS, values=["fuqara"])
    fund = restricted(women, little, told, of_kind=lambda _case: [own])
    found = restrictions.refusals(fund, case=a_case(sex="male"))
    assert [one.rule for one in found] == [
        "fund-open",
        "CL-sex",
        "CL-most_per_contract",
        "CL-zakat_class",
    ]
    assert [one.is_told for one in found] == [True, True, True, False]
    assert restrictions.refusals(restricted(women), case=a_case()) == []


def test_a_refusal_names_the_clause_its_words_source_and_date_in_three_languages() -> None:
    refusal = refusal_of(a_clause(K.LEAST_SHARE, share="0.45", of="women"), is_told=True)
    assert refusal.reason == "45 % of the money at least must go to women"
    assert refusal.in_force_from == START
    for words in ("2020-05-04", "Deed 12 of the waqf court of Irbid", "لا يصرف إلا للنساء"):
        assert words in refusal.source
    for language, start in (("ar", "شرط الواقف"), ("fr", "la stipulation du fondateur")):
        say = texts.sayer("loans", language=language)  # type: ignore[arg-type]
        said = source_of(a_clause(K.LEAST_SHARE, share="0.45", of="women")).said(say)
        assert said.startswith(start)
    french = texts.sayer("loans", language="fr")
    amount = asked_of(a_clause(K.MOST_PER_PERSON, amount="500.000"))
    assert amount.said(french) == "une personne reçoit 500.000 JOD au plus en tout"


def test_every_kind_is_read_and_every_sentence_of_it_is_whole() -> None:
    assert set(READINGS) == set(ClauseKind)
    rules: dict[ClauseKind, dict[str, Any]] = {
        K.AGE: {"least": 18},
        K.GIVING_DAYS: {"opens_on": ON},
        K.SPEND_WITHIN: {"most": 30},
        K.MOST_SHARE: {"share": "0.5", "of": "sector"},
        K.LEAST_SHARE: {"share": "0.5", "of": "youth"},
        K.OWN_CONTRIBUTION: {"share": "0.5"},
        K.MOST_AID: {"share": "0.5"},
        K.ZAKAT_CLASS: {"values": ["fuqara"]},
        K.SEX: {"values": ["male"]},
        K.MODE: {"values": ["qard"]},
    }
    amounts = {K.MOST_PER_PERSON, K.MOST_PER_CONTRACT, K.LEAST_PER_CONTRACT}
    sets = {K.CLIENT_STATUS, K.SECTOR, K.PURPOSE, K.REGION, K.JOINED_BY, K.NOT_JOINED_BY}
    for kind in set(ClauseKind) - {K.STIPULATION, K.LIFTING, K.YOUTH}:
        rule = rules.get(kind, {})
        rule |= {"amount": "5.000"} if kind in amounts else {}
        rule |= {"values": ["a"]} if kind in sets else {}
        for is_told in (True, False):
            words = refusal_of(a_clause(kind, **rule), is_told=is_told).reason
            assert "{" not in words
            assert "–" not in words or kind in {K.AGE, K.GIVING_DAYS}


def test_what_an_application_tells_becomes_plain_facts() -> None:
    facts = facts_told(
        person=ME,
        sex="female",
        born_on=date(2000, 3, 2),
        region="North East",
        sector=" Crafts",
        purpose="",
        own_contribution=money("1.000"),
        characteristics={
            "client_status": "Self-employed",
            "aids": "Forsa; Intelaka، awrach",
            "aids_amount": "12.500",
            "project_cost": "lots",
            "zakat_class": "fuqara",
        },
        on=ON,
    )
    assert (facts.age, facts.region, facts.sector, facts.purpose) == (
        25,
        "north_east",
        "crafts",
        None,
    )
    assert facts.client_status == "self_employed"
    assert facts.aids == frozenset({"forsa", "intelaka", "awrach"})
    assert (facts.aid, facts.cost, facts.zakat_class) == (money("12.500"), None, None)
