"""Which chart does the demonstration number its accounts by, and what is booked there by hand?"""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from services.demonstration import institution as plan
from services.demonstration import queries
from services.loans.accounting import by_hand, operations
from services.loans.accounting import queries as accounting
from services.loans.accounting.by_hand import Asked
from services.loans.domain import chart
from services.loans.domain.authority import Outcome
from services.loans.domain.chart import AccountClass
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import Channel
from services.loans.domain.own_chart import ChartLine, Mapped, OwnChart
from shared.auth import Actor, Role
from shared.db import TenantDb

HEADINGS: Final = (
    (AccountClass.ASSET, "الأصول", "Actif", "Assets"),
    (AccountClass.LIABILITY, "الالتزامات", "Dettes", "Liabilities"),
    (AccountClass.EQUITY, "حقوق الملكية", "Fonds propres", "Equity"),
    (AccountClass.INCOME, "الإيرادات", "Produits", "Income"),
    (AccountClass.EXPENSE, "المصروفات", "Charges", "Expenses"),
)
RENT: Final = ChartLine(
    number="595",
    name_ar="إيجار المكاتب",
    name_fr="Loyer des bureaux",
    name_en="Rent of offices",
    account_class=AccountClass.EXPENSE,
    parent="5",
    is_own=True,
)
FUND: Final = "commercial"
RENT_ASKED: Final = plan.jod(25)


def own_chart() -> OwnChart:
    """Five headings, every account of ours below its own, and the rent of offices."""
    return OwnChart(lines=(*_lines(), RENT))


def _lines() -> Iterator[ChartLine]:
    for place, (account_class, ar, fr, en) in enumerate(HEADINGS, start=1):
        heading = str(place)
        yield ChartLine(
            number=heading, name_ar=ar, name_fr=fr, name_en=en, account_class=account_class
        )
        ours = [one for one in chart.CHART if one.account_class is account_class]
        for number, account in enumerate(ours, start=1):
            yield ChartLine(
                number=f"{heading}{number:02d}",
                name_ar=account.name_ar,
                name_fr=account.name_fr,
                name_en=account.name_en,
                account_class=account_class,
                parent=heading,
                accounts=(Mapped(code=account.code),),
            )


async def keep(db: TenantDb, *, on: date) -> None:
    """Number the accounts, register the till, and have two persons book a month's rent, once."""
    async with db.begin() as session:
        if await accounting.numbering(session) is not None:
            return
        founded = await queries.founded(session)
        maker = Actor(
            id=founded.staff[plan.FUNDS_MANAGER],
            institution_id=db.institution_id,
            roles=frozenset({Role.FUNDS_MANAGER}),
        )
        own = own_chart()
        digest = hashlib.sha256(repr(own.lines).encode()).digest()
        await operations.number_accounts(session, own, digest=digest, actor_id=maker.id)
        fund_id = founded.funds[FUND]
        await operations.register_money_account(
            session,
            code="till",
            channel=Channel.CASH,
            provider="الإدارة العامة",
            number="1",
            currency=plan.CURRENCY,
            opened_on=on,
            fund_ids=[fund_id],
            today=on,
            actor_id=maker.id,
        )
        asked = Asked(
            lines=((RENT.number, RENT_ASKED), (Channel.CASH.value, -RENT_ASKED)),
            occurred_on=on,
            reason="إيجار الشهر",
            digest=hashlib.sha256(b"rent").hexdigest(),
        )
        with contextlib.suppress(FundExhausted):  # all is lent: the rent waits
            rent = await by_hand.propose(session, asked, fund_id=fund_id, today=on, actor=maker)
            checker = replace(maker, id=founded.staff[plan.APPROVERS[0]])
            await by_hand.decide(
                session, rent.row.manual_id, outcome=Outcome.APPROVE, actor=checker
            )
