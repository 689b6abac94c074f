"""Every sentence a person reads is there in Arabic and French; no catalogue contradicts itself."""

import ast
import dataclasses
import importlib
import re
import string
from collections.abc import Iterable, Iterator

import pytest
from babel.messages import pofile

from shared import problems
from shared.errors import RafidError
from shared.migrations import SERVICES
from tests.house.source import PROJECT, Module, product

TRANSLATED = ("ar", "fr")
CATALOGUES = ("shared", *SERVICES)
# The functions whose first argument is a sentence: of `shared.texts`, and of the page's writer.
SAYING = {"translate", "texts.translate", "writer.text"}
IN_TEMPLATE = re.compile(r"""\b_\(\s*"([^"\\]+)"|\b_\(\s*'([^'\\]+)'""")


def load_every_module() -> None:
    """Import the whole product, so that every error class has been declared."""
    for module in product():
        if not module.is_migration and module.name not in {"__main__", "env"}:
            importlib.import_module(".".join(module.parts).removesuffix(".__init__"))


def sentences_of_errors() -> Iterator[tuple[str, str, str]]:
    """Service, sentence and place of each error's title and detail."""
    load_every_module()
    for error in RafidError.all():
        place = f"{error.__module__}.{error.__qualname__}"
        yield error.service, error.title(), place
        yield error.service, error.detail, place


def sentences_of_problems() -> Iterator[tuple[str, str, str]]:
    """The same of the problems that are no error class."""
    for _, title, detail in problems.PLAIN.values():
        yield "shared", title, "shared.problems.PLAIN"
        yield "shared", detail, "shared.problems.PLAIN"
    for _, sentence in problems.FAULTS:
        yield "shared", sentence, "shared.problems.FAULTS"


def sentences_said(module: Module) -> Iterator[tuple[str, str, str]]:
    """Sentences written out in a call of `translate`."""
    service = module.parts[1] if module.parts[1] in SERVICES else "shared"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SAYING and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                named = [key.value for key in node.keywords if key.arg == "service"]
                if named and isinstance(named[0], ast.Constant):
                    service = str(named[0].value)
                yield service, first.value, f"{module.path}:{node.lineno}"


def sentences_printed() -> Iterator[tuple[str, str, str]]:
    """Sentences in the templates of pages, as `_("…")`."""
    for path in sorted((PROJECT / "services").rglob("templates/**/*.html")):
        place = path.relative_to(PROJECT)
        for double, single in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
            yield place.parts[1], double or single, str(place)


def catalogue(service: str, language: str) -> dict[str, str]:
    """The sentences of a catalogue with their translation."""
    path = PROJECT / f"shared/locale/{language}/LC_MESSAGES/{service}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        read = pofile.read_po(file, abort_invalid=True)
    return {str(entry.id): str(entry.string) for entry in read if entry.id and not entry.fuzzy}


def missing(sentences: Iterable[tuple[str, str, str]], language: str) -> list[str]:
    """What has no translation, or one with other members than the sentence."""
    known = {service: catalogue(service, language) for service in CATALOGUES}
    faults = []
    for service, sentence, place in sentences:
        translation = known[service].get(sentence)
        if not translation:
            faults.append(f"{service}.po lacks {sentence!r} ({place})")
        elif members(translation) != members(sentence):
            faults.append(f"{service}.po has other members in {sentence!r}")
    return sorted(set(faults))


def members(sentence: str) -> set[str]:
    """The members in braces that a sentence holds."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def fields_of(error: type[RafidError]) -> set[str]:
    """The members that an error has; each class makes itself a dataclass."""
    return {field.name for field in dataclasses.fields(error)}  # type: ignore[arg-type]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_error_is_told_in_every_language(language: str) -> None:
    assert missing(sentences_of_errors(), language) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_problem_without_an_error_class_is_told_in_every_language(language: str) -> None:
    assert missing(sentences_of_problems(), language) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_written_in_the_code_is_told_in_every_language(language: str) -> None:
    said = [each for module in product() for each in sentences_said(module)]

    assert missing(said, language) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_on_a_page_is_told_in_every_language(language: str) -> None:
    printed = list(sentences_printed())

    assert printed
    assert missing(printed, language) == []


@pytest.mark.parametrize("service", CATALOGUES)
@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_stands_twice_in_a_catalogue(language: str, service: str) -> None:
    path = PROJECT / f"shared/locale/{language}/LC_MESSAGES/{service}.po"
    lines = path.read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith('msgid "') and line != 'msgid ""']

    assert [line for line in set(ids) if ids.count(line) > 1] == []


def test_an_error_of_a_service_says_so() -> None:
    load_every_module()
    faults = [
        f"{error.__module__}.{error.__name__} says {error.service}"
        for error in RafidError.all()
        if error.__module__.split(".")[0] == "services"
        and error.__module__.split(".")[1] in SERVICES
        and error.service != error.__module__.split(".")[1]
    ]

    assert faults == []


def test_an_error_uses_only_its_own_members_in_its_sentence() -> None:
    load_every_module()
    faults = [
        f"{error.__module__}.{error.__name__}: {unknown}"
        for error in RafidError.all()
        if (unknown := members(error.detail) - fields_of(error))
    ]

    assert faults == []


def test_the_check_finds_a_sentence_without_translation() -> None:
    sentence = "No catalogue has this sentence, for nobody says it."

    assert missing([("loans", sentence, "here")], "ar") == [f"loans.po lacks {sentence!r} (here)"]


def test_the_check_finds_sentences_in_calls() -> None:
    module = Module("services/loans/x.py", "texts.translate('Hello', language=l)\ntranslate(name)")

    assert list(sentences_said(module)) == [("loans", "Hello", "services/loans/x.py:1")]
