"""How does the proof of an account's day travel?"""

from collections import defaultdict
from datetime import date, datetime
from typing import Self
from uuid import UUID

from services.loans.domain import suspense
from services.loans.domain.account_proof import AccountProof, Standing
from services.loans.domain.matching import Outcome
from services.loans.domain.statement_chain import DayProof
from services.loans.domain.suspense import Age
from services.loans.institutions.tables import InstitutionRow
from services.loans.papers.documents import DayOut, WordsOut, seal_of
from services.loans.reconciliation.proving import Proved
from shared.money import Money
from shared.schemas import Body, MoneyBody


class ClosedDayOut(Body):
    """A closed day: `opening + entries + missing = closing`."""

    day: DayOut
    opening: MoneyBody
    entries: MoneyBody
    missing: MoneyBody
    closing: MoneyBody

    @classmethod
    def of(cls, proof: DayProof) -> Self:
        """Write a closed day."""
        return cls(
            day=DayOut.of(proof.day),
            opening=MoneyBody.of(proof.opening),
            entries=MoneyBody.of(proof.entries),
            missing=MoneyBody.of(proof.missing),
            closing=MoneyBody.of(proof.closing),
        )


class OpenItemOut(Body):
    """What stands on one side only, or what a match lacks: above zero the provider has it.

    `outcome` is None where it was not judged yet.
    """

    key: UUID
    outcome: Outcome | None
    day: DayOut
    days: int
    effect: MoneyBody
    owner_id: UUID | None


class WaitingOut(Body):
    """What stood in suspense, of one age."""

    age: Age
    number: int
    amount: MoneyBody


class AccountProofOut(Body):
    """The proof of an account's day: stated less booked is what is listed, and a rest of nothing.

    `told_on` is the last day that a statement closed; later days are not told, and that is an
    alarm after a day or two, never zero. `sha256` is the hash of all other members.
    """

    institution: WordsOut
    institution_code: str
    money_account_id: UUID
    code: str
    provider: str
    number: str
    currency: str
    as_of: DayOut
    told_on: DayOut | None
    untold_days: int | None
    known_at: datetime | None
    standing: Standing
    closed_day: ClosedDayOut | None
    stated: MoneyBody | None
    booked: MoneyBody
    difference: MoneyBody | None
    items: list[OpenItemOut]
    listed: MoneyBody
    rest: MoneyBody | None
    gaps: list[ClosedDayOut]
    suspense: list[WaitingOut]
    in_suspense: MoneyBody
    sha256: str = ""

    @classmethod
    def of(
        cls,
        proved: Proved,
        *,
        institution: InstitutionRow,
        as_of: date,
        known_at: datetime | None,
    ) -> Self:
        """Write a proof and seal it."""
        proof, account = proved.proof, proved.account
        last = proof.chain[-1] if proof.chain else None
        names = WordsOut(ar=institution.name_ar, fr=institution.name_fr, en=institution.name_en)
        report = cls(
            institution=names,
            institution_code=institution.code,
            money_account_id=account.money_account_id,
            code=account.code,
            provider=account.provider,
            number=account.number,
            currency=account.currency,
            as_of=DayOut.of(as_of),
            told_on=None if last is None else DayOut.of(last.day),
            untold_days=None if last is None else (as_of - last.day).days,
            known_at=known_at,
            standing=proof.standing,
            closed_day=None if last is None else ClosedDayOut.of(last),
            stated=_body(proof.stated),
            booked=MoneyBody.of(proof.booked),
            difference=_body(proof.difference),
            items=_items(proof, on=as_of),
            listed=MoneyBody.of(proof.listed),
            rest=_body(proof.rest),
            gaps=[ClosedDayOut.of(gap) for gap in proof.gaps],
            suspense=_aged(proved, on=as_of),
            in_suspense=MoneyBody.of(
                Money.total((money for _, money in proved.waiting), account.currency)
            ),
        )
        return report.model_copy(update={"sha256": seal_of(report)})


def _body(money: Money | None) -> MoneyBody | None:
    return None if money is None else MoneyBody.of(money)


def _items(proof: AccountProof, *, on: date) -> list[OpenItemOut]:
    return [
        OpenItemOut(
            key=item.key,
            outcome=item.outcome,
            day=DayOut.of(item.day),
            days=(on - item.day).days,
            effect=MoneyBody.of(item.effect),
            owner_id=item.owner_id,
        )
        for item in proof.items
    ]


def _aged(proved: Proved, *, on: date) -> list[WaitingOut]:
    """Write what waits by age, the youngest first."""
    found: defaultdict[Age, list[Money]] = defaultdict(list)
    for arrived_on, money in proved.waiting:
        found[suspense.age_of(arrived_on, today=on)].append(money)
    return [
        WaitingOut(
            age=age,
            number=len(found[age]),
            amount=MoneyBody.of(Money.total(found[age], proved.account.currency)),
        )
        for age in Age
        if age in found
    ]
