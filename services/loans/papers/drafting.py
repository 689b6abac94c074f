"""What does a paper rest on: the names at its head, and the contract as the books know it?"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import operations as borrowers
from services.loans.contracts import queries as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.domain import replay, statement
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.holdings import Purpose
from services.loans.domain.replay import ContractState, Movement
from services.loans.domain.schedule import Instalment
from services.loans.domain.statement import Statement, StatementTooLong, Stood
from services.loans.domain.terms import Terms
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Moment
from services.loans.papers import queries
from services.loans.papers.documents import DayOut, HeadOut, HeldOut, PartyOut, WordsOut
from services.loans.papers.queries import Names
from shared.auth import Actor, Role
from shared.money import Money
from shared.periods import Period
from shared.schemas import MoneyBody

MAY_READ_NAMES = frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A contract with all that moved on it; `known_at` None: all that is booked.

    `agreed` are the instalments that hold now; `generations` counts the agreements so far.
    """

    row: ContractRow
    agreed: tuple[Instalment, ...]
    generations: int
    movements: tuple[Movement, ...]
    known_at: datetime | None

    @property
    def terms(self) -> Terms:
        """What was agreed at signing."""
        return contracts.terms_of(self.row)

    @property
    def horizon(self) -> datetime:
        """The instant up to which movements are heard."""
        return self.known_at or contracts.NOT_YET_KNOWN

    async def stood(self, session: AsyncSession, on: date) -> Stood:
        """Read where the contract stood at the end of a day, as the contract itself answers."""
        contract_id, currency = self.row.contract_id, self.row.currency
        moment = Moment(as_of=on, known_at=self.known_at, is_now=False)
        position = await contracts.stood(session, contract_id, moment=moment)
        held = self.agreed
        if self.generations > 1:
            of_day = await contracts.instalments(
                session, [contract_id], currency=currency, as_of=on, known_at=self.known_at
            )
            held = of_day[contract_id]
        return Stood(sums=replay.sums_of(position, currency=currency), instalments=held)

    async def state(self, session: AsyncSession, as_of: date) -> ContractState:
        """Read the state of the contract at the end of a day."""
        return (await self.stood(session, as_of)).state(self.terms, as_of=as_of)


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
    session: AsyncSession,
    contract_id: UUID,
    *,
    known_at: datetime | None,
    today: date,
    lock: bool = False,
) -> Figures:
    """Read a contract with everything that moved on it, locked if asked."""
    row = await contracts.contract(session, contract_id, lock=lock)
    agreed = await contracts.instalments(session, [contract_id], currency=row.currency)
    position = await contracts.position(session, contract_id)
    movements = await contracts.movements(session, contract_id, currency=row.currency)
    moment = await ledger.moment_of(session, as_of=None, known_at=known_at, today=today)
    return Figures(
        row=row,
        agreed=agreed[contract_id],
        generations=1 if position is None else position.generation,
        movements=movements,
        known_at=moment.known_at,
    )


async def told(session: AsyncSession, found: Figures, *, period: Period) -> Statement:
    """Tell a period of a contract, from where it stood on each day on which it changed."""
    contract_id = found.row.contract_id
    changes = [
        *await queries.change_days(session, contract_id, period=period),
        *(one.effective_on for one in found.movements),
    ]
    days = statement.days_of(period, changes=changes)
    if len(days) > statement.LINES_MAX:
        raise StatementTooLong(lines=len(days), most=statement.LINES_MAX)
    return statement.statement(
        found.terms,
        stood={day: await found.stood(session, day) for day in days},
        movements=found.movements,
        period=period,
        known_at=found.horizon,
    )


async def held(session: AsyncSession, found: Figures, *, as_of: date) -> HeldOut:
    """Tell what is held of the borrower's own money at the end of a day."""
    contract_id, currency = found.row.contract_id, found.row.currency
    minor = await queries.held(session, contract_id, as_of=as_of, known_at=found.known_at)
    savings, contribution = (
        MoneyBody.of(Money(minor.get(purpose, 0), currency)) for purpose in Purpose
    )
    return HeldOut(savings=savings, contribution=contribution)


def _words(names: Names) -> WordsOut:
    return WordsOut(ar=names.ar, fr=names.fr, en=names.en)
