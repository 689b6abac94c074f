"""A grant is of the class that was decided, no larger than the need, and owed to nobody."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.loans.domain import chart, journal
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, EntryAcrossFunds, EntryKind, JournalEntry, Line
from services.loans.domain.zakat import collecting, entries, grants, records, ties
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.collecting import (
    CompanyLevyNotZakat,
    Origin,
    PayerConsentMissing,
)
from services.loans.domain.zakat.eligibility import Eligibility
from services.loans.domain.zakat.grants import (
    Asked,
    CalculationNotForClass,
    CreditorNotPaid,
    Debt,
    DebtMadeForZakat,
    DebtNotDue,
    DebtNotNamed,
    DebtNotOwed,
    GrantAboveDebt,
    GrantAboveNeed,
    GrantClassNotDecided,
    Item,
    OutsideCollectingArea,
    OutsideReason,
    OwnDebt,
    PaidTo,
    SelfSetOff,
)
from services.loans.domain.zakat.ties import (
    PayersKin,
    Relation,
    StaffReceives,
    Tie,
    TiedToReceiver,
    TieNotDeclared,
)
from shared.errors import RafidError
from shared.ids import FundId
from shared.money import Money

TODAY = date(2026, 3, 1)
ASKED_ON = date(2026, 2, 1)
US = uuid4()
FUND = FundAccounts(fund_id=FundId(uuid4()), kind=FundKind.ZAKAT, currency="JOD")


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


def held(zakat_class: ZakatClass = ZakatClass.FUQARA, limit: str = "2600.000") -> Eligibility:
    return Eligibility(
        eligibility_id=uuid4(),
        reference="ZE-2026-000001",
        borrower_id=uuid4(),
        zakat_class=zakat_class,
        decided_on=ASKED_ON,
        expires_on=TODAY + timedelta(days=180),
        limit=jod(limit),
    )


def asked(text: str = "100.000", **changes: Any) -> Asked:
    members: dict[str, Any] = {
        "zakat_class": ZakatClass.FUQARA,
        "amount": jod(text),
        "paid_to": PaidTo.RECIPIENT,
    }
    return Asked(**members | changes)


def debt(**changes: Any) -> Debt:
    members: dict[str, Any] = {
        "amount": jod("1800.000"),
        "incurred_on": date(2025, 6, 1),
        "due_on": date(2026, 1, 31),
        "creditor": "the landlord",
    }
    return Debt(**members | changes)


def to_creditor(text: str = "1500.000", **changes: Any) -> Asked:
    return asked(text, **{"zakat_class": ZakatClass.GHARIMIN, "paid_to": PaidTo.CREDITOR} | changes)


def require_debt(one: Asked, set_off: str = "forbidden") -> None:
    grants.require_debt(one, asked_on=ASKED_ON, on=TODAY, set_off=set_off, source="the majority")


def test_the_class_is_the_one_that_was_decided() -> None:
    grants.require_class(asked(), held=held())
    with pytest.raises(GrantClassNotDecided):
        grants.require_class(asked(zakat_class=ZakatClass.MASAKIN), held=held())


@pytest.mark.rule("Z-14")
def test_grants_together_stay_below_what_is_lacking_or_calculated() -> None:
    grants.require_size(asked("600.000"), held=held(), granted=jod("2000.000"))
    with pytest.raises(GrantAboveNeed) as refused:
        grants.require_size(asked("600.001"), held=held(), granted=jod("2000.000"))
    assert refused.value.passes == jod("600.000")

    tools = (
        Item(what="oven", amount=jod("2500.000")),
        Item(what="flour", amount=jod("600.000")),
    )
    calculated = asked("3100.000", calculation=tools)
    grants.require_size(calculated, held=held(), granted=jod("0.000"))
    with pytest.raises(GrantAboveNeed):
        grants.require_size(calculated, held=held(), granted=jod("0.001"))


def test_a_small_calculation_never_lowers_the_limit() -> None:
    one = asked("2600.000", calculation=(Item(what="needle", amount=jod("1.000")),))
    assert grants.limit(one, held=held()) == jod("2600.000")


def test_no_calculation_raises_what_a_debtor_gets() -> None:
    one = to_creditor(calculation=(Item(what="oven", amount=jod("9000.000")),))
    with pytest.raises(CalculationNotForClass):
        grants.limit(one, held=held(ZakatClass.GHARIMIN, "1500.000"))


def test_a_debtor_s_grant_never_exceeds_the_gap() -> None:
    gap = held(ZakatClass.GHARIMIN, "1500.000")
    grants.require_size(to_creditor(), held=gap, granted=jod("0.000"))
    with pytest.raises(GrantAboveNeed):
        grants.require_size(to_creditor("1500.001"), held=gap, granted=jod("0.000"))


@pytest.mark.parametrize(
    ("one", "refusal"),
    [
        (to_creditor(), DebtNotNamed),
        (to_creditor(debt=debt(due_on=date(2026, 3, 2))), DebtNotDue),
        (to_creditor(debt=debt(incurred_on=ASKED_ON)), DebtMadeForZakat),
        (to_creditor(debt=debt(), paid_to=PaidTo.RECIPIENT), CreditorNotPaid),
        (to_creditor(debt=debt(amount=jod("1499.999"))), GrantAboveDebt),
        (asked(paid_to=PaidTo.CREDITOR), DebtNotNamed),
    ],
)
def test_a_debt_that_zakat_does_not_pay(one: Asked, refusal: type[RafidError]) -> None:
    with pytest.raises(refusal):
        require_debt(one)
    require_debt(to_creditor(debt=debt(due_on=TODAY, amount=jod("1500.000"))))


@pytest.mark.rule("Z-15")
def test_a_lender_gives_first_and_never_pays_itself() -> None:
    own = debt(contract_id=US)
    with pytest.raises(SelfSetOff) as refused:
        require_debt(to_creditor(debt=own))
    assert refused.value.source == "the majority"

    require_debt(to_creditor(debt=own, paid_to=PaidTo.RECIPIENT))
    require_debt(to_creditor(debt=debt()))
    require_debt(to_creditor(debt=own), set_off="allowed")


@pytest.mark.rule("Z-15")
def test_a_debt_to_ourselves_is_what_our_books_say() -> None:
    owing, asked_on = uuid4(), TODAY

    def require(named: Debt, own: OwnDebt | None) -> None:
        grants.require_owed(named, own=own, borrower_id=owing, asked_on=asked_on)

    named = debt(contract_id=US)
    own = OwnDebt(borrower_id=owing, signed_on=TODAY - timedelta(days=1), due=named.amount)
    require(named, own)
    require(debt(), None)
    less = replace(own, due=named.amount - jod("0.001"))
    for other in (None, replace(own, borrower_id=uuid4()), less):
        with pytest.raises(DebtNotOwed):
            require(named, other)
    with pytest.raises(DebtMadeForZakat):
        require(named, replace(own, signed_on=TODAY))


@pytest.mark.rule("Z-11")
def test_zakat_leaves_its_place_for_a_reason_alone() -> None:
    areas = {"amman", "zarqa"}
    grants.require_local(asked(), region="zarqa", areas=areas)
    with pytest.raises(OutsideCollectingArea) as refused:
        grants.require_local(asked(), region="aqaba", areas=areas)
    assert refused.value.areas == ("amman", "zarqa")
    for reason in OutsideReason:
        grants.require_local(asked(outside_reason=reason), region="aqaba", areas=areas)
    grants.require_local(asked(), region="aqaba", areas=())


def untied(*declared: Tie, actors: set[Any] | None = None) -> None:
    ties.require_untied(
        declared,
        borrower_id=uuid4(),
        actors=actors or set(),
        excluded=["payer_ascendant", "payer_descendant", "payer_wife"],
        source="the majority",
    )


@pytest.mark.rule("Z-12")
@pytest.mark.parametrize(
    ("relation", "is_barred"),
    [
        (Relation.SELF, True),
        (Relation.ASCENDANT, True),
        (Relation.DESCENDANT, True),
        (Relation.WIFE, True),
        (Relation.HUSBAND, False),
        (Relation.OTHER_KIN, False),
        (Relation.UNRELATED, False),
    ],
)
def test_a_payer_s_zakat_does_not_reach_the_payer_s_own(
    relation: Relation, *, is_barred: bool
) -> None:
    tie = Tie(relation=relation, payer="ZP-2026-000001")
    if not is_barred:
        untied(tie)
        return
    with pytest.raises(PayersKin):
        untied(tie)


@pytest.mark.rule("Z-12")
def test_staff_receive_nothing_and_decide_nothing_for_their_own() -> None:
    staff = uuid4()
    with pytest.raises(StaffReceives):
        untied(Tie(relation=Relation.SELF, staff_id=staff))
    mother = Tie(relation=Relation.ASCENDANT, staff_id=staff)
    with pytest.raises(TiedToReceiver):
        untied(mother, actors={staff, uuid4()})
    untied(mother, actors={uuid4()})


@pytest.mark.rule("Z-12")
def test_two_of_one_name_are_asked_about_and_may_be_unrelated() -> None:
    namesake, receiver = uuid4(), uuid4()
    with pytest.raises(TieNotDeclared):
        ties.require_told([], namesakes={namesake}, borrower_id=receiver)
    other = Tie(relation=Relation.UNRELATED, staff_id=uuid4())
    with pytest.raises(TieNotDeclared):
        ties.require_told([other], namesakes={namesake}, borrower_id=receiver)
    for tie in (
        Tie(relation=Relation.UNRELATED, staff_id=namesake),
        Tie(relation=Relation.HUSBAND, payer="ZP-1", payer_id=namesake),
    ):
        ties.require_told([tie], namesakes={namesake}, borrower_id=receiver)
    untied(Tie(relation=Relation.UNRELATED, staff_id=namesake), actors={namesake})
    ties.require_no_kin([other], actor_id=other.staff_id or uuid4())


@pytest.mark.rule("Z-1")
def test_an_entry_of_zakat_lies_in_its_fund_alone() -> None:
    other = FundId(uuid4())
    with pytest.raises(EntryAcrossFunds):
        JournalEntry(
            kind=EntryKind.GRANT,
            occurred_on=TODAY,
            lines=(
                Line(account_code="grants", fund_id=FUND.fund_id, amount=jod("5.000")),
                Line(account_code="cash", fund_id=other, amount=jod("-5.000")),
            ),
        )
    paid = entries.grant(jod("5.000"), fund=FUND, paid_on=TODAY, channel=Channel.BANK)
    assert journal.balances([paid]) == {
        (FUND.fund_id, "JOD", "grants"): 5_000,
        (FUND.fund_id, "JOD", "bank"): -5_000,
    }


def test_costs_are_booked_in_a_fund_of_zakat_alone() -> None:
    booked = entries.amil_cost(jod("5.000"), fund=FUND, paid_on=TODAY)
    assert booked.amount_of("amil_costs") == jod("5.000")

    waqf = FundAccounts(fund_id=FUND.fund_id, kind=FundKind.WAQF, currency="JOD")
    with pytest.raises(chart.AccountNotInChart):
        entries.amil_cost(jod("5.000"), fund=waqf, paid_on=TODAY)


@pytest.mark.rule("Z-7")
def test_a_fund_of_zakat_has_no_account_for_profit_fee_or_penalty() -> None:
    for code in ("profit_income", "fee_income", "penalty_income"):
        with pytest.raises(chart.AccountNotInChart):
            FUND.account(code)
    assert FUND.account("grants") == "grants"
    assert journal.penalty_account(FUND, sharia_bound=False) == "charity"


def test_a_levy_is_zakat_on_the_authority_s_word_alone() -> None:
    def require(origin: Origin, answer: str) -> None:
        collecting.require_zakat(origin, answer=answer, country="KW", source="law 46 of 2006")

    with pytest.raises(CompanyLevyNotZakat):
        require(Origin.COMPANY_LEVY, "no")
    require(Origin.COMPANY_LEVY, "yes")
    require(Origin.PAYER, "no")


def test_a_known_payer_agrees_before_zakat_goes_back() -> None:
    receipt_id = uuid4()
    with pytest.raises(PayerConsentMissing):
        collecting.require_consent(receipt_id, payer_known=True, consented=False)
    collecting.require_consent(receipt_id, payer_known=True, consented=True)
    collecting.require_consent(receipt_id, payer_known=False, consented=False)


@pytest.mark.parametrize("contract_id", [None, US])
def test_a_debt_is_kept_and_read_again_alike(contract_id: Any) -> None:
    one = debt(contract_id=contract_id)

    assert records.debt(records.of_debt(one)) == one
    assert records.debt(records.of_debt(None)) is None
    item = Item(what="oven", amount=jod("2.000"))
    assert records.item(item.to_json()) == item
