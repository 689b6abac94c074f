"""How do many applications take the whole road from the desk to the money?

Through the operations behind the routes, many at once: they are submitted, assessed by scoring,
decided by somebody who did not make them, signed and paid out. Each call begins where the books
say the last one ended, so that whatever broke off is taken up again, and nothing is done twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from services.demonstration import queries
from services.demonstration.queries import Standing
from services.loans.applications import assessing
from services.loans.applications import operations as applications
from services.loans.applications.assessing import Asking
from services.loans.approvals import operations as approvals
from services.loans.borrowers import operations as registration
from services.loans.borrowers.operations import PossibleDuplicate
from services.loans.contracts import operations as contracts
from services.loans.contracts.operations import Signing
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.application import Request, Submission
from services.loans.domain.authority import DuplicateApproval, Outcome
from services.loans.domain.borrower import NewBorrower
from services.loans.domain.deciding import OverrideReasonMissing, Proposal
from services.loans.domain.lifecycle import ApplicationStatus, ContractStatus
from services.loans.domain.product import Product
from services.loans.guarantees import serving
from shared.auth import Actor
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, BorrowerId, BranchId, ContractId, FundId

AT_ONCE = 100

Item = TypeVar("Item")
_WAITS = (ApplicationStatus.SUBMITTED, ApplicationStatus.WAITING_FOR_ASSESSMENT)


class ScoringWaits(RafidError):
    """Scoring left applications waiting"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "{count} applications have no assessment yet; start again to go on from here."
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application with all that is to become of it; days lie in the past, or are today.

    Without a fund it is rejected for `reason`; without days it stays where it is then. With
    `against_the_rules` it is approved even where the product's rules say reject.
    """

    external_id: str
    branch_id: BranchId
    request: Request
    product: Product
    borrower: BorrowerId | NewBorrower
    submitted_on: date
    reason: str
    fund_id: FundId | None = None
    signed_on: date | None = None
    disbursed_on: date | None = None
    is_decided: bool = True
    against_the_rules: str | None = None

    @property
    def submission(self) -> Submission:
        """What comes in at the desk."""
        return Submission(
            product=self.product,
            request=self.request,
            borrower=self.borrower,
            external_id=self.external_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the work is done, and by whom: nobody decides on what they made."""

    db: TenantDb
    scoring: ScoringClient
    clock: Clock
    officers: Mapping[BranchId, Actor]
    approvers: Sequence[Actor]
    funds_manager: Actor

    async def standings(self, cases: Iterable[Case]) -> dict[str, Standing]:
        """Where the cases stand now; those not submitted are absent."""
        async with self.db() as session:
            return await queries.standings(session, [case.external_id for case in cases])


async def take_through(desk: Desk, cases: Sequence[Case], *, on: date) -> dict[str, Standing]:
    """Bring cases as far as they are to come; return where they stand after it.

    Raises ScoringWaits when scoring does not answer, and what the operations refuse.
    """
    await submit(desk, cases, on=on)
    await assess(desk, cases, on=on)
    for approver in desk.approvers:
        await decide(desk, cases, approver=approver, on=on)
    await sign(desk, cases)
    await pay_out(desk, cases)
    return await desk.standings(cases)


async def register(desk: Desk, borrowers: Sequence[NewBorrower], *, on: date, actor: Actor) -> None:
    """Register persons who make no application of their own, such as a group's members."""
    for part in _parts(borrowers):
        async with desk.db.begin() as session:
            waiting = list(part)
            while waiting:
                outcomes = await registration.register_borrowers(
                    session, waiting, on=on, actor=actor
                )
                waiting = [
                    _distinct(borrower, outcome)
                    for borrower, outcome in zip(waiting, outcomes, strict=True)
                    if isinstance(outcome, RafidError)
                ]


async def submit(desk: Desk, cases: Sequence[Case], *, on: date) -> None:
    """Submit what is not submitted, each branch's by its officer."""
    known = await desk.standings(cases)
    missing = [case for case in cases if case.external_id not in known]
    for branch_id, of_branch in _by_branch(missing).items():
        for part in _parts(of_branch):
            await _submit(desk, part, on=on, actor=desk.officers[branch_id])


async def _submit(desk: Desk, cases: Sequence[Case], *, on: date, actor: Actor) -> None:
    async with desk.db.begin() as session:
        waiting = [case.submission for case in cases]
        while waiting:
            outcomes = await applications.submit_applications(
                session, waiting, at=desk.clock.now(), on=on, actor=actor
            )
            waiting = [
                _confirmed(submission, outcome)
                for submission, outcome in zip(waiting, outcomes, strict=True)
                if isinstance(outcome, RafidError)
            ]


def _confirmed(submission: Submission, refusal: RafidError) -> Submission:
    if isinstance(submission.borrower, NewBorrower):
        return replace(submission, borrower=_distinct(submission.borrower, refusal))
    raise refusal


def _distinct(borrower: NewBorrower, refusal: RafidError) -> NewBorrower:
    """Somebody who only resembles others, told so: who made the people knows it."""
    if not isinstance(refusal, PossibleDuplicate):
        raise refusal
    others = borrower.confirmed_distinct_from | {*refusal.candidate_ids}
    return replace(borrower, confirmed_distinct_from=others)


async def assess(desk: Desk, cases: Sequence[Case], *, on: date) -> None:
    """Have scoring judge what waits for it. Raises ScoringWaits."""
    waiting = await _ids_in(desk, cases, *_WAITS)
    for part in _parts(waiting):
        asking = Asking(scoring=desk.scoring, funds=serving.ask_funds)
        await assessing.assess(desk.db, asking, part, at=desk.clock.now(), on=on)
    if left := await _ids_in(desk, cases, *_WAITS):
        raise ScoringWaits(count=len(left))


async def decide(desk: Desk, cases: Sequence[Case], *, approver: Actor, on: date) -> None:
    """Let one person decide what is within their authority; the rest is for the next level.

    What the product's rules reject is rejected, unless the case says why not.
    """
    known = await desk.standings(cases)
    open_cases = {
        known[case.external_id].application_id: case
        for case in cases
        if case.is_decided and known[case.external_id].status is ApplicationStatus.ASSESSED
    }
    for part in _parts(list(open_cases)):
        proposals = [
            _proposal(application_id, open_cases[application_id]) for application_id in part
        ]
        refused = await _propose(desk, proposals, approver=approver, on=on)
        rejections = [
            Proposal(
                application_id=proposal.application_id,
                outcome=Outcome.REJECT,
                reasons=("the score and the product's rules advise against it",),
            )
            for proposal, refusal in refused
            if isinstance(refusal, OverrideReasonMissing)
        ]
        for _, refusal in [
            *refused,
            *await _propose(desk, rejections, approver=approver, on=on),
        ]:
            if not isinstance(refusal, OverrideReasonMissing | DuplicateApproval):
                raise refusal


async def _propose(
    desk: Desk, proposals: Sequence[Proposal], *, approver: Actor, on: date
) -> list[tuple[Proposal, RafidError]]:
    if not proposals:
        return []
    async with desk.db.begin() as session:
        outcomes = await approvals.record_decisions(
            session, proposals, at=desk.clock.now(), on=on, actor=approver
        )
    pairs = zip(proposals, outcomes, strict=True)
    return [(proposal, outcome) for proposal, outcome in pairs if isinstance(outcome, RafidError)]


def _proposal(application_id: ApplicationId, case: Case) -> Proposal:
    if case.fund_id is None:
        return Proposal(
            application_id=application_id, outcome=Outcome.REJECT, reasons=(case.reason,)
        )
    return Proposal(
        application_id=application_id,
        outcome=Outcome.APPROVE,
        reasons=(case.reason,),
        fund_id=case.fund_id,
        terms=case.request.asked,
        override_reason=case.against_the_rules,
    )


async def sign(desk: Desk, cases: Sequence[Case]) -> None:
    """Sign what is approved and has a day for it."""
    known = await desk.standings(cases)
    approved = [
        case
        for case in cases
        if case.signed_on and known[case.external_id].status is ApplicationStatus.APPROVED
    ]
    for branch_id, of_branch in _by_branch(approved).items():
        for part in _parts(of_branch):
            signings = [
                Signing(
                    application_id=known[case.external_id].application_id,
                    signed_on=case.signed_on or case.submitted_on,
                )
                for case in part
            ]
            async with desk.db.begin() as session:
                await contracts.sign_contracts(
                    session, signings, actor=desk.officers[branch_id], at=desk.clock.now()
                )


async def pay_out(desk: Desk, cases: Sequence[Case]) -> None:
    """Pay out in cash what is signed and has a day for it."""
    known = await desk.standings(cases)
    payouts = [
        Payout(contract_id=contract_id, disbursed_on=case.disbursed_on)
        for case in cases
        if case.disbursed_on and (contract_id := _payable(known[case.external_id]))
    ]
    for part in _parts(payouts):
        async with desk.db.begin() as session:
            await disbursements.disburse_contracts(session, part, actor=desk.funds_manager)


def _payable(standing: Standing) -> ContractId | None:
    return standing.contract_id if standing.contract_status is ContractStatus.SIGNED else None


async def _ids_in(
    desk: Desk, cases: Sequence[Case], *statuses: ApplicationStatus
) -> list[ApplicationId]:
    known = await desk.standings(cases)
    return [one.application_id for one in known.values() if one.status in statuses]


def _by_branch(cases: Iterable[Case]) -> dict[BranchId, list[Case]]:
    found: defaultdict[BranchId, list[Case]] = defaultdict(list)
    for case in cases:
        found[case.branch_id].append(case)
    return found


def _parts(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]
