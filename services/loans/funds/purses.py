"""What do the rules need to know of funds before any of their money is claimed?

All of it is read in a handful of statements, whatever the number of asks.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.corpus import queries as corpus
from services.loans.domain import claiming, fund_rules
from services.loans.domain.cases import Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.claiming import Ask, Held, Purse, Purses
from services.loans.domain.funding import ClaimKind
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.waqf_lending import Guard
from services.loans.domain.weighing import Scales
from services.loans.funds import queries, restricting, ruled
from services.loans.funds.counts import queries as counts
from services.loans.funds.counts.queries import Counted
from services.loans.funds.ruled import Home
from services.loans.funds.tables import FundRow
from services.loans.zakat_classes import queries as zakat_classes
from shared.ids import FundId


async def purses(
    session: AsyncSession,
    asks: Sequence[Ask],
    *,
    rows: Mapping[FundId, FundRow],
    home: Home,
    held: Held,
    step: ClaimKind,
    on: date,
    facts: Mapping[UUID, Facts] | None = None,
    is_trial: bool = False,
) -> Purses:
    """Give the purse of each locked fund, with what its clauses ask of whoever asks.

    Where the institution works is read before the lock (`ruled.home`); all else under it.

    On trial every ask is put to every fund, one at a time, and `facts` stand for applications
    that are not there.
    """
    modes = _modes(asks, rows if is_trial else None)
    counted = await counts.counted(session, list(rows), on=on)
    register = await ruled.register(session, asks, rows=rows, home=home)
    guards = await corpus.guards(
        session, [o for o, seen in counted.items() if seen.may_have_corpus]
    )
    scales = await restricting.scales(
        session,
        asks,
        standings={fund_id: one.standing for fund_id, one in counted.items() if one.has_clauses},
        held=held,
        step=step,
        on=on,
        facts=facts,
        is_trial=is_trial,
    )
    zakat = {one for one, row in rows.items() if row.kind == FundKind.ZAKAT.value}
    asking = {one.application_id for one in asks if zakat and (is_trial or one.fund_id in zakat)}
    receivers = await zakat_classes.receivers(session, asking, on=on) if asking else {}
    found = {}
    for fund_id, row in rows.items():
        fund = queries.fund_of(row)
        rules = {
            mode: register.rule(
                claiming.financing_rule(fund.kind, mode=mode, country=register.place, on=on),
                fund=fund,
                mode=mode,
            )
            for mode in modes[fund_id]
        }
        found[fund_id] = Purse(
            fund=fund,
            standing=counted[fund_id].standing,
            rules=rules,
            sources=fund_rules.sources(country=register.place, on=on),
            register=register,
            guard=guards.get(fund_id, Guard()),
            scales=scales.get(fund_id, Scales(step=step, on=on)),
            receivers=receivers,
        )
    return found


def _modes(
    asks: Sequence[Ask], everywhere: Mapping[FundId, FundRow] | None
) -> Mapping[FundId, set[ModeOfFinance]]:
    """The modes that each fund is asked for; on trial every fund is asked for all."""
    found: defaultdict[FundId, set[ModeOfFinance]] = defaultdict(set)
    for ask in asks:
        for fund_id in (ask.fund_id,) if everywhere is None else everywhere:
            found[fund_id].add(ask.mode)
    return found


def _with_corpus(counted: Mapping[FundId, Counted]) -> list[FundId]:
    return [fund_id for fund_id, one in counted.items() if one.may_have_corpus]
