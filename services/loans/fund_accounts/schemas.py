"""What does the account of a fund look like, as a paper that is sealed?"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from sqlalchemy import Row

from services.loans.domain import fund_measures
from services.loans.domain.chart import CHART, FundKind
from services.loans.domain.fund_account import FundAccount, Heading, Part, Purse
from services.loans.domain.lineage import Policy
from services.loans.fund_accounts.queries import Aged, Books
from services.loans.funds.tables import FundRow
from services.loans.lineage.queries import Told
from services.loans.papers.documents import DayOut, WordsOut, seal_of
from shared.money import Money
from shared.periods import Period
from shared.schemas import LATER, Body, MoneyBody

NAMES = {one.code: WordsOut(ar=one.name_ar, fr=one.name_fr, en=one.name_en) for one in CHART}


class PurseOut(Body):
    """Money at hand and with borrowers on a day, and what of it is committed and not paid out.

    Of what is at hand, `invested` stands in property, where anything does: it is not there to lend.
    """

    on: DayOut
    at_hand: MoneyBody
    outstanding: MoneyBody
    total: MoneyBody
    committed: MoneyBody
    invested: Annotated[MoneyBody | None, LATER] = None

    @classmethod
    def of(cls, on: date, held: Purse, *, committed: int, invested: int, currency: str) -> Self:
        """Write what is there on a day."""
        return cls(
            on=DayOut.of(on),
            at_hand=MoneyBody.of(Money(held.at_hand, currency)),
            outstanding=MoneyBody.of(Money(held.outstanding, currency)),
            total=MoneyBody.of(Money(held.total, currency)),
            committed=MoneyBody.of(Money(committed, currency)),
            invested=MoneyBody.of(Money(invested, currency)) if invested else None,
        )


class PartOut(Body):
    """What happened in the period, and what it did to money at hand and with borrowers."""

    part: Part
    at_hand: MoneyBody
    outstanding: MoneyBody


class AccountOut(Body):
    """What an account of the fund was credited in the period, less what it was debited."""

    account_code: str
    names: WordsOut | None
    amount: MoneyBody


class MeasuresOut(Body):
    """How hard the money worked, each by its formula; nothing where there is nothing to divide by.

    `formula` is the version of the formulas, `through` the newest entry of the journal counted.
    Multiplier and absorption run since the fund began. The lag of zakat is counted in days from
    receipt to payout, the first that came being the first passed on.
    """

    formula: str
    through: int
    multiplier: Decimal | None
    velocity: Decimal | None
    utilisation: Decimal | None
    absorption: Decimal | None
    allocation_to_collection: Decimal | None
    zakat_lag_p50_days: int | None
    zakat_lag_p90_days: int | None
    zakat_over_period: Decimal | None

    @classmethod
    def of(
        cls,
        books: Books,
        *,
        aged: Aged,
        promised: int,
        period: Period,
        is_zakat: bool,
        through: int,
    ) -> Self:
        """Work the measures out."""
        account = books.account
        passed_on = account.amount(Part.DISBURSED) + account.headings[Heading.GRANTED] * -1
        received = account.amount(Part.RECEIVED)
        came = received + account.amount(Part.RETURNED)
        ever = books.ever.get(Part.DISBURSED, Purse()).outstanding
        lags = aged.lags if is_zakat else []
        return cls(
            formula=fund_measures.VERSION,
            through=through,
            multiplier=fund_measures.multiplier(disbursed=ever, paid_in=books.ever_paid_in),
            velocity=fund_measures.velocity(
                disbursed=account.amount(Part.DISBURSED),
                opening=account.opening.total,
                closing=account.closing.total,
                days=(period.end - period.start).days,
            ),
            utilisation=fund_measures.utilisation(
                disbursed=passed_on,
                at_hand=account.opening.at_hand - books.invested_before,
                came=came,
            ),
            absorption=fund_measures.absorption(disbursed=ever, committed=promised),
            allocation_to_collection=fund_measures.allocation_to_collection(
                disbursed=passed_on, received=received
            ),
            zakat_lag_p50_days=fund_measures.lag_percentile(lags, percent=50),
            zakat_lag_p90_days=fund_measures.lag_percentile(lags, percent=90),
            zakat_over_period=fund_measures.share_over_period(lags),
        )


class FundAccountOut(Body):
    """A fund over a period, sealed: the parts are the change of both purses, to the minor unit.

    opening + received - given_back + yield + fees + late + exchange + recovered - lost - granted
    - forgiven - spent = closing, in total. Of what was `disbursed`, `lent_again` had come back from
    borrowers before, by the fund's policy. What was kept back as a fee was paid out and earned.
    """

    institution: WordsOut
    institution_code: str
    fund_id: UUID
    fund_code: str
    fund_names: WordsOut
    fund_kind: FundKind
    policy: Policy
    first_on: DayOut
    last_on: DayOut
    known_at: datetime | None
    told_through: int
    told_at: datetime | None
    opening: PurseOut
    received: MoneyBody
    given_back: MoneyBody
    committed: MoneyBody
    disbursed: MoneyBody
    returned: MoneyBody
    lent_again: MoneyBody
    profit: MoneyBody
    fees: MoneyBody
    late: MoneyBody
    exchange: MoneyBody
    recovered: MoneyBody
    lost: MoneyBody
    granted: MoneyBody
    forgiven: MoneyBody
    spent: MoneyBody
    closing: PurseOut
    parts: list[PartOut]
    accounts: list[AccountOut]
    measures: MeasuresOut
    sha256: str = ""

    @classmethod
    def of(
        cls,
        fund: FundRow,
        books: Books,
        *,
        head: Row[Any],
        period: Period,
        last_on: date,
        aged: Aged,
        claims: Row[Any],
        measures: MeasuresOut,
        known_at: datetime | None,
        told: Told,
    ) -> Self:
        """Write and seal an account."""
        account, currency = books.account, fund.currency

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, currency))

        sums: dict[str, Any] = {name: money(minor) for name, minor in _sums(account).items()}
        purses = _purses(books, claims, first_on=period.start, last_on=last_on, currency=currency)
        paper = cls(
            institution=WordsOut(ar=head.name_ar, fr=head.name_fr, en=head.name_en),
            institution_code=head.code,
            fund_id=fund.fund_id,
            fund_code=fund.code,
            fund_names=WordsOut(ar=fund.name_ar, fr=fund.name_fr, en=fund.name_en),
            fund_kind=FundKind(fund.kind),
            policy=Policy(fund.lineage_policy),
            first_on=DayOut.of(period.start),
            last_on=DayOut.of(last_on),
            known_at=known_at,
            told_through=told.number,
            told_at=told.at,
            committed=money(claims.committed),
            lent_again=money(aged.lent_again),
            parts=[
                PartOut(
                    part=part,
                    at_hand=money(moved.at_hand),
                    outstanding=money(moved.outstanding),
                )
                for part, moved in account.parts.items()
            ],
            accounts=[
                AccountOut(account_code=code, names=NAMES.get(code), amount=money(minor))
                for code, minor in books.by_account.items()
            ],
            measures=measures,
            **sums,
            **purses,
        )
        return paper.model_copy(update={"sha256": seal_of(paper)})


def _purses(
    books: Books, claims: Row[Any], *, first_on: date, last_on: date, currency: str
) -> dict[str, Any]:
    """What was there on the first day and on the last."""
    return {
        "opening": PurseOut.of(
            first_on,
            books.account.opening,
            committed=claims.opening,
            invested=books.invested_before,
            currency=currency,
        ),
        "closing": PurseOut.of(
            last_on,
            books.account.closing,
            committed=claims.closing,
            invested=books.invested,
            currency=currency,
        ),
    }


def _sums(account: FundAccount) -> Mapping[str, int]:
    """The sums of an account as it is read: what went out is told as an amount, too."""
    headings = account.headings
    return {
        # What moved neither purse (a debt to lenders that a rate of exchange changed) is in it.
        "received": headings[Heading.RECEIVED] - account.amount(Part.GIVEN_BACK),
        "given_back": -account.amount(Part.GIVEN_BACK),
        "disbursed": account.amount(Part.DISBURSED),
        "returned": account.amount(Part.RETURNED),
        "profit": headings[Heading.YIELD],
        "fees": headings[Heading.FEES],
        "late": headings[Heading.LATE],
        "exchange": headings[Heading.EXCHANGE],
        "recovered": headings[Heading.RECOVERED],
        "lost": -headings[Heading.LOST],
        "granted": -headings[Heading.GRANTED],
        "forgiven": -headings[Heading.FORGIVEN],
        "spent": -headings[Heading.SPENT],
    }
