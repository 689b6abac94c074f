"""The donor page as HTML: what stands on it, in which direction, and what never does."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from services.monitoring.dashboards import pages, view
from services.monitoring.dashboards.report import Cut, DonorReport, FundReport
from services.monitoring.dashboards.writer import Writer
from services.monitoring.domain.utilisation import Utilisation
from shared.texts import LANGUAGES, Language
from tests.unit.monitoring.conftest import NOW, seal, used

Make = Callable[..., DonorReport]
MakeFund = Callable[..., FundReport]
MakeUse = Callable[..., Utilisation]
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Structure(HTMLParser):
    """Reads a page: its tags balanced, its attributes, the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def html_of(report: DonorReport, language: Language = "en") -> str:
    writer = Writer(language=language, country="JO", timezone="Asia/Amman")
    page = view.donor_page(report, writer=writer, path="/monitoring/v1/donor")
    return pages.render("donor.html", page, writer=writer)


def text_of(report: DonorReport, language: Language = "en") -> str:
    return Structure(html_of(report, language)).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tag_that_opens_closes(make_report: Make, language: Language) -> None:
    assert Structure(html_of(make_report(), language)).open == []


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fr", "ltr"), ("en", "ltr")])
def test_the_page_names_its_language_and_direction(
    make_report: Make, language: Language, direction: str
) -> None:
    assert f'<html lang="{language}" dir="{direction}">' in html_of(make_report(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_on_the_page_needs_script_style_or_another_host(
    make_report: Make, language: Language
) -> None:
    structure = Structure(html_of(make_report(), language))
    names = {name for _, name, _ in structure.attributes}
    assert "style" not in names
    assert not {name for name in names if name.startswith("on")}
    assert "<script" not in html_of(make_report(), language)
    addresses = [
        v or "" for _, name, v in structure.attributes if name in {"href", "src", "action"}
    ]
    assert all(address.startswith(("/monitoring/v1/", "#")) for address in addresses)


def test_all_eight_figures_stand_on_the_page(make_report: Make) -> None:
    text = text_of(make_report())
    for figure in (
        "250,000 .000",
        "16,350 .000",
        "391,250 .000",
        "268,435 .750",
        "141,250 .000",
        "122,849 .500",
        "127,185 .750",
        "612",
    ):
        assert figure in text


@pytest.mark.parametrize(
    ("language", "amount"),
    [("ar", "391,250.000"), ("fr", "391\u202f250,000"), ("en", "391,250.000")],
)
def test_amounts_are_written_as_the_language_writes_them(
    make_report: Make, language: Language, amount: str
) -> None:
    assert amount in html_of(make_report(), language)


def test_amounts_are_isolated_from_the_direction_around_them(make_report: Make) -> None:
    page = html_of(make_report(), "ar")
    assert "<bdi>391,250<small>.000</small></bdi>" in page
    assert 'direction="ltr">391,250.000</text>' in page


def test_the_seal_says_that_the_totals_agree(make_report: Make) -> None:
    text = text_of(make_report())
    assert "Agrees with the ledger" in text
    assert "not equal" not in text


def test_a_difference_of_one_unit_breaks_the_seal(make_report: Make, make_fund: MakeFund) -> None:
    page = html_of(make_report(chosen=make_fund(seal=seal(used(), off_by=1))))
    assert '<section class="seal differs"' in page
    assert "<details open>" in page
    assert "250,000.001" in page


def test_a_ledger_that_does_not_answer_is_not_called_agreement(
    make_report: Make, make_fund: MakeFund
) -> None:
    silent = seal(used())
    unchecked = type(silent)(checked_at=NOW, rows=())
    text = text_of(make_report(chosen=make_fund(seal=unchecked)))
    assert "Could not be checked" in text
    assert "Agrees" not in text


def test_a_history_still_loading_says_how_far_it_is(make_report: Make) -> None:
    cut = Cut(as_of=date(2026, 11, 22), known_at=NOW, sequence=12_400, head=61_240)
    page = html_of(make_report(cut=cut))
    assert '<progress max="100" value="20">' in page
    assert "still being loaded" in page
    assert "still being loaded" not in html_of(make_report())


def test_a_page_before_anything_is_loaded_says_so(make_report: Make) -> None:
    cut = Cut(as_of=date(2026, 11, 22), known_at=None, sequence=0, head=0)
    text = text_of(make_report(cut=cut, chosen=None, funds=[]))
    assert "Nothing has been loaded from the books yet" in text
    assert "No fund is linked to you yet" in text


def test_a_fund_without_money_draws_no_picture(
    make_report: Make, make_fund: MakeFund, make_use: MakeUse
) -> None:
    nothing = make_use(received=0, promised=0, lent=0, principal=0, income=0, surplus=0)
    empty = make_fund(
        utilisation=nothing, contracts=0, points=[], months=[], sectors=[], payers_elsewhere=0
    )
    page = html_of(make_report(chosen=empty))
    assert "No money has come into this fund yet" in page
    assert 'class="flow' not in page


def test_what_was_given_and_spent_is_told_row_by_row_and_sums_up(
    make_report: Make, make_fund: MakeFund, make_use: MakeUse
) -> None:
    given = make_use(granted=1_234_567)
    text = text_of(make_report(chosen=make_fund(utilisation=given)))
    assert "Given to people in need, as their own 1,234.567" in text
    assert "What left for good Given to people in need, as their own 1,234.567 Together" in text
    assert "Given 1,234 .567" in text, "a card of its own"
    plain = text_of(make_report())
    assert "Given to people in need" not in plain, "rows of nothing are left out"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("zakat", "Zakat paid in"), ("waqf", "Given to this waqf"), ("commercial", "by lenders")],
)
def test_what_came_in_is_called_after_the_kind_of_fund(
    make_report: Make, make_fund: MakeFund, kind: str, words: str
) -> None:
    fund = replace(make_fund().fund, kind=kind)
    assert words in text_of(make_report(chosen=make_fund(fund=fund)))


def test_fewer_than_five_contracts_are_not_counted_out(
    make_report: Make, make_fund: MakeFund
) -> None:
    text = text_of(make_report(chosen=make_fund(contracts=4)))
    assert "Loans agreed fewer than five" in text


def test_names_are_escaped(make_report: Make, make_fund: MakeFund) -> None:
    fund = make_fund()
    hostile = type(fund.fund)(
        fund_id=fund.fund.fund_id,
        code="X",
        kind="waqf",
        currency="JOD",
        names={"en": "<script>alert(1)</script>", "ar": "", "fr": ""},
    )
    page = html_of(make_report(chosen=make_fund(fund=hostile)))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_other_languages_keep_the_chosen_fund(make_report: Make) -> None:
    writer = Writer(language="en")
    page = view.donor_page(make_report(), writer=writer, path="/monitoring/v1/donor?fund=1")
    html = pages.render("donor.html", page, writer=writer)
    assert "/monitoring/v1/donor?fund=1&amp;lang=ar" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_landing_page_offers_the_languages_and_the_way_in(language: Language) -> None:
    writer = Writer(language=language)
    page = {
        **view.frame(writer, path="/monitoring/v1/", signed_in=False),
        "notice": None,
        "enter_href": "/monitoring/v1/login?lang=" + language,
    }
    html = pages.render("landing.html", page, writer=writer)
    assert Structure(html).open == []
    for name in ("العربية", "Français", "English"):
        assert name in html
    assert f"/monitoring/v1/login?lang={language}" in html
    assert "<form" not in html
