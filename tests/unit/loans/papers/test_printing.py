"""A sheet becomes the same bytes each time, in every script, and nothing in it is a command."""

import asyncio
import hashlib
import json
import re
import threading
import time
import zlib
from dataclasses import replace

import pytest

from services.loans.papers import wording
from services.loans.papers.printing import Printer, PrinterBusy
from shared import printing
from shared.printing import Seal, Sheet, apart, figure
from shared.texts import LANGUAGES, Language
from tests.unit.loans.papers import samples

FONTS = printing._FONTS
FONT = re.compile(rb"/FontName ?/[A-Z]{6}\+([A-Za-z-]+)")


def sheet(**changes: object) -> Sheet:
    members = {
        "language": "ar",
        "institution": apart("مؤسسة"),
        "place": apart("فرع"),
        "reference": "LN-2026-000001",
        "title": "كشف",
        "seal": Seal(label="البصمة", sha256="ab" * 32, sentence="تحقق"),
    }
    return Sheet(**members | changes)  # type: ignore[arg-type]


def opened(pdf: bytes) -> bytes:
    """A PDF with its compressed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    found = [pdf]
    for stream in streams:
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_paper_is_printed_in_every_language_to_the_same_bytes(language: Language) -> None:
    papers = [
        wording.statement(samples.a_statement(), language=language),
        wording.schedule(samples.a_schedule(), language=language),
        wording.receipt(samples.a_receipt(), language=language),
        *(
            wording.certificate(samples.a_certificate(kind), language=language)
            for kind in ("balance", "settlement", "paid_in_year")
        ),
    ]
    for said in papers:
        first, second = printing.printed(said), printing.printed(said)
        assert first.startswith(b"%PDF-")
        assert first == second


def test_another_word_gives_other_bytes() -> None:
    assert printing.printed(sheet()) != printing.printed(sheet(title="كشف آخر"))


def test_only_our_own_fonts_are_used_and_every_script_finds_one() -> None:
    said = wording.statement(samples.a_statement(name_latin="Œuvre Şahin Čapek"), language="ar")
    names = set(FONT.findall(opened(printing.printed(said))))

    assert names
    assert all(name.startswith((b"NotoSans", b"NotoNaskhArabic")) for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name",
    [
        samples.HOSTILE,
        '#read("/etc/passwd")',
        "*bold* _slanted_ `code` $x^2$ <label> @reference // comment /* more",
        '#import "@preview/x:1.0.0": *',
        "\\u{202e}\u202egnp.exe\u202c",
        '"}) #panic("out") ({"',
        "[[[[[[ ]]] ((( {{{",
        "\ufffe\ufeff\u2028\u00ad",
        "ـ" * 200,
    ],
)
def test_a_hostile_name_is_printed_as_it_is_and_changes_nothing_else(
    name: str, language: Language
) -> None:
    said = wording.statement(samples.a_statement(name_ar=name, name_latin=name), language=language)
    assert printing.printed(said).startswith(b"%PDF-")
    assert b"root:" not in opened(printing.printed(said))


def test_direction_marks_of_a_name_do_not_reach_the_paper() -> None:
    assert apart("\u202eabc\u202c\u200f") == "\u2068abc\u2069"
    assert figure("12") == "\u206612\u2069"


def test_a_long_table_breaks_over_pages() -> None:
    said = wording.schedule(samples.a_schedule(), language="fr")
    many = replace(said, tables=[replace(said.tables[0], rows=list(said.tables[0].rows) * 30)])
    pages = re.search(rb"/Type/Pages/Count (\d+)", opened(printing.printed(many)))
    assert pages is not None
    assert int(pages[1]) > 5


async def test_printing_leaves_the_event_loop_free() -> None:
    said = wording.schedule(samples.a_schedule(), language="ar")
    many = replace(said, tables=[replace(said.tables[0], rows=list(said.tables[0].rows) * 200)])
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    turning = asyncio.create_task(turn())
    began = time.monotonic()
    await Printer().pdf(many)
    took = time.monotonic() - began
    turning.cancel()
    assert turns > took / 0.005 * 0.2


async def test_what_takes_too_long_is_refused_and_the_next_paper_is_printed() -> None:
    free = threading.Event()
    printer = Printer(seconds=0.05)
    printer._threads.submit(free.wait)
    printer._threads.submit(free.wait)
    with pytest.raises(PrinterBusy):
        await printer.pdf(sheet())
    free.set()
    assert (await Printer().pdf(sheet())).startswith(b"%PDF-")


def test_every_vendored_font_has_the_hash_that_is_written_down_and_its_licence() -> None:
    written = json.loads((FONTS / "vendor.json").read_text())["vendored"]
    files = {file["name"]: file["sha256"] for package in written for file in package["files"]}

    assert set(files) == {path.name for path in FONTS.iterdir()} - {"vendor.json"}
    for name, digest in files.items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == digest
    for package in written:
        assert package["licence"] == "OFL-1.1"
        assert any(file["name"].startswith("LICENSE") for file in package["files"])
