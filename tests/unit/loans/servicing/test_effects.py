"""What does each order make of a contract, and what does it book?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.amortisation import Advance
from services.loans.domain.chart import AccountNotInChart, FundKind
from services.loans.domain.journal import Channel, EntryKind
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.servicing import effects
from services.loans.domain.servicing.deciding import Decided
from services.loans.domain.servicing.life import EVENTS
from services.loans.domain.servicing.orders import (
    RULES,
    Asked,
    OrderKind,
    OrderMemberWrong,
    WaivedPart,
)
from services.loans.domain.servicing.refusals import (
    BeyondWhatIsThere,
    DueDayNotPossible,
    FeeNotAgreed,
    ForgivenessNotZakat,
    HasMoved,
    NotSettled,
    OrderChangesNothing,
    OrderDayNotPossible,
    OrderNotForState,
    RateNotForThis,
)
from services.loans.domain.servicing.rows import Row
from tests.builders import an_id, make_loan, money
from tests.unit.loans.servicing.standings import TODAY, decide, free, order, rows_of, stand

K = OrderKind


def booked(decided: Decided) -> dict[str, int]:
    """The entry's lines by account."""
    if decided.entry is None:
        return {}
    return {line.account_code: line.amount.minor for line in decided.entry.lines}


def test_profit_waived_before_it_is_paid_books_nothing() -> None:
    decided = decide(stand(), order(K.WAIVER, part=WaivedPart.PROFIT))

    assert sum(row.profit for row in decided.after.shape.rows) == 0
    assert decided.entry is None
    assert decided.after.portions == decided.before.portions


def test_a_waiver_takes_the_oldest_open_amounts_first() -> None:
    standing = stand()  # profit 10.00, 6.70, 3.37
    decided = decide(standing, order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=1200))

    assert [row.profit for row in standing.shape.rows] == [1000, 670, 337]
    assert [row.profit for row in decided.after.shape.rows] == [0, 470, 337]


def test_a_waiver_leaves_what_is_paid_where_it_is() -> None:
    standing = stand(received=500)  # half of the first profit
    decided = decide(standing, order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=1507))

    assert decided.after.portions == standing.portions
    assert [row.profit for row in decided.after.shape.rows] == [500, 0, 0]


def test_more_than_is_open_is_not_waived() -> None:
    with pytest.raises(BeyondWhatIsThere) as refused:
        decide(stand(), order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=2008))
    assert refused.value.available.minor == 2007
    assert refused.value.asked.minor == 2008


def test_waiving_what_is_not_there_changes_nothing() -> None:
    with pytest.raises(OrderChangesNothing):
        decide(stand(), order(K.WAIVER, part=WaivedPart.PENALTY))


def test_a_charge_stands_on_its_day_as_a_row_of_its_own() -> None:
    asked = order(K.CHARGE, part=WaivedPart.PENALTY, amount_minor=500, due_on=date(2026, 3, 20))
    decided = decide(stand(), asked)

    assert Row(date(2026, 3, 20), 0, 0, 0, 500) in decided.after.shape.rows
    assert len(decided.after.shape.rows) == 4
    assert decided.entry is None


def test_a_charge_on_a_due_day_joins_its_instalment() -> None:
    asked = order(K.CHARGE, part=WaivedPart.FEE, amount_minor=500, due_on=date(2026, 3, 15))
    decided = decide(stand(), asked)

    assert [row.fee for row in decided.after.shape.rows] == [0, 500, 0]


def test_a_charge_before_what_is_paid_takes_its_part_of_it() -> None:
    standing = stand(received=34002)  # the first instalment whole
    asked = order(K.CHARGE, part=WaivedPart.FEE, amount_minor=500, due_on=date(2026, 2, 1))
    decided = decide(standing, asked)

    assert booked(decided) == {"loans": 500, "fee_income": -500}
    assert decided.entry is not None
    assert decided.entry.kind is EntryKind.CORRECTION


def test_zakat_charges_no_fee() -> None:
    with pytest.raises(AccountNotInChart):
        decide(free(), order(K.CHARGE, part=WaivedPart.FEE, amount_minor=500))


def test_a_sharia_bound_contract_takes_no_fee_that_was_not_agreed() -> None:
    standing = free(kind=FundKind.WAQF, sharia_bound=True)
    with pytest.raises(FeeNotAgreed) as refused:
        decide(standing, order(K.CHARGE, part=WaivedPart.FEE, amount_minor=500))
    assert refused.value.amount == money("0.500", "TND")


def test_a_late_amount_of_a_sharia_bound_contract_goes_to_charity() -> None:
    standing = free(received=100_000)
    asked = order(K.CHARGE, part=WaivedPart.PENALTY, amount_minor=500, due_on=date(2026, 2, 1))

    assert booked(decide(standing, asked)) == {"loans": 500, "charity": -500}


def test_nothing_is_charged_before_the_money_was_paid_out() -> None:
    asked = order(K.CHARGE, part=WaivedPart.FEE, amount_minor=500, due_on=date(2026, 1, 14))
    with pytest.raises(DueDayNotPossible):
        decide(stand(), asked)


def test_zakat_forgives_all_that_is_open() -> None:
    decided = decide(free(received=250_000), order(K.FORGIVENESS))

    assert booked(decided) == {"loans": -950_000, "forgiveness": 950_000}
    assert decided.after.owed == 0
    assert decided.after.outstanding == 0
    assert decided.entry is not None
    assert decided.entry.kind is EntryKind.FORGIVENESS


def test_zakat_forgives_a_part() -> None:
    decided = decide(free(), order(K.FORGIVENESS, amount_minor=300_000))

    assert decided.after.outstanding == 900_000
    assert sum(row.principal for row in decided.after.shape.rows) == 1_200_000


@pytest.mark.parametrize("kind", sorted(set(FundKind) - {FundKind.ZAKAT}))
def test_no_other_fund_forgives(kind: FundKind) -> None:
    with pytest.raises(ForgivenessNotZakat):
        decide(free(kind=kind), order(K.FORGIVENESS))


def test_late_amounts_are_waived_before_the_debt_is_forgiven() -> None:
    standing = free()
    charged = decide(standing, order(K.CHARGE, part=WaivedPart.PENALTY, amount_minor=500))
    with pytest.raises(NotSettled) as refused:
        decide(charged.after, order(K.FORGIVENESS))
    assert refused.value.owed.minor == 500


def test_a_write_off_gives_the_outstanding_principal_up_and_leaves_the_debt() -> None:
    standing = stand(received=34002)
    decided = decide(standing, order(K.WRITE_OFF))

    assert booked(decided) == {"loans": -66998, "write_off": 66998}
    assert decided.after.owed == standing.owed
    assert decided.after.outstanding == 0
    assert decided.event is ContractEvent.WRITE_OFF
    assert decided.after.status is ContractStatus.WRITTEN_OFF


def test_what_comes_after_a_write_off_is_recovered() -> None:
    written = decide(stand(), order(K.WRITE_OFF)).after
    decided = decide(written, order(K.RECOVERY, amount_minor=5000, channel=Channel.WALLET))

    assert booked(decided) == {"wallet": 5000, "recovery": -5000}
    assert decided.after.outstanding == 0


def test_no_more_is_recovered_than_was_due() -> None:
    written = decide(stand(), order(K.WRITE_OFF)).after
    with pytest.raises(BeyondWhatIsThere):
        decide(written, order(K.RECOVERY, amount_minor=written.owed + 1))
    whole = decide(written, order(K.RECOVERY, amount_minor=written.owed)).after
    with pytest.raises(BeyondWhatIsThere):
        decide(whole, order(K.RECOVERY, amount_minor=1))


def test_what_was_paid_too_much_is_refunded_and_no_more() -> None:
    standing = free(received=1_230_000)
    decided = decide(standing, order(K.REFUND, amount_minor=30_000))

    assert booked(decided) == {"cash": -30_000, "surplus": 30_000}
    assert decided.after.portions.surplus == 0
    with pytest.raises(BeyondWhatIsThere):
        decide(standing, order(K.REFUND, amount_minor=30_001))


def test_a_charge_back_opens_what_it_had_paid() -> None:
    standing = stand(received=34002 + 20000)
    asked = order(K.CHARGE_BACK, amount_minor=25000, repayment_id=an_id("repayment"))
    decided = decide(standing, asked)

    assert booked(decided)["cash"] == -25000
    assert decided.after.paid == 29002
    assert decided.after.portions.total == 29002


def test_a_contract_is_closed_when_nothing_is_owed_either_way() -> None:
    with pytest.raises(NotSettled):
        decide(free(received=1_199_999), order(K.CLOSE))
    with pytest.raises(NotSettled):
        decide(free(received=1_200_001), order(K.CLOSE))
    decided = decide(free(received=1_200_000), order(K.CLOSE))

    assert decided.event is ContractEvent.SETTLE
    assert decided.after.status is ContractStatus.CLOSED
    assert decided.entry is None


def test_a_closed_contract_takes_no_order_but_to_be_opened() -> None:
    closed = decide(free(received=1_200_000), order(K.CLOSE)).after
    with pytest.raises(OrderNotForState) as refused:
        decide(closed, order(K.WAIVER, part=WaivedPart.FEE))
    assert refused.value.state is ContractStatus.CLOSED

    opened = decide(closed, order(K.REOPEN))
    assert opened.event is ContractEvent.REOPEN
    assert opened.after.status is ContractStatus.ACTIVE


def test_what_arrives_on_a_closed_contract_is_refunded_and_it_stays_closed() -> None:
    closed = decide(free(received=1_200_000), order(K.CLOSE)).after
    held = replace(closed, received=1_205_000)
    back = decide(held, order(K.REFUND, amount_minor=5_000))
    assert booked(back) == {"cash": -5_000, "surplus": 5_000}
    assert (back.event, back.after.status) == (None, ContractStatus.CLOSED)
    with pytest.raises(BeyondWhatIsThere):
        decide(held, order(K.REFUND, amount_minor=5_001))


def test_a_disbursement_is_taken_back_only_while_nothing_has_moved() -> None:
    assert decide(free(), order(K.DISBURSEMENT_REVERSAL)).after.shape.is_undone
    with pytest.raises(HasMoved):
        decide(free(received=1), order(K.DISBURSEMENT_REVERSAL))


def test_another_member_of_the_group_takes_a_contract_over() -> None:
    decided = decide(free(), order(K.TRANSFER, borrower_id=an_id("other")))

    assert decided.after.shape.borrower_id == an_id("other")
    assert decided.entry is None


def test_profit_is_left_out_for_the_days_of_a_pause() -> None:
    standing = stand(make_loan(disbursed_on=date(2026, 3, 1), first_due_on=date(2026, 4, 1)))
    asked = order(K.PROFIT_PAUSE, date(2026, 3, 11), until_on=date(2026, 3, 21))
    decided = decide(standing, asked)

    # 10 of the 31 days of March: 1000 * 10 / 31 = 322.58, so 323 of 1,000 minor units go.
    assert [row.profit for row in decided.after.shape.rows] == [677, 670, 337]


def test_an_order_counts_from_no_day_before_the_payout_or_after_today() -> None:
    for day in (date(2026, 1, 14), date(2026, 3, 21)):
        with pytest.raises(OrderDayNotPossible) as refused:
            decide(stand(), order(K.WRITE_OFF, day))
        assert refused.value.effective_on == day


def test_money_is_booked_on_its_day_and_anything_else_today() -> None:
    back = date(2026, 2, 20)
    refund = decide(free(received=1_230_000), order(K.REFUND, back, amount_minor=1))
    write_off = decide(stand(), order(K.WRITE_OFF, back))

    assert refund.entry is not None
    assert refund.entry.occurred_on == back
    assert write_off.entry is not None
    assert write_off.entry.occurred_on == TODAY


def test_what_falls_into_a_closed_period_is_booked_on_the_first_open_day() -> None:
    asked = order(K.REFUND, date(2026, 2, 20), amount_minor=1)
    decided = decide(free(received=1_230_000), asked, closed_through=date(2026, 2, 28))

    assert decided.entry is not None
    assert decided.entry.occurred_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("kind", "members", "wrong"),
    [
        (K.WAIVER, {}, "part"),
        (K.CHARGE, {"part": WaivedPart.FEE}, "amount_minor"),
        (K.CHARGE, {"part": WaivedPart.PROFIT, "amount_minor": 1}, "part"),
        (K.REFUND, {"amount_minor": 0}, "amount_minor"),
        (K.REFUND, {"amount_minor": 1, "periods": 2}, "periods"),
        (K.WRITE_OFF, {"amount_minor": 1}, "amount_minor"),
        (K.ADVANCE, {}, "effect"),
    ],
)
def test_an_order_takes_the_members_of_its_kind(
    kind: OrderKind, members: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(OrderMemberWrong) as refused:
        order(kind, **members)
    assert refused.value.member == wrong


def test_an_order_is_kept_and_read_back() -> None:
    asked = order(K.ADVANCE, effect=Advance.SHORTEN)
    again = Asked.of(
        asked.kind, effective_on=asked.effective_on, reason=asked.reason, members=asked.members()
    )
    assert again == asked


def test_every_kind_has_a_rule_and_an_effect() -> None:
    assert set(RULES) == set(OrderKind)
    assert set(effects.EFFECTS) | set(EVENTS) == set(OrderKind) - {OrderKind.REVERSAL}


def test_the_principal_outstanding_is_what_the_rows_still_ask_for() -> None:
    standing = stand(received=40000)
    assert standing.outstanding == sum(row.principal for row in standing.open_rows)
    written = replace(standing, shape=replace(standing.shape, written_off=10))
    assert written.outstanding == standing.outstanding - 10
    assert rows_of(standing.terms) == standing.shape.rows


def test_profit_of_a_sale_that_is_waived_is_deferred_no_more() -> None:
    sale = stand(received=34002, sharia_bound=True, defers_profit=True)
    decided = decide(sale, order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=700))

    assert booked(decided) == {"profit_receivable": -700, "deferred_profit": 700}


def test_a_price_agreed_for_good_is_not_counted_anew() -> None:
    sale = stand(sharia_bound=True, defers_profit=True)
    asked = order(K.RESCHEDULE, instalments=12, first_due_on=date(2026, 4, 15))
    decided = decide(sale, asked)

    assert sum(row.profit for row in decided.after.shape.rows) == 2007
    assert decided.entry is None
    with pytest.raises(RateNotForThis):
        decide(sale, order(K.RATE_CHANGE, annual_rate=Decimal("0.06")))
