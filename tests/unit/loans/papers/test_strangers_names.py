"""Does a stranger's name stay where it is put, and readable, whatever it is made of?"""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.papers import wording
from shared import printing
from shared.printing import MARKS_MAX, UNBROKEN_MAX, apart
from shared.texts import LANGUAGES, Language
from tests.unit.loans.papers import samples

BREAK = "\u200b"
ISOLATED = re.compile("\u2068(.*)\u2069", re.DOTALL)


def inside(text: str) -> str:
    found = ISOLATED.fullmatch(apart(text))
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("مريم عبد الله الشريف", "مريم عبد الله الشريف"),
        ("two\nlines\tand\u2028more\u2029\u0085here", "two lines and more here"),
        ("  Maryam   Al-Sharif ", "Maryam Al-Sharif"),
        ("\u202eevil\u202c \u2066\u2067\u2068x\u2069", "evil x"),
        ("", ""),
        ("\u200f\u061c\ufeff", ""),
        ("e\u0301", "é"),
        ("سَيِّدَة", "سَيِّدَة"),
        ("a" + "\u0336" * 50 + "b", "a\u0336\u0336\u0336b"),
        ("\u0301\u0302x", "x"),
    ],
)
def test_a_name_is_one_line_of_letters(name: str, shown: str) -> None:
    assert inside(name) == shown


@pytest.mark.parametrize("letter", ["A", "ع", "م\u0651\u064e"])
def test_a_word_without_end_may_be_broken_and_loses_no_letter(letter: str) -> None:
    shown = inside(letter * 199)
    assert shown.replace(BREAK, "") == unicodedata.normalize("NFC", letter * 199)
    assert max(part.count(letter[0]) for part in shown.split(BREAK)) == UNBROKEN_MAX


def test_a_word_of_usual_length_has_no_place_to_break() -> None:
    assert BREAK not in inside("Abdurrahmani " * 9 + "ع" * UNBROKEN_MAX)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_stays_one_line_in_its_place(text: str) -> None:
    shown = inside(text)
    assert not set(shown) & set(map(chr, printing._UNSEEN))
    assert shown.splitlines() in ([], [shown])
    assert shown == shown.strip()
    for part in re.split(f"[ {BREAK}]", shown):
        letters = [sign for sign in part if not unicodedata.combining(sign)]
        assert len(letters) <= UNBROKEN_MAX
    marks = "".join("m" if unicodedata.combining(sign) else "." for sign in shown)
    assert "m" * (MARKS_MAX + 1) not in marks
    assert inside(shown.replace(BREAK, "")) == shown, "said again, it is the same"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Po")), max_size=120))
def test_letters_are_all_there_in_their_order(text: str) -> None:
    assert inside(text).replace(BREAK, "") == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_does_not_change_how_many_facts_a_paper_has(language: Language) -> None:
    usual = wording.certificate(samples.a_certificate(), language=language)
    forged = "X owes 0.000 JOD.\nWe certify that Y"
    said = wording.certificate(
        samples.a_certificate(name_ar=forged, name_latin=forged), language=language
    )
    assert len(said.facts) == len(usual.facts)
    assert all("\n" not in paragraph for paragraph in said.paragraphs)
    assert "\u2068X owes 0.000 JOD. We certify that Y\u2069" in said.paragraphs[0]
