"""What stands on the donor page, as words and figures ready to print: nothing but primitives."""

from collections.abc import Mapping
from decimal import Decimal

from services.monitoring.dashboards import figures, sections, story, worth
from services.monitoring.dashboards.report import (
    Cut,
    DonorReport,
    Fund,
    FundReport,
    Seal,
    SealState,
)
from services.monitoring.dashboards.writer import OWN_NAMES, Printable, Writer
from services.monitoring.domain import disclosure
from shared.money import Money
from shared.texts import LANGUAGES, Language

KINDS = {
    "zakat": "Zakat fund",
    "waqf": "Waqf fund",
    "donation": "Donation fund",
    "state": "State fund",
    "commercial": "Commercial fund",
    "guarantee": "Guarantee fund",
}
SEALS = {
    SealState.AGREES: "Agrees with the ledger",
    SealState.DIFFERS: "Differs from the ledger",
    SealState.UNCHECKED: "Could not be checked",
}
SEAL_WORDS = {
    SealState.AGREES: (
        "The totals of this fund were compared with the books of account at the same cut-off "
        "and are equal to the last unit."
    ),
    SealState.DIFFERS: (
        "At least one total is not what the books of account say. Do not rely on these figures "
        "until the difference is explained."
    ),
    SealState.UNCHECKED: (
        "The books of account did not answer just now, so the totals below are not confirmed. "
        "Load the page again in a moment."
    ),
}


def frame(writer: Writer, *, path: str, signed_in: bool) -> dict[str, Printable]:
    """What every page has around it: language, direction, and the same page in others."""
    return {
        "language": writer.language,
        "direction": "rtl" if writer.is_rtl else "ltr",
        "signed_in": signed_in,
        "languages": [
            {
                "code": code,
                "name": OWN_NAMES[code],
                "is_current": code == writer.language,
                "href": _with_language(path, code),
            }
            for code in LANGUAGES
        ],
    }


def donor_page(report: DonorReport, *, writer: Writer, path: str) -> dict[str, Printable]:
    """The whole donor page for one reader."""
    page = frame(writer, path=path, signed_in=True)
    page["institution"] = _name(report.institution.names, writer)
    page["cut"] = _cut(report.cut, writer)
    page["funds"] = [
        {
            "name": _name(line.fund.names, writer),
            "kind": _kind(line.fund, writer),
            "received": writer.amount(line.received),
            "at_hand": writer.amount(line.at_hand),
            "currency": line.fund.currency,
            "href": f"/monitoring/v1/donor?fund={line.fund.fund_id}&lang={writer.language}",
            "is_current": report.chosen is not None and line.fund == report.chosen.fund,
        }
        for line in report.funds
    ]
    page["fund"] = _fund(report.chosen, writer) if report.chosen else None
    return page


def _fund(report: FundReport, writer: Writer) -> dict[str, Printable]:
    used = report.utilisation
    return {
        "name": _name(report.fund.names, writer),
        "kind": _kind(report.fund, writer),
        "currency": report.fund.currency,
        "currency_name": writer.currency(report.fund.currency),
        "is_empty": all(money.is_zero for money in used.balances.values()),
        "seal": _seal(report.seal, writer),
        "flow": sections.flow(used, writer=writer),
        "figures": _figures(report, writer),
        "story": story.story(used, kind=report.fund.kind, writer=writer),
        "quality": sections.quality(report, writer=writer),
        "ages": sections.ages(report, writer=writer),
        "repayments": sections.repayments(report, writer=writer),
        "sectors": sections.sectors(report, writer=writer),
        "worth": worth.worth(report.worth, writer=writer),
    }


def _figures(report: FundReport, writer: Writer) -> list[Printable]:
    cards: list[Printable] = [
        {
            "key": key,
            "label": label,
            **_split(money, writer),
            "currency": money.currency,
            "definition": words,
        }
        for key, label, money, words in figures.defined(report, writer)
    ]
    return [*cards, _contracts(report, writer)]


def _contracts(report: FundReport, writer: Writer) -> dict[str, Printable]:
    small = disclosure.is_small(report.contracts)
    return {
        "key": "contracts",
        "label": writer.text("Loans agreed"),
        "whole": writer.text("fewer than five") if small else writer.count(report.contracts),
        "decimals": "",
        "currency": "",
        "definition": writer.text(
            "Contracts signed on this fund since it began. Numbers from one to four are not "
            "shown, so that no single person can be recognised."
        ),
    }


def _seal(seal: Seal, writer: Writer) -> dict[str, Printable]:
    return {
        "state": seal.state.value,
        "title": writer.text(SEALS[seal.state]),
        "words": writer.text(SEAL_WORDS[seal.state]),
        "checked_at": writer.instant(seal.checked_at),
        "rows": [
            {
                "name": story.label(row.name, writer),
                "ours": writer.amount(row.ours),
                "ledger": writer.amount(row.ledger),
                "is_equal": row.ours == row.ledger,
            }
            for row in seal.rows
        ],
    }


def _cut(cut: Cut, writer: Writer) -> dict[str, Printable]:
    read = Decimal(100) if cut.head == 0 else Decimal(cut.sequence) * 100 / cut.head
    return {
        "as_of": writer.day(cut.as_of),
        "known_at": writer.instant(cut.known_at) if cut.known_at else None,
        "sequence": writer.count(cut.sequence),
        "head": writer.count(cut.head),
        "is_complete": cut.is_complete,
        "is_empty": cut.known_at is None,
        "read_percent": int(min(read, Decimal(100))),
    }


def _split(money: Money, writer: Writer) -> dict[str, Printable]:
    """Part an amount before its decimals, which are printed smaller: 1,234 and .500."""
    written = writer.amount(money)
    if not money.exponent:
        return {"whole": written, "decimals": ""}
    place = len(written) - money.exponent - 1
    return {"whole": written[:place], "decimals": written[place:]}


def _name(names: Mapping[str, str], writer: Writer) -> str:
    return names.get(writer.language) or names.get("ar") or next(iter(names.values()), "")


def _kind(fund: Fund, writer: Writer) -> str:
    return writer.text(KINDS[fund.kind]) if fund.kind in KINDS else fund.kind


def _with_language(path: str, code: Language) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={code}"
