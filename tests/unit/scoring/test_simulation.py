"""The closed forms of a review against the exact price of each loan, and its sums against loops."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from services.scoring.domain import pricing
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.simulation import book as books
from services.scoring.domain.simulation import comparing, kernel, outcomes, policy, search
from services.scoring.domain.simulation.book import BookUnreadable
from services.scoring.domain.simulation.comparing import CellsTooCoarse
from services.scoring.domain.simulation.outcomes import LegalCap, outcome_of
from services.scoring.domain.simulation.policy import Case, Change, Policy, PolicyContradicts, Rule
from services.scoring.domain.simulation.search import Aim, Bounds, Conditions, SearchFoundNothing
from tests.books import a_book, a_review, costs, one_loan

TODAY = Policy(name="today")
CENTRAL = Case.CENTRAL


def shape_of(rate: float, term: int, grace: int) -> Shape:
    return Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal(repr(rate)),
        term_months=term,
        grace_months=grace,
    )


def of_all(change: Rule | None = None, **rules: Any) -> Policy:
    rate = {} if change is None else {"annual_rate": change}
    return Policy(name="changed", changes=(Change(where={}, **(rate | rules)),))


def test_the_worked_loan_carries_itself_and_costs_its_borrower_the_worked_rate() -> None:
    """Golden numbers of the reference page: break-even 13.0766 % nominal, EIR 16.0693 %."""
    found = outcome_of(a_review(one_loan(), costs=costs()), rules=TODAY, case=CENTRAL).whole

    assert found.effective_rate[1] == pytest.approx(0.160693, abs=6e-4)
    assert found.subsidy == pytest.approx(0, abs=2e-2)
    margin = found.lent * 0.01
    cheap = outcome_of(a_review(one_loan(annual_rate=0.0)), rules=TODAY, case=CENTRAL).whole
    assert cheap.subsidy * cheap.lent + margin == pytest.approx(69.1216, abs=1e-3)


def test_totals_of_a_book_are_the_sums_of_its_loans() -> None:
    book = a_book()
    whole = outcome_of(a_review(book), rules=TODAY, case=CENTRAL).whole

    lent = loss = interest = over = 0.0
    for i in range(len(book)):
        rate, n, g = book.annual_rate[i] / 12, int(book.term[i]), int(book.grace[i])
        due = float(pricing.instalment_factor(shape_of(float(book.annual_rate[i]), n, g)))
        hazard = 1 - (1 - book.pd[i]) ** (1 / 12)
        balance, alive = book.principal[i], 1.0
        for month in range(1, n + 1):
            loss += alive * hazard * 0.6 * balance
            interest += alive * (1 - hazard) * rate * balance
            if month > g:
                balance -= due * book.principal[i] - rate * balance
            alive *= 1 - hazard
        lent += book.principal[i]
        interest += book.fee_share[i] * book.principal[i]
        over += (book.debts[i] + due * book.principal[i]) / book.income[i] > 0.40
    assert whole.lent == pytest.approx(lent)
    assert whole.expected_loss * lent == pytest.approx(loss, rel=1e-6)
    years = whole.duration * lent / 12
    assert whole.portfolio_yield * years == pytest.approx(interest, rel=1e-6)
    assert whole.burden_over[1] == pytest.approx(over / len(book))


def test_segments_add_up_to_the_whole() -> None:
    found = outcome_of(
        a_review(a_book(), segments=("product", "region")), rules=of_all(Rule(times=0.5)),
        case=CENTRAL,
    )  # fmt: skip

    for parts in found.segments.values():
        assert sum(part.lent for part in parts.values()) == pytest.approx(found.whole.lent)
        assert sum(part.loans for part in parts.values()) == pytest.approx(found.whole.loans)
    dear, qard = found.segments["product"]["dear"], found.segments["product"]["qard"]
    assert dear.portfolio_yield > qard.portfolio_yield


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    review = a_review(a_book(500), segments=("region",))
    one = outcome_of(review, rules=TODAY, case=CENTRAL)
    monkeypatch.setattr(outcomes, "BLOCK", 64)
    other = outcome_of(review, rules=TODAY, case=CENTRAL)

    assert other.whole.lent == pytest.approx(one.whole.lent, rel=1e-12)
    assert other.whole.burden == pytest.approx(one.whole.burden, rel=1e-9)
    assert other.segments["region"]["north"].subsidy == pytest.approx(
        one.segments["region"]["north"].subsidy, rel=1e-9
    )


def test_quantiles_are_those_of_the_loans() -> None:
    book = a_book(2000)
    whole = outcome_of(a_review(book), rules=TODAY, case=CENTRAL).whole
    rate, count = book.annual_rate / 12, book.term - book.grace
    due = kernel.level_instalment(rate, count, book.per_year) * book.principal
    burden = (book.debts + due) / book.income

    for place, share in enumerate((0.1, 0.5, 0.9)):
        assert whole.burden[place] == pytest.approx(np.quantile(burden, share), abs=2e-3)
        assert whole.instalment[place] == pytest.approx(np.quantile(due, share), rel=2e-2)


def test_cells_stand_for_their_loans() -> None:
    book = a_book(3000)
    cells = books.cells_of(book, step=0.02)
    review = a_review(book)

    assert len(cells) < len(book)
    assert cells.count.sum() == len(book)
    assert (cells.count * cells.principal).sum() == pytest.approx(book.principal.sum())
    errors = comparing.cells_error(review, cells=cells, rules=of_all(Rule(times=0.5)), case=CENTRAL)
    assert max(errors.values()) < 0.005


def test_cells_that_hide_too_much_are_refused() -> None:
    book = a_book(500)
    blurred = replace(
        books.cells_of(book, step=0.02), pd=np.full(len(books.cells_of(book, step=0.02)), 0.2)
    )
    with pytest.raises(CellsTooCoarse):
        comparing.cells_error(a_review(book), cells=blurred, rules=TODAY, case=CENTRAL)


def test_a_policy_changes_the_loans_it_names_and_no_others() -> None:
    book = a_book()
    rules = Policy(
        name="dear",
        changes=(
            Change(
                where={"product": "dear", "region": "north"},
                annual_rate=Rule(times=0.5), term=Rule(times=1.5, high=30), grace=Rule(plus=1),
                amount=Rule(low=600, high=1000), fee_share=Rule(set_to=0.02),
            ),
            Change(where={"product": "unheard of"}, annual_rate=Rule(set_to=9)),
        ),
    )  # fmt: skip
    new = policy.applied(book, policy=rules)
    named = (book.codes["product"] == 2) & (book.codes["region"] == 0)

    assert set(new.annual_rate[named]) == {0.12}
    assert new.term[named].max() == 30
    assert (new.grace[named] == book.grace[named] + 1).all()
    assert new.principal[named].min() >= 600
    assert new.principal[named].max() <= 1000
    for name in books.COLUMNS:
        assert (getattr(new, name)[~named] == getattr(book, name)[~named]).all()


def test_behaviour_moves_risk_and_demand_by_the_stated_figures() -> None:
    old = one_loan(pd=0.05, annual_rate=0.30, fee_share=0.0)
    later = replace(old, grace=old.grace + 1)
    none = np.zeros(1)

    def defaulting(case: Case) -> float:
        usual = policy.DEFAULT_BEHAVIOUR
        shift = policy.shifted(old, later, behaviour=usual, case=case)
        found = policy.defaulting(
            old.pd, shift=shift, burden_change=none, behaviour=usual, case=case
        )
        return float(found[0])

    came = policy.demanding(
        old_rate=np.array([0.30]), new_rate=np.array([0.20]),
        behaviour=policy.DEFAULT_BEHAVIOUR, case=CENTRAL,
    )  # fmt: skip

    assert defaulting(CENTRAL) == pytest.approx(0.0728, abs=1e-4)
    assert came[0] == pytest.approx(1.562, abs=1e-3)
    assert defaulting(Case.LOW) == pytest.approx(0.05)


def test_a_free_loan_that_stays_free_keeps_its_borrowers() -> None:
    zero = np.zeros(1)
    came = policy.demanding(
        old_rate=zero, new_rate=zero, behaviour=policy.DEFAULT_BEHAVIOUR, case=Case.HIGH
    )
    freed = policy.demanding(
        old_rate=np.array([0.3]), new_rate=zero, behaviour=policy.DEFAULT_BEHAVIOUR, case=Case.HIGH
    )

    assert came[0] == 1
    assert freed[0] == policy.DEFAULT_BEHAVIOUR.demand_most


def test_loans_above_a_legal_cap_are_flagged_where_it_holds() -> None:
    cap = LegalCap(where={"region": "north"}, basis="nominal", cap=0.20, source="a law")
    book = a_book()
    found = outcome_of(a_review(book, caps=(cap,), segments=("region",)), rules=TODAY, case=CENTRAL)

    north = book.codes["region"] == 0
    share = (book.annual_rate[north] > 0.20).mean()
    assert found.segments["region"]["north"].above_cap == pytest.approx(share)
    assert found.segments["region"]["south"].above_cap == 0


def test_a_higher_rate_never_yields_less_nor_costs_borrowers_less() -> None:
    review = a_review(a_book())
    found = [
        outcome_of(review, rules=of_all(Rule(plus=plus)), case=Case.LOW).whole
        for plus in (0.0, 0.05, 0.10, 0.20)
    ]
    for lower, higher in pairwise(found):
        assert higher.total_cost > lower.total_cost
        assert higher.portfolio_yield > lower.portfolio_yield


def test_doubling_the_term_about_halves_the_loans_of_a_fund() -> None:
    review = a_review(one_loan(pd=0.0, annual_rate=0.0, fee_share=0.0))
    once = outcome_of(review, rules=TODAY, case=CENTRAL).whole
    twice = outcome_of(review, rules=of_all(term=Rule(times=2)), case=CENTRAL).whole

    assert once.loans_a_year / once.loans == pytest.approx(12 / 6.5)
    assert twice.loans_a_year / twice.loans == pytest.approx(12 / 12.5)


@pytest.mark.parametrize(
    ("column", "value"),
    [("principal", 0.0), ("annual_rate", -0.1), ("term", 0), ("grace", 12), ("pd", 1.0),
     ("income", 0.0), ("debts", -1.0), ("fee_share", 1.0), ("annual_rate", float("nan"))],
)  # fmt: skip
def test_an_impossible_loan_is_named(column: str, value: float) -> None:
    with pytest.raises(BookUnreadable) as refused:
        books.checked(one_loan(**{column: value}))

    assert refused.value.column == column
    assert refused.value.row == 1


@pytest.mark.parametrize(
    "rules",
    [{"annual_rate": Rule(plus=-1)}, {"term": Rule(set_to=0.2)}, {"grace": Rule(plus=30)},
     {"fee_share": Rule(set_to=1.0)}, {"amount": Rule(times=0)}],
)  # fmt: skip
def test_a_policy_that_leaves_no_loan_is_refused(rules: dict[str, Rule]) -> None:
    with pytest.raises(PolicyContradicts):
        policy.applied(a_book(), policy=of_all(**rules))


def test_the_pareto_set_holds_what_nothing_beats_and_todays_regret_is_told() -> None:
    review = a_review(a_book())
    run = [
        outcome_of(review, rules=replace(rules, name=name), case=Case.LOW)
        for name, rules in (
            ("today", TODAY),
            ("dearer and longer", of_all(Rule(plus=0.02), term=Rule(times=2))),
            ("shorter", of_all(term=Rule(times=0.75))),
        )
    ]
    same = comparing.compared([run[0], replace(run[0], policy="copy")], today="today")
    found = comparing.compared(run, today="today")

    assert same.pareto == ("today", "copy")
    assert same.regret == {}
    assert "today" in found.pareto or found.better is not None


def test_a_beaten_policy_is_named_with_what_it_gives_away() -> None:
    base = outcome_of(a_review(a_book()), rules=TODAY, case=CENTRAL)
    better = replace(
        base, policy="better", whole=replace(base.whole, subsidy=base.whole.subsidy - 0.01)
    )
    found = comparing.compared([base, better], today="today")

    assert found.pareto == ("better",)
    assert found.better == "better"
    assert found.regret["subsidy"] == pytest.approx(0.01)


def test_the_cheapest_terms_that_keep_the_fund_whole_just_do() -> None:
    review = a_review(a_book())
    bounds = Bounds(where={}, terms=(1.0,), rate_high=4.0)

    found = search.best_policy(
        review, aim=Aim.LOWEST_COST, conditions=Conditions(), bounds=bounds, case=Case.LOW
    )

    rate = found.rules.changes[0].annual_rate
    assert rate is not None
    below = Policy(name="a little less", changes=(
        replace(found.rules.changes[0], annual_rate=replace(rate, times=rate.times - 0.01)),
    ))  # fmt: skip
    assert found.outcome.whole.subsidy == 0
    assert outcome_of(review, rules=below, case=Case.LOW).whole.subsidy > 0


def test_conditions_that_nothing_keeps_are_named_with_the_nearest_miss() -> None:
    with pytest.raises(SearchFoundNothing) as refused:
        search.best_policy(
            a_review(a_book()), aim=Aim.MOST_LOANS,
            conditions=Conditions(subsidy=None, expected_loss=1e-6), bounds=Bounds(where={}),
            case=CENTRAL,
        )  # fmt: skip

    assert refused.value.condition == "expected_loss"
