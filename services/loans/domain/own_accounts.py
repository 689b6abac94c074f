"""Which accounts of its own may an institution have in its funds, and how are they named?"""

import re
from collections.abc import Mapping
from typing import Final

from services.loans.domain.chart import AccountClass

PREFIX: Final = "own"
NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z.]{0,19}", re.ASCII)
_CODE: Final = re.compile(r"own_([a-z]+)_([0-9A-Z][0-9A-Z.]{0,19})", re.ASCII)


def code_of(account_class: AccountClass, number: str) -> str:
    """The code of an own account: number 5210 of the expenses is `own_expense_5210`.

    The class is a part of it, so that an account never changes its side of the books. Raises
    `ValueError` for what is no number.
    """
    if NUMBER.fullmatch(number) is None:
        raise ValueError(f"{number!r} is no number of an account")
    return f"{PREFIX}_{account_class.value}_{number}"


def class_of(code: str) -> AccountClass | None:
    """The class of an own account by its code; None for an account of the house's chart."""
    found = _CODE.fullmatch(code)
    return None if found is None else _CLASSES.get(found[1])


def number_of(code: str) -> str | None:
    """The number of an own account by its code; None for an account of the house's chart."""
    return None if class_of(code) is None else code.split("_", 2)[2]


_CLASSES: Final[Mapping[str, AccountClass]] = {one.value: one for one in AccountClass}
