"""What is asked for in the demonstration: lawful, affordable where it should be, and told."""

from random import Random

import pytest

from services.demonstration import cases
from services.demonstration.institution import OFFER_BY_CODE, OFFERS, Offer, jod
from services.loans.domain.application import Request
from services.loans.domain.borrower import BorrowerKind
from services.monitoring.dashboards.sections import SECTORS
from services.scoring.models.operations import BUILT_IN

KINDS = list(OFFER_BY_CODE)


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a made history


def requests(code: str, *, soundness: float = 0.6, heavy: bool = False) -> list[Request]:
    rng, offer = chance(2), OFFER_BY_CODE[code]
    return [
        cases.request(
            rng,
            terms=cases.asked(rng, offer),
            kind=offer.kinds[0],
            soundness=soundness,
            weight=cases.HEAVY if heavy else cases.SOUND,
        )
        for _ in range(200)
    ]


def months_left(request: Request) -> float:
    """What a month leaves, in instalments, before any stress."""
    terms, home = request.asked, request.household
    left = home.sales + home.other_income - home.business_costs - home.household_costs
    return (left - home.debt_service).minor * terms.term_months / terms.amount.minor


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.product.code)
def test_terms_lie_within_the_product(offer: Offer) -> None:
    rng = chance(1)

    for _ in range(300):
        offer.product.check(cases.asked(rng, offer))


@pytest.mark.parametrize("code", KINDS)
def test_amounts_are_asked_in_steps_of_fifty_dinars(code: str) -> None:
    assert all(one.asked.amount.minor % jod(50).minor == 0 for one in requests(code))


@pytest.mark.parametrize("code", KINDS)
def test_a_sound_household_is_left_more_than_its_instalment(code: str) -> None:
    assert min(map(months_left, requests(code))) > 1


@pytest.mark.parametrize("code", KINDS)
def test_a_heavy_case_leaves_less_on_average_than_a_sound_one(code: str) -> None:
    heavy, sound = requests(code, heavy=True), requests(code)

    assert sum(map(months_left, heavy)) < sum(map(months_left, sound)) / 2


def test_what_the_scorecard_does_not_know_is_left_out_now_and_then() -> None:
    told = [value for one in requests("qard-family") for value in one.characteristics.values()]

    assert 0.04 < sum(value is None for value in told) / len(told) < 0.14


def test_every_characteristic_of_the_expert_card_is_told() -> None:
    card = BUILT_IN.read_text(encoding="utf-8")

    for name in requests("qard-family")[0].characteristics:
        assert f'"id": "{name}"' in card


def test_every_code_is_one_that_the_expert_card_knows() -> None:
    card = BUILT_IN.read_text(encoding="utf-8")
    answers = {
        value
        for code in KINDS
        for one in requests(code)
        for name, value in one.characteristics.items()
        if isinstance(value, str) and name != "sector" and not value[0].isdigit()
    }

    assert all(f'"{answer}"' in card for answer in answers)


def test_every_sector_has_a_name_on_the_donor_page() -> None:
    assert set(cases.WEIGHTS) <= set(SECTORS)
    assert set(cases.WEIGHTS) == set(cases.PURPOSES)


def test_a_group_answers_for_itself() -> None:
    rng, offer = chance(3), OFFER_BY_CODE["qard-group"]
    told = [
        cases.request(
            rng,
            terms=cases.asked(rng, offer),
            kind=BorrowerKind.SOLIDARITY_GROUP,
            soundness=0.5,
        ).characteristics["guarantor"]
        for _ in range(50)
    ]

    assert set(told) <= {"group", None}


def test_sounder_cases_answer_better() -> None:
    def confirmed(soundness: float) -> int:
        return sum(
            one.characteristics["references"] == "confirmed"
            for one in requests("qard-family", soundness=soundness)
        )

    assert confirmed(0.9) > confirmed(0.1)
