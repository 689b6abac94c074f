"""Which eight classes may receive zakat, and what must be shown of who is counted to one?"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ZakatClass(StrEnum):
    """The eight classes of Qur'an 9:60, in its order."""

    FUQARA = "fuqara"
    MASAKIN = "masakin"
    AMILIN = "amilin"
    MUALLAFA = "muallafa"
    RIQAB = "riqab"
    GHARIMIN = "gharimin"
    FI_SABILILLAH = "fi_sabilillah"
    IBN_SABIL = "ibn_sabil"


class Evidence(StrEnum):
    """What can be shown of a person's case."""

    INCOME_TEST = "income_test"
    HOUSEHOLD = "household"
    OTHER_AID = "other_aid"
    FIELD_VISIT = "field_visit"
    ACTIVITY = "activity"
    AUTHORITY_DECISION = "authority_decision"
    DEBT_PROOF = "debt_proof"
    INSOLVENCY_TEST = "insolvency_test"
    DEBT_PURPOSE = "debt_purpose"
    NO_COLLUSION = "no_collusion"
    DISPLACEMENT = "displacement"
    NO_ACCESS_TO_WEALTH = "no_access_to_wealth"


NEEDY: Final = frozenset({ZakatClass.FUQARA, ZakatClass.MASAKIN})
"""Who lacks what suffices: the only two classes to whom zakat may be lent, where it may."""

OWNING: Final = frozenset(
    {ZakatClass.FUQARA, ZakatClass.MASAKIN, ZakatClass.AMILIN, ZakatClass.MUALLAFA}
)
"""Named with "li" in Qur'an 9:60: what is given becomes the receiver's own (tamlik).

The last four are named with "fi": spending for their purpose is enough.
"""

BY_AUTHORITY: Final = frozenset({ZakatClass.MUALLAFA, ZakatClass.RIQAB, ZakatClass.FI_SABILILLAH})
"""Counted to by a decision of the competent authority alone, never proposed by the system."""

_NEED: Final = (Evidence.INCOME_TEST, Evidence.HOUSEHOLD, Evidence.OTHER_AID, Evidence.FIELD_VISIT)

EVIDENCE: Final[Mapping[ZakatClass, tuple[Evidence, ...]]] = {
    ZakatClass.FUQARA: _NEED,
    ZakatClass.MASAKIN: (*_NEED, Evidence.ACTIVITY),
    ZakatClass.MUALLAFA: (Evidence.AUTHORITY_DECISION,),
    ZakatClass.RIQAB: (Evidence.AUTHORITY_DECISION,),
    ZakatClass.GHARIMIN: (
        Evidence.DEBT_PROOF,
        Evidence.INSOLVENCY_TEST,
        Evidence.DEBT_PURPOSE,
        Evidence.NO_COLLUSION,
    ),
    ZakatClass.FI_SABILILLAH: (Evidence.AUTHORITY_DECISION,),
    ZakatClass.IBN_SABIL: (Evidence.DISPLACEMENT, Evidence.NO_ACCESS_TO_WEALTH),
}
"""What must be shown for each class. Those who work on zakat are paid as its cost, not here."""
