"""What of one contract's figures at the end of a day does each of its funds show?"""

from services.loans.domain.cofinancing import Plan, Totals
from services.loans.domain.day_close import Figure, Stock
from shared.ids import FundId


def shared(plan: Plan, figure: Figure, *, totals: Totals) -> dict[FundId, Figure]:
    """A contract's figure by fund; the sums are the figure's own, and the lead counts the contract.

    Profit is shared like income. What may be lost falls on the principal that stands last: of 700
    outstanding (first rank 300, second 400) a loss of 450 is 400 of the second rank and 50 of the
    first. `totals` are those of now; what came back or was lost since the day is outstanding on it.
    """
    standing = min(max(totals.drawn - totals.lost, figure.outstanding), plan.principal)

    def units(upto: int, *, since: int) -> dict[FundId, int]:
        above, below = plan.stack(upto), plan.stack(since)
        return {fund: above[fund] - below[fund] for fund in above}

    owed = units(standing, since=standing - figure.outstanding)
    loss = units(standing, since=standing - figure.expected_loss)
    least = units(standing, since=standing - figure.minimum)
    kept = units(standing, since=standing - figure.stock.allowance)
    earned, suspended = plan.income(figure.earned), plan.income(figure.suspended)
    receivable = plan.income(figure.stock.receivable)
    unearned = plan.income(figure.stock.unearned)
    return {
        fund: Figure(
            contracts=figure.contracts if fund == plan.lead.fund_id else 0,
            outstanding=owed[fund],
            earned=earned[fund],
            suspended=suspended[fund],
            expected_loss=loss[fund],
            minimum=least[fund],
            stock=Stock(receivable=receivable[fund], unearned=unearned[fund], allowance=kept[fund]),
        )
        for fund in owed
    }


def opposite(figure: Figure) -> Figure:
    """The figure that takes another one away."""
    return Figure(
        contracts=-figure.contracts,
        outstanding=-figure.outstanding,
        earned=-figure.earned,
        suspended=-figure.suspended,
        expected_loss=-figure.expected_loss,
        minimum=-figure.minimum,
        stock=Stock(
            receivable=-figure.stock.receivable,
            unearned=-figure.stock.unearned,
            allowance=-figure.stock.allowance,
        ),
    )
