"""Is a step taken only in its turn, on its day, with its papers and its party, in every mode?"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import deal as deals
from services.loans.domain import journal, trading
from services.loans.domain.deal import AGREED, Deal, Party, Step, Taken
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.lifecycle import TransitionRefused
from services.loans.domain.modes import (
    MODES,
    Mode,
    conventional,
    ijara,
    istisna,
    mudaraba,
    murabaha,
    musharaka,
    muzaraa,
    qard,
    salam,
)
from services.loans.domain.modes import diminishing_musharaka as shrinking
from services.loans.domain.terms import ChargeMethod, ModeOfFinance, QardBearsNoProfit
from services.loans.domain.undue import NothingIsDue
from shared import texts
from shared.money import CurrencyMismatch, Money
from tests.deals import CLIENT, OTHER, SIGNED, lawful, make_deal, make_terms, moved, took

# Each module is a mode for the type checker too.
EVERY: tuple[Mode, ...] = (
    conventional,
    qard,
    murabaha,
    ijara,
    shrinking,
    musharaka,
    mudaraba,
    salam,
    istisna,
    muzaraa,
)
STEPPED = [mode.value for mode in ModeOfFinance if MODES[mode].STEPS]
MURABAHA = make_terms("murabaha")


ALIKE = {
    "ar": set[str](),
    "fr": {"abandon", "capital", "client", "ijara", "istisna", "profit", "qard", "salam"},
}


def follow(deal: Deal, step: Taken) -> JournalEntry | None:
    return deals.follow(MODES[deal.terms.mode_of_finance], step, deal=deal)[1]


def path_to(steps: tuple[Step, ...], stage: str) -> list[str] | None:
    """The shortest way from the agreement to a stage."""
    ways, seen = [(AGREED, [])], {AGREED}  # type: list[tuple[str, list[str]]], set[str]
    table = deals.transitions(steps)
    for standing, way in ways:
        if standing == stage:
            return way
        for (before, code), after in table.items():
            if before == standing and after not in seen:
                seen.add(after)
                ways.append((after, [*way, code]))
    return None


def at(mode: str, stage: str) -> Deal:
    way = path_to(tuple(MODES[ModeOfFinance(mode)].STEPS), stage)
    assert way is not None, f"no way to {stage}"
    return make_deal(make_terms(mode), *(took(code) for code in way))


def test_every_module_of_the_folder_is_a_mode() -> None:
    assert set(EVERY) == set(MODES.values())
    assert all(mode.SUMMARY for mode in EVERY)


@pytest.mark.parametrize("mode", STEPPED)
def test_every_pair_of_stage_and_step_is_decided_by_the_table(mode: str) -> None:
    steps = tuple(MODES[ModeOfFinance(mode)].STEPS)
    stages = {AGREED} | {step.to for step in steps if step.to} | {s for x in steps for s in x.after}
    table = deals.transitions(steps)
    assert len(table) == sum(len(step.after) for step in steps), "one row for a stage and a step"
    for stage in stages:
        deal = at(mode, stage)
        assert deals.stage(steps, taken=deal.taken) == stage
        for code in {step.code for step in steps}:
            if (stage, code) in table:
                after = deals.stage(steps, taken=(*deal.taken, took(code)))
                assert after == table[stage, code]
                assert code in {step.code for step in deals.following(steps, taken=deal.taken)}
            else:
                with pytest.raises(TransitionRefused) as refused:
                    deals.follow(MODES[ModeOfFinance(mode)], took(code), deal=deal)
                assert refused.value.state == stage
                assert code not in refused.value.allowed


@pytest.mark.parametrize("mode", STEPPED)
def test_no_step_is_taken_without_each_of_its_documents(mode: str) -> None:
    refused = 0
    for stage, code in deals.transitions(MODES[ModeOfFinance(mode)].STEPS):
        deal = at(mode, stage)
        step = lawful(deal, code)
        for missing in step.documents:
            papers = {kind: "" if kind == missing else "ab" for kind in step.documents}
            with pytest.raises(deals.EvidenceMissing) as told:
                deals.follow(MODES[ModeOfFinance(mode)], replace(step, documents=papers), deal=deal)
            assert told.value.missing == (missing,)
            refused += 1
    assert refused > 3


@pytest.mark.parametrize("mode", STEPPED)
def test_no_step_is_dated_before_the_one_it_rests_on(mode: str) -> None:
    for stage, code in deals.transitions(MODES[ModeOfFinance(mode)].STEPS):
        deal = at(mode, stage)
        step = lawful(deal, code, on=SIGNED - timedelta(days=1))
        with pytest.raises(deals.StepBeforeItsCause) as told:
            deals.follow(MODES[ModeOfFinance(mode)], step, deal=deal)
        assert told.value.before_on == SIGNED


@pytest.mark.parametrize("mode", STEPPED)
def test_no_step_is_taken_without_each_of_its_figures_nor_with_a_strange_one(mode: str) -> None:
    for stage, code in deals.transitions(MODES[ModeOfFinance(mode)].STEPS):
        deal = at(mode, stage)
        row = next(
            s
            for s in deals.following(MODES[ModeOfFinance(mode)].STEPS, taken=deal.taken)
            if s.code == code
        )
        amounts = dict.fromkeys(row.amounts, "1.00")
        figures = dict.fromkeys(row.figures, "0.5")
        for name in (*row.amounts, *row.figures):
            for worse in ({}, {name: "0"}, {name: "-1"}):  # type: dict[str, str]
                given: dict[str, Any] = {
                    "amounts": {k: v for k, v in amounts.items() if k != name},
                    "figures": {k: v for k, v in figures.items() if k != name},
                }
                given["amounts" if name in row.amounts else "figures"] |= worse
                with pytest.raises(deals.StepUnclear) as told:
                    deals.follow(MODES[ModeOfFinance(mode)], lawful(deal, code, **given), deal=deal)
                assert told.value.member == name
        strange = lawful(deal, code, amounts=amounts, figures=figures | {"luck": "1"})
        with pytest.raises(deals.StepUnclear, match="luck"):
            deals.follow(MODES[ModeOfFinance(mode)], strange, deal=deal)


@pytest.mark.parametrize("mode", STEPPED)
def test_the_other_party_is_named_and_is_never_the_client(mode: str) -> None:
    for stage, code in deals.transitions(MODES[ModeOfFinance(mode)].STEPS):
        deal = at(mode, stage)
        row = next(
            s
            for s in deals.following(MODES[ModeOfFinance(mode)].STEPS, taken=deal.taken)
            if s.code == code
        )
        figures = {
            "amounts": dict.fromkeys(row.amounts, "1.00"),
            "figures": dict.fromkeys(row.figures, "0.5"),
        }
        if row.party in (None, deals.CLIENT):
            with pytest.raises(deals.StepUnclear, match="party"):
                deals.follow(
                    MODES[ModeOfFinance(mode)],
                    lawful(deal, code, party=OTHER, **figures),
                    deal=deal,
                )
            continue
        client = Party(party_id=OTHER.party_id, borrower_id=CLIENT)
        for party, refusal in ((None, deals.PartyMissing), (client, deals.PartyIsClient)):
            with pytest.raises(refusal):
                deals.follow(
                    MODES[ModeOfFinance(mode)],
                    lawful(deal, code, party=party, **figures),
                    deal=deal,
                )


def test_figures_are_in_the_currency_of_the_contract_and_of_their_kind() -> None:
    deal = at("murabaha", "promised")
    dinars = {"invoice": Money.parse("20500.000", "JOD")}
    with pytest.raises(deals.StepUnclear, match="currency"):
        deals.follow(murabaha, lawful(deal, "purchase", amounts=dinars), deal=deal)
    as_number = lawful(deal, "purchase", figures={"invoice": "20500"})
    with pytest.raises(deals.StepUnclear, match="currency"):
        deals.follow(murabaha, as_number, deal=deal)
    as_money = lawful(at("salam", AGREED), "specify", amounts={"quantity": "20.00"})
    with pytest.raises(deals.StepUnclear, match="plain number"):
        deals.follow(salam, as_money, deal=at("salam", AGREED))
    endless = lawful(at("salam", AGREED), "specify", figures={"quantity": "Infinity"})
    with pytest.raises(deals.StepUnclear):
        deals.follow(salam, endless, deal=at("salam", AGREED))


@pytest.mark.parametrize("mode", [conventional, qard])
def test_a_loan_has_no_steps(mode: Mode) -> None:
    deal = make_deal(make_terms("conventional"))
    with pytest.raises(deals.StepsNotKnown):
        deals.follow(mode, took("purchase"), deal=deal)
    assert mode.entry(took("purchase"), deal=deal) is None
    mode.check(took("purchase"), deal=deal)


def test_money_moves_through_the_account_of_its_channel_in_one_currency() -> None:
    deal = at("murabaha", "promised")
    step = lawful(deal, "purchase", amounts={"invoice": "100.00"}, channel=Channel.WALLET)
    _, entry = deals.follow(murabaha, step, deal=deal)
    assert entry is not None
    assert moved(entry) == {"goods": "100.00", "wallet": "-100.00"}
    assert entry.kind is journal.EntryKind.DEAL
    with pytest.raises(CurrencyMismatch):
        deals.booked(step, deal=deal, moved={"goods": Money(1, "JOD")})
    assert deals.booked(step, deal=deal, moved={"goods": Money(0, "MAD")}) is None


@pytest.mark.parametrize("mode", [mode for mode in EVERY if not mode.IS_DEBT])
def test_where_nothing_is_owed_nothing_is_due_repaid_or_settled(mode: Mode) -> None:
    terms = make_terms("mudaraba")
    assert mode.schedule(terms) == ()
    shown = mode.disclose(terms, instalments=())
    assert [shown.total_due.minor, shown.total_cost.minor, shown.effective_annual_rate] == [0, 0, 0]
    nothing: Any = None
    with pytest.raises(NothingIsDue):
        mode.repayment_entry(nothing, fund=nothing, received_on=SIGNED, contract_id=nothing)
    with pytest.raises(NothingIsDue):
        mode.settlement(nothing, paid=nothing, on=SIGNED, policy=nothing)
    with pytest.raises(trading.TermsNotOfMode):
        mode.check_terms(make_terms("murabaha"))
    mode.check_terms(terms)
    assert mode.LATE_ACCOUNT is None


@pytest.mark.parametrize("mode", [murabaha, ijara, istisna, shrinking])
def test_a_sale_has_a_price_and_fees_at_documented_cost(mode: Mode) -> None:
    fee = {"code": "file", "kind": FeeKind.FLAT, "when": FeeWhen.FIRST_INSTALMENT}
    cost = Money.parse("20.00", "MAD")
    terms = make_terms("diminishing_musharaka")
    mode.check_terms(terms)
    mode.check_terms(replace(terms, fees=(Fee(amount=cost, documented_cost=cost, **fee),)))  # type: ignore[arg-type]
    for worse in (
        replace(terms, charge_method=ChargeMethod.NONE, annual_rate=Decimal(0)),
        replace(terms, fees=(Fee(amount=cost, **fee),)),  # type: ignore[arg-type]
        replace(terms, fees=(Fee(amount=cost * 2, documented_cost=cost, **fee),)),  # type: ignore[arg-type]
        replace(terms, fees=(Fee(**fee | {"kind": FeeKind.PERCENT, "percent": Decimal(1)}),)),  # type: ignore[arg-type]
    ):
        with pytest.raises(trading.TermsNotOfMode):
            mode.check_terms(worse)
    assert mode.LATE_ACCOUNT == "charity"
    assert not mode.PAYS_CLIENT


def test_rent_on_what_is_left_cannot_be_flat() -> None:
    with pytest.raises(trading.TermsNotOfMode):
        shrinking.check_terms(make_terms("murabaha"))


def test_a_debt_of_a_sale_never_grows() -> None:
    owed = Money.parse("11480.02", "MAD")
    trading.check_change(MURABAHA, before=owed, after=owed)
    with pytest.raises(trading.DebtCannotGrow):
        trading.check_change(MURABAHA, before=owed, after=owed + Money(1, "MAD"))


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_word_of_every_mode_is_told(language: texts.Language) -> None:
    words = {mode.value for mode in ModeOfFinance}
    for mode in EVERY:
        for step in mode.STEPS:
            words |= {step.code, *step.after, *step.documents, *step.amounts, *step.figures}
            words |= {*step.may_have, *step.days, step.party or "client", step.to or AGREED}
    untold = {
        word for word in words if texts.translate(word, language=language, service="loans") == word
    }
    # These are spelled the same in French.
    assert untold <= ALIKE[language]


def test_a_qard_is_not_made_of_other_terms() -> None:
    with pytest.raises(QardBearsNoProfit):
        qard.check_terms(make_terms("murabaha"))
