"""What is a run made from? The bodies that are sent, and how they are read in whole numbers."""

from decimal import ROUND_CEILING, Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.scoring.domain.assignment.problem import BASE, AssignmentContradicts, Fund, Given
from services.scoring.domain.assignment.valuing import EARMARKED, Lot, Run, Source, Waiting, Weights
from shared.clients.assignment_runs import FundIn, RunIn, WaitingIn
from shared.currencies import exponent_of
from shared.errors import Sentence
from shared.schemas import Body, MoneyBody


class AssignmentRunIn(RunIn):
    """What a run is made from; each application says of every fund that it may, or why not."""

    def run(self) -> Run:
        """Read the run in whole numbers. Raises AssignmentContradicts."""
        currency = self.funds[0].budget.currency
        told = {code for item in self.applications for code in item.reasons.values()}
        if EARMARKED in self.words or told - set(self.words):
            raise AssignmentContradicts(
                subject=", ".join(sorted(told - set(self.words))) or EARMARKED,
                fault=Sentence("a reason has no words, or words that are ours"),
            )
        return Run(
            as_of=self.as_of,
            currency=currency,
            unit=10 ** exponent_of(currency),
            weights=Weights(
                social={name: _millionths(value) for name, value in self.weights.social.items()},
                cost=_millionths(self.weights.cost),
                urgency=_millionths(self.weights.urgency),
                near_days=self.weights.near_days,
            ),
            waiting=tuple(_waiting(item, currency) for item in self.applications),
            sources=tuple(_source(item, currency) for item in self.funds),
        )

    def spoken(self) -> dict[str, dict[str, str]]:
        """Give the funds' own reasons as they are kept."""
        return {code: words.model_dump() for code, words in self.words.items()}


class DecisionIn(Body):
    """Why it is so decided, in the decider's words."""

    note: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None


def _millionths(value: Decimal) -> int:
    return int((value * BASE).to_integral_value(rounding=ROUND_CEILING))


def _minor(body: MoneyBody, currency: str, subject: UUID) -> int:
    if body.currency != currency:
        raise AssignmentContradicts(
            subject=str(subject), fault=Sentence("its amounts are not in the run's one currency")
        )
    return body.money().minor


def _waiting(item: WaitingIn, currency: str) -> Waiting:
    parts = (item.default_chance, item.loss_given_default)
    is_whole = item.expected_loss is not None and parts == (None, None)
    if not is_whole and (item.expected_loss is not None or None in parts):
        raise AssignmentContradicts(
            subject=str(item.application_id),
            fault=Sentence("its loss is given whole or by chance and loss given default"),
        )
    chance, severity = parts
    loss = item.expected_loss
    if loss is None and chance is not None and severity is not None:
        loss = chance * severity
    return Waiting(
        id=str(item.application_id),
        amount=_minor(item.amount, currency, item.application_id),
        applied_on=item.applied_on,
        sector=item.sector,
        traits=frozenset(item.traits),
        loss=_millionths(loss or Decimal(0)),
        social={name: _millionths(value) for name, value in item.social.items()},
        eligible=frozenset(map(str, item.eligible)),
        reasons={str(fund): code for fund, code in item.reasons.items()},
    )


def _source(item: FundIn, currency: str) -> Source:
    def share(value: Decimal | None) -> int | None:
        return None if value is None else _millionths(value)

    return Source(
        rules=Fund(
            id=str(item.fund_id),
            budget=_minor(item.budget, currency, item.fund_id),
            shares={trait: _millionths(value) for trait, value in item.shares.items()},
            sector_share_max=share(item.sector_share_max),
            loss_share_max=share(item.loss_share_max),
            given={
                by: Given(
                    total=_minor(given.total, currency, item.fund_id),
                    of={
                        code: _minor(money, currency, item.fund_id)
                        for code, money in given.of.items()
                    },
                )
                for by, given in item.given.items()
            },
        ),
        cost=_millionths(item.cost_share),
        only_sectors=frozenset(item.only_sectors),
        only_traits=frozenset(item.only_traits),
        lots=tuple(
            Lot(amount=_minor(lot.amount, currency, item.fund_id), spend_by=lot.spend_by)
            for lot in item.lots
        ),
    )
