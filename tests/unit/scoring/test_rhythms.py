"""How often a loan is paid: priced by independent means, changed by a policy, told in a book."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy_financial
import pytest
import pyxirr

from services.loans.domain.dating import EVERY_MAX
from services.loans.domain.product import INSTALMENTS_A_YEAR
from services.scoring.domain import choices
from services.scoring.domain.simulation import book as books
from services.scoring.domain.simulation import (
    comparing,
    legality,
    outcomes,
    policy,
    reading,
    rhythm,
    search,
)
from services.scoring.domain.simulation.book import Book, BookUnreadable
from services.scoring.domain.simulation.outcomes import LegalCap, Totals, outcome_of
from services.scoring.domain.simulation.policy import Case, Change, Policy, PolicyContradicts, Rule
from services.scoring.domain.simulation.reading import FrequencyUnknown
from services.scoring.domain.simulation.search import Aim, Bounds, Conditions
from tests.books import a_book, a_review, costs, one_loan

CENTRAL = Case.CENTRAL
TODAY = Policy(name="today")


def paid(frequency: str, **rules: Any) -> Policy:
    change = Change(where={}, frequency=frequency, **rules)
    return Policy(name=frequency, changes=(change,))


def whole(book: Book, *, rules: Policy = TODAY, case: Case = CENTRAL, **changes: Any) -> Totals:
    return outcome_of(a_review(book, **changes), rules=rules, case=case).whole


def a_year(**changes: Any) -> Book:
    """1,000 over 12 months at 24 %, no fee, certain to be paid, of an income of 500 a month."""
    return one_loan(**({"annual_rate": 0.24, "fee_share": 0.0, "pd": 0.0} | changes))


def test_a_weekly_loan_beside_a_monthly_one_by_hand() -> None:
    """1,000 at 24 % over a year: 52 weekly instalments, 12 monthly ones, by numpy-financial."""
    weekly, monthly = whole(a_year(per_year=52.0)), whole(a_year())
    due_weekly = -numpy_financial.pmt(0.24 / 52, 52, 1000)
    due_monthly = -numpy_financial.pmt(0.24 / 12, 12, 1000)

    assert due_weekly == pytest.approx(21.6744, abs=5e-4)
    assert due_monthly == pytest.approx(94.5596, abs=5e-4)
    assert weekly.total_cost == pytest.approx((52 * due_weekly - 1000) / 1000, abs=1e-9)
    assert monthly.total_cost == pytest.approx((12 * due_monthly - 1000) / 1000, abs=1e-9)
    assert weekly.instalment[1] == pytest.approx(due_weekly, rel=5e-3)
    # a week's instalment weighs 52 / 12 of it in a month
    assert weekly.burden[1] == pytest.approx(due_weekly * 52 / 12 / 500, abs=1e-3)
    assert monthly.burden[1] == pytest.approx(due_monthly / 500, abs=1e-3)
    # the principal is back earlier: so many months of the whole are outstanding
    for totals, due, per_year in ((weekly, due_weekly, 52), (monthly, due_monthly, 12)):
        flows = numpy_financial.ipmt(0.24 / per_year, np.arange(per_year) + 1, per_year, -1000)
        months = flows.sum() / (0.24 / per_year) / 1000 * 12 / per_year
        assert totals.duration == pytest.approx(months, rel=1e-9), due


def test_the_effective_rate_of_a_weekly_loan_with_a_fee_is_that_of_its_days() -> None:
    """By pyxirr on weekly payments: the fee of 2 % is kept back from 1,000. 32.4 % a year."""
    fee = a_year(per_year=52.0, fee_share=0.02)
    due = -numpy_financial.pmt(0.24 / 52, 52, 1000)
    weekly = pyxirr.irr([-980.0, *[due] * 52])
    assert weekly is not None

    found = whole(fee).effective_rate[1]

    assert found == pytest.approx((1 + weekly) ** 52 - 1, abs=1e-3)


def test_a_risky_quarterly_loan_by_its_own_four_quarters() -> None:
    """PD 10 %: a quarter survives by 0.9^(1/4); funds 5 %, of a default 60 % are lost."""
    found = whole(a_year(per_year=4.0, pd=0.1), costs=costs())
    q, due, balance, alive = 0.9**0.25, -numpy_financial.pmt(0.06, 4, 1000), 1000.0, 1.0
    loss = interest = exposure = running = worth = 0.0
    for quarter in range(1, 5):
        exposure += alive * balance * 3
        loss += alive * (1 - q) * 0.6 * balance
        interest += alive * q * 0.06 * balance
        running += alive * 3
        discount = 1.0125**-quarter
        worth += discount * alive * (q * due + (1 - q) * 0.4 * balance - 3)
        balance -= due - 0.06 * balance
        alive *= q

    assert found.expected_loss == pytest.approx(loss / 1000)
    assert found.duration == pytest.approx(exposure / 1000)
    assert found.portfolio_yield == pytest.approx(interest / (exposure / 12))
    expense = 0.05 * exposure / 12 + loss + 20 + running
    assert found.operational_self_sufficiency == pytest.approx(interest / expense)
    assert found.subsidy == pytest.approx(max(0, 1000 + 20 - worth) / 1000, abs=1e-9)


def test_each_instalment_that_is_handled_costs() -> None:
    """Half a unit an instalment: 26 over 52 weeks, 6 over 12 months, where nobody defaults."""
    handled = costs(operating_cost_instalment=0.5)
    for per_year, spent in ((52.0, 26), (12.0, 6), (1.0, 0.5)):
        free = whole(a_year(per_year=per_year))
        paid_for = whole(a_year(per_year=per_year), costs=handled)
        income = free.portfolio_yield * free.duration / 12 * 1000
        before = income / free.operational_self_sufficiency
        after = income / paid_for.operational_self_sufficiency
        assert after - before == pytest.approx(spent, rel=1e-9)


def test_the_frequency_that_a_book_has_changes_nothing() -> None:
    book = a_book()
    today, same = whole(book), whole(book, rules=paid("monthly"))

    assert same == today


def test_a_policy_to_a_rhythm_is_a_book_in_that_rhythm() -> None:
    """But for how borrowers answer, weekly by a policy is what a weekly book is today."""
    book = a_book()
    weekly = replace(book, per_year=np.full(len(book), 52.0))
    none = policy.Assumption(low=0.0, central=0.0, high=0.0, source=None)
    still = replace(
        policy.DEFAULT_BEHAVIOUR, burden_tenth=none, elasticity=none, weekly_to_monthly=none
    )

    by_policy = whole(book, rules=paid("weekly"), behaviour=still)

    assert by_policy == whole(weekly, behaviour=still)
    assert by_policy.duration < whole(book).duration
    assert by_policy.effective_rate[1] > whole(book).effective_rate[1]


def test_a_rhythm_changes_for_whom_the_policy_names_alone() -> None:
    book = a_book()
    rules = Policy(
        name="dear by quarters",
        changes=(Change(where={"product": "dear"}, grace=Rule(set_to=0), frequency="quarterly"),),
    )
    new = policy.applied(book, policy=rules)
    dear = book.codes["product"] == book.labels["product"].index("dear")

    assert set(new.per_year[dear]) == {4.0}
    assert set(new.per_year[~dear]) == {12.0}
    found = outcome_of(a_review(book, segments=("product",)), rules=rules, case=CENTRAL)
    before = outcome_of(a_review(book, segments=("product",)), rules=TODAY, case=CENTRAL)
    assert found.segments["product"]["light"] == before.segments["product"]["light"]
    dear_now, dear_then = (run.segments["product"]["dear"] for run in (found, before))
    assert dear_now.instalment[1] > 2.5 * dear_then.instalment[1]


def test_terms_that_are_no_whole_instalments_are_refused_with_their_number() -> None:
    terms = np.array([12.0, 7.0, 10.0, 9.0])
    book = replace(a_book(4), term=terms, grace=np.zeros(4))

    with pytest.raises(PolicyContradicts) as refused:
        whole(book, rules=paid("quarterly"))

    assert (refused.value.member, refused.value.count) == ("frequency", 2)
    new = policy.applied(book, policy=paid("quarterly", term=Rule(times=1.1)))
    assert new.term.tolist() == [12.0, 9.0, 12.0, 9.0]
    weekly = policy.applied(book, policy=paid("weekly"))
    assert weekly.terms.periods.tolist() == [52.0, 30.0, 43.0, 39.0]


def test_weeks_become_whole_months_where_the_term_has_a_rule() -> None:
    book = one_loan(term=10 * 12 / 52, per_year=52.0)

    assert policy.applied(book, policy=paid("biweekly")).terms.periods.tolist() == [5.0]
    with pytest.raises(PolicyContradicts):
        policy.applied(book, policy=paid("monthly"))
    assert policy.applied(book, policy=paid("monthly", term=Rule())).term.tolist() == [2.0]


@pytest.mark.parametrize("rates", [np.full(4, 0.24), 0.2 + np.arange(4) / 3e7])
def test_loans_are_counted_whether_or_not_they_share_terms(
    monkeypatch: pytest.MonkeyPatch, rates: np.ndarray
) -> None:
    """Rates that are finer than those of any law share no terms, and are reckoned one by one."""
    monkeypatch.setattr(outcomes, "BLOCK", 1)
    book = replace(
        a_book(4), annual_rate=rates, term=np.full(4, 12.0), grace=np.zeros(4),
        principal=np.array([900.0, 500.0, 500.0, 900.0]),
    )  # fmt: skip
    smaller = Change(where={}, amount=Rule(plus=-600))
    shorter = Change(where={}, term=Rule(plus=-20))

    for change, member, count in ((smaller, "amount", 2), (shorter, "term", 4)):
        with pytest.raises(PolicyContradicts) as refused:
            whole(book, rules=Policy(name="x", changes=(change,)))
        assert (refused.value.member, refused.value.count) == (member, count)
    alike = whole(replace(book, annual_rate=np.full(4, rates.mean())), rules=paid("weekly"))
    assert whole(book, rules=paid("weekly")).total_cost == pytest.approx(alike.total_cost, rel=1e-5)
    assert (book.kinds(by=frozenset()) is None) is (len(set(rates)) > 1)


def test_a_grace_that_is_no_whole_instalment_is_refused() -> None:
    with pytest.raises(PolicyContradicts) as refused:
        whole(one_loan(grace=1.0), rules=paid("quarterly"))

    assert refused.value.member == "frequency"
    assert whole(one_loan(grace=3.0), rules=paid("quarterly")).duration > 0


def test_a_ceiling_on_the_effective_rate_sees_the_rhythm() -> None:
    """24 % nominal is 26.82 % effective by months and 27.05 % by weeks."""
    cap = LegalCap(where={}, basis="effective", cap=0.269, source="law")

    assert whole(a_year(), caps=(cap,)).above_cap == 0
    assert whole(a_year(), rules=paid("weekly"), caps=(cap,)).above_cap == 1


def test_rarer_instalments_move_risk_by_the_stated_figure() -> None:
    """Field & Pande: nothing in the central case, 0.1 of log odds from weekly to monthly else."""
    old, new = a_year(per_year=52.0), a_year()
    usual = policy.DEFAULT_BEHAVIOUR

    shifts = [policy.shifted(old, new, behaviour=usual, case=case)[0] for case in Case]
    back = policy.shifted(new, old, behaviour=usual, case=Case.HIGH)

    assert shifts == pytest.approx([-0.1, 0.0, 0.1])
    assert back[0] == pytest.approx(-0.1)


def test_a_search_may_choose_the_rhythm() -> None:
    """Weekly instalments bring the money back soonest, and most loans out of the same fund."""
    bounds = Bounds(where={}, terms=(1.0,), frequencies=("weekly", "monthly", "quarterly"))
    free = Conditions(subsidy=None, above_cap=None)

    found = search.best_policy(
        a_review(a_year()), aim=Aim.MOST_LOANS, conditions=free, bounds=bounds, case=CENTRAL
    )

    assert found.rules.changes[0].frequency == "weekly"
    assert found.runs >= 21


def test_the_order_of_loans_of_many_rhythms_does_not_move_a_review() -> None:
    book = mixed()
    order = np.random.default_rng(3).permutation(len(book))

    one, other = whole(book), whole(book.rows(order))

    for name in ("lent", "duration", "expected_loss", "total_cost", "subsidy", "portfolio_yield"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-12)
    assert other.burden == pytest.approx(one.burden, rel=1e-9)


def test_cells_keep_rhythms_apart_and_stand_for_their_loans() -> None:
    book = mixed(4000)
    cells = books.cells_of(book, step=0.02)

    assert set(cells.per_year) == set(book.per_year)
    lent = [(part.count * part.principal)[part.per_year == 52].sum() for part in (book, cells)]
    assert lent[0] == pytest.approx(lent[1])
    weekly = paid("weekly", annual_rate=Rule(times=0.5))
    errors = comparing.cells_error(a_review(book), cells=cells, rules=weekly, case=CENTRAL)
    assert max(errors.values()) < 0.005


def mixed(rows: int = 400) -> Book:
    """A book of weekly, monthly and quarterly loans without grace."""
    book = a_book(rows)
    per_year = np.random.default_rng(2).choice([52.0, 12.0, 4.0], rows)
    return replace(book, per_year=per_year, grace=np.zeros(rows))


def test_what_a_book_says_of_a_rhythm_is_read() -> None:
    figures = {
        "principal": ["100"] * 3, "annual_rate": ["0"] * 3, "income": ["50"] * 3,
        "pd": ["0"] * 3, "term": ["12", "2.307692", "12"],
    }  # fmt: skip
    labels = {"product": ["a"] * 3, "frequency": ["weekly", "biweekly x 2", "monthly x 2"]}
    numbers = {name: reading.numbers_of(cells) for name, cells in figures.items()}

    book = reading.book_from(numbers, labels=labels)

    assert book.per_year.tolist() == [52.0, 13.0, 6.0]
    assert book.terms.periods.tolist() == [52.0, 2.0, 6.0]
    plain = numbers | {"term": np.full(3, 12.0)}
    without = reading.book_from(plain, labels={"product": ["a"] * 3})
    assert without.per_year.tolist() == [12.0] * 3
    with pytest.raises(FrequencyUnknown) as refused:
        reading.book_from(plain, labels=labels | {"frequency": ["weekly", "weekly", "now"]})
    assert (refused.value.row, refused.value.frequency) == (3, "now")
    quarterly = labels | {"frequency": ["monthly", "quarterly", "monthly"]}
    with pytest.raises(BookUnreadable) as unread:
        reading.book_from(plain | {"term": np.array([12.0, 7.0, 12.0])}, labels=quarterly)
    assert (unread.value.column, unread.value.row) == ("term", 2)


def test_rhythms_are_those_of_the_menu_and_of_products() -> None:
    assert {name: rhythm.PER_YEAR[name] for name in choices.PER_YEAR} == choices.PER_YEAR
    products = {one.value: float(many) for one, many in INSTALMENTS_A_YEAR.items()}
    assert products == rhythm.PER_YEAR


@pytest.mark.parametrize("word", ["", "Weekly", "weekly x 0", "weekly x", "x 2", "weekly x 1000"])
def test_a_word_that_is_no_rhythm_is_none(word: str) -> None:
    assert rhythm.per_year_of(word) is None


@pytest.mark.parametrize(("word", "per_year"), [("daily x 182", 360 / 182), ("daily x 366", 0.984)])
def test_a_contract_may_be_paid_in_as_many_steps_as_its_dating_takes(
    word: str, per_year: float
) -> None:
    """Every half year by days: such a contract kept its whole book from being reviewed."""
    assert EVERY_MAX == 366
    assert rhythm.per_year_of(word) == pytest.approx(per_year, abs=1e-3)


def test_a_search_leaves_weekly_terms_as_they_are_where_it_says_so() -> None:
    """Ten weeks at a term times 1 were rounded to two months, eight weeks."""
    weeks = a_year(per_year=52.0, term=2.307692)
    bounds = Bounds(where={}, rate_low=0.5, rate_high=1.0, terms=(1.0,))

    found = search.best_policy(
        a_review(weeks),
        aim=Aim.LOWEST_COST,
        conditions=Conditions(subsidy=None, above_cap=None),
        bounds=bounds,
        case=CENTRAL,
    )

    assert policy.applied(weeks, policy=found.rules).term.tolist() == [2.307692]
    assert found.rules.changes[0].term is None
    longer = replace(bounds, terms=(1.5,))
    rounded = search.best_policy(
        a_review(weeks),
        aim=Aim.LOWEST_COST,
        conditions=Conditions(subsidy=None, above_cap=None),
        bounds=longer,
        case=CENTRAL,
    )
    assert policy.applied(weeks, policy=rounded.rules).term.tolist() == [3.0]


@pytest.mark.parametrize("turned", [False, True])
def test_a_cell_hides_no_loan_that_a_policy_makes_impossible(*, turned: bool) -> None:
    """Seven months and 30 weeks are 30 instalments each; only the first can be paid by months."""
    months = (6.923077, 7.0) if turned else (7.0, 6.923077)
    loans = replace(
        a_year(per_year=52.0).rows(np.array([0, 0])), term=np.array(months, dtype=np.float64)
    )
    cells = books.cells_of(loans, step=0.02)

    assert cells.terms.periods.tolist() == [30.0, 30.0]
    with pytest.raises(PolicyContradicts) as refused:
        policy.applied(cells, policy=paid("monthly"))
    assert (refused.value.member, refused.value.count) == ("frequency", 1)


@pytest.mark.parametrize("fee_share", [0.0, 0.5, 0.99, 1 - 1e-9])
@pytest.mark.parametrize("days", [1, 7, 360, 14_400])
def test_every_figure_of_a_daily_loan_is_a_number(days: int, fee_share: float) -> None:
    """A week by days with a fee of 99 % had an endless rate a year: figures of all were none."""
    one = one_loan(per_year=360.0, term=days / 30, fee_share=fee_share, annual_rate=10.0)
    book = replace(one.rows(np.array([0, 0])), fee_share=np.array([0.0, fee_share]))
    cap = LegalCap(where={}, basis="effective", cap=0.5, source="a law")
    review = a_review(book, caps=(cap,))
    cheaper = Policy(name="half", changes=(Change(where={}, annual_rate=Rule(times=0.5)),))

    for rules in (TODAY, cheaper, paid("yearly", term=Rule(set_to=12))):
        figures = [asdict(outcome_of(review, rules=rules, case=case).whole) for case in Case]
        assert all(np.isfinite(figure).all() for each in figures for figure in each.values())
        (flag,) = legality.flags_of(review, rules=rules)
        assert np.isfinite(flag.highest)
        assert flag.is_broken
