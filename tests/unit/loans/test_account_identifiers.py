"""An account is named by one identifier or up to three, with raw `@`, `$` and `+`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import account_identifiers
from services.loans.domain.account_identifiers import FORM, KINDS, LONGEST, Identifier

VALUES = st.text(st.characters(exclude_characters="/$\n", exclude_categories=["Cs"]), min_size=1)


def pairs(text: str) -> list[tuple[str, str]]:
    found = account_identifiers.read(text)
    assert found is not None, text
    return [(one.kind, one.value) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accountid/LN-2026-000001", [("accountid", "LN-2026-000001")]),
        ("msisdn/+962791234567", [("msisdn", "+962791234567")]),
        ("msisdn@+962791234567", [("msisdn", "+962791234567")]),
        ("walletid@1$msisdn@+21260", [("walletid", "1"), ("msisdn", "+21260")]),
        (
            "organisationid@aman$accountid@3$msisdn@+9",
            [("organisationid", "aman"), ("accountid", "3"), ("msisdn", "+9")],
        ),
        ("emailaddress@a@b.example", [("emailaddress", "a@b.example")]),
        ("accountid/a@b$c", [("accountid", "a@b$c")]),
        ("accountid/حساب", [("accountid", "حساب")]),
        ("accountid/bills", [("accountid", "bills")]),
        ("accountid/a b", [("accountid", "a b")]),
    ],
)
def test_an_account_is_read_as_the_standard_writes_it(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "accountid",
        "accountid/",
        "accountid@",
        "/1",
        "iban2/1",
        "ACCOUNTID/1",
        "accountid/1/2",
        "accountid@1$",
        "$accountid@1",
        "accountid@1$$msisdn@2",
        "accountid@1$name@2",
        "accountid@1$msisdn@2$iban@3$walletid@4",
        "accountid@1/msisdn@2",
        "accountid/1\n",
        f"accountid/{'1' * (LONGEST + 1)}",
        f"msisdn@1$accountid@{'1' * (LONGEST + 1)}",
    ],
)
def test_what_is_no_account_is_none(text: str) -> None:
    assert account_identifiers.read(text) is None


@given(st.lists(st.tuples(st.sampled_from(KINDS), VALUES), min_size=1, max_size=3))
def test_what_is_written_is_read_again(written: list[tuple[str, str]]) -> None:
    text = "$".join(f"{kind}@{value}" for kind, value in written)
    if all(len(value) <= LONGEST for _, value in written):
        assert pairs(text) == written


@given(st.sampled_from(KINDS), VALUES)
def test_one_identifier_alone_may_hold_any_sign_but_a_slash(kind: str, value: str) -> None:
    assert account_identifiers.read(f"{kind}/{value}") == (Identifier(kind=kind, value=value),)


def test_there_are_twenty_kinds_and_the_form_of_a_path_takes_no_more_than_its_part() -> None:
    assert len(set(KINDS)) == 20
    route = re.compile(f"^/accounts/(?P<account>{FORM})/bills/(?P<bill>[^/]+)/payments$")
    found = route.match("/accounts/accountid/bills/bills/bills/payments")
    assert found
    assert (found["account"], found["bill"]) == ("accountid/bills", "bills")
    assert route.match("/accounts/accountid/1/bills/payments") is None
    assert route.match("/accounts/none/1/bills/2/payments") is None
