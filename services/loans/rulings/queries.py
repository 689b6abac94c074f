"""What is in the Sharia register, what of it holds on a day, and what was known of it when?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import rulings
from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import Question, Ruling, RulingVerdict, Scope, Topic
from services.loans.domain.terms import ModeOfFinance
from services.loans.institutions import queries as institutions
from services.loans.rulebook import queries as rulebook
from services.loans.rulings.tables import (
    BoardMemberRow,
    BoardRow,
    RulingDecisionRow,
    RulingRow,
    RulingWithdrawalRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.schemas import Page

RULINGS_MAX = 2_000

# Every approved ruling with what ended it, as the register knew it at an instant. A ruling ends
# where one that supersedes it begins; a forgotten member of a board ends nothing.
REGISTER = text("""
    select r.*, b.name_ar, b.name_fr, b.name_en, w.withdrawn_on, s.ruling_id as superseded_by,
      s.in_force_from as superseded_from
    from ruling r
    join ruling_decision d on d.institution_id = r.institution_id and d.ruling_id = r.ruling_id
      and d.outcome = 'approved'
    join sharia_board b on b.institution_id = r.institution_id and b.board_id = r.board_id
    left join ruling_withdrawal w on w.institution_id = r.institution_id
      and w.ruling_id = r.ruling_id
      and (cast(:known_at as timestamptz) is null or w.recorded_at <= :known_at)
    left join lateral (
      select n.ruling_id, n.in_force_from
      from ruling n
      join ruling_decision e on e.institution_id = n.institution_id
        and e.ruling_id = n.ruling_id and e.outcome = 'approved'
      where n.institution_id = r.institution_id and n.supersedes_id = r.ruling_id
        and (cast(:known_at as timestamptz) is null or e.recorded_at <= :known_at)
      order by n.in_force_from, n.ruling_id limit 1
    ) s on true
    where r.institution_id = :institution_id
      and (cast(:known_at as timestamptz) is null or d.recorded_at <= :known_at)
    order by r.given_on, r.ruling_id
""")


class RulingUnknown(RafidError):
    """The register has no such ruling"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The Sharia register has no ruling {ruling}."
    ruling: str


class BoardUnknown(RafidError):
    """The register has no such board"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The Sharia register has no board {board}."
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A ruling as it was entered, with what a second person said and what ended it."""

    row: RulingRow
    board: BoardRow
    decision: RulingDecisionRow | None
    withdrawal: RulingWithdrawalRow | None

    @property
    def state(self) -> Literal["proposed", "approved", "rejected"]:
        """Where the entry stands; whether the ruling holds is a question of the day."""
        if self.decision is None:
            return "proposed"
        return "approved" if self.decision.outcome == "approved" else "rejected"


async def register(
    session: AsyncSession, *, known_at: datetime | None = None
) -> dict[UUID, Ruling]:
    """Every approved ruling by its id, as the register knows it, or knew it at an instant."""
    values = {"institution_id": tenancy.institution_of(session), "known_at": known_at}
    rows = await session.execute(REGISTER, values)
    return {row.ruling_id: ruling_of(row) for row in rows}


async def in_force(
    session: AsyncSession,
    *,
    topic: Topic,
    on: date,
    mode: ModeOfFinance | None = None,
    fund_kind: FundKind | None = None,
    zakat_class: str | None = None,
    known_at: datetime | None = None,
) -> list[Ruling]:
    """The rulings that permit something on a day in the institution's country, newest first.

    Whatever is given must be named by the ruling; what is left out is not asked about.
    """
    question = Question(
        topic=topic,
        place=await place(session, on=on),
        mode=mode,
        fund_kind=fund_kind,
        zakat_class=zakat_class,
    )
    found = await register(session, known_at=known_at)
    return rulings.in_force(list(found.values()), question=question, on=on)


async def place(session: AsyncSession, *, on: date) -> str:
    """The institution's country, or the part of it where it works."""
    return (await rulebook.book(session, on=on)).country


async def binds(session: AsyncSession) -> bool:
    """Whether the institution does nothing that needs a ruling without one of the register.

    It always does where it was founded with the register; one that is older says so once.
    """
    return (await institutions.institution(session)).rulings_bind


async def by_reference(session: AsyncSession, reference: str) -> Ruling:
    """The approved ruling of a reference or an id. Raises RulingUnknown."""
    found = await register(session)
    for ruling in found.values():
        if reference in (ruling.reference, str(ruling.ruling_id)):
            return ruling
    raise RulingUnknown(ruling=reference)


def successors(ruling_id: UUID | None, register: Mapping[UUID, Ruling]) -> list[Ruling]:
    """A ruling and those that superseded it, in order; nothing where none is named."""
    chain: list[Ruling] = []
    while ruling_id is not None and ruling_id in register:
        ruling = register[ruling_id]
        if ruling in chain:
            break
        chain.append(ruling)
        ruling_id = ruling.superseded_by
    return chain


async def require(
    session: AsyncSession,
    ruling_id: UUID | None,
    *,
    question: Question,
    on: date,
    is_required: bool = True,
) -> Ruling | None:
    """The ruling, or the one in its place, that permits what is asked on a day.

    Raises RulingMissing, RulingDoesNotCover, RulingOutOfForce.
    """
    if ruling_id is None and not is_required:
        return None
    named = successors(ruling_id, await register(session))
    return rulings.require(named, question=question, on=on, is_required=is_required)


async def entered(session: AsyncSession, ruling_id: UUID) -> Entered:
    """One ruling as it was entered. Raises RulingUnknown."""
    found = (
        await session.execute(_entries(session).where(RulingRow.ruling_id == ruling_id))
    ).first()
    if found is None:
        raise RulingUnknown(ruling=str(ruling_id))
    return _entered(found)


async def entries(session: AsyncSession, *, page: Page) -> list[Entered]:
    """What was entered, in the order of the ids, one more than the page."""
    query = _entries(session).order_by(RulingRow.ruling_id).limit(page.limit + 1)
    if page.after is not None:
        query = query.where(RulingRow.ruling_id > page.after)
    return [_entered(found) for found in await session.execute(query)]


async def board(session: AsyncSession, board_id: UUID) -> BoardRow:
    """One board. Raises BoardUnknown."""
    row = await session.get(BoardRow, (tenancy.institution_of(session), board_id))
    if row is None:
        raise BoardUnknown(board=str(board_id))
    return row


async def boards(session: AsyncSession, *, page: Page) -> list[BoardRow]:
    """The boards by id, one more than the page."""
    query = select(BoardRow).where(BoardRow.institution_id == tenancy.institution_of(session))
    if page.after is not None:
        query = query.where(BoardRow.board_id > page.after)
    return list(await session.scalars(query.order_by(BoardRow.board_id).limit(page.limit + 1)))


async def members_of(session: AsyncSession, board_ids: Sequence[UUID]) -> list[BoardMemberRow]:
    """Who sits or sat on some boards, in the order in which they came."""
    query = select(BoardMemberRow).where(
        BoardMemberRow.institution_id == tenancy.institution_of(session),
        BoardMemberRow.board_id.in_(board_ids),
    )
    order = (BoardMemberRow.starts_on, BoardMemberRow.member_id)
    return list(await session.scalars(query.order_by(*order)))


async def member(session: AsyncSession, member_id: UUID) -> BoardMemberRow | None:
    """One member of a board, locked, or None."""
    key = (tenancy.institution_of(session), member_id)
    return await session.get(BoardMemberRow, key, with_for_update=True)


def ruling_of(row: Row[Any]) -> Ruling:
    """Give a row of the register as the domain knows it."""
    return Ruling(
        ruling_id=row.ruling_id,
        reference=row.reference,
        board_id=row.board_id,
        board=row.name_en,
        country=row.country,
        given_on=row.given_on,
        verdict=RulingVerdict(row.verdict),
        scope=scope_of(row),
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
        withdrawn_on=row.withdrawn_on,
        superseded_from=row.superseded_from,
        superseded_by=row.superseded_by,
        supersedes=row.supersedes_id,
    )


def scope_of(row: RulingRow | Row[Any]) -> Scope:
    """Give what a row covers."""
    return Scope(
        topics=frozenset(map(Topic, row.topics)),
        modes=frozenset(map(ModeOfFinance, row.modes)),
        fund_kinds=frozenset(map(FundKind, row.fund_kinds)),
        zakat_classes=frozenset(row.zakat_classes),
    )


def _entries(
    session: AsyncSession,
) -> Select[RulingRow, BoardRow, RulingDecisionRow, RulingWithdrawalRow]:
    def of_ruling(row: type[RulingDecisionRow | RulingWithdrawalRow]) -> Any:
        return (row.institution_id == RulingRow.institution_id) & (
            row.ruling_id == RulingRow.ruling_id
        )

    same_board = (BoardRow.institution_id == RulingRow.institution_id) & (
        BoardRow.board_id == RulingRow.board_id
    )
    return (
        select(RulingRow, BoardRow, RulingDecisionRow, RulingWithdrawalRow)
        .join(BoardRow, same_board)
        .outerjoin(RulingDecisionRow, of_ruling(RulingDecisionRow))
        .outerjoin(RulingWithdrawalRow, of_ruling(RulingWithdrawalRow))
        .where(RulingRow.institution_id == tenancy.institution_of(session))
    )


def _entered(
    found: Row[RulingRow, BoardRow, RulingDecisionRow, RulingWithdrawalRow],
) -> Entered:
    return Entered(row=found[0], board=found[1], decision=found[2], withdrawal=found[3])
