"""What is a portfolio that goes to another system: the rows of its file, in an order for good?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import operations as borrowers
from services.loans.domain import taking_over
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.intake import Line
from services.loans.domain.modes import MODES
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.domain.portfolio_records import Faulty, MovedKind, RecordKind
from services.loans.domain.terms import Terms
from services.loans.institutions import queries as institutions
from services.loans.takeover import queries, standing, told
from services.loans.takeover.people import LEADS, PARTED_BY
from services.loans.takeover.standing import Stood
from shared.auth import Actor
from shared.db import TenantDb
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

Cells = dict[str, str]
Found = Row[Any]
REASONS = {
    "of_another_mode": Sentence("its mode of finance runs in steps with papers of their own"),
    "of_several_funds": Sentence("several funds finance it"),
    "of_financing_file": Sentence("it is one of the loans of a financing file"),
    "subsidised": Sentence("another fund pays a part of its price"),
    "guaranteed": Sentence("a guarantor covers it"),
    "agreed_anew_by_deal": Sentence("its instalments were agreed anew outside an order"),
    "payment_under_way": Sentence("a payment of it is under way"),
    "settled_by_left_out": Sentence("it was settled by a contract that is left out"),
}


class ContractNotTold(RafidError):
    """The contract does not stand in the file"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is left out: {why}."
    reference: str
    why: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The rows of a file, and the contracts that could not be told in it: how many, and each."""

    rows: Sequence[Sequence[str]]
    contracts: int
    left_out: Counter[str]
    untold: Sequence[Faulty] = ()


@dataclass(slots=True, kw_only=True)
class _Book:
    """Everything read of a portfolio, before it is put in order."""

    code: str
    contracts: list[Found] = field(default_factory=list)
    dues: dict[UUID, list[Found]] = field(default_factory=lambda: defaultdict(list))
    moved: dict[UUID, list[Found]] = field(default_factory=lambda: defaultdict(list))
    people: dict[UUID, Found] = field(default_factory=dict)
    lived: dict[UUID, list[Found]] = field(default_factory=lambda: defaultdict(list))
    stood: dict[UUID, Stood] = field(default_factory=dict)
    left_out: list[tuple[Found, str]] = field(default_factory=list)

    def name(self, external: str | None, reference: str) -> str:
        """The name that came from elsewhere, or the own reference behind the own code."""
        return external or queries.own_name(self.code, reference)

    def reference(self, row: Found) -> str:
        return self.name(row.external_reference, row.reference)

    def person(self, borrower_id: UUID) -> str:
        row = self.people[borrower_id]
        return self.name(row.external_id, row.reference)

    def names(self) -> dict[str, str]:
        """How the file calls what orders name by their ids: borrowers, contracts."""
        people = {str(borrower_id): self.person(borrower_id) for borrower_id in self.people}
        return people | {str(row.contract_id): self.reference(row) for row in self.contracts}


async def portfolio(db: TenantDb, *, actor: Actor) -> Outgoing:
    """Give the file of all contracts, and which of them cannot be told in it, with the reason.

    Its rows stand in an order that depends on names and days alone, of a life on the order in
    which it was recorded, so that a portfolio that came from a file gives this file again. Every
    borrower in it is recorded as read about.
    """
    async with db(snapshot=True) as session:
        book = await _read(session)
    async with db.begin() as session:
        await borrowers.record_access(
            session, sorted(book.people), purpose=AccessPurpose.PAPER, actor=actor
        )
    contracts = sorted(book.contracts, key=book.reference)
    people = sorted(book.people, key=book.person)
    names = book.names()
    cells = [
        *(_borrower(book, borrower_id) for borrower_id in people),
        *(one for row in contracts for one in _contract(book, row, names=names)),
        *_totals(contracts),
    ]
    left_out = sorted((book.reference(row), why) for row, why in book.left_out)
    return Outgoing(
        rows=[[one.get(column, "") for column in COLUMNS] for one in cells],
        contracts=len(contracts),
        left_out=Counter(why for _, why in left_out),
        untold=[_untold(reference, why) for reference, why in left_out],
    )


def _untold(reference: str, why: str) -> Faulty:
    error = ContractNotTold(reference=reference, why=REASONS[why])
    return Faulty(line=Line(number=0, text=reference, row={}), error=error)


async def _read(session: AsyncSession) -> _Book:
    book = _Book(code=(await institutions.institution(session)).code)
    after = UUID(int=0)
    while rows := await queries.contracts(session, after=after):
        after = rows[-1].contract_id
        kept = []
        for row in rows:
            if (why := _why_not(row)) is None:
                kept.append(row)
            else:
                book.left_out.append((row, why))
        ids = [row.contract_id for row in kept]
        book.contracts += kept
        _group(book.dues, await queries.dues(session, ids))
        _group(book.moved, await queries.moved(session, ids))
        lived = [row.contract_id for row in kept if not is_plain(row, book.moved[row.contract_id])]
        _group(book.lived, await queries.lived(session, lived))
        book.stood |= await standing.stood(session, lived)
    _leave_alone(book)
    wanted = {row.signer_id for row in book.contracts}
    for row in book.contracts:
        wanted |= told.handed_to(book.lived[row.contract_id])
    found = await queries.borrowers(session, wanted)
    book.people = {row.borrower_id: row for row in found}
    return book


def _leave_alone(book: _Book) -> None:
    """Leave contracts out that were settled by one that is left out, again and again."""
    while True:
        here = {row.contract_id for row in book.contracts}
        alone = [
            row
            for row in book.contracts
            if not told.settled_by(book.lived[row.contract_id]) <= here
        ]
        if not alone:
            return
        book.left_out += [(row, "settled_by_left_out") for row in alone]
        book.contracts = [row for row in book.contracts if row not in alone]


def is_plain(row: Found, moved: Sequence[Found]) -> bool:
    """Whether one payout, whole, and what was repaid tell all that happened to a contract.

    In the order in which such a history is booked: what came, by its days, then what was taken
    back. In another order each payment would have other parts, though their sums were the same.
    """
    untold = taking_over.untold(Terms.from_json(row.terms))
    taken_back = [one for one in moved if one.reverses_repayment_id is not None]
    came = [one for one in moved if one.reverses_repayment_id is None]
    recorded = [(one.recorded_at, one.repayment_id) for one in (*came, *taken_back)]
    return bool(row.is_plain) and not any(untold.values()) and recorded == sorted(recorded)


def _why_not(row: Found) -> str | None:
    """Why a contract cannot be told in the file, in one word; None where it can."""
    mode = MODES[Terms.from_json(row.terms).mode_of_finance]
    reasons = {
        "of_another_mode": not mode.PAYS_CLIENT,
        "of_several_funds": row.is_shared,
        "of_financing_file": row.is_leg,
        "subsidised": row.is_subsidised,
        "guaranteed": row.is_guaranteed,
        "agreed_anew_by_deal": row.by_deal,
        "payment_under_way": row.awaits_payment,
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _group(groups: dict[UUID, list[Found]], rows: Iterable[Found]) -> None:
    for row in rows:
        groups[row.contract_id].append(row)


def _borrower(book: _Book, borrower_id: UUID) -> Cells:
    row = book.people[borrower_id]
    leaders = set(row.leaders or ())
    members = sorted(
        f"{book.person(member)}{LEADS if member in leaders else ''}" for member in row.members or ()
    )
    return {
        "record": RecordKind.BORROWER.value,
        "borrower": book.person(borrower_id),
        "kind": row.kind,
        "name_ar": row.name_ar or "",
        "name_latin": row.name_latin or "",
        "sex": row.sex or "",
        "born_on": "" if row.born_on is None else row.born_on.isoformat(),
        "region": row.region,
        "documents": row.documents or "",
        "phones": row.phones or "",
        "members": PARTED_BY.join(members),
        "branch": row.branch,
    }


def _contract(book: _Book, row: Found, *, names: Mapping[str, str]) -> list[Cells]:
    """Give a contract's rows: its head, its instalments, its movements by their days."""
    reference = book.reference(row)

    def amount(minor: int) -> str:
        return str(Money(minor, row.currency))

    head = {
        "record": RecordKind.CONTRACT.value,
        "reference": reference,
        "borrower": book.person(row.signer_id),
        "branch": row.branch,
        "product": row.product,
        "product_version": str(row.product_version),
        "fund": row.fund,
        "sector": row.sector,
        "currency": row.currency,
        "terms": orjson.dumps(row.terms, option=orjson.OPT_SORT_KEYS).decode(),
        "signed_on": row.signed_on.isoformat(),
        "principal": amount(row.principal_minor),
        "outstanding": amount(row.outstanding_principal_minor),
    }
    dues = [
        {
            "record": RecordKind.INSTALMENT.value,
            "reference": reference,
            "number": str(due.number),
            "on": due.due_on.isoformat(),
            "principal": amount(due.principal_minor),
            "profit": amount(due.profit_minor),
            "fee": amount(due.fee_minor),
        }
        for due in book.dues[row.contract_id]
    ]
    stood = book.stood.get(row.contract_id)
    if stood is None:
        return [head, *dues, *_movements(row, reference, book.moved[row.contract_id])]
    moved = told.movements(
        book.lived[row.contract_id], reference=reference, names=names, currency=row.currency
    )
    return [head | told.stands(stood), *dues, *moved]


def _movements(row: Found, reference: str, moved: Sequence[Found]) -> list[Cells]:
    """Number the movements: the loan first, then what came back and what was taken back."""
    numbers = {one.repayment_id: number for number, one in enumerate(moved, start=2)}
    lent = {
        "number": "1",
        "kind": MovedKind.DISBURSEMENT.value,
        "on": row.disbursed_on.isoformat(),
        "amount": str(Money(row.principal_minor, row.currency)),
        "channel": "cash",
    }
    back = [
        {
            "number": str(numbers[one.repayment_id]),
            "kind": (
                MovedKind.REPAYMENT if one.reverses_repayment_id is None else MovedKind.REVERSAL
            ).value,
            "on": one.received_on.isoformat(),
            "amount": str(Money(one.amount_minor, row.currency)),
            "channel": one.channel,
            "reverses": str(numbers.get(one.reverses_repayment_id, "")),
            "reason": one.reversal_reason or "",
        }
        for one in moved
    ]
    common = {"record": RecordKind.MOVEMENT.value, "reference": reference}
    return [common | one for one in (lent, *back)]


def _totals(contracts: Sequence[Found]) -> list[Cells]:
    sums: defaultdict[str, list[Found]] = defaultdict(list)
    for row in contracts:
        sums[row.currency].append(row)
    return [_total(currency, rows) for currency, rows in sorted(sums.items())]


def _total(currency: str, rows: Sequence[Found]) -> Cells:
    members: Mapping[str, int] = {
        "principal": sum(row.principal_minor for row in rows),
        "outstanding": sum(row.outstanding_principal_minor for row in rows),
    }
    amounts = {name: str(Money(minor, currency)) for name, minor in members.items()}
    head = {"record": RecordKind.TOTAL.value, "currency": currency, "number": str(len(rows))}
    return head | amounts
