"""Which figures of a fund stand on cards, and what does each mean?"""

from services.monitoring.dashboards.report import FundReport
from services.monitoring.dashboards.writer import Writer
from services.monitoring.domain.headings import Heading
from services.monitoring.domain.utilisation import Utilisation
from shared.money import Money

COSTS = (
    Heading.AMIL,
    Heading.TRUSTEE,
    Heading.UPKEEP,
    Heading.SUBSIDIES_PAID,
    Heading.BORROWING,
    Heading.OTHER_COSTS,
)
Figure = tuple[str, str, Money, str]
"""Key, label, amount and definition."""


def defined(report: FundReport, writer: Writer) -> list[Figure]:
    """The figures of every fund, then those that this one's money gives cause for."""
    used = report.utilisation
    return [
        *_came_and_went(used, writer),
        *_stands(used, writer),
        *(figure for figure in _of_cause(used, writer) if not figure[2].is_zero),
    ]


def _came_and_went(used: Utilisation, writer: Writer) -> list[Figure]:
    return [
        (
            "received",
            writer.text("Received"),
            used.received,
            writer.text("All money that was paid into this fund, by those who give or lend to it."),
        ),
        (
            "committed",
            writer.text("Committed"),
            used.committed,
            writer.text("Promised in signed contracts and not yet paid out."),
        ),
        (
            "disbursed",
            writer.text("Paid out"),
            used.disbursed,
            writer.text(
                "All money that has left this fund: {lent} lent to borrowers, first loans and "
                "later ones, and {spent} given, spent, given back or put into property.",
                lent=writer.amount(used.lent),
                spent=writer.amount(used.spent),
            ),
        ),
        ("returned", writer.text("Returned"), used.returned, _returned_words(used, writer)),
        (
            "lent-again",
            writer.text("Lent again"),
            used.lent_again,
            writer.text(
                "Lent beyond what was paid into the fund: it can only have come from money that "
                "returned. Lent − received, if that is more than nothing."
            ),
        ),
    ]


def _stands(used: Utilisation, writer: Writer) -> list[Figure]:
    return [
        (
            "outstanding",
            writer.text("With borrowers"),
            used.outstanding,
            writer.text(
                "Still with borrowers: lent − what was paid back of the loans themselves − what "
                "was given up."
            ),
        ),
        (
            "at-hand",
            writer.text("At hand"),
            used.at_hand,
            writer.text(
                "What is in the fund's cash, wallets and banks today, less what is held there for "
                "borrowers. Received + returned = paid out + at hand, to the last unit; goods "
                "bought and not yet handed over stand between them."
            ),
        ),
    ]


def _of_cause(used: Utilisation, writer: Writer) -> list[Figure]:
    balances = used.balances
    costs = Money.total((balances[one] for one in COSTS), used.received.currency)
    return [
        (
            "granted",
            writer.text("Given"),
            balances[Heading.GRANTED] + balances[Heading.FORGIVEN],
            writer.text("Given to people for good, or paid in their place: it never comes back."),
        ),
        (
            "yield",
            writer.text("Yield"),
            balances[Heading.YIELD],
            writer.text(
                "What property and investments of this fund have earned, as money paid in."
            ),
        ),
        (
            "costs",
            writer.text("Costs"),
            costs,
            writer.text(
                "What the work cost that this fund may pay for: each cost stands in the account "
                "of the fund below."
            ),
        ),
        (
            "given-back",
            writer.text("Given back"),
            used.given_back,
            writer.text("Given back to those who had lent it, or given it for a time."),
        ),
        (
            "lost",
            writer.text("Lost"),
            balances[Heading.LOST],
            writer.text(
                "Loans given up and losses on goods and shares; recovered later is income."
            ),
        ),
        (
            "property",
            writer.text("In property"),
            balances[Heading.IN_PROPERTY],
            writer.text("Money of this fund that stands in property and investments."),
        ),
        (
            "goods",
            writer.text("In goods"),
            balances[Heading.IN_GOODS],
            writer.text("Money of this fund that stands in goods and in shares of projects."),
        ),
    ]


def _returned_words(used: Utilisation, writer: Writer) -> str:
    return writer.text(
        "All other money that came in, less what was taken back as a mistake: {principal} of the "
        "loans themselves, {income} of profit, fees, yield and other income, {surplus} paid too "
        "much and owed back to borrowers.",
        principal=writer.amount(used.principal),
        income=writer.amount(used.income),
        surplus=writer.amount(used.surplus),
    )
