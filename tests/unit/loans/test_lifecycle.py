"""Which state may follow which?"""

from enum import StrEnum
from itertools import product

import pytest

from services.loans.domain import lifecycle, modes
from services.loans.domain.lifecycle import (
    APPLICATION_TRANSITIONS,
    CONTRACT_TRANSITIONS,
    ApplicationEvent,
    ApplicationStatus,
    ContractEvent,
    ContractStatus,
    TransitionRefused,
)
from shared import texts
from shared.texts import Language

# Read line by line: in this status, these events, leading there. Everything else is refused.
APPLICATIONS = {
    "submitted": "assess>assessed postpone>waiting_for_assessment return>returned"
    " withdraw>withdrawn",
    "waiting_for_assessment": "assess>assessed postpone>waiting_for_assessment return>returned"
    " withdraw>withdrawn",
    "assessed": "assess>assessed approve>approved reject>rejected return>returned"
    " withdraw>withdrawn",
    "returned": "resubmit>submitted withdraw>withdrawn",
    "withdrawn": "",
    "approved": "reserve_failed>waiting_for_funds sign>signed withdraw>withdrawn",
    "rejected": "",
    "waiting_for_funds": "reserve_failed>waiting_for_funds reserve>approved withdraw>withdrawn",
    "signed": "",
}
CONTRACTS = {
    "signed": "disburse>active cancel>cancelled",
    "active": "disburse>active reverse_disbursement>signed repay>active"
    " reverse_repayment>active settle>closed write_off>written_off",
    "closed": "repay>closed reverse_repayment>closed reopen>active",
    "written_off": "repay>written_off reverse_repayment>written_off reverse_write_off>active",
    "cancelled": "",
}


def expected(table: dict[str, str], status: str) -> dict[str, str]:
    return dict(step.split(">") for step in table[status].split())


@pytest.mark.parametrize(("status", "event"), [*product(ApplicationStatus, ApplicationEvent)])
def test_every_pair_of_an_application_is_decided(
    status: ApplicationStatus, event: ApplicationEvent
) -> None:
    steps = expected(APPLICATIONS, status)
    if event in steps:
        assert lifecycle.next_application_status(status, event=event) == steps[event]
        return
    with pytest.raises(TransitionRefused) as refusal:
        lifecycle.next_application_status(status, event=event)
    assert set(refusal.value.allowed) == set(steps)


@pytest.mark.parametrize(("status", "event"), [*product(ContractStatus, ContractEvent)])
def test_every_pair_of_a_contract_is_decided(status: ContractStatus, event: ContractEvent) -> None:
    steps = expected(CONTRACTS, status)
    if event in steps:
        assert lifecycle.next_contract_status(status, event=event) == steps[event]
        return
    with pytest.raises(TransitionRefused) as refusal:
        lifecycle.next_contract_status(status, event=event)
    assert (refusal.value.state, refusal.value.event) == (status, event)


def test_every_status_can_be_reached() -> None:
    assert set(APPLICATION_TRANSITIONS.values()) | {ApplicationStatus.SUBMITTED} == set(
        ApplicationStatus
    )
    assert set(CONTRACT_TRANSITIONS.values()) == set(ContractStatus)


def test_nothing_blocks_a_payment_once_money_is_out() -> None:
    for status in (ContractStatus.ACTIVE, ContractStatus.CLOSED, ContractStatus.WRITTEN_OFF):
        assert lifecycle.next_contract_status(status, event=ContractEvent.REPAY) is status


def test_each_mode_names_its_steps() -> None:
    for mode in modes.MODES.values():
        assert mode.TRANSITIONS is CONTRACT_TRANSITIONS


def test_a_refusal_names_state_and_events_in_the_readers_language() -> None:
    with pytest.raises(TransitionRefused) as raised:
        lifecycle.next_status(
            ContractStatus.SIGNED, event=ContractEvent.REPAY, transitions=CONTRACT_TRANSITIONS
        )

    assert texts.render(raised.value, language="fr")[1] == (
        "Action impossible dans l’état « signé » : rembourser."
        " Actions possibles : décaisser, annuler."
    )
    assert texts.render(raised.value, language="ar")[1] == (
        "لا يمكن الإجراء «سداد دفعة» والحالة «موقّع»؛ الممكن: صرف، إلغاء."
    )


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize(
    "words", [ApplicationStatus, ApplicationEvent, ContractStatus, ContractEvent]
)
def test_every_state_and_event_is_told_in_every_language(
    words: type[StrEnum], language: Language
) -> None:
    known = texts.catalogue("loans", language=language)

    assert [word.value for word in words if word.value not in known] == []
