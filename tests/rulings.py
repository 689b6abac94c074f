"""Rulings of a made-up board that tests rest on: entered by one person, approved by another."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import RulingVerdict, Scope, Topic
from services.loans.domain.terms import ModeOfFinance, is_sharia_bound
from services.loans.institutions.names import Names
from services.loans.rulings import operations, queries
from services.loans.rulings.commands import Proposal
from shared import ids
from shared.auth import Actor, Role
from shared.ids import InstitutionId

# Every institution of a test has this one, which permits every mode from funds of every kind.
EVERYTHING = "SSB 1/2000"
GIVEN_ON = date(2000, 1, 1)
LATEST = date(2026, 1, 1)
BOARD = Names(ar="هيئة الرقابة الشرعية", fr="Comité charia", en="Sharia board")
MODES = frozenset(mode for mode in ModeOfFinance if is_sharia_bound(mode))
PAPER = "ab" * 32


def scope(**changes: Any) -> Scope:
    """Every mode offered and lent from every kind of fund, unless told otherwise."""
    members: dict[str, Any] = {
        "topics": frozenset({Topic.OFFERING, Topic.LENDING}),
        "modes": MODES,
        "fund_kinds": frozenset(FundKind),
    }
    return Scope(**members | changes)


def proposal(board_id: UUID, **changes: Any) -> Proposal:
    members: dict[str, Any] = {
        "reference": EVERYTHING,
        "board_id": board_id,
        "verdict": RulingVerdict.PERMITTED,
        "text": "يجوز",
        "language": "ar",
        "document_sha256": PAPER,
        "source_url": None,
        "country": None,
        "given_on": GIVEN_ON,
        "in_force_from": GIVEN_ON,
        "in_force_until": None,
        "scope": scope(),
    }
    return Proposal(**members | changes)


async def register(session: AsyncSession, institution_id: InstitutionId, **changes: Any) -> UUID:
    """Let a board rule, and a second person approve; gives the ruling's id."""
    maker, checker = (
        Actor(id=ids.new(), institution_id=institution_id, roles=frozenset({Role.ADMINISTRATOR}))
        for _ in range(2)
    )
    board_id = changes.pop("board_id", None)
    if board_id is None:
        code = f"B-{ids.new().hex[-12:]}"
        board = await operations.create_board(
            session, code=code, names=BOARD, country=None, actor=maker
        )
        board_id = board.board_id
    changes.setdefault("country", await queries.place(session, on=LATEST))
    changes.setdefault("in_force_from", changes.get("given_on", GIVEN_ON))
    entered = await operations.propose(
        session, proposal(board_id, **changes), today=date.max, actor=maker
    )
    decided = await operations.decide(
        session, entered.row.ruling_id, outcome="approved", year=2026, actor=checker
    )
    return decided.row.ruling_id


def body(board_id: str, **changes: Any) -> dict[str, Any]:
    """The same as a person sends it."""
    ruling: dict[str, Any] = {
        "reference": EVERYTHING,
        "board_id": board_id,
        "text": "يجوز",
        "language": "ar",
        "document_sha256": PAPER,
        "country": "JO",
        "given_on": str(GIVEN_ON),
        "scope": {
            "topics": ["offering", "lending"],
            "modes": sorted(MODES),
            "fund_kinds": sorted(FundKind),
        },
    }
    return ruling | changes
