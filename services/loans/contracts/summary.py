"""How is a contract told to the borrower, on one readable page, in Arabic, French or English?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from services.loans.domain import rebate
from services.loans.domain.agreement import Agreement
from services.loans.domain.early import RebateRule
from services.loans.domain.fees import Fee, FeeBase, FeeWhen
from services.loans.domain.modes import MODES
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, ModeOfFinance
from shared import texts
from shared.money import Money
from shared.texts import Language

HUNDREDTH = Decimal("0.01")

COUNTED_ANEW = (
    "Profit is counted on the days that the money is with you: what you pay early costs less from"
    " that day, what is past due goes on costing profit. The amounts here hold if you pay on time."
)
LAW_FIRST = "The law of the country comes before this."
EARLY = {
    RebateRule.VOLUNTARY: (
        "If you settle early we may give up profit that is not earned; nothing of it is agreed"
        " beforehand."
    ),
    RebateRule.CLAUSE: "If you settle early, profit that is not earned yet falls away.",
    RebateRule.FULL: "If you settle early, all the profit agreed is owed.",
    RebateRule.NEXT_MONTHS: "If you settle early, you owe the profit of {count} more months.",
    RebateRule.FIRST_INSTALMENTS: (
        "If you settle early, you owe the first {count} instalments, then the principal alone."
    ),
}
EARLY_BY_DAYS = "If you settle early, no profit is owed for the days to come."
FEE_WHEN = {
    FeeWhen.AT_DISBURSEMENT: "Fee {code}: {amount}, kept back when the loan is paid out.",
    FeeWhen.FIRST_INSTALMENT: "Fee {code}: {amount}, paid with the first instalment.",
    FeeWhen.EACH_INSTALMENT: "Fee {code}: {amount}, paid with each instalment.",
    FeeWhen.ON_DATE: "Fee {code}: {amount}, due on {day}.",
    FeeWhen.OVERDUE: "Fee {code}: {amount}, for each instalment that is paid late.",
}


def written(agreed: Agreement, *, reference: str, signed_on: date, language: Language) -> str:
    """The contract in words: amounts, dates by both calendars, rate, cost and nature of fees."""

    def say(sentence: str, **members: object) -> str:
        return texts.translate(sentence, language=language, service="loans").format(**members)

    def day(moment: date) -> str:
        return _both_calendars(moment, language=language)

    terms, cost, dues = agreed.terms, agreed.disclosure, agreed.instalments
    lines = [
        say("Loan contract {reference}", reference=reference),
        "",
        say("Signed on {day}.", day=day(signed_on)),
        say(MODES[terms.mode_of_finance].SUMMARY, rate=_percent(terms.annual_rate)),
        say("Amount of the loan: {amount}", amount=_amount(terms.principal)),
        say("Paid out to you: {amount}", amount=_amount(cost.paid_out)),
        say(
            "To pay back: {amount} in {count} instalments",
            amount=_amount(cost.total_due),
            count=len(dues),
        ),
        say("Profit: {amount}", amount=_amount(cost.total_profit)),
        say("Fees: {amount}", amount=_amount(cost.total_fees)),
        *_fees(agreed, language=language),
        *_savings(agreed, language=language),
        *_counted_anew(agreed, language=language),
        *_early(agreed, language=language),
        say("Cost of the loan, all together: {amount}", amount=_amount(cost.total_cost)),
        say(
            "Effective annual rate, fees included: {rate} %",
            rate=_percent(cost.effective_annual_rate),
        ),
        "",
        say("Instalments"),
        *_instalments(dues, language=language),
        "",
        say("What you pay beyond this stays yours and is paid back to you."),
    ]
    return "\n".join(lines) + "\n"


def _fees(agreed: Agreement, *, language: Language) -> list[str]:
    terms = agreed.terms
    lines = [
        texts.translate(FEE_WHEN[fee.when], language=language, service="loans").format(
            code=fee.code,
            amount=_charge(fee, agreed),
            day=_both_calendars(fee.day(terms.disbursed_on), language=language),
        )
        for fee in terms.fees
    ]
    if lines and terms.mode_of_finance is ModeOfFinance.QARD:
        cover = "The fee covers documented actual cost and brings the lender no gain."
        lines.append(texts.translate(cover, language=language, service="loans"))
    return lines


def _charge(fee: Fee, agreed: Agreement) -> str:
    """The amount of a fee, or its percentage where the amount is known only in its time."""
    terms, profit = agreed.terms, agreed.disclosure.total_profit
    comes_later = fee.of is FeeBase.OUTSTANDING or fee.when is FeeWhen.OVERDUE
    if fee.percent is not None and comes_later:
        return f"{fee.percent.normalize():f} %"
    bases = {FeeBase.PROFIT: profit, FeeBase.PRINCIPAL_AND_PROFIT: terms.principal + profit}
    base = bases.get(fee.of, terms.principal)
    return _amount(fee.charge(base, rounding=terms.rounding))


def _savings(agreed: Agreement, *, language: Language) -> list[str]:
    saved = agreed.disclosure.total_savings
    if not saved.is_positive:
        return []
    sentence = "You save {amount}; it stays yours and is given back with the last instalment."
    told = texts.translate(sentence, language=language, service="loans")
    return [told.format(amount=_amount(saved))]


def _counted_anew(agreed: Agreement, *, language: Language) -> list[str]:
    """Say that the profit shown holds only for payments on the days agreed, where it does."""
    if not agreed.terms.charging.follows_payments:
        return []
    return [texts.translate(COUNTED_ANEW, language=language, service="loans")]


def _early(agreed: Agreement, *, language: Language) -> list[str]:
    """Say what falls away for who settles early, where there is a profit that could."""
    terms, mode = agreed.terms, MODES[agreed.terms.mode_of_finance]
    if not agreed.disclosure.total_profit.is_positive:
        return []
    declining = terms.charge_method is ChargeMethod.DECLINING_BALANCE
    by_days = mode.settlement is rebate.by_table or (mode.PAYS_CLIENT and declining)
    said = terms.early_settlement
    rule = said.rule or mode.REBATE or RebateRule.VOLUNTARY
    sentence = EARLY_BY_DAYS if by_days else EARLY[rule]
    told = texts.translate(sentence, language=language, service="loans")
    law = texts.translate(LAW_FIRST, language=language, service="loans")
    return [f"{told.format(count=said.count)} {law}"]


def _instalments(dues: Sequence[Instalment], *, language: Language) -> list[str]:
    return [
        f"{due.number}. {_both_calendars(due.due_on, language=language)}: {_amount(due.total)}"
        for due in dues
    ]


def _both_calendars(moment: date, *, language: Language) -> str:
    try:
        return f"{moment.isoformat()} ({texts.hijri(moment, language=language)})"
    except ValueError:  # the tables of the Hijri calendar end in 2077
        return moment.isoformat()


def _amount(amount: Money) -> str:
    return f"{amount} {amount.currency}"


def _percent(rate: Decimal) -> str:
    """Write a fraction in per cent with two places: 0.0216 is 2.16."""
    return str((rate * 100).quantize(HUNDREDTH))
