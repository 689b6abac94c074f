"""Which state may follow which, for an application and for a contract?"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from shared.errors import Kind, RafidError


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    WAITING_FOR_ASSESSMENT = "waiting_for_assessment"
    ASSESSED = "assessed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    REJECTED = "rejected"
    WAITING_FOR_FUNDS = "waiting_for_funds"
    SIGNED = "signed"


class ApplicationEvent(StrEnum):
    """What may happen to an application.

    `postpone`: scoring did not answer. `return`: given back for correction. `reserve_failed` and
    `reserve`: an approved application found no money, or found it later.
    """

    ASSESS = "assess"
    POSTPONE = "postpone"
    RETURN = "return"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    RESERVE_FAILED = "reserve_failed"
    RESERVE = "reserve"
    SIGN = "sign"


class ContractStatus(StrEnum):
    """Where a contract stands; being late is not a status, it is computed."""

    SIGNED = "signed"
    ACTIVE = "active"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


class ContractEvent(StrEnum):
    """What may happen to a contract.

    `settle`: it is paid and closed. `reopen`: it takes payments again. `reverse_write_off`: it
    stands among the fund's loans again.
    """

    DISBURSE = "disburse"
    REVERSE_DISBURSEMENT = "reverse_disbursement"
    REPAY = "repay"
    REVERSE_REPAYMENT = "reverse_repayment"
    SETTLE = "settle"
    REOPEN = "reopen"
    WRITE_OFF = "write_off"
    REVERSE_WRITE_OFF = "reverse_write_off"
    CANCEL = "cancel"


class CancelReason(StrEnum):
    """Why a signed contract is cancelled before any money went out to its borrower.

    `deal_ended`: its goods were lost or let be while they were still ours.
    """

    BORROWER_WITHDREW = "borrower_withdrew"
    NOT_COLLECTED = "not_collected"
    CONDITIONS_NOT_MET = "conditions_not_met"
    SIGNED_IN_ERROR = "signed_in_error"
    DEAL_ENDED = "deal_ended"


class TransitionRefused(RafidError):
    """This cannot happen in the present state"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{event} is not possible while the state is {state}; possible are: {allowed}."
    state: str
    event: str
    allowed: tuple[str, ...]


S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

_A, _AE = ApplicationStatus, ApplicationEvent
_UNDECIDED = (_A.SUBMITTED, _A.WAITING_FOR_ASSESSMENT, _A.ASSESSED, _A.RETURNED)

APPLICATION_TRANSITIONS: Mapping[tuple[ApplicationStatus, ApplicationEvent], ApplicationStatus] = {
    (_A.SUBMITTED, _AE.ASSESS): _A.ASSESSED,
    (_A.SUBMITTED, _AE.POSTPONE): _A.WAITING_FOR_ASSESSMENT,
    (_A.WAITING_FOR_ASSESSMENT, _AE.ASSESS): _A.ASSESSED,
    (_A.WAITING_FOR_ASSESSMENT, _AE.POSTPONE): _A.WAITING_FOR_ASSESSMENT,
    (_A.ASSESSED, _AE.ASSESS): _A.ASSESSED,
    (_A.ASSESSED, _AE.APPROVE): _A.APPROVED,
    (_A.ASSESSED, _AE.REJECT): _A.REJECTED,
    (_A.SUBMITTED, _AE.RETURN): _A.RETURNED,
    (_A.WAITING_FOR_ASSESSMENT, _AE.RETURN): _A.RETURNED,
    (_A.ASSESSED, _AE.RETURN): _A.RETURNED,
    (_A.RETURNED, _AE.RESUBMIT): _A.SUBMITTED,
    (_A.APPROVED, _AE.RESERVE_FAILED): _A.WAITING_FOR_FUNDS,
    (_A.WAITING_FOR_FUNDS, _AE.RESERVE_FAILED): _A.WAITING_FOR_FUNDS,
    (_A.WAITING_FOR_FUNDS, _AE.RESERVE): _A.APPROVED,
    (_A.APPROVED, _AE.SIGN): _A.SIGNED,
    **{
        (status, _AE.WITHDRAW): _A.WITHDRAWN
        for status in (*_UNDECIDED, _A.APPROVED, _A.WAITING_FOR_FUNDS)
    },
}

_C, _CE = ContractStatus, ContractEvent

CONTRACT_TRANSITIONS: Mapping[tuple[ContractStatus, ContractEvent], ContractStatus] = {
    (_C.SIGNED, _CE.DISBURSE): _C.ACTIVE,
    (_C.SIGNED, _CE.CANCEL): _C.CANCELLED,
    (_C.ACTIVE, _CE.DISBURSE): _C.ACTIVE,
    (_C.ACTIVE, _CE.REVERSE_DISBURSEMENT): _C.SIGNED,
    (_C.ACTIVE, _CE.SETTLE): _C.CLOSED,
    (_C.ACTIVE, _CE.WRITE_OFF): _C.WRITTEN_OFF,
    (_C.CLOSED, _CE.REOPEN): _C.ACTIVE,
    (_C.WRITTEN_OFF, _CE.REVERSE_WRITE_OFF): _C.ACTIVE,
    # Nothing ever blocks a payment: it is taken in whatever state the contract is once paid out.
    **{
        (status, event): status
        for status in (_C.ACTIVE, _C.CLOSED, _C.WRITTEN_OFF)
        for event in (_CE.REPAY, _CE.REVERSE_REPAYMENT)
    },
}


def next_application_status(
    status: ApplicationStatus, *, event: ApplicationEvent
) -> ApplicationStatus:
    """The status after an event: assessed and `approve` give approved.

    Raises `TransitionRefused` with the events that are possible.
    """
    return next_status(status, event=event, transitions=APPLICATION_TRANSITIONS)


def next_contract_status(status: ContractStatus, *, event: ContractEvent) -> ContractStatus:
    """The status after an event: signed and `disburse` give active. Raises `TransitionRefused`."""
    return next_status(status, event=event, transitions=CONTRACT_TRANSITIONS)


def next_status(status: S, *, event: E, transitions: Mapping[tuple[S, E], S]) -> S:
    """The status that a table of transitions gives. Raises `TransitionRefused`."""
    found = transitions.get((status, event))
    if found is None:
        raise TransitionRefused(
            state=status.value,
            event=event.value,
            allowed=allowed_events(status, transitions=transitions),
        )
    return found


def allowed_events(status: S, *, transitions: Mapping[tuple[S, E], S]) -> tuple[str, ...]:
    """The events possible in a status, in the order of the table."""
    return tuple(event.value for before, event in transitions if before == status)
