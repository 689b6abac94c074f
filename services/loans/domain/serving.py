"""Which funds may serve an application, what does their money cost, and who might give instead?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from services.loans.domain.chart import FundKind
from services.loans.domain.funding import Refusal
from services.loans.domain.zakat.classes import ZakatClass
from shared.ids import FundId
from shared.money import Money

SERVING_MAX = 12
"""So many funds are on one menu at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAnswer:
    """What one fund says of one application: its refusals (none: it may serve), what it has free.

    `cost_of_funds` is what its lenders are paid a year; None where nobody lent to it.
    """

    fund_id: FundId
    code: str
    kind: FundKind
    free: Money
    refusals: tuple[Refusal, ...] = ()
    cost_of_funds: Decimal | None = None

    @property
    def may_serve(self) -> bool:
        """Whether no rule and no clause refuses."""
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftAnswer:
    """A zakat fund that may give to who applied, by which class, and how much at most."""

    fund_id: FundId
    code: str
    zakat_class: ZakatClass
    free: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeAnswer:
    """A facility that would answer for a share of the loan, and what it is paid for that."""

    code: str
    share: Decimal
    fee: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """All that is to be known of an application's money before it is assessed."""

    funds: Sequence[FundAnswer] = field(default_factory=tuple)
    gift: GiftAnswer | None = None
    guarantee: GuaranteeAnswer | None = None

    def on_menu(self, asked: Money) -> list[FundAnswer]:
        """Give the funds that may serve: those with the whole amount first, then by what is free.

        At most twelve. Of 300, 1,200 and 900 free, asked 1,000: 1,200, 900, 300.
        """
        willing = [one for one in self.funds if one.may_serve and one.free.is_positive]
        ranked = sorted(willing, key=lambda one: (one.free < asked, -one.free.minor, one.fund_id))
        return ranked[:SERVING_MAX]
