"""What became of a fund's money: received, committed, disbursed, returned, lent again, at hand?"""

from dataclasses import dataclass

from shared.money import Money

DEFINITION = "fund-utilisation.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """A fund's movements summed up to a value date, as known at an instant; one currency.

    `received` came from donors; `agreed` is the principal of contracts signed; `released` is
    what contracts gave back before it was paid out; `disbursed` reached borrowers; `principal`,
    `income` (profit and fees) and `surplus` (paid too much, owed back) came from borrowers.
    """

    received: Money
    agreed: Money
    released: Money
    disbursed: Money
    principal: Money
    income: Money
    surplus: Money

    def __post_init__(self) -> None:
        if len({amount.currency for amount in self._amounts()}) != 1:
            raise ValueError("a fund's figures are in one currency")

    def _amounts(self) -> tuple[Money, ...]:
        return (
            self.received,
            self.agreed,
            self.released,
            self.disbursed,
            self.principal,
            self.income,
            self.surplus,
        )

    @property
    def committed(self) -> Money:
        """Promised in signed contracts and not yet paid out: agreed - released - disbursed."""
        return self.agreed - self.released - self.disbursed

    @property
    def returned(self) -> Money:
        """Everything borrowers paid back: principal + income + surplus."""
        return self.principal + self.income + self.surplus

    @property
    def at_hand(self) -> Money:
        """What must be in the fund's cash and wallets: received + returned - disbursed.

        The ledger's own balance of those accounts is the independent check of this figure.
        """
        return self.received + self.returned - self.disbursed

    @property
    def lent_again(self) -> Money:
        """Money paid out beyond what donors gave: max(0, disbursed - received).

        It can only have come from money that borrowers returned, so it is the least amount that
        went out a second time or more often. Worked: received 1,000, returned 400, disbursed
        1,250: at hand 150, lent again 250; and received + returned = disbursed + at hand.
        """
        beyond = self.disbursed - self.received
        return beyond if beyond.is_positive else Money.zero(beyond.currency)

    @property
    def outstanding(self) -> Money:
        """Principal still with borrowers: disbursed - principal returned."""
        return self.disbursed - self.principal
