"""What does the deed of a waqf say, and can it say so?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.errors import Kind, RafidError, Sentence


class WaqfUse(StrEnum):
    """What the deed does with the money: lent without profit, or invested for its yield."""

    LENT = "cash_for_qard"
    INVESTED = "cash_invested"


class WaqfBenefit(StrEnum):
    """For whom the waqf was founded."""

    CHARITABLE = "charitable"
    FAMILY = "family"


class LossBase(StrEnum):
    """What the expected loss is a share of: the whole pool, or what is lent of it."""

    POOL = "pool"
    LENT = "lent"


class DeedNotPossible(RafidError):
    """The deed cannot say this"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} of the deed cannot be {value}: {reason} ({source})."
    member: str
    value: str
    reason: Sentence
    source: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What the founder laid down, as one version of the deed says it.

    Shares are fractions: 0.1 is a tenth. `growth_share` is the part of the net yield that the
    deed has added to the corpus, none where it is silent. `loss_rate` of `loss_base` is the loss
    that a reserve or the participants' pool must cover before anything more is lent.
    """

    reference: str
    made_on: date
    use: WaqfUse
    benefit: WaqfBenefit
    purposes: tuple[str, ...]
    purpose_clause: str
    corpus_clause: str
    permits_temporary: bool = False
    permits_qard: bool = False
    growth_share: Decimal | None = None
    nazir_id: UUID | None = None
    nazir_fee_share: Decimal = Decimal(0)
    reserve_share: Decimal = Decimal(0)
    loss_rate: Decimal = Decimal(0)
    loss_base: LossBase = LossBase.POOL
    clause_ids: tuple[UUID, ...] = ()


def require_possible(deed: Deed, *, fee_cap: Decimal, fee_source: str) -> None:
    """Raise `DeedNotPossible` for a deed that contradicts itself or goes beyond the cap.

    `fee_cap` is the rulebook's: a tenth of the net yield unless the institution's own fact says
    otherwise.
    """
    shared_out = deed.nazir_fee_share + deed.reserve_share + (deed.growth_share or 0)
    own = Sentence(deed.reference)
    _refuse(
        deed.nazir_fee_share > fee_cap,
        ("nazir_fee_share", deed.nazir_fee_share),
        reason="the trustee's fee is above the cap on it",
        source=Sentence(fee_source),
    )
    _refuse(
        shared_out > 1,
        ("growth_share", deed.growth_share),
        reason="fee, reserve and growth together are more than the yield",
        source=own,
    )
    _refuse(
        not deed.purposes,
        ("purposes", ()),
        reason="a waqf without a purpose cannot be spent",
        source=own,
    )
    _refuse(
        deed.use is WaqfUse.LENT and deed.loss_rate >= 1,
        ("loss_rate", deed.loss_rate),
        reason="what is expected to be lost whole is not lent",
        source=own,
    )


def _refuse(
    is_wrong: bool,  # noqa: FBT001 - the question itself stands in its place
    said: tuple[str, Decimal | Collection[str] | None],
    *,
    reason: str,
    source: Sentence,
) -> None:
    if is_wrong:
        member, value = said
        raise DeedNotPossible(
            member=member, value=str(value or "–"), reason=Sentence(reason), source=source
        )


def to_members(deed: Deed) -> dict[str, object]:
    """The deed as JSON can hold it; `from_members` gives it back."""
    return {
        "reference": deed.reference,
        "made_on": deed.made_on.isoformat(),
        "use": deed.use.value,
        "benefit": deed.benefit.value,
        "purposes": list(deed.purposes),
        "purpose_clause": deed.purpose_clause,
        "corpus_clause": deed.corpus_clause,
        "permits_temporary": deed.permits_temporary,
        "permits_qard": deed.permits_qard,
        "growth_share": None if deed.growth_share is None else str(deed.growth_share),
        "nazir_id": None if deed.nazir_id is None else str(deed.nazir_id),
        "nazir_fee_share": str(deed.nazir_fee_share),
        "reserve_share": str(deed.reserve_share),
        "loss_rate": str(deed.loss_rate),
        "loss_base": deed.loss_base.value,
        "clause_ids": [str(one) for one in deed.clause_ids],
    }


def from_members(members: Mapping[str, Any]) -> Deed:
    """The deed that `to_members` wrote."""
    growth, nazir = members["growth_share"], members["nazir_id"]
    return Deed(
        reference=members["reference"],
        made_on=date.fromisoformat(members["made_on"]),
        use=WaqfUse(members["use"]),
        benefit=WaqfBenefit(members["benefit"]),
        purposes=tuple(members["purposes"]),
        purpose_clause=members["purpose_clause"],
        corpus_clause=members["corpus_clause"],
        permits_temporary=members["permits_temporary"],
        permits_qard=members["permits_qard"],
        growth_share=None if growth is None else Decimal(growth),
        nazir_id=None if nazir is None else UUID(nazir),
        nazir_fee_share=Decimal(members["nazir_fee_share"]),
        reserve_share=Decimal(members["reserve_share"]),
        loss_rate=Decimal(members["loss_rate"]),
        loss_base=LossBase(members["loss_base"]),
        clause_ids=tuple(UUID(one) for one in members["clause_ids"]),
    )
