"""Under which ruling does a made-up institution lend without profit?"""

from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.rulings import RulingVerdict, Scope, Topic
from services.loans.domain.terms import ModeOfFinance
from services.loans.institutions.names import Names
from services.loans.rulings import operations as rulings
from services.loans.rulings.commands import Proposal
from shared.auth import Actor

BOARD: Final = Names(
    ar="هيئة الرقابة الشرعية للعرض",
    fr="Comité charia de démonstration",
    en="Sharia board of the demonstration",
)
REFERENCE: Final = "DEMO-SSB-1"
TEXT: Final = "حكم شرعي مصطنع لمؤسسة العرض: يجوز القرض الحسن دون زيادة، ورسمه بالتكلفة الفعلية."
# The made-up ruling has no paper beside its text.
PAPER: Final = sha256(TEXT.encode()).hexdigest()


async def register(
    session: AsyncSession, *, country: str, on: date, maker: Actor, checker: Actor
) -> UUID:
    """Enter the ruling by one person and approve it by another; gives its id."""
    board = await rulings.create_board(
        session, code="DEMO-SSB", names=BOARD, country=country, actor=maker
    )
    entered = await rulings.propose(
        session,
        Proposal(
            reference=REFERENCE,
            board_id=board.board_id,
            verdict=RulingVerdict.PERMITTED,
            text=TEXT,
            language="ar",
            document_sha256=PAPER,
            source_url=None,
            country=country,
            given_on=on,
            in_force_from=on,
            in_force_until=None,
            scope=Scope(topics=frozenset({Topic.OFFERING}), modes=frozenset({ModeOfFinance.QARD})),
        ),
        today=on,
        actor=maker,
    )
    decided = await rulings.decide(
        session, entered.row.ruling_id, outcome="approved", year=on.year, actor=checker
    )
    return decided.row.ruling_id
