"""Who may decide on a waqf's deed, what a recovery gives back, and what an order is held to."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.loans.domain import waqf_losses, waqf_orders
from services.loans.domain.waqf_losses import Bearer
from services.loans.domain.waqf_orders import Authority, ConflictOfInterest, WaqfOrder
from shared import ids
from shared.money import Money
from tests.unit.loans.test_waqf_corpus import books, deed, mad
from tests.unit.loans.test_waqf_orders import JUDGE, ON, order, refusal

pytestmark = pytest.mark.rule("W-6")
OLD, NEW = ids.new(), ids.new()


def decides(actor: UUID, asked: WaqfOrder, *, trustee: UUID | None = OLD) -> bool:
    held = None if trustee is None else deed(nazir_id=trustee)
    try:
        waqf_orders.require_disinterested(actor, order=asked, deed=held)
    except ConflictOfInterest as error:
        return (error.party_id, error.interest) != (actor, waqf_orders.TRUSTEE)
    return True


def test_a_deed_is_not_decided_by_the_trustee_it_names_or_named() -> None:
    asked = order("deed", deed=deed(nazir_id=NEW))
    assert not decides(OLD, asked)
    assert not decides(NEW, asked)
    assert decides(ids.new(), asked)
    assert not decides(NEW, asked, trustee=None), "nor the first one"
    assert decides(OLD, asked, trustee=None)


def test_a_trustee_may_bring_what_an_authority_decided_by_the_day() -> None:
    asked = order("deed", deed=deed(nazir_id=NEW), authority=JUDGE)
    assert decides(OLD, asked)
    later = Authority(name="Court", reference="1", decided_on=date(2026, 11, 2))
    assert not decides(OLD, replace(asked, authority=later))
    assert decides(OLD, replace(asked, authority=replace(later, decided_on=ON)))


def test_a_deed_that_is_not_told_still_keeps_the_trustee_away() -> None:
    assert not decides(OLD, order("deed"))


def test_a_deed_is_held_to_its_own_rules_and_not_to_those_of_spending() -> None:
    assert refusal(order("deed", "99999999"), books=books(net_assets=mad("0"))) is None


@pytest.mark.parametrize(
    ("lost", "pool", "reserve"),
    [
        ("20", "10", "60"),
        ("0", "30", "60"),
        ("-5", "30", "60"),
        ("90", "0", "0"),
        ("31", "0", "59"),
    ],
)
def test_what_is_recovered_goes_back_to_the_last_who_bore_it_first(
    lost: str, pool: str, reserve: str
) -> None:
    bore = {Bearer.TABARRU: mad("30"), Bearer.RESERVE: mad("60")}
    expected: dict[Bearer, Money] = {Bearer.TABARRU: mad(pool), Bearer.RESERVE: mad(reserve)}
    assert waqf_losses.given_back(mad(lost), bore=bore) == expected
