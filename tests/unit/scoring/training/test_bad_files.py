"""A file that would teach a card something false is refused by name, and nothing is learned."""

import pytest

from services.scoring.domain.card_form import (
    CharacteristicKnownTooLate,
    CharacteristicProtected,
)
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.training import columns, validation
from services.scoring.domain.training.bins import OneClassOnly
from services.scoring.domain.training.columns import CellUnreadable, TargetBlank
from services.scoring.domain.training.spec import spec_of
from services.scoring.domain.training.validation import FoldsTooMany, Plan
from tests import trainings
from tests.trainings import MADE_UP_COLUMNS, UP, Json


def document(**changes: object) -> Json:
    return trainings.spec_document(MADE_UP_COLUMNS, target="default") | changes


def asked(name: str, column: str) -> list[Json]:
    return [trainings.asked(name, UP, column=column)]


def test_a_loan_whose_end_is_not_known_is_not_taken_for_a_good_one() -> None:
    """Every value but the bad one means good; a blank one says nothing."""
    texts = {"default": ["0", " ", "1", ""]}

    with pytest.raises(TargetBlank) as refused:
        columns.bad_of(texts, spec=spec_of(document()))

    assert (refused.value.count, refused.value.row) == (2, 2)


def test_how_a_loan_ended_is_no_characteristic_of_it_even_if_reviewed() -> None:
    spec = spec_of(document(characteristics=asked("conduct", "default")))

    with pytest.raises(CharacteristicKnownTooLate) as refused:
        columns.check_columns(["default"], spec=spec)

    assert refused.value.characteristic == "conduct"


@pytest.mark.parametrize("column", ["sex", "Applicant Age", "sexe", "MaritalStatus", "الجنس"])
def test_a_protected_column_enters_under_no_other_name(column: str) -> None:
    with pytest.raises(CharacteristicProtected):
        spec_of(document(characteristics=asked("steadiness", column)))


def test_a_column_that_is_audited_as_a_trait_is_never_asked() -> None:
    """Its head may say nothing ("A09"); who wrote the specification knows what it is."""
    audit = [{"name": "sex", "column": "A09"}]

    with pytest.raises(CharacteristicProtected) as refused:
        spec_of(document(characteristics=asked("steadiness", "A09"), audit=audit))

    assert refused.value.trait == "sex"


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-Infinity", "1e999"])
def test_a_word_for_no_number_is_not_taken_for_an_unknown(cell: str) -> None:
    spec = spec_of(document(characteristics=asked("income", "income")))

    with pytest.raises(CellUnreadable) as refused:
        columns.asked_of({"income": ["1", "", cell]}, spec=spec)

    assert refused.value.row == 3


def test_bands_that_are_no_numbers_are_named() -> None:
    audit = [{"name": "years", "column": "A13", "bands": ["thirty"]}]

    with pytest.raises(DocumentMalformed) as refused:
        spec_of(document(audit=audit))

    assert refused.value.path == "/audit/0/bands/0"


@pytest.mark.parametrize(("bads", "error"), [(0, OneClassOnly), (4, FoldsTooMany)])
def test_five_folds_need_five_of_either_kind(bads: int, error: type[Exception]) -> None:
    texts = trainings.made_up(200)
    texts["default"] = ["1"] * bads + ["0"] * (200 - bads)
    spec = spec_of(document())

    with pytest.raises(error):
        validation.train(
            columns.asked_of(texts, spec=spec),
            bad=columns.bad_of(texts, spec=spec),
            audited={},
            spec=spec,
            training={},
            plan=Plan(repeats=1),
            step=lambda _: None,
        )
