"""May a day be named that has not come yet, or that comes before its decision?"""

from datetime import date, timedelta

import pytest

from services.loans.domain import days
from services.loans.domain.borrower import (
    SHORTEST_DOCUMENT,
    Document,
    DocumentNotValid,
    DocumentType,
)

TODAY = date(2026, 3, 1)
DAY = timedelta(days=1)


def test_money_moved_today_or_before() -> None:
    days.require_come(TODAY, member="received_on", today=TODAY)
    days.require_come(TODAY - DAY, member="received_on", today=TODAY)
    with pytest.raises(days.DayNotYet) as refused:
        days.require_come(TODAY + DAY, member="received_on", today=TODAY)
    found = refused.value
    assert (found.member, found.day, found.today) == ("received_on", TODAY + DAY, TODAY)


def test_nobody_signs_before_the_approval() -> None:
    days.require_decided(TODAY, decided_on=TODAY)
    days.require_decided(TODAY + DAY, decided_on=TODAY)
    with pytest.raises(days.SignedBeforeDecided) as refused:
        days.require_decided(TODAY - DAY, decided_on=TODAY)
    assert (refused.value.signed_on, refused.value.decided_on) == (TODAY - DAY, TODAY)


def test_the_number_of_a_document_is_long_enough_without_its_signs() -> None:
    kind = next(iter(DocumentType))
    number = "-".join("7" * SHORTEST_DOCUMENT)
    assert Document(type=kind, number=number, country="JO").key == "7" * SHORTEST_DOCUMENT
    with pytest.raises(DocumentNotValid) as refused:
        Document(type=kind, number=number[:-1], country="JO")
    assert refused.value.shortest == SHORTEST_DOCUMENT
