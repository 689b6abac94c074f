"""How is a paper said in Arabic, French or English: its title, facts, tables and sentences?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from services.loans.contracts.schemas import PaidOut
from services.loans.papers.documents import (
    CertificateOut,
    DayOut,
    DueOut,
    DueTotalOut,
    HeadOut,
    HeldOut,
    LineOut,
    PaperOut,
    PaymentScheduleOut,
    ReceiptOut,
    StandingOut,
    StatementOut,
)
from services.loans.papers.words import PARTS, Words, is_zero, parts_of, parts_used, sum_of
from shared.printing import Cell, Column, Seal, Sheet, Table, apart, figure
from shared.schemas import MoneyBody
from shared.texts import Language

MOVEMENTS: Final[Mapping[str, str]] = {
    "disbursement": "Paid out",
    "repayment": "Repayment",
    "reversal": "Taken back",
    "surplus_refund": "Surplus paid back",
    "agreement": "Change of the agreement",
    "order": "By order",
}
CERTIFICATES: Final[Mapping[str, str]] = {
    "balance": "Certificate of balance",
    "settlement": "Certificate of settlement",
    "paid_in_year": "Certificate of payments in a year",
}
SENTENCES: Final[Mapping[str, str]] = {
    "balance": (
        "We certify that on {day} the borrower {name} owes {owed} of the principal on the loan"
        " contract {reference}, signed on {signed}; still to pay by its schedule: {due}."
    ),
    "settlement": (
        "We certify that the borrower {name} has paid the loan contract {reference}, signed on"
        " {signed}, in full, and that on {day} nothing more is owed on it."
    ),
    "paid_in_year": (
        "We certify that from {first} to {day} the borrower {name} paid {paid} on the loan"
        " contract {reference}, signed on {signed}."
    ),
}


def statement(paper: StatementOut, *, language: Language) -> Sheet:
    """Say a statement."""
    words = Words(language)
    say = words.say
    span = say(
        "From {first} to {last}",
        first=words.day_in_words(paper.first_on),
        last=words.day_in_words(paper.last_on),
    )
    closing = paper.closing
    facts = [
        *_parties(paper.head, words),
        (
            say("Principal owed at the start"),
            words.amount(paper.opening.outstanding_principal),
            True,
        ),
        (say("Principal owed at the end"), words.amount(closing.outstanding_principal), True),
        (say("Still to pay by the schedule"), words.amount(closing.still_due), True),
        *_held(paper.held, words),
        *_lateness(closing, words),
    ]
    return _sheet(
        paper,
        words,
        title=say("Statement of the loan"),
        subtitle=span,
        facts=facts,
        tables=[_movements(paper, words), _open_dues(paper.open_dues, words)],
        notes=[_basis(paper, closing.on, words)],
    )


def _held(held: HeldOut, words: Words) -> list[tuple[str, Cell, bool]]:
    """Say what is held of the borrower's own money, where anything is."""
    told = (
        ("Your savings, held for you", held.savings),
        ("Your down payment, held", held.contribution),
    )
    return [
        (words.say(label), words.amount(amount), True)
        for label, amount in told
        if not is_zero(amount)
    ]


def schedule(paper: PaymentScheduleOut, *, language: Language) -> Sheet:
    """Say a schedule of payments."""
    words = Words(language)
    say = words.say
    facts = [
        *_parties(paper.head, words),
        (say("Number of instalments"), str(len(paper.instalments)), True),
        *_span(paper.instalments, words),
    ]
    dues = _dues(
        paper.instalments, words, heading=say("Instalments"), total=(paper.total, say("Total"))
    )
    return _sheet(
        paper,
        words,
        title=say("Schedule of payments"),
        facts=facts,
        tables=[dues],
        notes=[_basis(paper, paper.as_of, words)],
        signatures=[say("The borrower"), say("For the lender")],
    )


def certificate(paper: CertificateOut, *, language: Language) -> Sheet:
    """Say a certificate: one sentence that binds the lender, and the figures behind it."""
    words = Words(language)
    say = words.say
    standing = paper.standing
    paid = paper.paid or standing.paid
    members = {
        "day": words.day_in_words(standing.on),
        "name": words.name(paper.head),
        "reference": figure(paper.head.contract_reference),
        "signed": words.day_in_words(paper.head.signed_on),
        "owed": figure(words.amount(standing.outstanding_principal)),
        "due": figure(words.amount(standing.still_due)),
        "paid": figure(words.amount(sum_of(paid))),
        "first": words.day_in_words(paper.first_on or standing.on),
    }
    facts = [
        *_parties(paper.head, words),
        (say("Issued on"), words.day(paper.issued_on), True),
        *_paid(paid, words),
        *_lateness(standing, words),
    ]
    notes = [_basis(paper, standing.on, words)]
    if not is_zero(standing.paid.surplus):
        surplus = figure(words.amount(standing.paid.surplus))
        notes.insert(
            0, say("Paid in excess and owed back to the borrower: {surplus}", surplus=surplus)
        )
    return _sheet(
        paper,
        words,
        title=say(CERTIFICATES[paper.kind]),
        reference=paper.number,
        paragraphs=[say(SENTENCES[paper.kind], **members)],
        facts=facts,
        notes=notes,
        signatures=[say("For the lender")],
    )


def receipt(paper: ReceiptOut, *, language: Language) -> Sheet:
    """Say a receipt; one of money that was taken back says so first."""
    words = Words(language)
    say = words.say
    came = paper.repayment
    paid = PaidOut.model_validate({part: getattr(came, part) for part in PaidOut.model_fields})
    paragraphs = [
        say(
            "Received from the borrower {name} on {day}: {amount}, for the loan contract"
            " {reference}.",
            name=words.name(paper.head),
            day=words.day_in_words(paper.on),
            amount=figure(words.amount(came.amount)),
            reference=figure(paper.head.contract_reference),
        )
    ]
    if paper.reversed_by is not None:
        paragraphs.insert(0, say("This payment was taken back: this paper is no receipt."))
    standing = paper.standing
    facts = [
        *_parties(paper.head, words),
        *_paid(paid, words),
        (say("Principal still owed"), words.amount(standing.outstanding_principal), True),
        (say("Still to pay by the schedule"), words.amount(standing.still_due), True),
    ]
    return _sheet(
        paper,
        words,
        title=say("Receipt of a repayment"),
        paragraphs=paragraphs,
        facts=facts,
        notes=[
            _basis(paper, standing.on, words),
            say("Payment {number}", number=figure(str(came.repayment_id))),
        ],
        signatures=[say("The borrower"), say("For the lender")],
    )


Fact = tuple[str, Cell, bool]
CHECK_ADDRESS: Final = "/loans/v1/papers"


def _sheet(
    paper: PaperOut,
    words: Words,
    *,
    title: str,
    facts: Sequence[Fact],
    notes: Sequence[str],
    reference: str | None = None,
    subtitle: str = "",
    paragraphs: Sequence[str] = (),
    tables: Sequence[Table] = (),
    signatures: Sequence[str] = (),
) -> Sheet:
    head = paper.head
    checked = words.say(
        "Anybody may check this certificate at {address} by its number, its hash and the code"
        " {code} of the lender.",
        address=figure(CHECK_ADDRESS),
        code=figure(head.institution_code),
    )
    computed = words.say("The same question to the books gives the same hash.")
    return Sheet(
        language=words.language,
        institution=_of(head.institution, words),
        place=_of(head.branch, words),
        reference=reference or head.contract_reference,
        title=title,
        subtitle=subtitle,
        paragraphs=paragraphs,
        facts=facts,
        tables=tables,
        notes=notes,
        signatures=signatures,
        seal=Seal(
            label=words.say("Hash (SHA-256)"),
            sha256=paper.sha256,
            sentence=computed if reference is None else checked,
        ),
    )


def _of(names: object, words: Words) -> str:
    return apart(str(getattr(names, words.language)))


def _parties(head: HeadOut, words: Words) -> list[Fact]:
    say = words.say
    return [
        (say("Borrower"), words.name(head), False),
        (say("Loan contract"), head.contract_reference, True),
        (say("Signed on"), words.day(head.signed_on), True),
        (say("Amount of the loan"), words.amount(head.principal), True),
    ]


def _span(dues: Sequence[DueOut], words: Words) -> list[Fact]:
    if not dues:
        return []
    return [
        (words.say("First instalment"), words.day(dues[0].on), True),
        (words.say("Last instalment"), words.day(dues[-1].on), True),
    ]


def _paid(paid: PaidOut, words: Words) -> list[Fact]:
    return [
        (words.say("Paid: {part}", part=words.say(PARTS[part])), words.amount(money), True)
        for part, money in parts_of(paid)
    ]


def _lateness(standing: StandingOut, words: Words) -> list[Fact]:
    if is_zero(standing.arrears):
        return []
    return [
        (words.say("In arrears"), words.amount(standing.arrears), True),
        (words.say("Days past due"), str(standing.days_past_due), True),
    ]


def _movements(paper: StatementOut, words: Words) -> Table:
    say = words.say
    parts = parts_used([line.parts for line in paper.lines])
    rows: list[Sequence[Cell]] = [_movement(line, parts, words) for line in paper.lines]
    return Table(
        heading=say("Movements"),
        columns=[
            Column(title=say("Date"), kind="day"),
            Column(title=say("Movement")),
            Column(title=say("Amount"), kind="figure"),
            *(Column(title=say(PARTS[part]), kind="figure") for part in parts),
            Column(title=say("Principal owed"), kind="figure"),
        ],
        rows=rows,
        total=[
            "",
            say("At the end"),
            "",
            *("" for _ in parts),
            words.number(paper.closing.outstanding_principal),
        ]
        if rows
        else (),
        empty=say("Nothing moved in these days."),
    )


def _movement(line: LineOut, parts: Sequence[str], words: Words) -> list[Cell]:
    paid = dict(parts_of(line.parts, all_of_them=True))
    return [
        words.day(line.on),
        words.say(MOVEMENTS.get(line.movement, line.movement)),
        words.number(line.amount),
        *(words.number(paid[part]) for part in parts),
        words.number(line.balance),
    ]


def _open_dues(dues: Sequence[DueOut], words: Words) -> Table:
    return _dues(dues, words, heading=words.say("Still to pay"), total=None)


def _dues(
    dues: Sequence[DueOut], words: Words, *, heading: str, total: tuple[DueTotalOut, str] | None
) -> Table:
    say = words.say
    parts = [
        part
        for part in PARTS
        if any(hasattr(due, part) and not is_zero(getattr(due, part)) for due in dues)
    ]
    written: Callable[[MoneyBody], str] = words.number
    return Table(
        heading=heading,
        columns=[
            Column(title=say("Number"), kind="figure"),
            Column(title=say("Due on"), kind="day"),
            Column(title=say("Hijri date")),
            *(Column(title=say(PARTS[part]), kind="figure") for part in parts),
            Column(title=say("To pay"), kind="figure"),
        ],
        rows=[
            [
                str(due.number),
                due.due_on.isoformat(),
                words.hijri(due.on),
                *(written(getattr(due, part)) for part in parts),
                written(due.total),
            ]
            for due in dues
        ],
        total=()
        if total is None
        else [
            "",
            total[1],
            "",
            *(written(getattr(total[0], part)) for part in parts),
            written(total[0].total),
        ],
        empty=say("Nothing is left to pay."),
    )


def _basis(paper: PaperOut, on: DayOut, words: Words) -> str:
    as_of = words.say("As of the end of {day}.", day=words.day_in_words(on))
    return f"{as_of} {_as_known(paper, words)}"


def _as_known(paper: PaperOut, words: Words) -> str:
    if paper.known_at is None:
        return words.say("As the books know it today: all that is booked.")
    moment = figure(paper.known_at.isoformat(sep=" ", timespec="seconds"))
    return words.say("As the books knew it at {moment}.", moment=moment)
