"""How is a transfer order written for a bank, and what does the bank say of it?

Out goes pain.001 in version 03 or 09; in come pain.002 (what became of an order) and pacs.004
(money that came back after it was paid). ISO 20022, customer credit transfer initiation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from typing import Final, Literal

from lxml import etree

from services.loans.bank_files.xml import (
    MISSING,
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
from services.loans.domain.account_statement import NO_REFERENCE
from services.loans.domain.transfers import BankParty, Transfer, TransferOrder, require_writable
from shared.money import Money

Version = Literal["03", "09"]
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001."


class Verdict(StrEnum):
    """What a bank says of an order or a payment: only `refused` is definite here.

    An accepted payment is not a paid one: that is what the statement says.
    """

    ACCEPTED = "accepted"
    PENDING = "pending"
    PARTLY = "partly"
    REFUSED = "refused"


_VERDICTS: Final = {
    "RJCT": Verdict.REFUSED,
    "PART": Verdict.PARTLY,
    "PDNG": Verdict.PENDING,
    "RCVD": Verdict.PENDING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of one payment of an order."""

    reference: str
    verdict: Verdict
    reason_code: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """A bank's answer to an order; where it judges the whole, it may name no payment."""

    message_id: str
    order_id: str
    verdict: Verdict | None
    reason_code: str | None
    payments: tuple[Answered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A payment that came back after it was settled."""

    return_id: str
    reference: str | None
    amount: Money
    settled_on: date | None
    reason_code: str | None


def written(order: TransferOrder, *, version: Version, takes_any_letters: bool = False) -> bytes:
    """Write an order as pain.001.001.03 or .09, in UTF-8, with the currency's own decimals.

    Names stand as they are, Arabic ones only where the bank agreed to it. Raises what
    `services.loans.domain.transfers.require_writable` raises.
    """
    require_writable(order, takes_any_letters=takes_any_letters)
    namespace: dict[str | None, str] = {None: f"{NAMESPACE}{version}"}
    root = etree.Element("Document", nsmap=namespace)  # type: ignore[arg-type] # stubs know no None
    top = etree.SubElement(root, "CstmrCdtTrfInitn")
    total = Money.total((one.amount for one in order.transfers), order.transfers[0].amount.currency)
    count = str(len(order.transfers))
    header = etree.SubElement(top, "GrpHdr")
    _text(header, "MsgId", order.message_id)
    _text(header, "CreDtTm", order.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(header, "NbOfTxs", count)
    _text(header, "CtrlSum", str(total))
    _text(etree.SubElement(header, "InitgPty"), "Nm", order.debtor.name)
    batch = etree.SubElement(top, "PmtInf")
    _text(batch, "PmtInfId", order.message_id)
    _text(batch, "PmtMtd", "TRF")
    _text(batch, "NbOfTxs", count)
    _text(batch, "CtrlSum", str(total))
    day = order.pay_on.isoformat()
    if version == "03":
        _text(batch, "ReqdExctnDt", day)
    else:
        _text(etree.SubElement(batch, "ReqdExctnDt"), "Dt", day)
    _party(batch, "Dbtr", order.debtor, version=version)
    for one in order.transfers:
        _transfer(batch, one, version=version)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _transfer(batch: Element, one: Transfer, *, version: Version) -> None:
    found = etree.SubElement(batch, "CdtTrfTxInf")
    _text(etree.SubElement(found, "PmtId"), "EndToEndId", one.reference)
    amount = etree.SubElement(etree.SubElement(found, "Amt"), "InstdAmt")
    amount.set("Ccy", one.amount.currency)
    amount.text = str(one.amount)
    _party(found, "Cdtr", one.creditor, version=version)
    if one.text:
        _text(etree.SubElement(found, "RmtInf"), "Ustrd", one.text)


def _party(parent: Element, role: str, party: BankParty, *, version: Version) -> None:
    """Write a party; a debtor's account stands before its bank, a creditor's bank before it."""
    person = etree.Element(role)
    _text(person, "Nm", party.name)
    account = etree.Element(f"{role}Acct")
    identification = etree.SubElement(account, "Id")
    if party.is_iban:
        _text(identification, "IBAN", party.account)
    else:
        _text(etree.SubElement(identification, "Othr"), "Id", party.account)
    agent = etree.Element(f"{role}Agt")
    institution = etree.SubElement(agent, "FinInstnId")
    if party.bic is not None:
        _text(institution, "BIC" if version == "03" else "BICFI", party.bic)
    else:
        _text(etree.SubElement(institution, "Othr"), "Id", NO_REFERENCE)
    if role == "Dbtr":
        parent.extend((person, account, agent))
    else:
        parent.extend((agent, person, account) if party.bic is not None else (person, account))


def _text(parent: Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def read_status(content: bytes) -> StatusReport:
    """Read a pain.002 of any version. Raises `BankFileUnreadable`."""
    found = message(content, "CstmrPmtStsRpt")
    group = one_of(found, "OrgnlGrpInfAndSts")
    if group is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(found))
    told = text_of(group, "GrpSts")
    return StatusReport(
        message_id=demanded(found, "GrpHdr/MsgId"),
        order_id=demanded(group, "OrgnlMsgId"),
        verdict=None if told is None else _verdict(told),
        reason_code=text_of(group, "StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"),
        payments=tuple(_answers(found)),
    )


def _answers(found: Element) -> Iterator[Answered]:
    for batch in all_of(found, "OrgnlPmtInfAndSts"):
        for one in all_of(batch, "TxInfAndSts"):
            told = text_of(one, "TxSts") or text_of(batch, "PmtInfSts")
            if told is None:
                raise BankFileUnreadable(reason=MISSING, line=line_of(one))
            yield Answered(
                reference=demanded(one, "OrgnlEndToEndId"),
                verdict=_verdict(told),
                reason_code=text_of(one, "StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"),
                reason=text_of(one, "StsRsnInf/AddtlInf") or "",
            )


def _verdict(code: str) -> Verdict:
    """Give the verdict of an ISO status: what is not refused, partial or waiting was taken on."""
    return _VERDICTS.get(code, Verdict.ACCEPTED)


def read_returns(content: bytes) -> tuple[Returned, ...]:
    """Read a pacs.004 of any version. Raises `BankFileUnreadable`."""
    found = message(content, "PmtRtr")
    returned = tuple(_return(one) for one in all_of(found, "TxInf"))
    if not returned:
        raise BankFileUnreadable(reason=MISSING, line=line_of(found))
    return returned


def _return(one: Element) -> Returned:
    amount = one_of(one, "RtrdIntrBkSttlmAmt", "RtrdInstdAmt")
    if amount is None:
        raise BankFileUnreadable(reason=MISSING, line=line_of(one))
    reference = text_of(one, "OrgnlEndToEndId")
    return Returned(
        return_id=demanded(one, "RtrId"),
        reference=None if reference == NO_REFERENCE else reference,
        amount=money_of(amount),
        settled_on=day_of(one, "IntrBkSttlmDt"),
        reason_code=text_of(one, "RtrRsnInf/Rsn/Cd", "RtrRsnInf/Rsn/Prtry"),
    )
