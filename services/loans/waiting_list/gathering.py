"""How is the waiting list gathered: each fund with its money and demands, each case with its why?

The reading is the one by which money is claimed; it changes nothing and promises nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as applications
from services.loans.applications.tables import ApplicationRow
from services.loans.clauses import queries as clause_queries
from services.loans.domain import waiting
from services.loans.domain.cases import Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import Clause, ClauseKind
from services.loans.domain.funding import ClaimKind, Refusal
from services.loans.domain.waiting import Demands
from services.loans.domain.weighing import Scales
from services.loans.domain.zakat import ageing, rules
from services.loans.domain.zakat.ageing import Limits
from services.loans.eligibility import operations as eligibility
from services.loans.eligibility.asking import Answer
from services.loans.funds import queries as fund_queries
from services.loans.funds import restricting
from services.loans.funds.tables import FundRow
from services.loans.products import queries as products
from services.loans.rulebook import queries as rulebook_queries
from services.loans.waiting_list import queries
from services.loans.zakat_payers import queries as payer_queries
from shared import rulebook, texts
from shared.auth import Actor
from shared.clients.assignment_runs import (
    CODE_PATTERN,
    MOST_COUNTED,
    WORDS_LENGTH,
    FundIn,
    GivenIn,
    LotIn,
    WaitingIn,
    WordsIn,
)
from shared.errors import Filled
from shared.ids import FundId
from shared.money import Money
from shared.schemas import MoneyBody, Page
from shared.texts import LANGUAGES

LOTS: Final = 500
CODE: Final = re.compile(CODE_PATTERN)
CERTAIN: Final = Decimal(1)
"""The chance of default of an application that nobody assessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingList:
    """A part of what waits: the page's rows as found, one more than fits, and what a run takes."""

    rows: Sequence[ApplicationRow]
    funds: list[FundIn]
    applications: list[WaitingIn]
    words: dict[str, WordsIn]


async def gather(
    session: AsyncSession, *, currency: str, page: Page, on: date, actor: Actor
) -> WaitingList:
    """Gather a part of the waiting list. Raises TooManyFundsToAssign."""
    rows = await queries.waiting(session, currency=currency, page=page, actor=actor)
    funds = await queries.open_funds(session, currency=currency)
    fund_ids = [FundId(fund.fund_id) for fund in funds]
    in_force = await clause_queries.in_force(session, fund_ids, on=on)
    demands = {fund_id: waiting.demands(in_force.get(fund_id, [])) for fund_id in fund_ids}
    shown = rows[: page.limit]
    answers: Sequence[Answer] = []
    if shown and funds:
        _, answers = await eligibility.check(
            session, [row.application_id for row in shown], [], fund_ids=fund_ids, on=on,
            actor=actor,
        )  # fmt: skip
    words: dict[str, WordsIn] = {}
    return WaitingList(
        rows=rows,
        funds=await _funds(session, funds, demands=demands, in_force=in_force, on=on),
        applications=await _applications(session, shown, answers, demands, words, on=on),
        words=words,
    )


async def _funds(
    session: AsyncSession,
    rows: Sequence[FundRow],
    *,
    demands: Mapping[FundId, Demands],
    in_force: Mapping[FundId, Sequence[Clause]],
    on: date,
) -> list[FundIn]:
    standings = await fund_queries.standings(session, list(demands), on=on)
    counting = {fund_id: standings[fund_id] for fund_id, asked in demands.items() if asked.clauses}
    scales = await restricting.scales(
        session, [], standings=counting, held={}, step=ClaimKind.RESERVE, on=on
    )
    found = []
    for row in rows:
        fund_id = FundId(row.fund_id)
        standing, asked = standings[fund_id], demands[fund_id]
        free = standing.counted_on - standing.reserved - standing.committed
        budget = max(free, Money.zero(row.currency))
        days = await _days_to_spend(session, row, clauses=in_force.get(fund_id, []), on=on)
        found.append(
            FundIn(
                fund_id=fund_id,
                budget=MoneyBody.of(budget),
                shares=cast("Any", dict(asked.shares)),
                sector_share_max=asked.sector_share_max,
                lots=await _lots(session, fund_id, budget=budget, days=days, on=on),
                given=cast("Any", _given(asked, scales.get(fund_id), currency=row.currency)),
            )
        )
    return found


def _given(asked: Demands, scales: Scales | None, *, currency: str) -> dict[str, GivenIn]:
    """What a fund gave and promised already, as each clause that the run counts tells it apart.

    By the fund's own scales: from the clause's first day on, and whatever of it was repaid.
    """
    if scales is None:
        return {}

    def money(minor: int) -> MoneyBody:
        return MoneyBody.of(Money(max(minor, 0), currency))

    found = {}
    for by, clause in asked.clauses.items():
        counted = scales.about.counts(clause)
        of = {
            str(bucket) if by == waiting.SECTOR else by: minor
            for bucket, minor in counted.of.items()
            if bucket is not None and bucket is not False and minor > 0
        }
        if counted.total > 0:
            most = sorted(of.items(), key=lambda one: (-one[1], one[0]))[:MOST_COUNTED]
            found[by] = GivenIn(
                total=money(counted.total),
                of={name: money(minor) for name, minor in most if CODE.fullmatch(name)},
            )
    return found


async def _days_to_spend(
    session: AsyncSession, row: FundRow, *, clauses: Sequence[Clause], on: date
) -> int | None:
    """Within how many days money of a fund is to be spent: by the rules of zakat, or a clause."""
    days = [
        clause.rule.most
        for clause in clauses
        if clause.kind is ClauseKind.SPEND_WITHIN and clause.rule.most is not None
    ]
    if row.kind == FundKind.ZAKAT.value:
        book = await rulebook_queries.book(session, on=on)
        days.append(rules.days(rules.fact(book, "hold_days", on=on)))
    return min(days, default=None)


async def _lots(
    session: AsyncSession, fund_id: FundId, *, budget: Money, days: int | None, on: date
) -> list[LotIn]:
    """What of a fund's free money is due by which day: what went out was of the oldest receipts."""
    if days is None or not budget.is_positive:
        return []
    limits = Limits(notice=0, warning=0, urgent=0, most=days)
    collected = await payer_queries.collected(session, fund_id, on=on)
    layers = ageing.layers([one.receipt for one in collected], in_hand=budget, on=on, limits=limits)
    due: dict[date, Money] = {}
    for layer in layers:
        spend_by = layer.receipt.received_on + timedelta(days=days)
        due[spend_by] = due.get(spend_by, Money.zero(budget.currency)) + layer.open
    return [
        LotIn(amount=MoneyBody.of(amount), spend_by=spend_by)
        for spend_by, amount in sorted(due.items())[:LOTS]
    ]


async def _applications(
    session: AsyncSession,
    rows: Sequence[ApplicationRow],
    answers: Sequence[Answer],
    demands: Mapping[FundId, Demands],
    words: dict[str, WordsIn],
    *,
    on: date,
) -> list[WaitingIn]:
    if not rows:
        return []
    told = await clause_queries.told(session, [row.application_id for row in rows], on=on)
    assessed = await applications.assessments_of(session, rows)
    versions = {(row.product_id, row.product_version) for row in rows}
    offered = await products.products_of(session, versions)
    country = (await rulebook_queries.book(session, on=on)).country
    ages = rulebook.find("youth_age", country=country, on=on).members
    youth = int(str(ages["least"])), int(str(ages["most"]))
    found = []
    for place, row in enumerate(rows):
        facts = told.facts.get(row.application_id) or Facts()
        measured = waiting.measured(facts, row.characteristics, youth=youth)
        assessment = assessed.get(row.application_id)
        why = {
            answer.fund_id: _standing(answer.why[place], demands[answer.fund_id])
            for answer in answers
        }
        found.append(
            WaitingIn(
                application_id=row.application_id,
                amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
                applied_on=row.submitted_at.date(),
                sector=row.sector,
                traits=cast("Any", list(measured.traits)),
                default_chance=CERTAIN
                if assessment is None
                else Decimal(str(assessment.answer["pd"])),
                loss_given_default=offered[
                    row.product_id, row.product_version
                ].price.loss_given_default,
                social=cast("Any", dict(measured.social)),
                eligible=[fund_id for fund_id, refusals in why.items() if not refusals],
                reasons={
                    fund_id: _code(refusals[0], words)
                    for fund_id, refusals in why.items()
                    if refusals
                },
            )
        )
    return found


def _standing(refusals: Iterable[Refusal], asked: Demands) -> list[Refusal]:
    """What refuses a case alone: without what the run counts over all its cases together."""
    return [one for one in refusals if one.clause_id not in asked.clause_ids]


def _code(refusal: Refusal, words: dict[str, WordsIn]) -> str:
    """Name a refusal by what it says, the same for every case, and keep its words."""
    said = {language: _said(refusal, language) for language in LANGUAGES}
    named = hashlib.sha256(f"{refusal.rule}|{refusal.clause_id}|{said['en']}".encode()).hexdigest()
    code = f"r{named[:24]}"
    words[code] = WordsIn.model_validate(said)
    return code


def _said(refusal: Refusal, language: texts.Language) -> str:
    say = texts.sayer("loans", language=language)
    reason = refusal.reason
    found = reason.said(say) if isinstance(reason, Filled) else say(reason)
    return found[:WORDS_LENGTH] or refusal.rule
