"""Arabic digits and marks become Western ones, and nothing else changes."""

import pytest

from shared.digits import to_western_digits, without_arabic_grouping


@pytest.mark.parametrize(
    ("text", "western"),
    [
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
        ("١٢٫٥", "12.5"),
        ("١٬٢٥٠", "1,250"),
        ("+٩٦٢ ٧٩", "+962 79"),
        ("\u2067٥\u2069", "5"),
        ("قرض ٣", "قرض 3"),
        ("plain 7", "plain 7"),
        ("७", "७"),
    ],
)
def test_digits_become_western(text: str, western: str) -> None:
    assert to_western_digits(text) == western


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("١٬٢٥٠", "١٢٥٠"),
        ("12٬345٬678", "12345678"),
        ("١٬٢٥", "١٬٢٥"),
        ("١٢٣٤٬٥٦٧", "١٢٣٤٬٥٦٧"),
        ("١٬٢٣٤٥", "١٬٢٣٤٥"),
        ("1,250", "1,250"),
    ],
)
def test_only_groups_of_three_are_joined(text: str, joined: str) -> None:
    assert without_arabic_grouping(text) == joined
