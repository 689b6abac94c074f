"""What does a paper rest on: the names at its head, and the contract as the books know it?"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import operations as borrowers
from services.loans.contracts import queries as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.domain import replay
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.replay import ContractState, Movement
from services.loans.domain.schedule import Instalment
from services.loans.ledger import queries as ledger
from services.loans.papers import queries
from services.loans.papers.documents import DayOut, HeadOut, PartyOut, WordsOut
from services.loans.papers.queries import Names
from shared.auth import Actor, Role
from shared.money import Money
from shared.schemas import MoneyBody

MAY_READ_NAMES = frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A contract with all that moved on it; `known_at` None: all that is booked."""

    row: ContractRow
    agreed: tuple[Instalment, ...]
    movements: tuple[Movement, ...]
    known_at: datetime | None

    @property
    def horizon(self) -> datetime:
        """The instant up to which movements are heard."""
        return self.known_at or contracts.NOT_YET_KNOWN

    def state(self, as_of: date) -> ContractState:
        """Replay the contract up to a day."""
        return replay.replay(
            contracts.terms_of(self.row),
            instalments=self.agreed,
            movements=self.movements,
            as_of=as_of,
            known_at=self.horizon,
        )


async def head(session: AsyncSession, contract_id: UUID, *, actor: Actor) -> HeadOut:
    """Give the head of a contract's papers, and record that its borrower was read about.

    Who may not read about borrowers sees a reference for the name. Raises ContractUnknown.
    """
    row = await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
    found = await queries.parties(session, contract_id)
    sees_names = not MAY_READ_NAMES.isdisjoint(actor.roles)
    if sees_names:
        await borrowers.record_access(
            session, [row.borrower_id], purpose=AccessPurpose.PAPER, actor=actor
        )
    return HeadOut(
        institution=_words(found.institution),
        institution_code=found.institution_code,
        branch=_words(found.branch),
        contract_id=contract_id,
        contract_reference=row.reference,
        signed_on=DayOut.of(row.signed_on),
        principal=MoneyBody.of(Money(row.principal_minor, row.currency)),
        borrower=PartyOut(
            borrower_id=row.borrower_id,
            reference=found.borrower_reference,
            name_ar=found.name_ar if sees_names else None,
            name_latin=found.name_latin if sees_names else None,
        ),
    )


async def figures(
    session: AsyncSession, contract_id: UUID, *, known_at: datetime | None, lock: bool = False
) -> Figures:
    """Read a contract with everything that moved on it, locked if asked."""
    row = await contracts.contract(session, contract_id, lock=lock)
    agreed = await contracts.instalments(session, [contract_id], currency=row.currency)
    movements = await contracts.movements(session, contract_id, currency=row.currency)
    cut = await ledger.cut_of(session, as_of=None, known_at=known_at)
    return Figures(row=row, agreed=agreed[contract_id], movements=movements, known_at=cut.known_at)


def _words(names: Names) -> WordsOut:
    return WordsOut(ar=names.ar, fr=names.fr, en=names.en)
