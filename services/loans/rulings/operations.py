"""How does a ruling come into the register, and how does it end?

One person enters a ruling, another approves it. Nothing of it is ever changed: a board takes it
back, or a later ruling takes its place, from a day on.
"""

from dataclasses import replace
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import days, rulings
from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import Ruling, RulingVerdict, Topic
from services.loans.institutions import operations as institutions
from services.loans.institutions.names import Names
from services.loans.rulings import queries
from services.loans.rulings.commands import Office, Proposal
from services.loans.rulings.queries import Entered
from services.loans.rulings.tables import (
    BoardMemberRow,
    BoardRow,
    RulingDecisionRow,
    RulingRow,
    RulingWithdrawalRow,
)
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.rulebook.facts import places

Outcome = Literal["approved", "rejected"]
NOT_APPROVED = Sentence("not approved")


class BoardCodeTaken(RafidError):
    """A board of this code exists"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The code {code} belongs to another board."
    code: str


class BoardMemberUnknown(RafidError):
    """Nobody of this id sits on the board"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The board has no member {member_id}, or not any more."
    member_id: UUID


class RulingPeriodInvalid(RafidError):
    """The days of the ruling do not follow each other"""

    kind = Kind.RULE
    service = "loans"
    detail = "Given on {given_on}, a ruling cannot hold from {starts_on} and before {ends_on}."
    given_on: date
    starts_on: date
    ends_on: str


class RulingElsewhere(RafidError):
    """The ruling is of another country"""

    kind = Kind.RULE
    service = "loans"
    detail = "The ruling is of {country}; the institution works in {own}."
    country: str
    own: str


class RulingNamesNoCountry(RafidError):
    """A ruling on lending or investing zakat names its country"""

    kind = Kind.RULE
    service = "loans"
    detail = "Boards differ on {topic} of zakat: the ruling must be of the country {own}."
    topic: Topic
    own: str


class RulingReferenceTaken(RafidError):
    """A ruling of this reference exists"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The reference {reference} belongs to another ruling of the register."
    reference: str


class RulingContradicts(RafidError):
    """The ruling contradicts another"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{reference} and {other} would hold on the same days and differ; supersede one."
    reference: str
    other: str


class RulingDecided(RafidError):
    """Somebody has decided on the ruling already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The ruling {reference} is {outcome} already."
    reference: str
    outcome: str


class RulingMakerDecides(RafidError):
    """Nobody approves a ruling that they entered"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever entered the ruling {reference} cannot decide on it."
    reference: str


class RulingNotWithdrawable(RafidError):
    """The ruling cannot be withdrawn"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The ruling {reference} cannot be withdrawn on {day}: it is {reason}."
    reference: str
    day: date
    reason: Sentence


class TooManyRulings(RafidError):
    """The register is full"""

    kind = Kind.RULE
    service = "loans"
    detail = "A register holds {most} rulings at most."
    most: int


async def create_board(
    session: AsyncSession, *, code: str, names: Names, country: str | None, actor: Actor
) -> BoardRow:
    """Enter a board. Raises BoardCodeTaken."""
    row: BoardRow | None = await session.scalar(
        insert(BoardRow)
        .values(
            institution_id=tenancy.institution_of(session),
            board_id=ids.new(),
            code=code,
            name_ar=names.ar,
            name_fr=names.fr,
            name_en=names.en,
            country=country,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing(index_elements=["institution_id", "code"])
        .returning(BoardRow)
    )
    if row is None:
        raise BoardCodeTaken(code=code)
    return row


async def seat_member(
    session: AsyncSession,
    board_id: UUID,
    *,
    name: str,
    office: Office,
    starts_on: date,
    actor: Actor,
) -> BoardMemberRow:
    """Let a scholar sit on a board from a day on. Raises BoardUnknown."""
    board = await queries.board(session, board_id)
    row = BoardMemberRow(
        institution_id=board.institution_id,
        member_id=ids.new(),
        board_id=board_id,
        name=name,
        office=office,
        starts_on=starts_on,
        ends_on=None,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def unseat_member(
    session: AsyncSession, board_id: UUID, member_id: UUID, *, ends_on: date
) -> BoardMemberRow:
    """Let a scholar leave a board: `ends_on` is the first day without them.

    Raises BoardMemberUnknown, also for one who has left, or who would leave before coming.
    """
    row = await queries.member(session, member_id)
    is_seated = row is not None and row.board_id == board_id and row.ends_on is None
    if row is None or not is_seated or ends_on < row.starts_on:
        raise BoardMemberUnknown(member_id=member_id)
    row.ends_on = ends_on
    await session.flush()
    return row


async def propose(
    session: AsyncSession, proposal: Proposal, *, today: date, actor: Actor
) -> Entered:
    """Enter a ruling that waits for a second person.

    Raises BoardUnknown, RulingPeriodInvalid, RulingElsewhere, RulingNamesNoCountry,
    RulingUnknown for one it would supersede, DayNotYet.
    """
    days.require_come(proposal.given_on, member="given_on", today=today)
    board = await queries.board(session, proposal.board_id)
    _check_period(proposal)
    await _check_place(session, proposal, on=today)
    replaced = None
    if proposal.supersedes is not None:
        replaced = await queries.by_reference(session, proposal.supersedes)
    row = RulingRow(
        institution_id=board.institution_id,
        ruling_id=ids.new(),
        reference=proposal.reference,
        board_id=proposal.board_id,
        verdict=proposal.verdict.value,
        text=proposal.text,
        language=proposal.language,
        document_sha256=proposal.document_sha256,
        source_url=proposal.source_url,
        country=proposal.country,
        given_on=proposal.given_on,
        in_force_from=proposal.in_force_from,
        in_force_until=proposal.in_force_until,
        topics=sorted(proposal.scope.topics),
        modes=sorted(proposal.scope.modes),
        fund_kinds=sorted(proposal.scope.fund_kinds),
        zakat_classes=sorted(proposal.scope.zakat_classes),
        supersedes_id=None if replaced is None else replaced.ruling_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return await queries.entered(session, row.ruling_id)


async def decide(
    session: AsyncSession, ruling_id: UUID, *, outcome: Outcome, year: int, actor: Actor
) -> Entered:
    """Approve or reject a ruling that another person entered.

    The number it is given holds back every other decision.

    Raises RulingUnknown, RulingDecided, RulingMakerDecides, RulingReferenceTaken,
    RulingContradicts, RulingOutOfForce where the one it supersedes has ended, TooManyRulings.
    """
    number = await institutions.next_reference(session, kind="SR", year=year)
    found = await queries.entered(session, ruling_id)
    if found.decision is not None:
        raise RulingDecided(reference=found.row.reference, outcome=found.decision.outcome)
    if found.row.actor_id == actor.id:
        raise RulingMakerDecides(reference=found.row.reference)
    if outcome == "approved":
        await _require_room(session, found)
    session.add(
        RulingDecisionRow(
            institution_id=found.row.institution_id,
            ruling_id=ruling_id,
            outcome=outcome,
            number=number,
            reference=found.row.reference if outcome == "approved" else None,
            proposer_id=found.row.actor_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.entered(session, ruling_id)


async def withdraw(
    session: AsyncSession,
    ruling_id: UUID,
    *,
    withdrawn_on: date,
    reason: str,
    document_sha256: str,
    today: date,
    actor: Actor,
) -> Entered:
    """End a ruling that its board took back; one person is enough to stop.

    The day may lie in the past: what was done meanwhile stands, and belongs in the log of
    non-compliance. Raises RulingUnknown, RulingNotWithdrawable.
    """
    number = await institutions.next_reference(session, kind="SR", year=today.year)
    found = await queries.entered(session, ruling_id)
    ruling = (await queries.register(session)).get(ruling_id)
    if ruling is None:
        raise RulingNotWithdrawable(
            reference=found.row.reference, day=withdrawn_on, reason=NOT_APPROVED
        )
    ends = ruling.last_day_excluded
    is_open = ends is None or withdrawn_on < ends
    if ruling.withdrawn_on is not None or withdrawn_on < ruling.in_force_from or not is_open:
        words = rulings.STATE_WORDS[ruling.state(withdrawn_on)]
        raise RulingNotWithdrawable(reference=ruling.reference, day=withdrawn_on, reason=words)
    session.add(
        RulingWithdrawalRow(
            institution_id=found.row.institution_id,
            ruling_id=ruling_id,
            number=number,
            withdrawn_on=withdrawn_on,
            reason=reason,
            document_sha256=document_sha256,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.entered(session, ruling_id)


async def bind(session: AsyncSession) -> None:
    """From now on nothing that needs a ruling is done without one of the register; for good."""
    await institutions.bind_to_rulings(session)


def _check_period(proposal: Proposal) -> None:
    ends = proposal.in_force_until
    is_over = ends is not None and ends <= proposal.in_force_from
    if proposal.in_force_from < proposal.given_on or is_over:
        raise RulingPeriodInvalid(
            given_on=proposal.given_on, starts_on=proposal.in_force_from, ends_on=str(ends or "-")
        )


async def _check_place(session: AsyncSession, proposal: Proposal, *, on: date) -> None:
    own, country = await queries.place(session, on=on), proposal.country
    if country is not None and country not in places(own):
        raise RulingElsewhere(country=country, own=own)
    disputed = {Topic.LENDING, Topic.INVESTING} & proposal.scope.topics
    is_permission = proposal.verdict is RulingVerdict.PERMITTED
    is_of_zakat = FundKind.ZAKAT in proposal.scope.fund_kinds
    if country is None and is_permission and disputed and is_of_zakat:
        raise RulingNamesNoCountry(topic=min(disputed), own=own)


async def _require_room(session: AsyncSession, found: Entered) -> None:
    register = await queries.register(session)
    if len(register) >= queries.RULINGS_MAX:
        raise TooManyRulings(most=queries.RULINGS_MAX)
    if any(other.reference == found.row.reference for other in register.values()):
        raise RulingReferenceTaken(reference=found.row.reference)
    new, replaced = _as_ruling(found), register.get(found.row.supersedes_id or found.row.ruling_id)
    if replaced is not None:
        last = replaced.last_day_excluded
        if last is not None and last <= new.in_force_from:
            raise rulings.RulingOutOfForce(
                reference=replaced.reference,
                board=replaced.board,
                day=new.in_force_from,
                reason=rulings.STATE_WORDS[replaced.state(new.in_force_from)],
            )
        register[replaced.ruling_id] = replace(replaced, superseded_from=new.in_force_from)
    for other in register.values():
        if new.contradicts(other):
            raise RulingContradicts(reference=new.reference, other=other.reference)


def _as_ruling(found: Entered) -> Ruling:
    row = found.row
    return Ruling(
        ruling_id=row.ruling_id,
        reference=row.reference,
        board_id=row.board_id,
        board=found.board.name_en,
        country=row.country,
        given_on=row.given_on,
        verdict=RulingVerdict(row.verdict),
        scope=queries.scope_of(row),
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
    )
