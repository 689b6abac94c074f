"""What was told and what was found stand beside each other, and one knows which counts."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.loans.domain.bureau_file import BureauForm, Entry, FileBureau, Refused
from services.loans.domain.debts import (
    Debt,
    DebtImpossible,
    DebtSource,
    Difference,
    KnownDebts,
    Report,
    Silence,
)
from services.loans.domain.intake import Line
from services.loans.domain.mapping import MappingUnclear
from shared.money import Money

DAY = date(2026, 3, 1)


def debt(lender: str, monthly: str, outstanding: str = "500.000", currency: str = "JOD") -> Debt:
    return Debt(
        lender=lender,
        monthly=Money.parse(monthly, currency),
        outstanding=Money.parse(outstanding, currency),
    )


def report(source: DebtSource, *debts: Debt, days: int = 30) -> Report:
    return Report(source=source, as_of=DAY, fresh_until=DAY + timedelta(days=days), debts=debts)


def known(told: tuple[Debt, ...], found: tuple[Debt, ...], *, allowed: bool = True) -> KnownDebts:
    return KnownDebts(
        declared=report(DebtSource.DECLARED, *told),
        found=report(DebtSource.BUREAU, *found),
        may_ask_bureau=allowed,
    )


def counted(debts: KnownDebts, *, on: date = DAY) -> list[tuple[str, str, str]]:
    return [
        (one.source.value, owed.lender, str(owed.monthly))
        for one, owed in debts.counted(currency="JOD", on=on)
    ]


def test_both_sources_count_beside_each_other() -> None:
    both = known((debt("A", "50.000"),), (debt("a ", "60.000"), debt("B", "20.000")))
    assert counted(both) == [
        ("declared", "A", "50.000"),
        ("bureau", "a ", "60.000"),
        ("bureau", "B", "20.000"),
    ]


def test_two_loans_of_one_lender_are_one_debt() -> None:
    """Of one lender scoring takes the higher, so that 30 and 20 have to come as 50."""
    both = known((), (debt("Bank  A", "30.000"), debt("bank a", "20.000", "70.000")))
    ((_, owed),) = both.counted(currency="JOD", on=DAY)
    assert (str(owed.monthly), str(owed.outstanding)) == ("50.000", "570.000")


def test_a_stale_finding_does_not_count_and_is_still_seen() -> None:
    both = known((debt("A", "50.000"),), (debt("B", "20.000"),))
    last, after = DAY + timedelta(days=30), DAY + timedelta(days=31)
    assert len(counted(both, on=last)) == 2
    assert counted(both, on=after) == [("declared", "A", "50.000")]
    (silent,) = both.left_out(currency="JOD", on=after)
    assert (silent.debt.lender, silent.because) == ("B", Silence.STALE)


def test_an_old_word_still_counts_against_him_who_gave_it() -> None:
    both = known((debt("A", "50.000"),), ())
    assert counted(both, on=DAY + timedelta(days=400)) == [("declared", "A", "50.000")]


def test_without_consent_a_finding_is_not_used() -> None:
    both = known((), (debt("B", "20.000"),), allowed=False)
    assert counted(both) == []
    assert [one.because for one in both.left_out(currency="JOD", on=DAY)] == [Silence.NO_CONSENT]


def test_a_debt_in_another_currency_is_named_and_not_added() -> None:
    both = known((debt("A", "50.00", "90.00", "USD"),), ())
    assert counted(both) == []
    assert [one.because for one in both.left_out(currency="JOD", on=DAY)] == [
        Silence.OTHER_CURRENCY
    ]


def test_differences_are_told_lender_by_lender() -> None:
    told = (debt("A", "50.000"), debt("B", "10.000"), debt("C", "5.000"))
    found = (debt("a", "60.000"), debt("C", "5.000"), debt("D", "1.000"))
    assert [(one.lender, one.difference) for one in known(told, found).differences()] == [
        ("A", Difference.AMOUNTS_DIFFER),
        ("B", Difference.ONLY_DECLARED),
        ("D", Difference.ONLY_BUREAU),
    ]
    assert replace(known(told, found), found=None).differences() == []


@pytest.mark.parametrize(("monthly", "outstanding"), [("-1.000", "1.000"), ("1.000", "-0.001")])
def test_a_debt_is_never_negative(monthly: str, outstanding: str) -> None:
    with pytest.raises(DebtImpossible):
        debt("A", monthly, outstanding)


FORM: dict[str, Any] = {
    "bureau": "Test bureau",
    "valid_days": 30,
    "dates": "%d/%m/%Y",
    "fields": {
        "document_type": {"constant": "national_id"},
        "document_number": {"column": "رقم الهوية"},
        "lender": {"column": "الجهة"},
        "monthly": {"column": "القسط"},
        "outstanding": {"column": "الرصيد"},
        "currency": {"column": "العملة", "codes": {"دينار": "JOD"}},
        "as_of": {"column": "التاريخ"},
    },
}


def line(**changes: str) -> Line:
    row = {
        "رقم الهوية": "٩٨٧٦٥٤",
        "الجهة": "بنك أ",
        "القسط": "١٬٢٥٠٫٥",
        "الرصيد": "9000",
        "العملة": "دينار",
        "التاريخ": "٢٨/٠٢/٢٠٢٦",
    }
    return Line(number=2, text="…", row=row | changes)


def answer(one: Line) -> Entry | Refused:
    (found,) = FileBureau(form=BureauForm.of(FORM), lines=[one]).answers(country="JO", on=DAY)
    return found


def test_a_line_is_read_with_the_digits_and_days_of_its_bureau() -> None:
    found = answer(line())
    assert isinstance(found, Entry)
    assert (found.document.key, found.document.country) == ("987654", "JO")
    assert found.as_of == date(2026, 2, 28)
    assert found.debt == debt("بنك أ", "1250.500", "9000.000")


def test_a_line_without_a_lender_says_that_nothing_was_found() -> None:
    found = answer(line(الجهة="", القسط="", الرصيد=""))
    assert isinstance(found, Entry)
    assert found.debt is None


@pytest.mark.parametrize(
    ("column", "cell", "slug"),
    [
        ("التاريخ", "2026-02-28", "date-unclear"),
        ("التاريخ", "31/02/2026", "date-unclear"),
        ("التاريخ", "02/03/2026", "report-not-yet"),
        ("القسط", "كثير", "not-a-number"),
        ("القسط", "-5", "debt-impossible"),
        ("القسط", "1.23456", "too-many-decimals"),
        ("العملة", "درهم", "value-unknown"),
        ("رقم الهوية", "1", "document-not-valid"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_reason(
    column: str, cell: str, slug: str
) -> None:
    found = answer(line(**{column: cell}))
    assert isinstance(found, Refused)
    assert found.error.slug() == slug


@pytest.mark.parametrize(
    "changes",
    [
        {"bureau": ""},
        {"valid_days": 0},
        {"valid_days": True},
        {"dates": "%d/%m"},
        {"fields": {**FORM["fields"], "score": {"column": "x"}}},
        {"fields": {k: v for k, v in FORM["fields"].items() if k != "monthly"}},
    ],
)
def test_a_form_is_understood_in_all_its_parts(changes: dict[str, Any]) -> None:
    with pytest.raises(MappingUnclear):
        BureauForm.of(FORM | changes)
