"""MT940: signs, references, several statements in one file, and files broken off."""

from datetime import date

import pytest

from services.loans.bank_files import mt940
from services.loans.bank_files.xml import LARGEST_FILE, BankFileUnreadable
from services.loans.domain.account_statement import Side, require_sum
from shared.money import Money

HEAD = ":20:STARTUMSE\n:25:JO94CBJO0010000000000131000302\n:28C:{number}/1\n"
FIRST = (
    HEAD.format(number=12)
    + ":60F:C261001JOD1000,125\n"
    + ":61:2610021002C200,125NTRFLOAN-7//BANK77\n:86:سداد قرض\n"
    + ":61:2610031003RD0,500NMSCNONREF\n:86:Reversal\n"
    + ":61:2610041004RC0,250NMSCNONREF//R1\n"
    + ":61:261004D3,NCHG//F1\n"
    + ":62F:C261004JOD1197,5\n"
)
SECOND = HEAD.format(number=13) + ":60F:D261005KWD1,5\n:62F:D261005KWD1,5\n"


def test_every_mark_has_its_side() -> None:
    (found,) = mt940.read(FIRST.encode())
    assert [(one.side, str(one.amount), one.is_reversal) for one in found.entries] == [
        (Side.IN, "200.125", False),
        (Side.IN, "0.500", True),
        (Side.OUT, "0.250", True),
        (Side.OUT, "3.000", False),
    ]
    assert found.opening == Money.parse("1000.125", "JOD")
    assert (found.sequence, found.closed_on) == (12, date(2026, 10, 4))
    require_sum(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256"])
def test_references_and_arabic_texts_are_kept(encoding: str) -> None:
    (found,) = mt940.read(FIRST.encode(encoding))
    loan, reversal, *_ = found.entries
    assert (loan.parts[0].own_reference, loan.provider_reference) == ("LOAN-7", "BANK77")
    assert (reversal.parts[0].own_reference, reversal.provider_reference) == (None, None)
    assert loan.text == "سداد قرض"


def test_a_file_may_hold_several_statements_and_an_overdrawn_account() -> None:
    first, second = mt940.read((FIRST + "-\n" + SECOND).encode())
    assert first.currency == "JOD"
    assert second.opening == Money.parse("-1.5", "KWD")
    assert second.entries == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing of a bank",
        FIRST.encode()[:120],
        FIRST.replace(":62F:C261004JOD1197,5\n", "").encode(),
        FIRST.replace("2610021002C", "2610xx1002C").encode(),
        FIRST.replace("2610021002C", "2613321002C").encode(),
        FIRST.replace("200,125", "200.125").encode(),
        FIRST.replace("200,125", "200,1255").encode(),
        FIRST.replace(":60F:C261001JOD", ":60F:C261001QQQ").encode(),
        FIRST.replace(":62F:C261004JOD", ":62F:C261004USD").encode(),
        FIRST.replace(":25:JO94CBJO0010000000000131000302\n", "").encode(),
        b" " * (LARGEST_FILE + 1),
    ],
)
def test_a_broken_file_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BankFileUnreadable):
        mt940.read(content)
