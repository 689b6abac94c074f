"""What does a camt.052, .053 or .054 say, of any version from .02 on?

ISO 20022, bank-to-customer account report, statement and notification: amounts carry no sign,
`CdtDbtInd` is the direction already, also of a reversal, and only `BOOK` is money.
"""

from collections.abc import Iterator
from typing import Final

from services.loans.bank_files.xml import (
    MISSING,
    NOT_AN_AMOUNT,
    BankFileUnreadable,
    Element,
    all_of,
    day_of,
    demanded,
    line_of,
    message,
    money_of,
    one_of,
    text_of,
)
from services.loans.domain.account_statement import (
    NO_REFERENCE,
    Entry,
    Part,
    Reach,
    Side,
    Statement,
    Told,
)
from shared.money import Money

MESSAGES: Final = {
    "BkToCstmrStmt": ("Stmt", Told.STATEMENT),
    "BkToCstmrDbtCdtNtfctn": ("Ntfctn", Told.NOTICE),
    "BkToCstmrAcctRpt": ("Rpt", Told.INTRADAY),
}
OPENING: Final = ("OPBD", "PRCD")
CLOSING: Final = ("CLBD",)
_REACHES: Final = {"BOOK": Reach.BOOKED, "PDNG": Reach.PENDING, "FUTR": Reach.PENDING}


def read(content: bytes) -> tuple[Statement, ...]:
    """Read every statement, notice or report of a file. Raises `BankFileUnreadable`."""
    found = message(content, *MESSAGES)
    name = found.tag.rpartition("}")[2]
    part, told = MESSAGES[name]
    statements = tuple(_statement(one, told=told) for one in all_of(found, part))
    if not statements:
        raise BankFileUnreadable(reason=MISSING, line=line_of(found))
    return statements


def _statement(found: Element, *, told: Told) -> Statement:
    entries = tuple(_entries(found))
    opening, closing = _balance(found, OPENING), _balance(found, CLOSING)
    currency = text_of(found, "Acct/Ccy") or _currency(opening, entries)
    if currency is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(found))
    for entry in entries:
        if entry.amount.currency != currency:
            raise BankFileUnreadable(reason=NOT_AN_AMOUNT, line=line_of(found))
    sequence = text_of(found, "ElctrncSeqNb", "LglSeqNb")
    return Statement(
        told=told,
        account=demanded(found, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        currency=currency,
        identification=demanded(found, "Id"),
        sequence=int(sequence) if sequence is not None and sequence.isdecimal() else None,
        opening=None if opening is None else opening[0],
        closing=None if closing is None else closing[0],
        closed_on=None if closing is None else day_of(closing[1], "Dt/Dt", "Dt/DtTm"),
        entries=entries,
    )


def _currency(opening: tuple[Money, Element] | None, entries: tuple[Entry, ...]) -> str | None:
    amounts = [entry.amount for entry in entries] if opening is None else [opening[0]]
    return amounts[0].currency if amounts else None


def _balance(found: Element, codes: tuple[str, ...]) -> tuple[Money, Element] | None:
    balances = all_of(found, "Bal")
    for code in codes:
        for balance in balances:
            if text_of(balance, "Tp/CdOrPrtry/Cd") == code:
                amount = _amount(balance)
                return (amount if _side(balance) is Side.IN else -amount), balance
    return None


def _entries(found: Element) -> Iterator[Entry]:
    for number, entry in enumerate(all_of(found, "Ntry"), start=1):
        amount = _amount(entry)
        booked = day_of(entry, "BookgDt/Dt", "BookgDt/DtTm")
        valued = day_of(entry, "ValDt/Dt", "ValDt/DtTm")
        day = booked or valued
        if day is None:
            raise BankFileUnreadable(reason=MISSING, line=line_of(entry))
        told = text_of(entry, "Sts/Cd", "Sts") or ""
        yield Entry(
            number=number,
            amount=amount,
            side=_side(entry),
            reach=_REACHES.get(told, Reach.INFORMATION),
            booked_on=day,
            valued_on=valued or day,
            is_reversal=text_of(entry, "RvslInd") in {"true", "1"},
            provider_reference=text_of(entry, "AcctSvcrRef"),
            text=text_of(entry, "AddtlNtryInf") or "",
            parts=tuple(_parts(entry, whole=amount)),
        )


def _parts(entry: Element, *, whole: Money) -> Iterator[Part]:
    details = all_of(entry, "NtryDtls/TxDtls")
    for detail in details:
        told = one_of(detail, "AmtDtls/TxAmt/Amt", "Amt")
        own = text_of(detail, "Refs/EndToEndId")
        party = "Dbtr" if _side(entry) is Side.IN else "Cdtr"
        returned = one_of(detail, "RtrInf") is not None
        yield Part(
            amount=whole if told is None and len(details) == 1 else _part_amount(detail, told),
            own_reference=None if own == NO_REFERENCE else own,
            provider_reference=text_of(detail, "Refs/AcctSvcrRef", "Refs/TxId"),
            text="\n".join(
                (text.text or "").strip()
                for text in (
                    *all_of(detail, "RmtInf/Ustrd"),
                    *all_of(detail, "RmtInf/Strd/CdtrRefInf/Ref"),
                )
            ),
            counterparty=text_of(detail, f"RltdPties/{party}/Pty/Nm", f"RltdPties/{party}/Nm"),
            counterparty_account=text_of(
                detail,
                f"RltdPties/{party}Acct/Id/IBAN",
                f"RltdPties/{party}Acct/Id/Othr/Id",
            ),
            return_reason=(text_of(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry") or "")
            if returned
            else None,
        )


def _part_amount(detail: Element, told: Element | None) -> Money:
    if told is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(detail))
    return money_of(told)


def _amount(element: Element) -> Money:
    told = one_of(element, "Amt")
    if told is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(element))
    return money_of(told)


def _side(element: Element) -> Side:
    match text_of(element, "CdtDbtInd"):
        case "CRDT":
            return Side.IN
        case "DBIT":
            return Side.OUT
        case _:
            raise BankFileUnreadable(reason=MISSING, line=line_of(element))
