"""What did a fund's money do, row by row to the last unit, in plain words for each kind of fund?"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from services.monitoring.dashboards.writer import Printable, Writer
from services.monitoring.domain import headings
from services.monitoring.domain.headings import Heading
from services.monitoring.domain.utilisation import Utilisation
from shared.money import Money

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "receipts": "Received",
        "disbursed": "Paid out",
        "returned": "Returned",
        "given_back": "Given back to those who had lent it or given it for a time",
        Heading.RECEIVED: "Paid in, less what was given back",
        Heading.PROFIT: "Profit that borrowers paid",
        Heading.FEES: "Fees and late amounts that borrowers paid",
        Heading.YIELD: "Yield of property and investments",
        Heading.GUARANTORS: "Paid by guarantors for borrowers",
        Heading.SUBSIDIES_RECEIVED: "Profit that another fund paid for borrowers",
        Heading.RECOVERED: "Recovered after it had been given up",
        Heading.OTHER_INCOME: "Other income",
        Heading.GRANTED: "Given to people in need, as their own",
        Heading.FORGIVEN: "Debts of people in need that zakat paid",
        Heading.AMIL: "Costs of collecting and distributing zakat",
        Heading.TRUSTEE: "Fee of the trustee",
        Heading.UPKEEP: "Upkeep of property and goods",
        Heading.SUBSIDIES_PAID: "Profit paid for borrowers of other funds",
        Heading.BORROWING: "Cost of borrowed money and of guarantees",
        Heading.OTHER_COSTS: "Other costs",
        Heading.LOST: "Lost: loans given up, losses on goods and shares",
        Heading.EXCHANGE: "Lost on changing currencies",
        Heading.AT_HAND: "At hand",
        Heading.WITH_BORROWERS: "With borrowers",
        Heading.IN_GOODS: "In goods and in shares of projects",
        Heading.IN_PROPERTY: "In property and investments",
        Heading.GUARANTEES_PAID: "Paid for borrowers under guarantee, to be recovered",
        Heading.OWED: "Of this, owed to borrowers, to charity and to others",
    }
)
"""The words of each row, here and in the comparison with the ledger."""

PAID_IN: Mapping[str, str] = MappingProxyType(
    {
        "zakat": "Zakat paid in",
        "waqf": "Given to this waqf",
        "donation": "Donations paid in",
        "state": "Paid in by the state",
        "commercial": "Paid in by lenders",
        "guarantee": "Paid in for guarantees",
    }
)


def story(used: Utilisation, *, kind: str, writer: Writer) -> dict[str, Printable]:
    """The account of a fund in three parts, each with its sum; rows of nothing are left out.

    What came, less what left for good, is what stands: the page's words for `Utilisation.gap`.
    """
    balances = used.balances
    first = writer.text(PAID_IN.get(kind, WORDS["receipts"]))
    came = [
        (first, balances[Heading.RECEIVED] + used.given_back),
        *_named(headings.SOURCES[1:], used, writer),
    ]
    left = [
        *_named(headings.USES, used, writer),
        (writer.text(WORDS["given_back"]), used.given_back),
    ]
    stands = [
        *_named(headings.PLACES, used, writer),
        (writer.text(WORDS[Heading.OWED]), -balances[Heading.OWED]),
    ]
    return {
        "title": writer.text("The account of this fund, to the last unit"),
        "parts": [
            _part(writer.text("What came"), came, writer),
            _part(writer.text("What left for good"), left, writer),
            _part(writer.text("Where the money is now"), stands, writer),
        ],
    }


def label(name: str, writer: Writer) -> str:
    """The words of a row of the comparison."""
    return writer.text(WORDS[name])


def _named(order: Sequence[Heading], used: Utilisation, writer: Writer) -> list[tuple[str, Money]]:
    return [(writer.text(WORDS[one]), used.balances[one]) for one in order]


def _part(title: str, rows: Sequence[tuple[str, Money]], writer: Writer) -> dict[str, Printable]:
    shown = [(name, money) for name, money in rows if not money.is_zero]
    total = Money.total((money for _, money in rows), rows[0][1].currency)
    return {
        "title": title,
        "rows": [{"name": name, "amount": writer.amount(money)} for name, money in shown],
        "total": writer.amount(total),
    }
