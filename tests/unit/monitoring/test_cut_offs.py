"""Closed months, the horizon of a page of the feed, the seal, and agreements kept at hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.dashboards import queries
from services.monitoring.dashboards.report import SealState
from services.monitoring.domain.standing import Agreement
from services.monitoring.portfolio.agreements import Agreements
from services.monitoring.subscriptions import complete_until
from shared.clients.loans import FeedEvent, FeedPage, FundFigures
from shared.ids import InstitutionId, new
from tests.unit.monitoring.conftest import NOW, used

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUSE, OTHER = InstitutionId(UUID(int=1)), InstitutionId(UUID(int=2))


def page(*hours: int, head: int) -> FeedPage:
    """Events numbered from 1, each known so many hours after the start."""
    events = tuple(
        FeedEvent(
            id=new(),
            type="loans.x.v1",
            subject="x",
            time=START,
            institutionid=HOUSE,
            sequence=number,
            knownat=START + timedelta(hours=hour),
            data={},
        )
        for number, hour in enumerate(hours, start=1)
    )
    return FeedPage(events=events, next=len(events), head=head)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def test_a_page_that_is_not_full_leaves_nothing_out() -> None:
    assert complete_until(page(1, 2, 2, head=9), limit=4) == at(2)


def test_a_full_page_that_ends_at_the_head_leaves_nothing_out() -> None:
    assert complete_until(page(1, 2, 2, head=3), limit=3) == at(2)


def test_a_full_page_may_end_in_the_middle_of_an_instant() -> None:
    assert complete_until(page(1, 2, 2, head=9), limit=3) == at(1)


def test_a_full_page_of_one_instant_says_nothing() -> None:
    assert complete_until(page(2, 2, 2, head=9), limit=3) is None


def test_an_empty_page_says_nothing() -> None:
    assert complete_until(page(head=0), limit=3) is None


@pytest.mark.parametrize("today", [date(2026, 3, 1), date(2026, 3, 31)])
def test_closed_months_end_before_this_one_begins(today: date) -> None:
    assert queries.closed_months(today, count=3) == [
        date(2025, 12, 31),
        date(2026, 1, 31),
        date(2026, 2, 28),
    ]


def test_a_leap_year_s_february_has_its_day() -> None:
    assert queries.closed_months(date(2028, 3, 5), count=1) == [date(2028, 2, 29)]


def ledger(**changes: int) -> FundFigures:
    figures = used()
    minor: dict[str, Any] = {
        "received_minor": figures.received.minor,
        "disbursed_minor": figures.disbursed.minor,
        "returned_minor": figures.returned.minor,
        "cash_minor": figures.at_hand.minor,
        "outstanding_principal_minor": figures.outstanding.minor,
        **changes,
    }
    return FundFigures(fund_id=new(), currency="JOD", known_at=NOW, sequence=1, **minor)


def test_the_seal_agrees_when_every_total_does() -> None:
    seal = queries.compare(used(), ledger=ledger(), checked_at=NOW)
    assert seal.state is SealState.AGREES
    assert len(seal.rows) == 5


@pytest.mark.parametrize(
    "name",
    [
        "received_minor",
        "disbursed_minor",
        "returned_minor",
        "cash_minor",
        "outstanding_principal_minor",
    ],
)
def test_any_one_total_off_by_one_breaks_the_seal(name: str) -> None:
    off = getattr(ledger(), name) + 1
    seal = queries.compare(used(), ledger=ledger(**{name: off}), checked_at=NOW)
    assert seal.state is SealState.DIFFERS


def test_another_currency_is_a_difference() -> None:
    other = ledger().model_copy(update={"currency": "TND"})
    assert queries.compare(used(), ledger=other, checked_at=NOW).state is SealState.DIFFERS


def test_without_the_ledger_the_seal_is_open() -> None:
    assert queries.compare(used(), ledger=None, checked_at=NOW).state is SealState.UNCHECKED


def test_agreements_are_kept_for_each_institution_alone() -> None:
    kept, agreement, contract = Agreements(), Agreement(currency="JOD", dues=()), new()
    kept.keep(HOUSE, {contract: agreement})
    assert kept.find(HOUSE, [contract, new()]) == {contract: agreement}
    assert kept.find(OTHER, [contract]) == {}


def test_the_oldest_agreements_are_given_up_first() -> None:
    kept, agreement = Agreements(kept_max=2), Agreement(currency="JOD", dues=())
    contracts = [new() for _ in range(3)]
    for contract in contracts:
        kept.keep(HOUSE, {contract: agreement})
    assert list(kept.find(HOUSE, contracts)) == contracts[1:]
