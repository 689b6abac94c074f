"""How much of a price agreed for good falls away for a client who settles early?"""

from datetime import date

from services.loans.domain import rebate
from services.loans.domain.early import RebateRule
from services.loans.domain.rebate import Sold
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing.shape import Standing
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money


class NothingToGrant(RafidError):
    """No rebate is granted on this contract"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "What falls away of the profit of {contract_id} on {on} is said by law, by its terms or by"
        " the days it was lent: {granted} cannot be granted beside it."
    )
    contract_id: ContractId
    on: date
    granted: Money


def fallen_away(standing: Standing, *, on: date, granted: int = 0) -> int:
    """What falls away, in minor units, of the profit that falls due after a day.

    By the law of the country, the product's rule or the mode's own, as `rebate.policy_of` says,
    and never more than is to come. 1,000.000 JOD at 12 % flat in twelve months, settled on the
    sixth due date by the clause: 33.440 of 60.000 by the effective rate, 32.308 by the rule of 78.
    `granted` is given of good will where the rule leaves it to the creditor, up to what is not
    earned. Raises `NothingToGrant` where the rule leaves nothing to grant, `RebateTooLarge`.
    """
    rows = [row for row in standing.shape.rows if row.principal or row.profit]
    if standing.settlement is None or not any(row.principal for row in rows):
        require_grants(standing, granted, on=on, rule=None)
        return 0
    none = standing.money(0)
    sold = Sold(
        cost=standing.money(sum(row.principal for row in rows)),
        since=standing.opened_on,
        instalments=tuple(
            Instalment(
                number=number,
                due_on=row.due_on,
                principal=standing.money(row.principal),
                profit=standing.money(row.profit),
                fee=none,
            )
            for number, row in enumerate(rows, start=1)
        ),
    )
    policy = rebate.policy_of(
        standing.country,
        on=on,
        own=standing.rebate,
        product=standing.terms.early_settlement,
    )
    require_grants(standing, granted, on=on, rule=policy.rule)
    paid = standing.portions.principal + standing.portions.profit
    found = standing.settlement(
        sold,
        paid=standing.money(paid),
        on=on,
        policy=policy,
        granted=standing.money(granted),
    )
    if granted and found.rebate.minor != granted:  # a lease or a partnership has its own table
        require_grants(standing, granted, on=on, rule=None)
    to_come = sum(row.profit for row in rows if row.due_on > on)
    return min(max(found.rebate.minor, 0), to_come)


def require_grants(standing: Standing, granted: int, *, on: date, rule: RebateRule | None) -> None:
    """Raise `NothingToGrant` for a grant where the rule of the day leaves none to the creditor.

    None: no price agreed for good, so that there is no rule.
    """
    if granted and rule is not RebateRule.VOLUNTARY:
        raise NothingToGrant(
            contract_id=standing.contract_id, on=on, granted=standing.money(granted)
        )
