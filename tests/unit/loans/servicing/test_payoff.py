"""What settles a contract on a day?"""

from datetime import date

from services.loans.domain.chart import FundKind
from services.loans.domain.servicing import payoff
from services.loans.domain.servicing.orders import OrderKind, WaivedPart
from services.loans.domain.terms import ChargeMethod
from tests.builders import make_loan
from tests.unit.loans.servicing.standings import decide, free, order, stand


def test_profit_of_the_days_gone_by_is_owed_and_no_more() -> None:
    standing = stand(make_loan(disbursed_on=date(2026, 1, 1), first_due_on=date(2026, 2, 1)))
    quote = payoff.quote(standing, on=date(2026, 1, 16))

    # 15 of the 31 days of January: 1000 * 15 / 31 = 483.9, rounded once.
    assert (quote.principal, quote.profit) == (100_000, 484)
    assert quote.profit_given_up == 2007 - 484


def test_on_a_due_date_it_is_the_instalment_and_the_principal_left() -> None:
    quote = payoff.quote(stand(), on=date(2026, 2, 15))
    assert quote.total == 34002 + (100_000 - 33002)


def test_profit_agreed_on_the_whole_is_owed_whole() -> None:
    quote = payoff.quote(stand(make_loan(charge_method=ChargeMethod.FLAT)), on=date(2026, 2, 1))
    assert (quote.total, quote.profit_given_up) == (103_000, 0)


def test_late_amounts_are_owed_in_a_payoff() -> None:
    asked = order(OrderKind.CHARGE, part=WaivedPart.PENALTY, amount_minor=500)
    charged = decide(free(kind=FundKind.WAQF), asked).after
    quote = payoff.quote(charged, on=date(2026, 3, 20))
    assert (quote.penalty, quote.total) == (500, 1_200_500)


def test_a_payoff_is_received_and_leaves_nothing_owed() -> None:
    standing = stand(received=34002)
    quote = payoff.quote(standing, on=date(2026, 3, 1))
    decided = decide(standing, order(OrderKind.PAYOFF, date(2026, 3, 1)))

    assert decided.after.owed == 0
    assert decided.after.outstanding == 0
    assert decided.difference.moved == quote.total
    assert decided.after.portions.surplus == 0


def test_what_was_paid_ahead_lowers_a_payoff() -> None:
    standing = stand(received=40_000)
    decided = decide(standing, order(OrderKind.PAYOFF, date(2026, 2, 15)))
    # The profit of a month not begun, paid ahead, is principal now.
    assert decided.difference.moved == 100_000 + 1000 - 40_000


def test_after_the_last_due_date_everything_is_owed() -> None:
    standing = stand()
    quote = payoff.quote(standing, on=date(2027, 1, 1))
    assert quote.total == standing.owed
    assert quote.profit_given_up == 0


def test_what_was_paid_ahead_beyond_a_payoff_is_owed_back() -> None:
    standing = stand(received=102_000)
    decided = decide(standing, order(OrderKind.PAYOFF, date(2026, 2, 15)))
    assert decided.difference.moved == 0
    assert decided.after.portions.surplus == 102_000 - 101_000
