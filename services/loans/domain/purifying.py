"""How much tainted income may still be moved to charity, and how much may charity be paid out?"""

from dataclasses import dataclass
from datetime import date

from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from shared.errors import Kind, RafidError
from shared.money import Money


class PurificationTooLarge(RafidError):
    """More would be purified than there is tainted income"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{amount} would be purified; {decided} was decided, {done} of it is done, and the account"
        " {account_code} holds {income}."
    )
    amount: Money
    decided: Money
    done: Money
    account_code: str
    income: Money


class CharityExhausted(RafidError):
    """The charity account does not hold this much"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} would be paid out; {owed} is owed to charity, {held} lies in {channel}."
    amount: Money
    owed: Money
    held: Money
    channel: Channel


class CharityGone(RafidError):
    """Charity no longer holds what was purified"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} would be taken back from charity; {owed} is still owed to it."
    amount: Money
    owed: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Tainted:
    """What a board decided to purify of one case, what was done of it, and the income there is."""

    decided: Money
    done: Money
    income: Money

    @property
    def most(self) -> Money:
        """What may still be moved: 500 decided, 300 done, 150 of income left: 150, not 200."""
        zero = Money.zero(self.decided.currency)
        return max(zero, min(self.decided - self.done, self.income))


def require_purifiable(amount: Money, *, tainted: Tainted, account_code: str) -> None:
    """Raise `PurificationTooLarge` for more than was decided, or than the account has earned."""
    if not amount.is_positive or amount > tainted.most:
        raise PurificationTooLarge(
            amount=amount,
            decided=tainted.decided,
            done=tainted.done,
            account_code=account_code,
            income=tainted.income,
        )


def require_payable(amount: Money, *, owed: Money, held: Money, channel: Channel) -> None:
    """Raise `CharityExhausted` for more than is owed to charity or lies in the channel."""
    if not amount.is_positive or amount > min(owed, held):
        raise CharityExhausted(amount=amount, owed=owed, held=held, channel=channel)


def require_held(amount: Money, *, owed: Money) -> None:
    """Raise `CharityGone` where charity no longer holds what would become income again."""
    if amount > owed:
        raise CharityGone(amount=amount, owed=max(owed, Money.zero(owed.currency)))


def purification_entry(
    amount: Money, *, fund: FundAccounts, account_code: str, booked_on: date
) -> JournalEntry:
    """Tainted income is given up: Dr the income, Cr charity, within the fund.

    What a board found unlawful is no income of the institution and is spent on charity; how much
    that is, the board says. 120.000 of profit: Dr profit 120.000, Cr charity 120.000. Raises
    `AccountNotInChart`.
    """
    return _entry(
        EntryKind.PURIFICATION, booked_on, fund, {account_code: amount, "charity": -amount}
    )


def payment_entry(
    amount: Money, *, fund: FundAccounts, channel: Channel, booked_on: date
) -> JournalEntry:
    """What is owed to charity is paid out: Dr charity, Cr cash, wallet or bank."""
    return _entry(EntryKind.CHARITY, booked_on, fund, {"charity": amount, channel.value: -amount})


def _entry(
    kind: EntryKind, booked_on: date, fund: FundAccounts, moved: dict[str, Money]
) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        occurred_on=booked_on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
        ),
    )
