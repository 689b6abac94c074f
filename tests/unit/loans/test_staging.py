"""Where does a contract stand, by its days late and what was agreed anew?"""

from datetime import date

import pytest

from services.loans.domain import staging
from services.loans.domain.staging import Stage, StagingRule

RULE = StagingRule()
FIRSTS = [date(2026, month, 1) for month in range(1, 13)]
RENEGOTIATED = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [(None, 0), (date(2026, 3, 1), 3), (date(2026, 3, 4), 0), (date(2026, 5, 1), 0)],
)
def test_days_late_count_from_the_oldest_open_due_date(oldest: date | None, expected: int) -> None:
    assert staging.days_late(oldest, as_of=date(2026, 3, 4)) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4_000, 4)],
)
def test_a_bucket_begins_with_its_first_day(days: int, expected: int) -> None:
    assert staging.bucket(days) == expected


def test_buckets_are_data() -> None:
    assert staging.bucket(7, first_days=(1, 7)) == 2
    assert staging.bucket(400, first_days=()) == 0


@pytest.mark.parametrize(
    ("days", "restructured", "expected"),
    [
        (0, False, Stage.PERFORMING),
        (30, False, Stage.PERFORMING),
        (31, False, Stage.UNDERPERFORMING),
        (90, False, Stage.UNDERPERFORMING),
        (91, False, Stage.IMPAIRED),
        (0, True, Stage.UNDERPERFORMING),
        (91, True, Stage.IMPAIRED),
    ],
)
def test_more_than_30_days_is_the_second_stage_and_more_than_90_the_third(
    *, days: int, restructured: bool, expected: Stage
) -> None:
    assert staging.stage(days, restructured=restructured, rule=RULE) is expected


def test_stages_follow_the_rule_that_is_given() -> None:
    strict = StagingRule(risen_after_days=0, default_after_days=10)

    assert staging.stage(1, restructured=False, rule=strict) is Stage.UNDERPERFORMING
    assert staging.stage(11, restructured=False, rule=strict) is Stage.IMPAIRED


@pytest.mark.parametrize(("risen", "default", "cure"), [(91, 90, 3), (-1, 90, 3), (30, 90, -1)])
def test_a_rule_that_contradicts_itself_is_refused(risen: int, default: int, cure: int) -> None:
    with pytest.raises(ValueError, match=r"^a contract .* later than at risk, .* days$"):
        StagingRule(risen_after_days=risen, default_after_days=default, cure_dues=cure)


def test_risk_and_default_may_begin_on_one_day() -> None:
    rule = StagingRule(risen_after_days=0, default_after_days=0)

    assert staging.stage(0, restructured=False, rule=rule) is Stage.PERFORMING
    assert staging.stage(1, restructured=False, rule=rule) is Stage.IMPAIRED


def test_the_last_dues_can_cure_and_one_of_the_day_itself_does_not_count() -> None:
    assert staging.cured_on(FIRSTS, renegotiated_on=date(2026, 9, 1), rule=RULE) == FIRSTS[-1]
    assert staging.cured_on(FIRSTS, renegotiated_on=date(2026, 10, 1), rule=RULE) is None


def test_a_contract_is_cured_with_the_third_due_after_it_was_renegotiated() -> None:
    assert staging.cured_on(FIRSTS, renegotiated_on=RENEGOTIATED, rule=RULE) == date(2026, 6, 1)
    assert staging.cured_on(
        FIRSTS, renegotiated_on=RENEGOTIATED, rule=StagingRule(cure_dues=1)
    ) == date(2026, 4, 1)
    assert (
        staging.cured_on(FIRSTS, renegotiated_on=RENEGOTIATED, rule=StagingRule(cure_dues=0))
        == RENEGOTIATED
    )


def test_a_contract_with_too_few_dues_left_is_never_cured() -> None:
    assert staging.cured_on(FIRSTS, renegotiated_on=date(2026, 10, 15), rule=RULE) is None
    assert staging.cured_on(FIRSTS, renegotiated_on=None, rule=RULE) is None


@pytest.mark.parametrize(
    ("as_of", "days", "expected"),
    [
        (date(2026, 3, 14), 0, False),
        (RENEGOTIATED, 0, True),
        (date(2026, 5, 31), 0, True),
        (date(2026, 6, 1), 0, False),
        (date(2026, 6, 1), 1, True),
    ],
)
def test_a_contract_counts_as_restructured_until_it_is_cured_and_punctual(
    *, as_of: date, days: int, expected: bool
) -> None:
    found = staging.is_restructured(
        renegotiated_on=RENEGOTIATED, cured=date(2026, 6, 1), as_of=as_of, days=days
    )

    assert found is expected


def test_one_never_renegotiated_is_not_and_one_never_cured_stays_restructured() -> None:
    day = date(2030, 1, 1)

    assert not staging.is_restructured(renegotiated_on=None, cured=None, as_of=day, days=50)
    assert staging.is_restructured(renegotiated_on=RENEGOTIATED, cured=None, as_of=day, days=0)
