"""How much of a portfolio is at risk on a day?"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain import at_risk
from services.loans.domain.at_risk import BucketsInvalid, Risk, Scheme, Tally
from services.loans.domain.positions import Position, Standing

AS_OF = date(2026, 6, 30)
SCHEME = Scheme()


def stood(
    outstanding: int, *, late: int | None = None, status: Standing = Standing.ACTIVE
) -> Position:
    return Position(
        valid_from=date(2026, 1, 1),
        disbursed=1_000,
        paid=1_000 - outstanding,
        outstanding=outstanding,
        oldest_open_due_on=None if late is None else AS_OF - timedelta(days=late),
        status=status,
    )


def risk(*positions: Position, scheme: Scheme = SCHEME) -> Risk:
    return at_risk.at_risk(positions, as_of=AS_OF, scheme=scheme)


@pytest.mark.parametrize(
    ("late", "bucket"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (2_000, 4)],
)
def test_a_balance_lies_whole_in_the_bucket_of_its_oldest_open_due(late: int, bucket: int) -> None:
    found = risk(stood(700, late=late))

    assert [one.outstanding for one in found.buckets] == [
        700 if place == bucket else 0 for place in range(5)
    ]
    assert found.total == Tally(1, 700)


def test_parn_is_the_whole_balance_of_all_that_is_later_than_n() -> None:
    found = risk(stood(100), stood(50, late=10), stood(25, late=45), stood(5, late=400))

    assert found.more_than() == (
        (0, Tally(3, 80)),
        (30, Tally(2, 30)),
        (60, Tally(1, 5)),
        (90, Tally(1, 5)),
    )
    assert found.ratio(found.more_than()[1][1]) == Decimal("0.166667")
    assert found.non_accrual == Tally(1, 5)


def test_what_was_renegotiated_is_a_second_figure_of_its_own() -> None:
    """Worked by hand from CGAP's definitions of 2003 and 2009: six balances of 3,500."""
    found = risk(
        stood(1_000),
        stood(800, late=5),
        stood(600, late=35),
        stood(400, late=65),
        stood(200, late=120, status=Standing.RENEGOTIATED),
        stood(500, status=Standing.RENEGOTIATED),
    )
    pure, wider = dict(found.more_than()), dict(found.or_renegotiated())

    assert {days: str(found.ratio(tally)) for days, tally in pure.items()} == {
        0: "0.571429",
        30: "0.342857",
        60: "0.171429",
        90: "0.057143",
    }
    assert found.ratio(wider[30]) == Decimal("0.485714")
    assert wider[90] == Tally(2, 700), "who is late and renegotiated counts once"
    assert wider[0] == Tally(5, 2_500)


def test_profit_stops_after_the_day_that_the_scheme_names() -> None:
    scheme = Scheme(from_days=(1,), non_accrual_after_days=30)

    assert risk(stood(1, late=30), scheme=scheme).non_accrual == Tally(0, 0)
    assert risk(stood(1, late=31), scheme=scheme).non_accrual == Tally(1, 1)


@pytest.mark.parametrize("status", [Standing.CLOSED, Standing.WRITTEN_OFF, Standing.CANCELLED])
def test_what_is_paid_or_given_up_is_not_in_the_portfolio(status: Standing) -> None:
    gone = stood(300, late=80, status=status)

    assert risk(gone).total == Tally(0, 0)
    assert risk(gone, stood(100)).total == Tally(1, 100)
    assert at_risk.lateness(gone, as_of=AS_OF) == 0


def test_a_renegotiated_balance_counts_and_is_stated_beside() -> None:
    found = risk(stood(300, status=Standing.RENEGOTIATED), stood(100))

    assert (found.total, found.renegotiated) == (Tally(2, 400), Tally(1, 300))


def test_of_nothing_lent_nothing_is_at_risk() -> None:
    found = risk()

    assert found.ratio(found.total) == 0
    assert found == Risk.empty(SCHEME)


def test_parts_make_the_whole() -> None:
    parts = [risk(stood(100, late=95)), risk(stood(40, status=Standing.RENEGOTIATED))]
    parts[0].written_off.add(2, 9)

    found = at_risk.whole(parts, scheme=SCHEME)

    assert [one.outstanding for one in found.buckets] == [40, 0, 0, 0, 100]
    assert (found.renegotiated, found.non_accrual) == (Tally(1, 40), Tally(1, 100))
    assert found.written_off == Tally(2, 9)


def test_the_spans_of_a_scheme_leave_no_day_out() -> None:
    assert SCHEME.spans() == ((0, 0), (1, 30), (31, 60), (61, 90), (91, None))


@pytest.mark.parametrize("days", [(), (0,), (-1, 5), (1, 1), (30, 20), (1, 4_000), range(1, 23)])
def test_buckets_that_do_not_follow_on_each_other_are_refused(days: tuple[int, ...]) -> None:
    with pytest.raises(BucketsInvalid) as refusal:
        Scheme(from_days=tuple(days))

    assert refusal.value.fields() == {
        "member": "from_days",
        "value": str(tuple(days)),
        "days_max": 3_650,
    }


def test_buckets_go_to_their_limits() -> None:
    widest = tuple(range(at_risk.DAYS_MAX - at_risk.BUCKETS_MAX + 1, at_risk.DAYS_MAX + 1))

    assert len(Scheme(from_days=widest).spans()) == at_risk.BUCKETS_MAX + 1
    assert Scheme(non_accrual_after_days=0).non_accrual_after_days == 0
    assert Scheme(non_accrual_after_days=3_650).non_accrual_after_days == at_risk.DAYS_MAX


@pytest.mark.parametrize("days", [-1, 3_651])
def test_profit_cannot_stop_before_it_is_late(days: int) -> None:
    with pytest.raises(BucketsInvalid):
        Scheme(non_accrual_after_days=days)


@pytest.mark.parametrize(
    ("allowance", "late", "expected"),
    [(300, 1_200, "0.25"), (300, 1_700, "0.176471"), (0, 5, "0"), (9, 3, "3")],
)
def test_an_allowance_covers_so_much_of_what_is_at_risk(
    allowance: int, late: int, expected: str
) -> None:
    """The reserve of the published example: 300 for 1,200 late, 1,700 with the restructured."""
    assert at_risk.risk_coverage(allowance, at_risk=late) == Decimal(expected)


def test_nothing_at_risk_is_covered_by_no_share() -> None:
    assert at_risk.risk_coverage(300, at_risk=0) is None


@pytest.mark.parametrize(("allowance", "late"), [(-1, 5), (5, -1)])
def test_nothing_below_zero_covers(allowance: int, late: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        at_risk.risk_coverage(allowance, at_risk=late)
