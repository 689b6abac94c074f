"""A key sent to an older release still means the same request after an upgrade."""

import pytest

from services.loans.disbursements.schemas import DisbursementIn
from services.loans.repayments.schemas import RepaymentIn
from shared.schemas import Body


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (
            RepaymentIn.model_validate({"amount": {"amount": "1.000", "currency": "JOD"}}),
            '{"amount":{"amount":"1.000","currency":"JOD"},"received_on":null,"channel":"cash"}',
        ),
        (DisbursementIn(), '{"channel":"cash","disbursed_on":null,"phone":null}'),
    ],
)
def test_what_an_older_release_could_not_say_is_not_written(body: Body, written: str) -> None:
    assert body.model_dump_json() == written


def test_what_is_said_now_is_part_of_the_request() -> None:
    plain = {"amount": {"amount": "1.000", "currency": "JOD"}}
    shorter = RepaymentIn.model_validate({**plain, "effect": "shorten"})
    assert '"effect":"shorten"' in shorter.model_dump_json()
    assert DisbursementIn(tranche=2).model_dump_json().count("tranche") == 1
