"""Words that reach a reader by a detour are told too, and every catalogue is whole and tidy."""

import ast
import re
import sys
from collections.abc import Iterator
from enum import Enum
from io import BytesIO
from typing import BinaryIO, get_args, get_type_hints

import pytest
from babel.messages import pofile

from shared.errors import RafidError
from shared.migrations import SERVICES
from tests.house import test_texts as told
from tests.house.source import PROJECT, Module, product

# Beside those of `test_texts`: what takes a sentence wherever its service is known.
SAYING = told.SAYING | {"say", "Sentence"}
# A text of several words that begins like a sentence, or one word on its own.
WORDS = re.compile(r"[A-Z{“][^\n=*;]* [^\n=*]*|[A-Z][a-z]+")
# The languages' own names are said in no other language.
OWN_NAMES = {"English", "Français", "العربية"}
# Whose catalogue says the sentences of a module in the shared part.
FOR = {"shared/clients/rejections.py": "scoring"}
TAGS = (r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<!--.*?-->", r"<[^>]*>")


def speaks(module: Module) -> bool:
    """Whether a module says sentences to people."""
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) in SAYING for call in calls)


def sentences_kept(module: Module) -> Iterator[tuple[str, str, str]]:
    """Sentences in the tables of a module that says sentences, to be said by their place."""
    service = module.parts[1] if module.parts[1] in SERVICES else FOR.get(module.path, "shared")
    for node in module.tree.body if speaks(module) else []:
        if isinstance(node, ast.AnnAssign):
            target: ast.expr = node.target
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
        else:
            continue
        if isinstance(target, ast.Name) and node.value is not None:
            for text in texts_in(node.value):
                if WORDS.fullmatch(text) and text not in OWN_NAMES and target.id != "__all__":
                    yield service, text, f"{module.path}:{node.lineno}"


def texts_in(value: ast.expr) -> Iterator[str]:
    """The texts of a table's values, however deep; keys are codes."""
    match value:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Dict(values=inner) | ast.Tuple(elts=inner) | ast.List(elts=inner):
            for each in inner:
                yield from texts_in(each)
        case ast.Call(func=ast.Name(id="Sentence"), args=inner):
            for each in inner:
                yield from texts_in(each)


def sentences_marked(module: Module) -> Iterator[tuple[str, str, str]]:
    """Sentences among the members of errors, and those said by a helper of the module's own."""
    service = module.parts[1] if module.parts[1] in SERVICES else "shared"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SAYING - told.SAYING:
            for text in texts_in(node.args[0]) if node.args else ():
                yield service, text, f"{module.path}:{node.lineno}"


def codes_told() -> Iterator[tuple[str, str, str]]:
    """Codes that stand in an error's sentence, each with the service that says it."""
    told.load_every_module()
    for error in RafidError.all():
        hints = get_type_hints(error, vars(sys.modules[error.__module__]))
        for member in sorted(told.members(error.detail)):
            for kind in enums_in(hints[member]):
                for code in kind:
                    yield error.service, str(code.value), f"{error.__name__}.{member}"


def enums_in(hint: object) -> Iterator[type[Enum]]:
    """The enumerations that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        yield hint
    for part in get_args(hint):
        yield from enums_in(part)


def doubtful(file: BinaryIO) -> list[str]:
    """The sentences of a catalogue whose entry is fuzzy, empty or obsolete."""
    read = pofile.read_po(file, abort_invalid=True)
    entries = [entry for entry in read if entry.id]
    found = [entry for entry in entries if entry.fuzzy or not entry.string]
    return [str(entry.id) for entry in (*found, *read.obsolete.values())]


@pytest.mark.parametrize("language", told.TRANSLATED)
def test_every_sentence_in_a_table_is_told_in_every_language(language: str) -> None:
    kept = [each for module in product() for each in sentences_kept(module)]

    assert len(kept) > 60
    assert told.missing(kept, language) == []


@pytest.mark.parametrize("language", told.TRANSLATED)
def test_every_sentence_marked_as_one_is_told_in_every_language(language: str) -> None:
    marked = [each for module in product() for each in sentences_marked(module)]

    assert len(marked) > 10
    assert told.missing(marked, language) == []


@pytest.mark.parametrize("language", told.TRANSLATED)
def test_every_code_in_the_sentence_of_an_error_is_told(language: str) -> None:
    common = told.catalogue("shared", language)
    codes = [each for each in codes_told() if each[1] not in common]

    assert codes
    assert told.missing(codes, language) == []


@pytest.mark.parametrize("service", told.CATALOGUES)
@pytest.mark.parametrize("language", told.TRANSLATED)
def test_no_entry_is_uncertain_empty_or_left_over(language: str, service: str) -> None:
    path = PROJECT / f"shared/locale/{language}/LC_MESSAGES/{service}.po"
    with path.open("rb") as file:
        assert doubtful(file) == []


@pytest.mark.parametrize("service", told.CATALOGUES)
def test_the_languages_tell_the_same_sentences(service: str) -> None:
    arabic, french = (set(told.catalogue(service, language)) for language in told.TRANSLATED)

    assert arabic ^ french == set()


@pytest.mark.parametrize("service", told.CATALOGUES)
@pytest.mark.parametrize("language", told.TRANSLATED)
def test_a_translation_ends_as_its_sentence_does(language: str, service: str) -> None:
    faults = [
        sentence
        for sentence, translation in told.catalogue(service, language).items()
        if sentence.endswith(".") != translation.endswith(".")
    ]

    assert faults == []


def test_a_title_has_no_full_stop_and_a_detail_has_one() -> None:
    told.load_every_module()
    faults = [
        f"{error.__module__}.{error.__name__}"
        for error in RafidError.all()
        if error.title().endswith(".") or not error.detail.endswith((".", "}"))
    ]

    assert faults == []


def test_pages_have_no_words_of_their_own() -> None:
    faults = {}
    for path in sorted((PROJECT / "services").rglob("templates/**/*.html")):
        text = path.read_text(encoding="utf-8")
        for pattern in TAGS:
            text = re.sub(pattern, "", text, flags=re.DOTALL)
        faults[path.name] = set(re.findall(r"[^\W\d_]{2,}", text)) - {"رافد", "Rafid"}

    assert "sign_in.html" in faults
    assert {name: words for name, words in faults.items() if words} == {}


def test_the_check_finds_every_doubtful_entry() -> None:
    text = """
msgid "good"
msgstr "bon"

#, fuzzy
msgid "unsure"
msgstr "bon ?"

msgid "empty"
msgstr ""

#~ msgid "old"
#~ msgstr "vieux"
"""

    assert doubtful(BytesIO(text.encode())) == ["unsure", "empty", "old"]


def test_the_check_finds_sentences_in_tables() -> None:
    text = "A: Final = {'x': 'One sentence.', 'y': ('Word', 'x-y', 'b c')}\nsay(A[key])"
    module = Module("services/loans/x.py", text)

    assert [sentence for _, sentence, _ in sentences_kept(module)] == ["One sentence.", "Word"]


def test_the_check_finds_sentences_that_are_marked() -> None:
    module = Module("services/loans/x.py", "Refusal(reason=Sentence('too dear'), rule='dear')")

    assert list(sentences_marked(module)) == [("loans", "too dear", "services/loans/x.py:1")]
