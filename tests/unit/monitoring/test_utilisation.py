"""What became of a fund's money, and that its figures close."""

import pytest

from services.monitoring.domain.utilisation import Utilisation
from shared.money import Money


def fund(**minor: int) -> Utilisation:
    names = ("received", "agreed", "released", "disbursed", "principal", "income", "surplus")
    return Utilisation(**{name: Money(minor.get(name, 0), "JOD") for name in names})


def test_what_donors_gave_and_borrowers_returned_is_paid_out_or_at_hand() -> None:
    figures = fund(received=1_000, agreed=1_300, disbursed=1_250, principal=390, income=10)
    assert figures.at_hand == Money(150, "JOD")
    assert figures.received + figures.returned == figures.disbursed + figures.at_hand


def test_money_paid_out_beyond_what_was_given_was_lent_again() -> None:
    assert fund(received=1_000, disbursed=1_250).lent_again == Money(250, "JOD")


def test_nothing_is_lent_again_while_gifts_cover_what_was_paid_out() -> None:
    assert fund(received=1_000, disbursed=1_000).lent_again.is_zero
    assert fund(received=1_000, disbursed=400, principal=300).lent_again.is_zero


def test_committed_is_what_contracts_still_wait_for() -> None:
    assert fund(agreed=900, released=100, disbursed=500).committed == Money(300, "JOD")


def test_returned_is_principal_income_and_surplus() -> None:
    assert fund(principal=70, income=20, surplus=3).returned == Money(93, "JOD")


def test_income_does_not_lower_what_borrowers_still_have() -> None:
    assert fund(disbursed=100, principal=70, income=20).outstanding == Money(30, "JOD")


def test_a_fund_has_one_currency() -> None:
    zero = Money(0, "JOD")
    with pytest.raises(ValueError, match="one currency"):
        Utilisation(
            received=Money(0, "TND"),
            agreed=zero,
            released=zero,
            disbursed=zero,
            principal=zero,
            income=zero,
            surplus=zero,
        )
