"""Why a fund may not pay is told whole in the reader's language: rule, reason, source and date."""

import re
from datetime import date
from typing import Any

import orjson
import pytest

from services.loans.applications.schemas import StandingOut
from services.loans.domain import claiming, fund_rules, funding
from services.loans.domain.application import Reason
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Fund, FundExhausted, FundRestricted, Refusal
from services.loans.domain.terms import ModeOfFinance
from shared import ids, problems, rulebook, texts
from shared.ids import FundId
from shared.money import Money
from shared.texts import Language

ON = date(2026, 4, 1)
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


def refusals(kind: FundKind, mode: ModeOfFinance) -> tuple[Fund, list[Refusal]]:
    """What is refused to a closed fund below its floor, with fees and in another currency."""
    fund = Fund(
        fund_id=FundId(ids.new()),
        code="F-1",
        kind=kind,
        currency="JOD",
        floor=Money(2, "JOD"),
        is_open=False,
    )
    found = funding.check(
        fund,
        mode=mode,
        amount=Money(1, "USD"),
        bears_fee=True,
        product_fund_kinds=(),
        rule=claiming.financing_rule(kind, mode=mode, country="JO", on=ON),
        net_assets=Money(1, "JOD"),
        sources=fund_rules.sources(on=ON, country="JO"),
    )
    return fund, found


def restricted(kind: FundKind, mode: ModeOfFinance, *, rule: str) -> FundRestricted:
    fund, found = refusals(kind, mode)
    with pytest.raises(FundRestricted) as raised:
        funding.require_allowed(fund, refusals=[one for one in found if one.rule == rule])
    return raised.value


def body(error: FundRestricted, language: Language) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(
        problems.of_error(error, language=language).body(instance="1")
    )
    return read


INTEREST = {
    "ar": {
        "title": "لا يجوز للصندوق تمويل هذا",
        "detail": (
            "لا يجوز للصندوق F-1 تمويل هذا: صندوق من هذا النوع لا يمول بهذه الصيغة أبدا."
            " القاعدة: قرض تقليدي من صندوق زكاة؛ المصدر: القرآن الكريم، سورة البقرة، الآية 275؛"
            " مجمع الفقه الإسلامي الدولي، القرار 10 (10/2)، جدة؛ تاريخ السريان: 1985-12-28."
        ),
    },
    "fr": {
        "title": "Le fonds ne peut pas financer ceci",
        "detail": (
            "Le fonds F-1 ne peut pas financer ceci : un fonds de ce type ne finance jamais ce"
            " mode. Règle : prêt conventionnel sur un fonds de zakat ; source : Coran 2:275 ;"
            " Académie internationale du fiqh islamique (OCI), résolution 10 (10/2), Djeddah ;"
            " en vigueur depuis : 1985-12-28."
        ),
    },
}


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_interest_on_zakat_is_refused_with_rule_source_and_date(language: Language) -> None:
    error = restricted(FundKind.ZAKAT, ModeOfFinance.CONVENTIONAL, rule="zakat-conventional")

    told = body(error, language)

    assert {name: told[name] for name in ("title", "detail")} == INTEREST[language]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_programs_read_codes_and_people_sentences(language: Language) -> None:
    error = restricted(FundKind.ZAKAT, ModeOfFinance.CONVENTIONAL, rule="zakat-conventional")
    told, plain = body(error, language), body(error, "en")

    (refusal,), (english,) = told["refusals"], plain["refusals"]
    for name in ("rule", "in_force_from"):
        assert told[name] == plain[name] == refusal[name] == english[name]
    for name in ("reason", "source"):
        assert told[name] == refusal[name] != plain[name] == english[name]
        assert refusal[name] in told["detail"]


def every_refusal() -> list[Refusal]:
    return [
        refusal
        for kind in FundKind
        for mode in ModeOfFinance
        for refusal in refusals(kind, mode)[1]
    ]


def test_no_word_of_a_refusal_is_left_in_english() -> None:
    said = texts.sayer("loans", language="ar")
    found = every_refusal()

    assert len({refusal.rule for refusal in found}) > 8
    for refusal in found:
        for words in (refusal.rule, refusal.reason, refusal.source):
            assert not LATIN_WORD.search(said(words)), words


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_rule_and_source_about_funds_is_told_in_every_language(language: Language) -> None:
    known = texts.catalogue("loans", language=language)
    facts = [*rulebook.facts_of("fund_finances_mode"), *rulebook.facts_of("fund_kind_exists")]
    rules = {f"{kind.value}-{mode.value}" for kind in FundKind for mode in ModeOfFinance}

    assert len(facts) > 30
    assert sorted(rules - known.keys()) == []
    assert sorted({fact.source.title for fact in facts} - known.keys()) == []


@pytest.mark.parametrize(
    ("kind", "country", "since"),
    [
        (FundKind.ZAKAT, "JO", date(2021, 11, 28)),  # the day of the fatwa
        (FundKind.ZAKAT, "EG", date(2013, 10, 24)),  # in force from
        (FundKind.DONATION, "JO", None),  # a standard without a day
    ],
)
def test_a_ruling_holds_from_its_first_day_or_the_day_it_was_given(
    kind: FundKind, country: str, since: date | None
) -> None:
    rule = claiming.financing_rule(kind, mode=ModeOfFinance.QARD, country=country, on=ON)

    assert rule.in_force_from == since


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_refusal_that_was_kept_is_told_in_the_readers_language(language: Language) -> None:
    error = restricted(FundKind.ZAKAT, ModeOfFinance.CONVENTIONAL, rule="zakat-conventional")
    kept = Reason.of(error).to_json()

    told = StandingOut.of(kept, language=language)

    assert {"title": told.title, "detail": told.detail} == INTEREST[language]


def test_an_empty_fund_is_told_in_arabic_with_its_figures() -> None:
    empty = FundExhausted(fund_code="F-1", requested=Money(2, "JOD"), available=Money(1, "JOD"))

    told = StandingOut.of(Reason.of(empty).to_json(), language="ar")

    assert told.detail == "طلب من الصندوق F-1 مبلغ 0.002 JOD؛ والمتاح 0.001 JOD."
