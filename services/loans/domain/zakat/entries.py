"""What do a grant and a cost of zakat work book?"""

from datetime import date

from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from shared.money import Money


def grant(
    amount: Money, *, fund: FundAccounts, paid_on: date, channel: Channel = Channel.CASH
) -> JournalEntry:
    """Zakat is given: Dr grants, Cr cash; 150.000 given leave 150.000 less in hand.

    The fund is of zakat, or of another kind that gives. Raises `AccountNotInChart`.
    """
    moved = {"grants": amount, channel.value: -amount}
    return _entry(EntryKind.GRANT, moved, fund=fund, on=paid_on)


def amil_cost(
    amount: Money, *, fund: FundAccounts, paid_on: date, channel: Channel = Channel.CASH
) -> JournalEntry:
    """The work on zakat is paid: Dr costs of zakat work, Cr cash. Raises `AccountNotInChart`."""
    moved = {"amil_costs": amount, channel.value: -amount}
    return _entry(EntryKind.AMIL_COST, moved, fund=fund, on=paid_on)


def _entry(
    kind: EntryKind, moved: dict[str, Money], *, fund: FundAccounts, on: date
) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        occurred_on=on,
        lines=tuple(
            Line(account_code=fund.account(name), fund_id=fund.fund_id, amount=part)
            for name, part in moved.items()
        ),
    )
