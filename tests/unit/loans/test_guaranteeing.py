"""What a guarantor answers for is never more than it agreed, and what comes back is shared."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import guaranteeing
from services.loans.domain.guaranteeing import (
    ClaimAmountWrong,
    ClaimEvent,
    ClaimNotTriggered,
    ClaimStatus,
    ClaimStepRefused,
    ClaimTooLate,
    CoverAboveCap,
    Covered,
    CoverRefused,
    Facility,
)
from services.loans.domain.terms import ModeOfFinance
from shared import ids
from shared.errors import Sentence
from shared.money import Money

ON = date(2026, 3, 1)


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


FACILITY = Facility(
    code="G1",
    currency="JOD",
    covered=Decimal("0.7"),
    cap_each=jod("1400.000"),
    cap_total=jod("10000.000"),
    claim_after_days=90,
    claim_within_days=60,
    fee=Decimal(0),
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 1, 1),
)
LOAN = Covered(
    reference="LN-2026-000001",
    principal=jod("1000.000"),
    product_id=ids.new(),
    mode=ModeOfFinance.QARD,
    on=ON,
)
ZERO = jod("0.000")


@pytest.mark.requirement("O5.1")
def test_a_loan_is_covered_by_its_share_and_up_to_both_caps() -> None:
    assert guaranteeing.cover(FACILITY, LOAN, used=jod("9300.000")).amount == jod("700.000")
    with pytest.raises(CoverAboveCap) as refused:
        guaranteeing.cover(FACILITY, LOAN, used=jod("9300.001"))
    assert refused.value.left == jod("699.999")
    most = replace(LOAN, principal=jod("2000.000"))
    assert guaranteeing.cover(FACILITY, most, used=ZERO).amount == FACILITY.cap_each
    with pytest.raises(CoverAboveCap):
        guaranteeing.cover(FACILITY, replace(LOAN, principal=jod("2000.002")), used=ZERO)


@pytest.mark.requirement("O5.1")
@pytest.mark.parametrize(
    ("facility", "loan"),
    [
        (FACILITY, replace(LOAN, principal=Money.parse("10.00", "EGP"))),
        (FACILITY, replace(LOAN, on=date(2025, 12, 31))),
        (FACILITY, replace(LOAN, on=date(2027, 1, 1))),
        (replace(FACILITY, product_ids=frozenset({ids.new()})), LOAN),
        (replace(FACILITY, fee=Decimal("0.01")), LOAN),
    ],
)
def test_what_a_facility_does_not_hold_for_is_not_covered(
    facility: Facility, loan: Covered
) -> None:
    with pytest.raises(CoverRefused):
        guaranteeing.cover(facility, loan, used=ZERO)


def test_its_products_and_loans_at_interest_are_covered_for_a_fee() -> None:
    facility = replace(FACILITY, fee=Decimal("0.015"), product_ids=frozenset({LOAN.product_id}))
    found = guaranteeing.cover(facility, replace(LOAN, mode=ModeOfFinance.CONVENTIONAL), used=ZERO)
    assert found.fee == jod("10.500")


def claimable(on: date, *, oldest: date | None = date(2026, 2, 1), owed: str = "600.000") -> Money:
    return guaranteeing.claimable(
        FACILITY,
        reference="LN",
        cover=jod("700.000"),
        outstanding=jod(owed),
        oldest_open_due_on=oldest,
        on=on,
    )


@pytest.mark.requirement("O5.3")
def test_a_claim_is_filed_from_the_ninetieth_day_for_sixty_days() -> None:
    assert claimable(date(2026, 5, 2)) == jod("420.000")
    assert claimable(date(2026, 7, 1)) == jod("420.000")
    with pytest.raises(ClaimNotTriggered) as early:
        claimable(date(2026, 5, 1))
    assert early.value.days_late == 89
    with pytest.raises(ClaimTooLate) as late:
        claimable(date(2026, 7, 2))
    assert late.value.until == date(2026, 7, 1)
    with pytest.raises(ClaimNotTriggered):
        claimable(date(2026, 7, 1), oldest=None)


def test_no_more_is_claimed_than_was_covered() -> None:
    assert claimable(date(2026, 5, 2), owed="2000.000") == jod("700.000")


@pytest.mark.requirement("O5.3")
def test_a_recovery_is_shared_by_the_covered_share_until_the_guarantor_has_its_money() -> None:
    received = jod("100.000")
    first = guaranteeing.recovered(FACILITY, received=received, still=jod("420.000"))
    last = guaranteeing.recovered(FACILITY, received=received, still=jod("20.000"))
    assert (first, last) == (jod("70.000"), jod("20.000"))


def test_the_fraction_of_a_minor_unit_is_nobodys_claim() -> None:
    assert guaranteeing.share(jod("0.099"), Decimal("0.7")) == jod("0.069")


@pytest.mark.requirement("O5.3")
def test_a_claim_goes_its_way_and_no_other() -> None:
    status = ClaimStatus.FILED
    for event in (ClaimEvent.SUBMIT, ClaimEvent.ACCEPT, ClaimEvent.PAY, ClaimEvent.RECOVER):
        status = guaranteeing.next_status(status, event)
    assert status is ClaimStatus.RECOVERED
    for standing, event in (
        (ClaimStatus.FILED, ClaimEvent.PAY),
        (ClaimStatus.SUBMITTED, ClaimEvent.PAY),
        (ClaimStatus.REFUSED, ClaimEvent.PAY),
        (ClaimStatus.PAID, ClaimEvent.PAY),
        (ClaimStatus.ACCEPTED, ClaimEvent.REFUSE),
    ):
        with pytest.raises(ClaimStepRefused):
            guaranteeing.next_status(standing, event)


@pytest.mark.parametrize("asked", ["0.000", "-1.000", "10.001"])
def test_an_amount_is_above_zero_and_no_more_than_there_is(asked: str) -> None:
    with pytest.raises(ClaimAmountWrong):
        guaranteeing.require_amount(jod(asked), most=jod("10.000"), what=Sentence("claimed"))
