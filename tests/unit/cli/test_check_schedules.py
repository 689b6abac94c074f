"""Does `rafid check schedules` compare every cell, and count only what was proved?"""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.commands import app
from tests.unit.cli.case_files import COURSE, PERIODIC, changed, write


def check(folder: Path, *cases: dict[str, Any]) -> Result:
    folder.mkdir(exist_ok=True)
    return CliRunner().invoke(app, ["check", "schedules", str(write(folder, *cases))])


def last_line(result: Result) -> str:
    return result.stdout.rstrip().splitlines()[-1]


def with_events(*events: dict[str, object]) -> dict[str, Any]:
    """The course with other events; its last checkpoint stands after the last of them."""
    heard = [COURSE["events"][1]]
    heard += [{"seq": 10 + at, **event} for at, event in enumerate(events)]
    twin = changed(COURSE, "events", to=heard)
    last = {"after_event": 10 + len(events), "check": "full", "rows": []}
    return changed(twin, "checkpoints", to=[last])


def test_what_comes_out_of_ours_is_matched_by_tier_and_tag(tmp_path: Path) -> None:
    result = check(tmp_path, COURSE, PERIODIC)

    assert last_line(result) == "matched 2 of 2 counted, 0 unsupported", result.stdout
    assert result.exit_code == 0
    for group in ("tier 1", "tier 2", "zero-interest", "period-based"):
        assert group in result.stdout


def test_lines_of_accrual_are_counted_as_left_out(tmp_path: Path) -> None:
    assert "not compared: 1 lines of accrual" in check(tmp_path, COURSE).stdout
    assert "not compared" not in check(tmp_path / "none", PERIODIC).stdout


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"principal": "300.00", "interest": "0.00", "total": "300.00"}, "matched 1 of 1"),
        ({"total": "299.00"}, "early_closure total: theirs 299.00, ours 30000 minor"),
        ({"gift": "1.00"}, "early_closure.gift"),
    ],
)
def test_the_quote_of_an_early_closing_is_compared(
    tmp_path: Path, stated: dict[str, str], told: str
) -> None:
    case = with_events({"kind": "early_closure_quote", "date": "2024-01-15"})
    quoted = changed(case, "checkpoints", 0, "early_closure", to=stated)
    never = changed(quoted, "events", to=COURSE["events"])

    assert told in check(tmp_path, quoted).stdout
    if told.startswith("matched"):
        assert "never asked for" in check(tmp_path / "never", never).stdout


TABLE = ("checkpoints", 1, "rows")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((*TABLE, 1, 1), 30, "row 1 due 2024-02-01 days: theirs 30, ours 31"),
        ((*TABLE, 1, 2), "2024-02-02", "due_date: theirs 2024-02-02, ours 2024-02-01"),
        ((*TABLE, 1, 3), None, "paid_date: theirs None, ours 2024-02-01"),
        ((*TABLE, 2, 3), "2024-03-01", "paid_date: theirs 2024-03-01, ours None"),
        ((*TABLE, 1, 4), "200.01", "balance: theirs 200.01, ours 200.00"),
        ((*TABLE, 1, 6), "0.01", "interest: theirs 0.01, ours 0.00"),
        ((*TABLE, 3, 13), "99.99", "outstanding: theirs 99.99, ours 100.00"),
        ((*TABLE, 0, 4), "301.00", "row of disbursement due 2024-01-01 balance"),
        (("checkpoints", 1, "totals", "paid"), "99.00", "total paid: theirs 99.00, ours 100.00"),
        (("checkpoints", 1, "transactions", 1, 3), "99.00", "principal: theirs 99.00"),
        (("checkpoints", 1, "transactions", 1, 7), "0.00", "loan_balance: theirs 0.00"),
        (("checkpoints", 1, "transactions", 1, 1), "Chargeback", "ours is repayment"),
        (("checkpoints", 1, "loan_status"), "OVERPAID", "theirs OVERPAID, ours active"),
        (("checkpoints", 1, "total_outstanding"), "0.00", "total_outstanding: theirs 0.00"),
        (("checkpoints", 1, "overpaid"), "1.00", "overpaid: theirs 1.00, ours 0.00"),
        (("checkpoints", 1, "closed_all_obligations_met"), True, "ours active"),
    ],
)
def test_one_cell_that_differs_is_told_with_both_figures(
    tmp_path: Path, path: tuple[str | int, ...], value: object, told: str
) -> None:
    result = check(tmp_path, changed(COURSE, *path, to=value))

    assert told in result.stdout, result.stdout
    assert last_line(result) == "matched 0 of 1 counted, 0 unsupported"
    assert result.exit_code == 1


def test_brackets_in_a_case_are_told_as_they_are(tmp_path: Path) -> None:
    odd = changed(changed(COURSE, "tags", to=["[bold]"]), "inputs", "[/red]", to=1)

    result = check(tmp_path, odd)

    assert "[bold]" in result.stdout
    assert "inputs.[/red]" in result.stdout


def test_a_row_more_or_a_movement_less_is_a_difference(tmp_path: Path) -> None:
    more = changed(COURSE, "checkpoints", 0, "rows", to=COURSE["checkpoints"][0]["rows"][:3])
    less = changed(
        COURSE, "checkpoints", 1, "transactions", to=COURSE["checkpoints"][1]["transactions"][:1]
    )

    result = check(tmp_path, more, less)

    assert "rows: theirs 3, ours 4" in result.stdout
    assert "transactions: theirs 1, ours 2" in result.stdout


def test_chosen_rows_are_compared_by_their_number(tmp_path: Path) -> None:
    chosen = COURSE["checkpoints"][0]["rows"][2:]
    right = changed(COURSE, "checkpoints", 0, "rows", to=chosen)
    wrong = changed(right, "checkpoints", 0, "rows", 1, 4, to="7.00")
    none = changed(right, "checkpoints", 0, "rows", 1, 0, to=9)

    result = check(tmp_path, right, wrong, none)

    assert "balance: theirs 7.00, ours 0.00" in result.stdout
    assert "row 9: ours has none" in result.stdout
    assert last_line(result) == "matched 1 of 3 counted, 0 unsupported"


def test_tables_that_only_add_up_are_told_apart_and_decide_nothing(tmp_path: Path) -> None:
    wrong = changed(COURSE, "checkpoints", 1, "totals", "paid", to="1.00")
    apart = changed(wrong, "checkpoints", 1, "check", to="arithmetic")

    result = check(tmp_path, apart)

    assert "only add up" in result.stdout
    assert "total paid: theirs 1.00, ours 100.00" in result.stdout
    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported"
    assert result.exit_code == 0


def test_doubtful_tables_are_left_out(tmp_path: Path) -> None:
    wrong = changed(COURSE, "checkpoints", 1, "totals", "paid", to="1.00")
    alone = changed(wrong, "checkpoints", to=wrong["checkpoints"][1:])

    result = check(
        tmp_path,
        changed(wrong, "checkpoints", 1, "check", to="mismatch"),
        changed(alone, "checkpoints", 0, "check", to="mismatch"),
    )

    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported"
    assert "1.00" not in result.stdout.replace("100.00", "")


def test_of_two_columns_the_others_are_not_looked_at(tmp_path: Path) -> None:
    two = changed(COURSE, "checkpoints", 0, "check", to="principal-interest")
    blind = changed(two, "checkpoints", 0, "rows", 1, 4, to="7.00")
    seeing = changed(two, "checkpoints", 0, "rows", 1, 5, to="7.00")

    result = check(tmp_path, blind, seeing)

    assert "principal: theirs 7.00" in result.stdout
    assert last_line(result) == "matched 1 of 2 counted, 0 unsupported"


def test_a_status_without_a_table_counts_as_the_table_before_it(tmp_path: Path) -> None:
    status = {"after_event": 4, "loan_status": "OVERPAID"}
    after = changed(COURSE, "checkpoints", to=[*COURSE["checkpoints"], status])
    added_up = changed(after, "checkpoints", 1, "check", to="arithmetic")

    result = check(tmp_path, after, added_up)

    assert last_line(result) == "matched 1 of 2 counted, 0 unsupported"


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("inputs", "schedule_engine"), "QUANTUM", "inputs.schedule_engine QUANTUM"),
        (("inputs", "balloon"), "5", "inputs.balloon"),
        (("inputs", "interest", "method"), "RULE_OF_78", "inputs.interest.method RULE_OF_78"),
        (("inputs", "interest", "cap"), "1", "inputs.interest.cap"),
        (("inputs", "repayment_frequency", "unit"), "MOONS", "unit MOONS"),
        (("inputs", "number_of_installments"), 0, "0 instalments"),
        (("inputs", "amortization"), "EQUAL_PRINCIPAL", "equal parts of principal"),
        (("inputs", "interest", "rate_basis"), "WHOLE_TERM", "a rate for the whole term"),
        (("inputs", "currency", "in_multiples_of"), "5", "a multiple of the currency"),
        (("inputs", "loan_term"), {"every": 9, "unit": "MONTHS"}, "loan_term"),
        (("inputs", "repayment_frequency", "on"), "SUNDAY", "repayment_frequency.on"),
        (("inputs", "currency", "peg"), "USD", "inputs.currency.peg"),
        (("inputs", "currency", "decimal_places"), 10**12, "decimals"),
        (("events", 3, "kind"), "gift", "event gift"),
        (("events", 3, "tip"), "1.00", "events.tip"),
        (("checkpoints", 1, "check"), "believed", "check believed"),
        (("checkpoints", 1, "mood"), "good", "mood"),
        (("checkpoints", 1, "loan_status"), "SLEEPING", "loan_status SLEEPING"),
        (("checkpoints", 1, "transactions", 1, 1), "Gift", "transaction Gift"),
        (("checkpoints", 1, "totals", "karma"), "1.00", "totals.karma"),
        (("schedule_columns", 7), "levies", "column levies"),
        (
            ("inputs", "interest_recalculation"),
            {"rest_frequency": "DAILY", "compounding": "INTEREST"},
            "compounding INTEREST",
        ),
        (
            ("inputs", "payment_allocation"),
            {"strategy": "OLDEST_SHEEP_FIRST"},
            "strategy OLDEST_SHEEP_FIRST",
        ),
        (
            ("inputs", "payment_allocation"),
            {"strategy": "OVERDUE_DUE_FEE_INTEREST_PRINCIPAL"},
            "payments by OVERDUE_DUE_FEE_INTEREST_PRINCIPAL",
        ),
    ],
)
def test_what_is_not_offered_is_unsupported_by_name_and_never_passed(
    tmp_path: Path, path: tuple[str | int, ...], value: object, name: str
) -> None:
    result = check(tmp_path, changed(COURSE, *path, to=value))

    assert name in result.stdout.replace("\n", " "), result.stdout
    assert last_line(result) == "matched 0 of 1 counted, 1 unsupported"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("tier",), "one", "tier is not a whole number"),
        (("checkpoints",), None, "checkpoints is not a list"),
        (("inputs", "principal"), "300.001", "has parts of a minor unit"),
        (("inputs", "submitted_on"), "yesterday", "inputs.submitted_on is not a date"),
        (("events", 1, "amount"), [], "events[1].amount is not a number"),
        (("checkpoints", 0, "rows", 0), [1], "has 1 cells for 14 columns"),
        (("format",), "schedule-case/7", "its format is schedule-case/7"),
        (("tags",), "all", "tags is not a list"),
        (("schedule_columns", 0), "number", "schedule_columns has no nr"),
        (("transaction_columns", 1), "type", "transaction_columns has no transaction_type"),
    ],
)
def test_a_file_that_is_no_case_is_named_with_what_is_wrong(
    tmp_path: Path, path: tuple[str | int, ...], value: object, complaint: str
) -> None:
    result = check(tmp_path, changed(COURSE, *path, to=value), PERIODIC)

    assert complaint in result.stdout, result.stdout
    assert last_line(result) == "matched 1 of 1 counted, 0 unsupported"
    assert result.exit_code == 1


def test_a_crash_of_ours_is_a_difference_of_that_case_only(tmp_path: Path) -> None:
    beyond = changed(COURSE, "inputs", "repayment_frequency", "every", to=10**9)
    endless = changed(COURSE, "inputs", "fixed_length", to={"every": 10**9, "unit": "DAYS"})

    result = check(tmp_path, beyond, endless, PERIODIC)

    assert result.stdout.count("broke: ") == 2
    assert last_line(result) == "matched 1 of 3 counted, 0 unsupported"
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("rows", 0, 1), "330.03", "row 1 principal: theirs 330.03, ours 330.02"),
        (("rows", 2, 4), "0.01", "row 3 balance: theirs 0.01, ours 0.00"),
        (("rows", 2, 0), 4, "row 4: ours has 3"),
        (("totals", "interest"), "20.08", "total interest: theirs 20.08, ours 20.07"),
        (("totals", "number_of_installments"), 4, "theirs 4, ours 3"),
    ],
)
def test_a_schedule_of_periods_is_compared_cell_by_cell(
    tmp_path: Path, path: tuple[str | int, ...], value: object, told: str
) -> None:
    result = check(tmp_path, changed(PERIODIC, "checkpoints", 0, *path, to=value))

    assert told in result.stdout, result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("inputs", "interest", "periodic_rate"), "rate/13", "periodic rate rate/13"),
        (("inputs", "amortization"), "TRIANGULAR", "inputs.amortization TRIANGULAR"),
        (("inputs", "repayment_frequency", "on"), "SUNDAY", "repayment_frequency.on"),
        (("inputs", "rounding"), {"installment": "CEILING to a dozen"}, "CEILING to a dozen"),
        (("inputs", "currency"), {"decimal_places": 9}, "amounts with 9 decimals"),
        (("schedule_columns", 3), "tax", "column tax"),
    ],
)
def test_a_schedule_of_periods_that_is_not_offered_is_unsupported(
    tmp_path: Path, path: tuple[str | int, ...], value: object, name: str
) -> None:
    result = check(tmp_path, changed(PERIODIC, *path, to=value))

    assert name in result.stdout.replace("\n", " "), result.stdout
    assert last_line(result) == "matched 0 of 1 counted, 1 unsupported"


def test_without_rounding_the_last_digit_may_be_one_off(tmp_path: Path) -> None:
    exact = changed(PERIODIC, "inputs", "rounding", to={"mode": "NONE", "printed_decimals": 2})
    unrounded = changed(exact, "checkpoints", 0, "rows", 2, to=[3, "336.65", "3.37", "340.02", "0"])
    near = changed(unrounded, "checkpoints", 0, "rows", 0, 2, to="10.01")
    far = changed(unrounded, "checkpoints", 0, "rows", 0, 2, to="10.02")

    result = check(tmp_path, unrounded, near, far)

    assert last_line(result) == "matched 2 of 3 counted, 0 unsupported", result.stdout


def test_events_that_undo_what_never_happened_are_unsupported(tmp_path: Path) -> None:
    day = "2024-01-10"
    cases = [
        with_events({"kind": "undo_transaction", "transaction_type": "Repayment", "date": day}),
        with_events({"kind": "undo_transaction", "transaction_type": "Sneeze", "date": day}),
        with_events({"kind": "waive_last_added_charge", "date": day}),
        with_events(
            {"kind": "chargeback", "amount": "1.00", "of": "payment", "nr": 2, "date": day}
        ),
        with_events({"kind": "chargeback", "amount": "1.00", "of": "downpayment", "date": day}),
        with_events({"kind": "chargeback", "amount": "1.00", "of": "luck", "date": day}),
        with_events({"kind": "undo_charge_off", "date": day}),
        with_events(
            {"kind": "charge_adjustment", "charge_code": "FEE", "amount": "1.00", "date": day}
        ),
    ]

    result = check(tmp_path, *cases)

    assert last_line(result) == f"matched 0 of {len(cases)} counted, {len(cases)} unsupported"
    assert "undoing a Sneeze" in result.stdout


def test_the_interest_of_each_year_is_compared(tmp_path: Path) -> None:
    year = changed(PERIODIC, "checkpoints", 0, "totals", to={"yearly_interest": [[1, "20.07"]]})
    off = changed(year, "checkpoints", 0, "totals", "yearly_interest", 0, 1, to="20.09")
    odd = changed(year, "checkpoints", 0, "totals", "yearly_interest", 0, to=[1])

    result = check(tmp_path, year, off, odd)

    assert "total yearly_interest: year 1: theirs 20.09, ours 20.07" in result.stdout
    assert "is not a year with its interest" in result.stdout
    assert last_line(result) == "matched 1 of 2 counted, 0 unsupported"


def test_a_table_is_worked_out_on_the_day_it_states_where_nothing_else_does(tmp_path: Path) -> None:
    undated = changed(COURSE, "events", to=[COURSE["events"][1]])
    first = {"after_event": 2, "business_date": "2024-03-15", "check": "full"}
    overdue = changed(undated, "checkpoints", to=[{**first, "total_overdue": "200.00"}])
    wrong = changed(undated, "checkpoints", to=[{**first, "total_overdue": "100.00"}])

    result = check(tmp_path, overdue, wrong)

    assert "total_overdue: theirs 100.00, ours 200.00" in result.stdout
    assert last_line(result) == "matched 1 of 2 counted, 0 unsupported"
