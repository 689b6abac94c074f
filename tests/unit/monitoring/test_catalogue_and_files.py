"""Every sentence of the pages has its translations; every vendored file is the one it says."""

import ast
import hashlib
import json
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract

from services.monitoring.dashboards import pages, sections, story, view
from services.monitoring.dashboards.router import NOTICES
from services.monitoring.portfolio.router import FundNotFound
from shared import texts
from shared.texts import Language

CODE = pages.FOLDER
VENDOR = pages.STATIC / "vendor"


def sentences() -> set[str]:
    """What the templates say, what the views say, and what stands in their tables."""
    found: set[str] = {FundNotFound.title(), FundNotFound.detail}
    told = (story.WORDS, story.PAID_IN)
    for table in (view.KINDS, view.SEALS, view.SEAL_WORDS, sections.SECTORS, NOTICES, *told):
        found |= {str(sentence) for sentence in table.values()}
    for template in pages.TEMPLATES.glob("*.html"):
        with template.open("rb") as stream:
            for _, message, *_ in extract("jinja2.ext:babel_extract", stream, keywords={"_": None}):
                found.add(str(message))
    for module in CODE.glob("*.py"):
        found |= {
            node.args[0].value
            for node in ast.walk(ast.parse(module.read_text()))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "text"
            and ast.unparse(node.func.value) == "writer"
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        }
    return found


def test_enough_sentences_are_found_to_be_worth_testing() -> None:
    assert len(sentences()) > 100


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_sentence_is_translated_and_none_is_left_over(language: Language) -> None:
    assert set(texts.catalogue("monitoring", language=language)) == sentences()


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_translation_has_the_fields_of_its_sentence(language: Language) -> None:
    for sentence, said in texts.catalogue("monitoring", language=language).items():
        assert set(re.findall(r"\{(\w+)\}", said)) == set(re.findall(r"\{(\w+)\}", sentence))


def test_every_vendored_file_has_the_hash_that_is_written_down() -> None:
    written = json.loads((VENDOR / "vendor.json").read_text())["vendored"]
    files = {file["name"]: file["sha256"] for package in written for file in package["files"]}
    present = {path.name for path in VENDOR.iterdir()} - {"vendor.json"}
    assert set(files) == present
    for name, digest in files.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_every_vendored_package_brings_its_licence() -> None:
    for package in json.loads((VENDOR / "vendor.json").read_text())["vendored"]:
        assert any(file["from"] == "LICENSE" for file in package["files"])
        assert package["licence"] == "OFL-1.1"


def test_styles_load_nothing_but_our_own_files() -> None:
    for sheet in pages.STATIC.glob("*.css"):
        for address in re.findall(r"url\(\"?([^\")]+)", sheet.read_text()):
            assert (pages.STATIC / address).is_file()


def test_styles_speak_of_start_and_end_and_never_of_left_and_right() -> None:
    for sheet in pages.STATIC.glob("*.css"):
        words = set(re.findall(r"[\w-]+", sheet.read_text()))
        forbidden = {
            "left",
            "right",
            "margin-left",
            "margin-right",
            "padding-left",
            "padding-right",
        }
        assert not words & forbidden


def test_every_class_that_is_drawn_has_a_style() -> None:
    styled = set(re.findall(r"\.([a-z][\w-]*)", (pages.STATIC / "charts.css").read_text()))
    drawn = set()
    for module in ("flow_chart.py", "time_charts.py"):
        text = Path(CODE / module).read_text()
        drawn |= set(re.findall(r'style="([a-z][a-z0-9-]*)"', text))
    assert drawn - styled == set()
