"""Does one person stay one person, however the name is written?"""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import duplicates
from services.loans.domain.duplicates import Identity, Known, Reason

BORN = date(1990, 5, 17)
ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهويىٱ ًٌٍَُِّْـ"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("أَحْمَدُ", "احمد"),
        ("إبراهيم", "ابراهيم"),
        ("آمنة", "امنه"),
        ("فاطمة الزهراء", "فاطمه الزهرا"),
        ("عبد الله", "عبدالله"),
        ("عبد الرحمن بن علي", "عبدالرحمن بن على"),
        ("أبو بكر", "ابوبكر"),
        ("مـحـمـد", "محمد"),
        ("مؤمن", "مومن"),
        ("هانئ", "هانى"),
        ("  محمد\u200f   علي ", "محمد علي"),
        ("Saïd El Amrani", "SAID el-amrani"),
        ("Ma'arouf", "Maarouf"),
        ("Zoé", "ZOE"),
        ("مقترض ١٧", "مقترض 17"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert duplicates.name_key(one) == duplicates.name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("أحمد", "محمد"), ("علي", "علا"), ("Ali", "Alia"), ("سعيد", "سعد"), ("مقترض 17", "مقترض 71")],
)
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    assert duplicates.name_key(one) != duplicates.name_key(other)


@pytest.mark.parametrize(
    "names",
    [
        ("محمد", "Mohamed", "Muhammad", "Mohammed"),
        ("أحمد", "Ahmed", "Ahmad"),
        ("فاطمة", "Fatima", "Fatimah", "Fatma"),
        ("خديجة", "Khadija", "Khadidja"),
        ("يوسف", "Youssef", "Yusuf", "Yousouf"),
        ("عبد الرحمن", "Abderrahmane", "Abd al-Rahman", "Abdul Rahman"),
        ("عبد الله", "Abdallah", "Abdullah", "Abd Allah"),
        ("إبراهيم", "Ibrahim", "Brahim"),
        ("شريفة", "Sharifa", "Cherifa"),
        ("محمد بن عبد الرحمن", "Mohamed Abderrahmane", "Muhammad ibn Abd al-Rahman"),
        ("قاسم", "Kacem", "Qasim", "Kassem"),
    ],
)
def test_a_name_sounds_alike_in_both_scripts(names: tuple[str, ...]) -> None:
    assert len({duplicates.sound_key(name) for name in names}) == 1


def test_sounds_keep_names_apart_that_are_apart() -> None:
    names = ("محمد", "أحمد", "خالد", "سمير", "نادية", "كريم", "Rachid", "Hassan")
    assert len({duplicates.sound_key(name) for name in names}) == len(names)


def test_names_are_listed_without_their_article() -> None:
    names = ["الزهراء", "باسم", "أحمد"]
    assert sorted(names, key=duplicates.sort_key) == ["أحمد", "باسم", "الزهراء"]


def test_a_document_number_is_compared_by_letters_and_digits_alone() -> None:
    assert duplicates.document_key(" ab-١٢٣ 456/") == "AB123456"


@given(st.text(alphabet=ARABIC, max_size=40))
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = duplicates.name_key(name)
    assert duplicates.name_key(once) == once


@given(st.text(max_size=60))
def test_any_text_has_keys_and_none_of_them_fails(name: str) -> None:
    assert duplicates.name_key(name).split() == duplicates.name_key(name).strip().split()
    assert "\0" not in duplicates.sound_key(name)
    assert len(duplicates.sort_key(name)) <= len(duplicates.name_key(name))


def known(*names: str, born_on: date | None = None, phones: tuple[str, ...] = ()) -> Known:
    identity = Identity(names=names, born_on=born_on, phones=frozenset(phones))
    return Known(borrower_id=uuid4(), identity=identity)


def reasons(person: Known, other: Known) -> tuple[Reason, ...]:
    found = duplicates.candidates(person.identity, among=[other])
    return found[0].reasons if found else ()


def test_the_same_name_is_a_candidate_when_a_birth_date_is_unknown() -> None:
    assert reasons(known("أحمد علي"), known("احمد على", born_on=BORN)) == (Reason.NAME,)


def test_the_same_name_with_two_birth_dates_is_two_persons() -> None:
    other = known("احمد علي", born_on=date(1971, 1, 1))
    assert reasons(known("أحمد علي", born_on=BORN), other) == ()


def test_the_same_name_and_birth_date_is_a_candidate() -> None:
    pair = known("أحمد علي", born_on=BORN), known("احمد علي", born_on=BORN)
    assert reasons(*pair) == (Reason.NAME_AND_BIRTH_DATE,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("محمد الأمين", "Mohamed Lamine"),
        ("محمد أحمد السيد", "محمد السيد"),
        ("Mohamed Benali", "Mohamed Benalli"),
        ("خديجة مرابط", "Khadija Mrabet"),
    ],
)
def test_a_similar_name_counts_only_with_the_same_birth_date(one: str, other: str) -> None:
    similar = reasons(known(one, born_on=BORN), known(other, born_on=BORN))
    assert similar == (Reason.SIMILAR_NAME_AND_BIRTH_DATE,)
    assert reasons(known(one, born_on=BORN), known(other)) == ()


def test_one_shared_first_name_is_not_enough() -> None:
    assert reasons(known("محمد", born_on=BORN), known("محمد السيد", born_on=BORN)) == ()


def test_numbered_names_differ_by_their_number() -> None:
    pair = known("مقترض 12", born_on=BORN), known("مقترض 13", born_on=BORN)
    assert reasons(*pair) == ()


def test_a_shared_phone_is_enough() -> None:
    one = known("سمير", born_on=BORN, phones=("+962791234567",))
    other = known("ليلى", phones=("+962791234567", "+962790000000"))
    assert reasons(one, other) == (Reason.PHONE,)


def test_candidates_come_in_the_order_of_the_register_with_all_their_reasons() -> None:
    phone = ("+213550000000",)
    register = [
        known("ليلى"),
        known("أحمد علي", born_on=BORN, phones=phone),
        known("Ahmed Ali", born_on=BORN),
    ]
    person = Identity(names=("احمد علي",), born_on=BORN, phones=frozenset(phone))
    found = duplicates.candidates(person, among=register)
    assert [candidate.borrower_id for candidate in found] == [
        register[1].borrower_id,
        register[2].borrower_id,
    ]
    assert found[0].reasons == (Reason.PHONE, Reason.NAME_AND_BIRTH_DATE)


def test_a_person_may_carry_names_in_two_scripts() -> None:
    person = known("يوسف حداد", "Youssef Haddad", born_on=BORN)
    assert reasons(person, known("YOUSSEF HADDAD")) == (Reason.NAME,)


def test_nameless_identities_never_match() -> None:
    nameless = Known(borrower_id=UUID(int=1), identity=Identity(names=("", "…")))
    assert reasons(nameless, nameless) == ()


def test_a_register_finds_who_shares_a_name_a_phone_or_a_birth_date() -> None:
    one = known("ليلى", phones=("+213550000000",))
    two = known("Leila Haddad", born_on=BORN)
    register = duplicates.Register([one])
    register.add(two)
    assert [found.borrower_id for found in register.candidates(one.identity)] == [one.borrower_id]
    similar = Identity(names=("Leïla Hadad",), born_on=BORN)
    assert [found.borrower_id for found in register.candidates(similar)] == [two.borrower_id]
    assert register.candidates(Identity(names=("كريم",))) == ()


def test_names_of_very_different_length_are_not_one_apart() -> None:
    pair = known("Abderrahmane", born_on=BORN), known("Abderrahmanebenali", born_on=BORN)
    assert reasons(*pair) == ()


def test_a_name_that_unfolds_without_end_is_cut() -> None:
    assert len(duplicates.name_key("\ufdfa" * 200)) <= duplicates.LONGEST_NAME
    assert len(duplicates.document_key("\ufdfa" * 60)) <= duplicates.LONGEST_DOCUMENT
