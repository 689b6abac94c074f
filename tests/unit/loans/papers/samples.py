"""Papers to test with: one contract, a few movements, and names as people have them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.loans.contracts.schemas import PaidOut
from services.loans.domain import replay, schedule, statement
from services.loans.domain.replay import Movement, MovementKind, Sums
from services.loans.domain.statement import Statement, Stood
from services.loans.domain.terms import Terms
from services.loans.papers.documents import (
    CertificateOut,
    DayOut,
    HeadOut,
    HeldOut,
    PartyOut,
    PaymentScheduleOut,
    ReceiptOut,
    StandingOut,
    StatementOut,
    WordsOut,
)
from services.loans.repayments.schemas import RepaymentItemOut
from shared.money import Money
from shared.periods import Period
from shared.schemas import MoneyBody
from tests.builders import NOON, an_id, make_loan, money

HOSTILE = '#read("/etc/passwd") *x* _y_ \u202eاسم\u202c $a$ `b` @c <d> \\u{41}'
TERMS = make_loan(principal=money("1200.000", "JOD"), instalments=12)
PAID_OUT = Movement(
    movement_id=an_id("out"),
    kind=MovementKind.DISBURSEMENT,
    amount=TERMS.principal,
    effective_on=TERMS.disbursed_on,
    known_at=NOON,
)


def paid(name: str, amount: str, on: str, **changes: Any) -> Movement:
    members: dict[str, Any] = {
        "movement_id": an_id(name),
        "kind": MovementKind.REPAYMENT,
        "amount": money(amount, "JOD"),
        "effective_on": date.fromisoformat(on),
        "known_at": NOON + timedelta(days=1),
    }
    return Movement(**members | changes)


FIRST = paid("first", "106.619", "2026-02-15")
SECOND = paid("second", "150.000", "2026-03-20")
UNDONE = paid(
    "undone",
    "150.000",
    "2026-03-20",
    kind=MovementKind.REVERSAL,
    reverses=SECOND.movement_id,
    known_at=NOON + timedelta(days=90),
)
THIRD = paid("third", "100.000", "2026-04-02")
MOVEMENTS = (PAID_OUT, FIRST, SECOND, UNDONE, THIRD)


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1))


def told(
    first: str = "2026-01-15",
    last: str = "2026-04-10",
    *movements: Movement,
    terms: Terms = TERMS,
    known_at: datetime = datetime(2026, 12, 31, tzinfo=UTC),
) -> Statement:
    known = movements or MOVEMENTS
    span = period(first, last)
    return statement.statement(
        terms,
        stood=stood(known, span, terms=terms, known_at=known_at),
        movements=known,
        period=span,
        known_at=known_at,
    )


def stood(
    movements: Sequence[Movement], span: Period, *, terms: Terms, known_at: datetime
) -> dict[date, Stood]:
    """Where the contract stood on every day that a statement needs, by its movements alone."""
    days = statement.days_of(span, changes=[one.effective_on for one in movements])
    agreed = schedule.schedule(terms)
    return {
        day: Stood(sums=sums(movements, as_of=day, known_at=known_at), instalments=agreed)
        for day in days
    }


def sums(movements: Sequence[Movement], *, as_of: date, known_at: datetime) -> Sums:
    currency = movements[0].amount.currency
    heard = [one for one in movements if one.known_at <= known_at and one.effective_on <= as_of]
    by_id = {one.movement_id: one for one in movements}
    found = dict.fromkeys(MovementKind, Money.zero(currency))
    for one in heard:
        if one.reverses is None:
            found[one.kind] += one.amount
        else:
            found[by_id[one.reverses].kind] -= one.amount
    return Sums(
        disbursed=found[MovementKind.DISBURSEMENT],
        paid=found[MovementKind.REPAYMENT],
        refunded=found[MovementKind.SURPLUS_REFUND],
    )


def head(**names: str | None) -> HeadOut:
    words = WordsOut(ar="مؤسسة رافد للتمويل", fr="Fondation Rafid", en="Rafid Foundation")
    branch = WordsOut(ar="فرع عمّان", fr="Agence d’Amman", en="Amman branch")
    known: dict[str, Any] = {"name_ar": "مريم عبد الله الشريف", "name_latin": "Maryam Al-Sharif"}
    return HeadOut(
        institution=words,
        institution_code="rafid",
        branch=branch,
        contract_id=an_id("contract"),
        contract_reference="LN-2026-000123",
        signed_on=DayOut.of(TERMS.disbursed_on),
        principal=MoneyBody.of(TERMS.principal),
        borrower=PartyOut(
            borrower_id=an_id("borrower"), reference="BR-2026-000007", **known | names
        ),
    )


def a_statement(**names: str | None) -> StatementOut:
    zero = MoneyBody.of(money("0.000"))
    held = HeldOut(savings=MoneyBody.of(money("40.000")), contribution=zero)
    return StatementOut.of(told(), head=head(**names), held=held, known_at=None)


def a_schedule() -> PaymentScheduleOut:
    return PaymentScheduleOut.of(
        schedule.schedule(TERMS), head=head(), as_of=NOON.date(), known_at=None
    )


def a_certificate(kind: Any = "balance", *movements: Movement, **names: str | None) -> Any:
    known = movements or MOVEMENTS
    whole = told("2026-01-01", "2026-04-10", *known)
    of_year = kind == "paid_in_year"
    since = replay.correction(whole.opening, after=whole.closing)
    return CertificateOut(
        head=head(**names),
        known_at=None,
        number="CT-2026-000042",
        kind=kind,
        issued_on=DayOut.of(date(2026, 4, 10)),
        issued_at=datetime(2026, 4, 10, 9, 30, tzinfo=UTC),
        first_on=DayOut.of(date(2026, 1, 1)) if of_year else None,
        standing=StandingOut.of(whole.closing),
        paid=PaidOut.of(since) if of_year else None,
    ).sealed()


def a_receipt(*, reversed_: bool = False) -> ReceiptOut:
    whole = told("2026-02-15", "2026-02-15", PAID_OUT, FIRST)
    parts = {
        part: MoneyBody.of(getattr(whole.lines[0].parts, part)) for part in PaidOut.model_fields
    }
    return ReceiptOut(
        head=head(),
        known_at=None,
        repayment=RepaymentItemOut(
            repayment_id=FIRST.movement_id,
            contract_id=an_id("contract"),
            entry_id=an_id("entry"),
            amount=MoneyBody.of(FIRST.amount),
            received_on=FIRST.effective_on,
            channel="cash",
            reverses_repayment_id=None,
            reversal_reason=None,
            recorded_at=NOON,
            **parts,
        ),
        on=DayOut.of(FIRST.effective_on),
        reversed_by=an_id("undone") if reversed_ else None,
        standing=StandingOut.of(whole.closing),
    ).sealed()
