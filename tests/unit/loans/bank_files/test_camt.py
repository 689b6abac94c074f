"""camt.052, .053 and .054: signs, parts, balances, versions, and files that would do harm."""

from datetime import date

import pytest

from services.loans.bank_files import camt, xml
from services.loans.bank_files.xml import BankFileUnreadable
from services.loans.domain.account_statement import (
    Entry,
    Reach,
    Side,
    StatementDoesNotAdd,
    StatementMissing,
    Told,
    keys_of,
    require_continuity,
    require_sum,
)
from shared.errors import Sentence
from shared.money import CurrencyMismatch, Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
DAY = "<BookgDt><Dt>2026-10-01</Dt></BookgDt>"
BOOKED = "<Sts><Cd>BOOK</Cd></Sts>"


def dinars(text: str) -> Money:
    return Money.parse(text, "JOD")


def balance(code: str, amount: str, *, side: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='JOD'>{amount}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-10-01</Dt></Dt></Bal>"
    )


def entry(amount: str, side: str = "CRDT", *, more: str = "", status: str = BOOKED) -> str:
    money = f"<Amt Ccy='JOD'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>"
    return f"<Ntry>{money}{status}{DAY}{more}</Ntry>"


def statement(*parts: str, version: str = "08", account: str = "JO94CBJO0010") -> bytes:
    return (
        f"<Document xmlns='{NAMESPACE}{version}'><BkToCstmrStmt><Stmt><Id>S1</Id>"
        f"<ElctrncSeqNb>7</ElctrncSeqNb><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>"
        f"{''.join(parts)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def the_entry(*parts: str) -> Entry:
    (found,) = camt.read(statement(*parts))[0].entries
    return found


@pytest.mark.parametrize("version", ["02", "04", "08", "14"])
def test_balances_and_entries_are_read_in_every_version(version: str) -> None:
    status = "<Sts>BOOK</Sts>" if version < "08" else BOOKED
    (found,) = camt.read(
        statement(
            balance("OPBD", "100"),
            balance("CLBD", "300.000"),
            entry("200.12500", status=status),
            entry("0.125", "DBIT", status=status),
            version=version,
        )
    )
    assert (found.told, found.account, found.sequence) == (Told.STATEMENT, "JO94CBJO0010", 7)
    assert (found.opening, found.closing) == (dinars("100"), dinars("300"))
    assert [one.signed for one in found.entries] == [dinars("200.125"), dinars("-0.125")]
    assert found.closed_on == date(2026, 10, 1)
    require_sum(found)


def test_an_overdrawn_balance_is_less_than_nothing() -> None:
    (found,) = camt.read(statement(balance("PRCD", "5.000", side="DBIT"), entry("7.000")))
    assert found.opening == dinars("-5")
    assert found.booked == dinars("7")


def test_only_what_is_booked_counts() -> None:
    (found,) = camt.read(
        statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.000"),
            entry("1.000"),
            entry("9.000", status="<Sts><Cd>PDNG</Cd></Sts>"),
            entry("9.000", status="<Sts><Cd>INFO</Cd></Sts>"),
        )
    )
    reaches = [one.reach for one in found.entries]
    assert reaches == [Reach.BOOKED, Reach.PENDING, Reach.INFORMATION]
    require_sum(found)


def test_a_reversal_goes_the_way_that_its_indicator_says() -> None:
    found = the_entry(entry("3.000", "DBIT", more="<RvslInd>true</RvslInd>"))
    assert found.is_reversal
    assert (found.side, found.signed) == (Side.OUT, dinars("-3"))


def test_an_entry_of_many_payments_keeps_each_with_its_references() -> None:
    details = "".join(
        "<TxDtls><Refs><EndToEndId>{0}</EndToEndId><AcctSvcrRef>B{0}</AcctSvcrRef></Refs>"
        "<Amt Ccy='JOD'>{1}</Amt><RltdPties><Dbtr><Pty><Nm>ليلى حداد</Nm></Pty></Dbtr>"
        "<DbtrAcct><Id><IBAN>JO1</IBAN></Id></DbtrAcct></RltdPties>"
        "<RmtInf><Ustrd>قسط</Ustrd></RmtInf></TxDtls>".format(*one)
        for one in (("E1", "1.250"), ("NOTPROVIDED", "2.750"))
    )
    found = the_entry(entry("4.000", more=f"<NtryDtls>{details}</NtryDtls>"))
    assert [part.amount for part in found.parts] == [dinars("1.25"), dinars("2.75")]
    assert [part.own_reference for part in found.parts] == ["E1", None]
    assert [part.provider_reference for part in found.parts] == ["BE1", "BNOTPROVIDED"]
    assert {(part.counterparty, part.counterparty_account, part.text) for part in found.parts} == {
        ("ليلى حداد", "JO1", "قسط")
    }


def test_one_payment_without_an_amount_is_its_entry_and_says_why_it_came_back() -> None:
    detail = (
        "<NtryDtls><TxDtls><Refs><EndToEndId>E9</EndToEndId></Refs>"
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"
    )
    (part,) = the_entry(entry("4.000", more=detail)).parts
    assert (part.amount, part.own_reference, part.return_reason) == (dinars("4"), "E9", "AC04")


def test_notices_and_reports_are_no_statements() -> None:
    whole = statement(entry("1.000")).replace(b"camt.053", b"camt.054")
    notice = whole.replace(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn").replace(b"Stmt", b"Ntfctn")
    notice = notice.replace(b"BkToCstmrNtfctn", b"BkToCstmrStmt")
    assert camt.read(notice)[0].told is Told.NOTICE
    report = whole.replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt").replace(b"Stmt>", b"Rpt>")
    assert camt.read(report)[0].told is Told.INTRADAY


def test_a_statement_that_does_not_add_up_says_by_how_much() -> None:
    parts = (balance("OPBD", "1.000"), balance("CLBD", "3.000"), entry("1.000"))
    (found,) = camt.read(statement(*parts))
    with pytest.raises(StatementDoesNotAdd) as refused:
        require_sum(found)
    assert (refused.value.booked, refused.value.closing) == (dinars("1"), dinars("3"))


def test_a_gap_between_two_statements_is_found() -> None:
    (monday,) = camt.read(statement(balance("OPBD", "0"), balance("CLBD", "5.000")))
    (tuesday,) = camt.read(statement(balance("OPBD", "5.000"), balance("CLBD", "5.000")))
    (friday,) = camt.read(statement(balance("OPBD", "6.000"), balance("CLBD", "6.000")))
    require_continuity(monday, tuesday)
    with pytest.raises(StatementMissing):
        require_continuity(tuesday, friday)
    fils = statement(balance("OPBD", "5.000")).replace(b"'JOD'", b"'KWD'")
    with pytest.raises(CurrencyMismatch):
        require_continuity(monday, camt.read(fils)[0])


def test_the_same_entry_in_a_notice_and_a_statement_has_one_name() -> None:
    named = "<AcctSvcrRef>B1</AcctSvcrRef>"
    one, fee, other = (
        the_entry(entry(amount, side, more=named))
        for amount, side in (("1.000", "CRDT"), ("0.100", "DBIT"), ("1.100", "CRDT"))
    )
    notice = the_entry(entry("1.000", more=f"{named}<AddtlNtryInf>early</AddtlNtryInf>"))
    assert keys_of("A", [one]) == keys_of("A", [notice])
    assert len({*keys_of("A", [one, fee, other]), *keys_of("B", [one])}) == 4


def test_equal_payments_of_a_day_are_two_and_the_same_two_in_another_file() -> None:
    first, second = camt.read(statement(entry("1.000"), entry("1.000"), entry("2.000")))[0].entries[
        :2
    ]
    names = keys_of("A", [first, second])
    assert len(set(names)) == 2
    assert keys_of("A", [second, first]) == names


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;">]><Document>&c;</Document>"""
REACHING = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>
<Document><BkToCstmrStmt><Stmt><Id>&f;</Id></Stmt></BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, xml.HAS_DOCTYPE),
        (REACHING, xml.HAS_DOCTYPE),
        (REACHING.decode().encode("utf-16"), xml.NOT_XML),
        (statement(entry("1.000"))[:-40], xml.NOT_XML),
        (b"", xml.NOT_XML),
        (b"date;amount\n1;2", xml.NOT_XML),
        (b"<Document><Other/></Document>", xml.OTHER_KIND),
        (statement(), xml.MISSING),
        (statement(entry("1.0005")), xml.NOT_AN_AMOUNT),
        (statement(entry("1,5")), xml.NOT_AN_AMOUNT),
        (statement(entry("NaN")), xml.NOT_AN_AMOUNT),
        (statement(entry("1e999999999")), xml.NOT_AN_AMOUNT),
        (statement(entry("1.000").replace("JOD", "QQQ")), xml.NOT_AN_AMOUNT),
        (statement(entry("1.000"), entry("1.00").replace("JOD", "USD")), xml.NOT_AN_AMOUNT),
        (statement(entry("1.000", "SIDE")), xml.MISSING),
        (statement(entry("1.000").replace("2026-10-01", "01/10/2026")), xml.NOT_A_DAY),
        (statement(entry("1.000").replace(DAY, "")), xml.MISSING),
        (b" " * (xml.LARGEST_FILE + 1), xml.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, reason: Sentence) -> None:
    with pytest.raises(BankFileUnreadable) as refused:
        camt.read(content)
    assert refused.value.reason in {reason, xml.HAS_DOCTYPE}
