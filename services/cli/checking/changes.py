"""How is a change of what was agreed entered as an event of ours?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.cli.checking import words
from services.cli.checking.happened import Happened, Head
from services.cli.checking.reading import Node, chosen
from services.loans.domain.course import events as course_events
from services.loans.domain.course.events import OpenProfit

OPEN_PROFITS: Final[Mapping[str, OpenProfit]] = {
    "DEFAULT": OpenProfit.AS_AGREED,
    "WAIVE_INTEREST": OpenProfit.WAIVED,
    "EQUAL_AMORTIZATION_FULL_INTEREST": OpenProfit.SPREAD_ALL,
    "EQUAL_AMORTIZATION_PAYABLE_INTEREST": OpenProfit.SPREAD_PAYABLE,
}


def approve(heard: Happened, stated: Node) -> None:
    """The amount was agreed, and the day on which it is to be paid out."""
    amount, day = stated.get("amount"), stated.get("expected_disbursement_date")
    if amount is not None:
        heard.plan = replace(heard.plan, principal=heard.scale.minor(amount))
    if day is not None:
        heard.plan = replace(heard.plan, starts_on=day.day())


def charge_off(heard: Happened, stated: Node) -> None:
    """The contract was taken for lost in the books."""
    head = heard.head(stated)
    heard.add(
        "charge_off",
        course_events.ChargedOff(**head),
    )


def write_off(heard: Happened, stated: Node) -> None:
    """What is open was given up."""
    head = heard.head(stated)
    heard.add(
        "write_off",
        course_events.WrittenOff(**head),
    )


def re_age(heard: Happened, stated: Node) -> None:
    """What is open was spread over new instalments."""
    head, frequency = heard.head(stated), stated["frequency"]
    handling = stated.get("interest_handling")
    heard.add(
        "re_age",
        course_events.ReAged(
            **head,
            starts_on=stated["start_date"].day(),
            every=frequency["every"].whole(),
            unit=chosen(frequency["unit"], words.UNITS),
            instalments=stated["number_of_installments"].whole(),
            profit=chosen(handling, OPEN_PROFITS) if handling else OpenProfit.AS_AGREED,
        ),
    )


def re_amortise(heard: Happened, stated: Node) -> None:
    """What is past due was spread over the instalments still to come."""
    head, handling = heard.head(stated), stated.get("interest_handling")
    heard.add(
        "re_amortize",
        course_events.ReAmortised(
            **head,
            profit=chosen(handling, OPEN_PROFITS) if handling else OpenProfit.AS_AGREED,
        ),
    )


def change_rate(heard: Happened, stated: Node) -> None:
    """Another rate holds from a day on."""
    _rate_changed(heard, heard.head(stated, dated="effective_date"), stated)


def _rate_changed(heard: Happened, head: Head, stated: Node) -> None:
    heard.add(
        "rate_change",
        course_events.RateChanged(
            **head,
            annual_rate=stated["new_interest_rate_percent"].number() / 100,
        ),
    )


def reschedule(heard: Happened, stated: Node) -> None:
    """Another rate, due date, number of instalments or grace was agreed."""
    head = heard.head(stated, dated="reschedule_from_date")
    head["entered_on"] = heard.today or stated["date"].day()
    if stated.get("new_interest_rate_percent") is not None:
        _rate_changed(heard, head, stated)
        return
    due = stated.get("adjusted_due_date")

    def count(name: str) -> int:
        found = stated.get(name)
        return 0 if found is None else found.whole()

    heard.add(
        "reschedule",
        course_events.Rescheduled(
            **head,
            due_on=due.day() if due else None,
            extra_instalments=count("extra_terms"),
            principal_grace=count("grace_on_principal"),
            profit_grace=count("grace_on_interest"),
        ),
    )


def pause(heard: Happened, stated: Node) -> None:
    """No profit is earned for some days."""
    head = heard.head(stated, dated="start_date")
    heard.add(
        "interest_pause",
        course_events.ProfitPaused(
            **head,
            until=stated["end_date"].day(),
        ),
    )
