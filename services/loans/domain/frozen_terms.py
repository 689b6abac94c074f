"""What do terms look like, frozen into a contract as JSON?"""

from typing import Literal, NotRequired, TypedDict, get_args

from services.loans.domain.fees import FeeJson
from shared.calendar import MovingRule
from shared.errors import JsonValue
from shared.money import Rounding
from shared.periods import DayCount, MonthEndRule

PartName = Literal["amortisation", "charging", "dating", "drawing", "savings", "early_settlement"]
PARTS: tuple[PartName, ...] = get_args(PartName)


class TermsJson(TypedDict):
    """The terms as they are frozen into a contract; amounts in minor units, rates as text."""

    mode_of_finance: str
    charge_method: str
    currency: str
    principal_minor: int
    annual_rate: str
    instalments: int
    frequency: str
    principal_grace: int
    disbursed_on: str
    first_due_on: str
    fees: list[FeeJson]
    rounding: Rounding
    residue_rule: str
    day_count: DayCount
    moving_rule: MovingRule
    country: str
    month_end_rule: MonthEndRule
    allocation_order: list[str]
    amortisation: NotRequired[dict[str, JsonValue]]
    charging: NotRequired[dict[str, JsonValue]]
    dating: NotRequired[dict[str, JsonValue]]
    drawing: NotRequired[dict[str, JsonValue]]
    savings: NotRequired[dict[str, JsonValue]]
    early_settlement: NotRequired[dict[str, JsonValue]]
