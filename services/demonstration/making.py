"""How is the demonstration's history made? By a seed: the same one makes the same history.

Days run back from the day it is made on. The funds are simulated, so that no loan is made from
money that is not there; what borrowers pay in a month is lent again from the next one on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from services.demonstration import behaviour, cases
from services.demonstration.history import Application, History, Month, Paid, Receipt
from services.demonstration.institution import (
    BRANCHES,
    COUNTRY,
    FUNDS,
    OFFER_BY_CODE,
    OFFERS,
    Offer,
    jod,
)
from services.demonstration.people import Town
from services.loans.domain import due_dates, product
from services.loans.domain.journal import Channel
from services.loans.domain.modes import MODES
from services.loans.domain.product import Asked
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod
from shared import calendar, periods
from shared.calendar import HijriDate
from shared.money import Money

MONTHS: Final = 18
REJECTED_SHARE: Final = 0.09
SMALL: Final = 100
"""Funds of a history of few loans are larger than its share, so that any one loan fits."""
RECENT_DAYS: Final = 6
TRIES: Final = 40
LEND_AT_MOST: Final = 0.97
QUEUE: Final = 120
"""So many of 2,000 contracts' applications wait at the end, each for the most of its product."""
QUEUED_FOR: Final = "qard-family"

# What comes into each fund in 18 months of 2,000 contracts: (month, dinars).
GIFTS: Final = {
    "waqf": ((0, 150_000), (4, 30_000), (8, 30_000), (12, 40_000)),
    "state": ((0, 110_000), (4, 70_000), (8, 60_000), (13, 60_000)),
    "commercial": ((0, 210_000), (4, 160_000), (8, 90_000), (13, 100_000)),
    "donation": ((0, 55_000), *((month, 7_000) for month in range(1, MONTHS + 1))),
    "zakat": tuple((month, 1_400) for month in range(MONTHS + 1)),
}
GRANTS_FROM: Final = 10_000
"""Smaller gifts come from many people and are never twice the same."""
RAMADAN_TIMES: Final = 5


APPROVALS: Final = (
    "زيارة ميدانية والدخل يكفي القسط",
    "نشاط قائم ومبيعات مثبتة",
    "سداد سابق منتظم ومعرّفون موثوقون",
)
REJECTIONS: Final = (
    "الدخل لا يكفي القسط في شهر سيئ",
    "ديون قائمة لدى مقرضين آخرين",
    "النشاط غير قائم بعد والمبيعات غير مثبتة",
)
RAMADAN: Final = 9


def scale(contracts: int) -> float:
    """How large the funds are beside those of 2,000 contracts."""
    return (contracts + SMALL) / 2_000


def scaled(amount: Money, by: float) -> Money:
    """An amount of 2,000 contracts for another number, in tens of dinars."""
    return jod(round(amount.minor * by / 10 ** (amount.exponent + 1)) * 10)


def begins_on(today: date) -> date:
    """The first day of the history: of the month 18 months before this one."""
    return periods.add_months(today.replace(day=1), -MONTHS, month_end_rule="clamp")


def make(*, seed: int, today: date, contracts: int) -> History:
    """Make the history of an institution up to a day; the same three give the same one."""
    return _Maker(seed=seed, today=today, contracts=contracts).make()


@dataclass(slots=True, kw_only=True)
class _Maker:
    seed: int
    today: date
    contracts: int
    rng: Random = field(init=False)
    town: Town = field(init=False)
    cash: dict[str, int] = field(init=False)
    later: defaultdict[date, list[tuple[str, Paid]]] = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311 - a made history, nothing is kept secret by it
        self.town = Town(self.rng, today=self.today)
        self.cash = {fund.code: 0 for fund in FUNDS}
        self.later = defaultdict(list)

    def make(self) -> History:
        first = begins_on(self.today)
        starts = [
            periods.add_months(first, number, month_end_rule="clamp")
            for number in range(MONTHS + 1)
        ]
        quotas = self._quotas(starts)
        months, missing = [], 0
        for place, (starts_on, quota) in enumerate(zip(starts, quotas, strict=True)):
            receipts = self._receipts(place, starts_on)
            lent = list(self._lend(starts_on, quota + missing, last=place == MONTHS))
            missing += quota - sum(one.signed_on is not None for one in lent)
            for one in lent:
                self._expect(one)
            months.append(
                Month(
                    starts_on=starts_on,
                    receipts=receipts,
                    applications=tuple(sorted(lent, key=lambda one: one.submitted_on)),
                    payments=self._collect(starts_on),
                )
            )
        return History(
            seed=self.seed, today=self.today, scale=scale(self.contracts), months=tuple(months)
        )

    def _expect(self, one: Application) -> None:
        for payment in one.payments:
            due = Paid(external_id=one.external_id, payment=payment)
            self.later[payment.received_on.replace(day=1)].append((one.fund or "", due))

    def _collect(self, starts_on: date) -> tuple[Paid, ...]:
        """What borrowers pay in a month, in order of days; it may be lent again from the next.

        Loans are paid out in cash, so what came over the wallet waits there.
        """
        found = self.later.pop(starts_on, [])
        for fund, paid in found:
            if not paid.payment.is_mistake and paid.payment.channel is Channel.CASH:
                self.cash[fund] += paid.payment.amount.minor
        payments = (paid for _, paid in found)
        return tuple(
            sorted(
                payments,
                key=lambda paid: (paid.payment.received_on, paid.external_id, paid.payment.number),
            )
        )

    def _quotas(self, starts: Sequence[date]) -> list[int]:
        """How many contracts each month signs: the business grows by half, the last is cut."""
        weights = [0.8 + 0.4 * place / MONTHS for place in range(len(starts))]
        weights[-1] *= max(self.today.day - RECENT_DAYS - 4, 0) / 31
        whole = sum(weights)
        ends = [round(self.contracts * sum(weights[: n + 1]) / whole) for n in range(len(weights))]
        return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    def _receipts(self, place: int, starts_on: date) -> tuple[Receipt, ...]:
        received_on = calendar.move_date(starts_on, rule="next", country=COUNTRY)
        if received_on > self.today:
            return ()
        found = []
        for code, gifts in GIFTS.items():
            for month, dinars in gifts:
                if month != place:
                    continue
                times = self.rng.uniform(0.7, 1.3) if dinars < GRANTS_FROM else 1
                if code == "zakat" and _is_ramadan(starts_on):
                    times *= RAMADAN_TIMES
                amount = scaled(jod(round(dinars * times)), scale(self.contracts))
                found.append(Receipt(fund=code, amount=amount, received_on=received_on))
                self.cash[code] += amount.minor
        return tuple(found)

    def _lend(self, starts_on: date, quota: int, *, last: bool) -> Iterator[Application]:
        signed = 0
        end = periods.add_months(starts_on, 1, month_end_rule="clamp")
        until = min(end - timedelta(days=1), self.today)
        if last:
            until = max(until - timedelta(days=RECENT_DAYS + 4), starts_on)
        tries = 0
        while signed < quota and tries < quota * 3 + TRIES:
            tries += 1
            made = self._application(starts_on, until)
            if made is None:
                break
            signed += made.signed_on is not None
            yield made
        if last:
            recent = max(self.today - timedelta(days=RECENT_DAYS), starts_on)
            for _ in range(max(3, round(12 * scale(self.contracts)))):
                made = self._application(recent, self.today)
                if made is not None:
                    yield made
            for _ in range(round(QUEUE * scale(self.contracts))):
                yield self._queued(recent)

    def _queued(self, since: date) -> Application:
        """One of those who ask, all at once, for more than their funds have: it is left waiting."""
        offer = OFFER_BY_CODE[QUEUED_FOR]
        terms = replace(cases.asked(self.rng, offer), amount=offer.product.amount.most)
        made = self._made(
            since, self.today, of=(offer, terms, offer.funds[0]), days=(None, None, None)
        )
        return replace(made, fund=offer.funds[0])

    def _application(self, first: date, last: date) -> Application | None:
        """One application submitted between two days; None if no fund can pay for another."""
        found = self._fundable()
        return None if found is None else self._made(first, last, of=found)

    def _made(
        self,
        first: date,
        last: date,
        *,
        of: tuple[Offer, Asked, str],
        days: tuple[date | None, ...] = (),
    ) -> Application:
        """One application; `days` are those of its decision, signature and payment, if told."""
        offer, terms, fund = of
        self.number += 1
        name = f"demo-{self.number:06d}"
        kind = self.rng.choice(offer.kinds)
        branch = self.rng.choices(BRANCHES, [one.share for one in BRANCHES])[0]
        submitted_on = self._working(first + timedelta(days=self.rng.randint(2, 29)), last)
        submitted_on = max(submitted_on, first)
        rejected = self.rng.random() < REJECTED_SHARE
        soundness = self.rng.triangular(0, 0.4, 0.1) if rejected else self.rng.betavariate(4, 3)
        request = cases.request(
            self.rng,
            terms=terms,
            kind=kind,
            soundness=soundness,
            weight=cases.HEAVY if rejected else cases.SOUND,
        )
        days = days or self._days(submitted_on)
        made = Application(
            external_id=name,
            person=self.town.borrower(name, kind=kind, women=offer.women),
            branch=branch.code,
            region=branch.region,
            offer=offer.product.code,
            request=request,
            reason=self.rng.choice(REJECTIONS if rejected else APPROVALS),
            submitted_on=submitted_on,
            is_decided=days[0] is not None,
            fund=None if rejected else fund,
            signed_on=None if rejected else days[1],
            disbursed_on=None if rejected else days[2],
        )
        if not rejected and days[0] is not None:
            self.cash[fund] -= terms.amount.minor
        return self._with_payments(made, offer=offer, soundness=soundness)

    def _fundable(self) -> tuple[Offer, Asked, str] | None:
        """Draw what is asked for until a fund can pay; the fund with most free money pays."""
        for _ in range(TRIES):
            offer = self.rng.choices(OFFERS, [one.weight for one in OFFERS])[0]
            terms = cases.asked(self.rng, offer)
            fund = max(offer.funds, key=lambda code: self.cash[code])
            if terms.amount.minor <= self.cash[fund] * LEND_AT_MOST:
                return offer, terms, fund
        return None

    def _days(self, submitted_on: date) -> tuple[date | None, date | None, date | None]:
        """When it is decided, signed and paid out; None for what today has not come to."""
        decided_on = submitted_on + timedelta(days=self.rng.randint(1, 4))
        signed_on = calendar.move_date(
            decided_on + timedelta(days=self.rng.randint(1, 4)), rule="next", country=COUNTRY
        )
        disbursed_on = calendar.move_date(
            signed_on + timedelta(days=self.rng.randint(0, 2)), rule="next", country=COUNTRY
        )
        days = (decided_on, signed_on, disbursed_on)
        return tuple(day if day <= self.today else None for day in days)  # type: ignore[return-value] # as many as came in

    def _with_payments(self, made: Application, *, offer: Offer, soundness: float) -> Application:
        temper = behaviour.temper(self.rng, soundness=soundness)
        if made.signed_on is None or made.disbursed_on is None:
            return made
        paid = behaviour.payments(
            self.rng,
            kind=temper,
            instalments=instalments(offer, asked=made.request.asked, signed_on=made.signed_on),
            paid_out_on=made.disbursed_on,
            until=self.today,
        )
        return replace(made, payments=paid)

    def _working(self, day: date, last: date) -> date:
        """A working day no later than the last."""
        moved = calendar.move_date(min(day, last), rule="next", country=COUNTRY)
        if moved <= last:
            return moved
        return calendar.move_date(last, rule="previous", country=COUNTRY)


def instalments(offer: Offer, *, asked: Asked, signed_on: date) -> tuple[Instalment, ...]:
    """The instalments that signing on a day agrees, as `agreement.agree` finds them."""
    offered = offer.product
    free = offered.charge_method is ChargeMethod.NONE
    grace = product.grace_instalments(asked.grace_months, frequency=offered.frequency)
    first_due_on = due_dates.first_due_on(
        signed_on, frequency=offered.frequency, periods_of_grace=grace if free else 0
    )
    terms = offered.terms(asked, disbursed_on=signed_on, first_due_on=first_due_on, country=COUNTRY)
    return MODES[terms.mode_of_finance].schedule(terms)


def _is_ramadan(starts_on: date) -> bool:
    """Whether the middle of a month lies in Ramadan."""
    return HijriDate.of(starts_on + timedelta(days=14)).month == RAMADAN
