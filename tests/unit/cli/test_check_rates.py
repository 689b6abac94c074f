"""Does `rafid check apr` tell what matches, what differs and what it cannot do?"""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from tests.unit.cli.case_files import ANNUITY, RATE, changed, write

DATED = {"advances": [{"amount": "1000", "date": "1994-01-01"}]} | {
    "payments": [{"amount": "1200", "date": "1995-07-01"}]
}


def check(folder: Path, *cases: dict[str, Any]) -> Result:
    return CliRunner().invoke(app, ["check", "apr", str(write(folder, *cases))])


def last_line(result: Result) -> str:
    return result.stdout.rstrip().splitlines()[-1]


def test_what_comes_out_of_ours_is_matched(tmp_path: Path) -> None:
    result = check(tmp_path, RATE, ANNUITY)

    assert last_line(result) == "matched 2 of 2 counted, 0 unsupported"
    assert result.exit_code == 0
    assert "EU_EFFECTIVE" in result.stdout
    assert "single-payment" in result.stdout


def test_a_rate_beyond_its_tolerance_is_told_with_both_figures(tmp_path: Path) -> None:
    result = check(tmp_path, changed(RATE, "expected", "apr_percent", to="12.93"), ANNUITY)

    assert "theirs 12.93, ours 12.924" in result.stdout
    assert last_line(result) == "matched 1 of 2 counted, 0 unsupported"
    assert result.exit_code == 1


def test_the_figure_to_be_published_is_compared_too(tmp_path: Path) -> None:
    result = check(tmp_path, changed(RATE, "expected", "apr_percent_one_decimal", to="13.0"))

    assert "apr_percent_one_decimal: theirs 13.0, ours 12.9" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("convention",), "UK_TOTAL", "convention UK_TOTAL"),
        (("payments", 0, "t"), {"fortnights": 3}, "payments.t.fortnights"),
        (("payments", 0, "insured"), True, "payments.insured"),
        (("expected", "cost"), "1", "expected.cost"),
        (("colour",), "red", "the file.colour"),
    ],
)
def test_what_is_not_offered_is_unsupported_by_name_and_never_passed(
    tmp_path: Path, path: tuple[str | int, ...], value: object, reason: str
) -> None:
    result = check(tmp_path, changed(RATE, *path, to=value))

    assert reason in result.stdout
    assert last_line(result) == "matched 0 of 1 counted, 1 unsupported"
    assert result.exit_code == 0


def test_a_function_of_another_name_is_unsupported(tmp_path: Path) -> None:
    result = check(tmp_path, changed(ANNUITY, "function", to="mirr"))

    assert "function mirr" in result.stdout
    assert last_line(result) == "matched 0 of 1 counted, 1 unsupported"


# Worked by the closed form: 1.2 to the power 365/546 or 365.25/546, less one; 16 days 130 times.
@pytest.mark.parametrize(
    ("convention", "percent"),
    [
        ("EFFECTIVE_ACT_365", "12.962"),
        ("EFFECTIVE_ACT_365_25", "12.971"),
        ("EU_EFFECTIVE", "12.924"),
    ],
)
def test_dated_amounts_are_counted_by_their_convention(
    tmp_path: Path, convention: str, percent: str
) -> None:
    case = RATE | DATED | {"convention": convention, "expected": {"apr_percent": percent}}

    result = check(tmp_path, case | {"tolerance": "0.0005"})

    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported", result.stdout


def test_unit_periods_and_a_term_give_a_nominal_rate(tmp_path: Path) -> None:
    # 12 CFR 1026, Appendix J (c)(5)(ii): 1,044 for 1,000 after six months is 8.80 %.
    american = RATE | {"convention": "US_ACTUARIAL", "expected": {"apr_percent": "8.80"}}
    stated = american | {
        "unit_period": {"unit": "term", "months": 6, "per_year": "12/6"},
        "advances": [{"amount": "1000", "unit_periods": 0, "fraction": "0"}],
        "payments": [{"amount": "1044", "unit_periods": 1, "fraction": "0"}],
    }
    dated = stated | {
        "advances": [{"amount": "1000", "date": "1978-07-15"}],
        "payments": [{"amount": "1044", "date": "1979-01-15"}],
    }

    result = check(tmp_path, stated, dated)

    assert last_line(result) == "matched 2 of 2 counted, 0 unsupported", result.stdout


def test_repeated_payments_stand_where_they_are_said_to(tmp_path: Path) -> None:
    # 1,000 taka, flat charge 10 %, 44 weekly instalments of 25: 25.07 % (teaching material).
    weekly = RATE | {
        "advances": [{"amount": "1000", "t": {"weeks": 0}}],
        "payments": [
            {"amount": "25.00", "t": {"weeks": 1}, "repeat": {"count": 44, "every_weeks": 1}}
        ],
        "expected": {"apr_percent": "25.07"},
    }

    assert check(tmp_path, weekly).exit_code == 0


@pytest.mark.parametrize(
    ("function", "inputs", "expected"),
    [
        ("nominal", {"effective_rate": "0.10381289062499977", "periods_per_year": 4}, "0.1"),
        ("xirr", {"cash_flows": [-1000, 1200], "dates": ["1994-01-01", "1995-07-01"]}, "0.129620"),
        (
            "xirr",
            {
                "cash_flows": [
                    {"date": "1994-01-01", "amount": "-1000"},
                    {"date": "1995-07-01", "amount": "1200"},
                ]
            },
            "0.129620",
        ),
        ("pmt", {"rate": 0, "nper": 12, "pv": 2000}, "-166.6666667"),
    ],
)
def test_functions_are_asked_with_what_is_stated(
    tmp_path: Path, function: str, inputs: dict[str, object], expected: str
) -> None:
    case = ANNUITY | {
        "function": function,
        "inputs": inputs,
        "expected": expected,
        "tolerance": "1e-06",
    }

    result = check(tmp_path, case)

    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        (changed(RATE, "advances", 0, "amount", to="a lot"), "advances[0].amount is not a number"),
        (changed(RATE, "tolerance", to=None), "tolerance is not a number"),
        (changed(RATE, "payments", to={}), "payments is not a list"),
        (changed(RATE, "format", to="apr-case/9"), "its format is apr-case/9"),
        ({"id": "empty"}, "the file has no format"),
        (changed(ANNUITY, "inputs", "rate", to="0.1/0"), "not a quotient"),
        (changed(ANNUITY, "inputs", "nper", to="24"), "inputs.nper is not a whole number"),
        (changed(RATE, "payments", 0, "t", "months", to=True), "not a whole number"),
    ],
)
def test_a_file_that_is_no_case_is_named_with_what_is_wrong(
    tmp_path: Path, case: dict[str, Any], complaint: str
) -> None:
    result = check(tmp_path, case, ANNUITY)

    assert complaint in result.stdout
    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported"
    assert result.exit_code == 1


def test_a_refusal_of_ours_is_a_difference(tmp_path: Path) -> None:
    never_repaid = changed(RATE, "payments", 0, "amount", to="-1200")
    no_period = changed(ANNUITY, "inputs", "per", to=25)

    result = check(tmp_path, never_repaid, no_period)

    assert result.stdout.count("refused: ") == 2
    assert result.exit_code == 1


def test_bytes_that_are_no_json_do_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe{")
    (tmp_path / "b.json").write_text("[1, 2", encoding="utf-8")

    result = check(tmp_path, RATE)

    assert result.stdout.count("not JSON in UTF-8") == 2
    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported"
    assert result.exit_code == 1


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", "apr", str(tmp_path)])

    assert result.exit_code == 2
    assert "there is no case file" in result.output.replace("\n", " ")
