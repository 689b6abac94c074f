"""The made-up borrowers: each is somebody else, and none is a real person."""

from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from services.demonstration.people import FAMILIES, MEN, WOMEN, Person, Town
from services.loans.domain import borrower
from services.loans.domain.borrower import BorrowerKind, Sex

TODAY = date(2026, 3, 17)


def town(seed: int = 1) -> Town:
    return Town(Random(seed), today=TODAY)  # noqa: S311 - a made history


def people(kind: BorrowerKind, *, number: int = 400, women: float = 0.5) -> list[Person]:
    place = town()
    return [place.borrower(f"b{n}", kind=kind, women=women) for n in range(number)]


def with_members(persons: list[Person]) -> Iterator[Person]:
    for person in persons:
        yield person
        yield from person.members


def test_the_same_seed_makes_the_same_people() -> None:
    kind = BorrowerKind.SOLIDARITY_GROUP

    assert town(4).borrower("x", kind=kind, women=0.5) == town(4).borrower(
        "x", kind=kind, women=0.5
    )


@pytest.mark.parametrize("kind", BorrowerKind)
def test_nobody_shares_a_document_and_names_with_birthday_are_one_persons(
    kind: BorrowerKind,
) -> None:
    everybody = list(with_members(people(kind)))

    assert len({one.document_number for one in everybody}) == len(everybody)
    assert len({(one.name_ar, one.born_on) for one in everybody}) == len(everybody)
    assert len({one.external_id for one in everybody}) == len(everybody)


@pytest.mark.parametrize("kind", BorrowerKind)
def test_document_numbers_begin_as_no_real_ones_do(kind: BorrowerKind) -> None:
    numbers = [one.document_number for one in with_members(people(kind))]

    assert all(number.startswith("000") and len(number) == 10 for number in numbers)


@pytest.mark.parametrize("kind", [BorrowerKind.PERSON, BorrowerKind.PRODUCTIVE_FAMILY])
def test_natural_borrowers_are_grown_up_eighteen_months_ago(kind: BorrowerKind) -> None:
    for one in people(kind):
        assert one.born_on is not None
        assert 20 <= borrower.age_on(one.born_on, on=date(2024, 9, 1)) <= 70


@pytest.mark.parametrize("kind", [BorrowerKind.SOLIDARITY_GROUP, BorrowerKind.MICRO_ENTERPRISE])
def test_groups_and_enterprises_have_neither_sex_nor_birthday(kind: BorrowerKind) -> None:
    assert all(one.sex is None and one.born_on is None for one in people(kind))


def test_a_group_has_three_to_five_members_who_are_persons() -> None:
    for group in people(BorrowerKind.SOLIDARITY_GROUP):
        assert 3 <= len(group.members) <= 5
        assert all(member.kind is BorrowerKind.PERSON for member in group.members)
        assert all(member.external_id.startswith(group.external_id) for member in group.members)


def test_a_persons_first_name_fits_the_sex() -> None:
    women = {name for name, _ in WOMEN}
    for one in people(BorrowerKind.PERSON):
        named_as_woman = any(one.name_ar.startswith(f"{name} ") for name in women)
        assert named_as_woman == (one.sex is Sex.FEMALE)


def test_women_are_as_many_as_was_asked() -> None:
    share = sum(one.sex is Sex.FEMALE for one in people(BorrowerKind.PERSON, women=0.7)) / len(
        people(BorrowerKind.PERSON)
    )

    assert 0.62 < share < 0.78


def test_every_name_stands_in_both_scripts() -> None:
    for arabic, latin in (*MEN, *WOMEN, *FAMILIES):
        assert all(sign == " " or "\u0600" <= sign <= "\u06ff" for sign in arabic)
        assert latin.isascii()


def test_no_name_is_both_a_mans_and_a_womans() -> None:
    assert not {name for name, _ in MEN} & {name for name, _ in WOMEN}
