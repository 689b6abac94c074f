"""What `rafid bench assess` measures is a real opinion of the size that is asked about."""

from services.cli.benchmarks import assessing


def test_the_measured_opinion_is_one_of_sixty_three_corners() -> None:
    found = assessing.opinions(2)

    assert found.corners == 63
    assert 0 < found.feasible < 63
    assert len(found.milliseconds) == 2
    assert found.median > 0


def test_a_fee_and_a_ceiling_change_what_is_feasible() -> None:
    assert assessing.opinions(1, ceiling="0.12").feasible == 0


def test_no_application_is_made_twice() -> None:
    bodies = [assessing.application(number) for number in (0, 1)]

    assert bodies[0]["assessment_id"] != bodies[1]["assessment_id"]
    assert bodies[0]["amount"] != bodies[1]["amount"]


def test_most_of_a_seasonal_application_passes_by_season_alone() -> None:
    found = assessing.opinions(1, ceiling="0.40", fee_share="0.01", make=assessing.seasonal)

    assert found.corners == 63
    assert found.feasible > 50
