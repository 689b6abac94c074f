"""What does the demonstration give for good and earn from its waqf, beside its loans?"""

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.demonstration import institution as plan
from services.demonstration import queries
from services.demonstration.queries import Founded
from services.loans.domain.authority import Outcome
from services.loans.domain.journal import Channel
from services.loans.domain.waqf_deed import Deed, WaqfBenefit, WaqfUse
from services.loans.domain.waqf_orders import WaqfOrder, WaqfOrderKind
from services.loans.domain.zakat.classes import Evidence, ZakatClass
from services.loans.domain.zakat.eligibility import Circumstances, Shown
from services.loans.domain.zakat.grants import Asked, PaidTo
from services.loans.rulebook import operations as rulebook
from services.loans.waqf import incomes
from services.loans.waqf import operations as waqf
from services.loans.zakat import granting
from services.loans.zakat import operations as zakat
from services.loans.zakat.commands import Decision, Opening
from services.loans.zakat.granting import Entering
from shared.auth import Actor, Role
from shared.db import TenantDb
from shared.errors import JsonValue
from shared.ids import StaffId
from shared.rulebook import Fact

YIELD: Final = plan.jod(1_200)
FEE: Final = plan.jod(90)
GRANT: Final = plan.jod(300)
NEED: Final = plan.jod(100)
DEED: Final = Deed(
    reference="D-1",
    made_on=date(2020, 1, 1),
    use=WaqfUse.LENT,
    benefit=WaqfBenefit.CHARITABLE,
    purposes=("relief",),
    purpose_clause="يُقرض المحتاجون قرضًا حسنًا، ويُصرف الريع في إغاثتهم.",
    corpus_clause="أصل الوقف باقٍ لا يُباع ولا يُوهب.",
    nazir_fee_share=Decimal("0.1"),
)
PAPER: Final = hashlib.sha256(b"paper").hexdigest()


async def keep(db: TenantDb, *, on: date) -> None:
    """Write the waqf's deed, book a yield and its trustee's fee, and give one grant of zakat; once.

    Each is proposed by one person and approved by another, as anywhere.
    """
    async with db.begin() as session:
        if await queries.has_deed(session):
            return
        founded = await queries.founded(session)
        await _endow(session, db, founded, on=on)
        await _give(session, db, founded, on=on)


async def _endow(session: AsyncSession, db: TenantDb, founded: Founded, *, on: date) -> None:
    fund_id, maker, checker = founded.funds["waqf"], _manager(db, founded), _checker(db, founded)

    async def order(kind: WaqfOrderKind, **members: object) -> None:
        asked = WaqfOrder(kind=kind, on=on, **members)  # type: ignore[arg-type] # by name
        proposed = await waqf.propose(session, fund_id, asked, today=on, actor=maker)
        await waqf.decide(session, proposed.row.order_id, outcome=Outcome.APPROVE, actor=checker)

    await order(WaqfOrderKind.DEED, amount=plan.jod(0), deed=DEED)
    await incomes.receive(
        session,
        fund_id,
        kind="yield",
        amount=YIELD,
        channel=Channel.CASH,
        on=on,
        asset_id=None,
        today=on,
        actor=maker,
    )
    await order(WaqfOrderKind.NAZIR_FEE, amount=FEE)


async def _give(session: AsyncSession, db: TenantDb, founded: Founded, *, on: date) -> None:
    """Count one person to the poor and give what a workshop needs: three hundred dinars."""
    borrower_id = await queries.first_borrower(session, branch=plan.FIRST_LOAN_BRANCH)
    if borrower_id is None:
        return
    maker, checker = _manager(db, founded), _checker(db, founded)
    officer = _actor(db, founded.staff[f"officer-{plan.FIRST_LOAN_BRANCH}"], Role.AUDITOR)
    proposed = await rulebook.propose(session, _line(on), actor=maker)
    await rulebook.decide(
        session, proposed.row.override_id, outcome="approved", year=on.year, actor=checker
    )
    visitors = (founded.staff["approver"], founded.staff["committee"])
    opening = Opening(
        borrower_id=borrower_id,
        told=Circumstances(
            persons=5, income=NEED, aid=plan.jod(20), assets=plan.jod(160), debts_due=plan.jod(0)
        ),
        shown=tuple(
            Shown(
                evidence=one,
                seen_on=on,
                paper=PAPER,
                people=visitors if one is Evidence.FIELD_VISIT else (),
            )
            for one in (
                Evidence.INCOME_TEST,
                Evidence.HOUSEHOLD,
                Evidence.OTHER_AID,
                Evidence.FIELD_VISIT,
                Evidence.ACTIVITY,
            )
        ),
        is_urgent=False,
        asked_on=on,
    )
    case = await zakat.open_case(session, opening, actor=officer)
    decision = Decision(zakat_class=ZakatClass.FUQARA, limit=None, reasons="", authority=None)
    await zakat.decide_case(session, case.row.eligibility_id, decision, on=on, actor=checker)
    entering = Entering(
        fund_id=founded.funds["zakat"],
        eligibility_id=case.row.eligibility_id,
        asked=Asked(zakat_class=ZakatClass.FUQARA, amount=GRANT, paid_to=PaidTo.RECIPIENT),
        purpose="أدوات ورشة خياطة",
        goods=None,
        channel=Channel.CASH,
    )
    grant = await granting.enter_grant(session, entering, on=on, actor=maker)
    await granting.pay_grant(session, grant.row.grant_id, on=on, today=on, actor=checker)
    await granting.hand_over(
        session,
        grant.row.grant_id,
        accepted_by="signature",
        evidence=PAPER,
        on=on,
        today=on,
        actor=officer,
    )


def _line(on: date) -> Fact:
    """What a month costs a household, as the institution's own board has said."""
    value: dict[str, JsonValue] = {"household": "150.000", "person": "40.000"}
    return Fact.from_json(
        {
            "id": "own-zakat-sufficiency-line",
            "topic": "zakat_sufficiency_line",
            "country": plan.COUNTRY,
            "value": value,
            "unit": plan.CURRENCY,
            "source": {
                "title": "Ruling 1 of the demonstration's board",
                "date": (on - timedelta(days=30)).isoformat(),
            },
            "confidence": "high",
        },
        is_own=True,
    )


def _manager(db: TenantDb, founded: Founded) -> Actor:
    return _actor(db, founded.staff[plan.FUNDS_MANAGER], Role.FUNDS_MANAGER)


def _checker(db: TenantDb, founded: Founded) -> Actor:
    return _actor(db, founded.staff["committee"], Role.APPROVER)


def _actor(db: TenantDb, staff_id: StaffId, role: Role) -> Actor:
    return Actor(id=staff_id, institution_id=db.institution_id, roles=frozenset({role}))
