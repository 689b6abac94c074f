"""What does one person's decision on an application come to?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.loans.domain import authority, lifecycle
from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.authority import AuthorityLevel, Decision, Outcome
from services.loans.domain.lifecycle import ApplicationEvent, ApplicationStatus
from services.loans.domain.product import Asked, Product, Recommendation
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money

EVENTS = {
    Outcome.APPROVE: ApplicationEvent.APPROVE,
    Outcome.REJECT: ApplicationEvent.REJECT,
    Outcome.RETURN: ApplicationEvent.RETURN,
}


class OfferMissing(RafidError):
    """An approval needs an offer"""

    kind = Kind.RULE
    service = "loans"
    detail = "Say from which fund, and on which terms; the menu of the assessment has lines."


class OfferNotAsked(RafidError):
    """Only an approval carries an offer"""

    kind = Kind.RULE
    service = "loans"
    detail = "A decision to {outcome} has no offer."
    outcome: Outcome


class OfferDiffers(RafidError):
    """The level before offered something else"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Level {level} approved another offer; approve that one, or return the application."
    level: int


class OfferAboveAsked(RafidError):
    """More is offered than was asked for"""

    kind = Kind.RULE
    service = "loans"
    detail = "{offered} is offered; {asked} was asked for."
    offered: Money
    asked: Money


class MenuLineUnknown(RafidError):
    """The menu has no such line"""

    kind = Kind.RULE
    service = "loans"
    detail = "The menu of the assessment has no line {line}."
    line: int


class MenuLineFollowsMonths(RafidError):
    """The instalments of this line follow the months, and the product's do not"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Line {line} asks each month for what it leaves; {product_code} asks for the same each"
        " time. Lend by a product whose instalments are seasonal, or name terms."
    )
    line: int
    product_code: str


class OverrideReasonMissing(RafidError):
    """An approval against the product's rules needs a reason of its own"""

    kind = Kind.RULE
    service = "loans"
    detail = "The rules of the product say {recommended}; say why this is approved all the same."
    recommended: Recommendation


class OffMenuReasonMissing(OverrideReasonMissing):
    """Terms that are not on the menu need a reason of their own"""

    detail = "Scoring's menu has no {amount} in {term_months} months; say why it is approved."
    amount: Money
    term_months: int


class LevelMoved(RafidError):
    """The application has reached another level"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application is at level {level}, not {expected}: read it again."
    level: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Terms with the fund that is to pay; the rate is always said."""

    fund_id: FundId
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a person decides on one application, and why.

    `menu_line` takes the terms of a line of the assessment's menu. `level` is the level the
    person believes to decide at; another one is refused.
    """

    application_id: UUID
    outcome: Outcome
    reasons: tuple[str, ...]
    fund_id: FundId | None = None
    terms: Asked | None = None
    menu_line: int | None = None
    override_reason: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a decision rests on: where the application stands, and what was decided before it.

    `menu` holds the feasible terms by line, `following` the lines whose instalments follow the
    months; `offer` what a level before has approved.
    """

    application_id: UUID
    status: ApplicationStatus
    product: Product
    asked: Asked
    recommended: Recommendation
    menu: dict[int, Asked]
    maker_ids: Collection[UUID]
    decisions: Sequence[Decision]
    offer: Offer | None
    levels: Sequence[AuthorityLevel]
    following: Collection[int] = ()

    @property
    def level_menu(self) -> dict[int, Asked]:
        """The lines that a contract of this product keeps to: it asks for the same each time."""
        if self.product.amortisation.kind is AmortisationKind.SEASONAL:
            return self.menu
        return {line: asked for line, asked in self.menu.items() if line not in self.following}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A lawful decision: its level, what is offered, and whether it closes the approval."""

    level: int
    offer: Offer | None
    is_final: bool


def judge(file: File, *, proposal: Proposal, actor_id: UUID, roles: Collection[str]) -> Judged:
    """What a person's decision comes to; nothing is decided unless every rule holds.

    Raises `TransitionRefused`, `OfferMissing`, `OfferNotAsked`, `OfferDiffers`,
    `OfferAboveAsked`, `MenuLineUnknown`, `OverrideReasonMissing`, `OffMenuReasonMissing`,
    `OutsideProduct`, `NoAuthorityLevel`, `MakerIsChecker`, `DuplicateApproval`,
    `RoleLacksAuthority`, `AlreadyDecided`, `LevelMoved`.
    """
    lifecycle.next_application_status(file.status, event=EVENTS[proposal.outcome])
    offer = _offer(file, proposal=proposal)
    needed = authority.levels_needed(
        offer.asked.amount if offer else file.asked.amount,
        product_id=file.product.product_id,
        fund_id=offer.fund_id if offer else None,
        levels=file.levels,
    )
    level = authority.level_to_decide(
        needed,
        decisions=file.decisions,
        actor_id=actor_id,
        roles=roles,
        maker_ids=file.maker_ids,
    )
    if proposal.level not in (None, level.level):
        raise LevelMoved(level=level.level, expected=proposal.level or 0)
    approves = proposal.outcome is Outcome.APPROVE
    if offer is not None and approves and not proposal.override_reason:
        _require_no_override(file, asked=offer.asked)
    decision = Decision(level=level.level, outcome=proposal.outcome, actor_id=actor_id)
    closes = authority.is_approved(needed, decisions=[*file.decisions, decision])
    return Judged(
        level=level.level,
        offer=offer if approves else None,
        is_final=closes if approves else True,
    )


def _require_no_override(file: File, *, asked: Asked) -> None:
    """Raise unless the rules do not advise against it and the menu has the corner asked for.

    A corner is amount, term and grace; the rate on it is bound by the product. Where scoring
    found nothing feasible, there is no menu, and the rules have said what they make of that.
    """
    if file.recommended is Recommendation.REJECT:
        raise OverrideReasonMissing(recommended=file.recommended)
    if file.menu and _corner(asked) not in map(_corner, file.level_menu.values()):
        raise OffMenuReasonMissing(
            recommended=file.recommended, amount=asked.amount, term_months=asked.term_months
        )


def _corner(asked: Asked) -> tuple[Money, int, int]:
    return asked.amount, asked.term_months, asked.grace_months


def _offer(file: File, *, proposal: Proposal) -> Offer | None:
    """The offer of an approval: said in full, by a line of the menu, or by the level before.

    A refusal is judged by the authority over the offer that stands, if there is one.
    """
    said = _said(file, proposal=proposal)
    if proposal.outcome is not Outcome.APPROVE:
        if said is not None or proposal.fund_id is not None:
            raise OfferNotAsked(outcome=proposal.outcome)
        return file.offer
    if file.offer is not None:
        fund_id = proposal.fund_id or file.offer.fund_id
        if fund_id != file.offer.fund_id or said not in (None, file.offer.asked):
            raise OfferDiffers(level=max(decision.level for decision in file.decisions))
        return file.offer
    if said is None or proposal.fund_id is None:
        raise OfferMissing
    if said.amount.currency == file.asked.amount.currency and said.amount > file.asked.amount:
        raise OfferAboveAsked(offered=said.amount, asked=file.asked.amount)
    file.product.check(said)
    return Offer(fund_id=proposal.fund_id, asked=said)


def _said(file: File, *, proposal: Proposal) -> Asked | None:
    if proposal.menu_line is not None:
        if proposal.menu_line not in file.menu:
            raise MenuLineUnknown(line=proposal.menu_line)
        if proposal.menu_line not in file.level_menu:
            raise MenuLineFollowsMonths(line=proposal.menu_line, product_code=file.product.code)
        return file.menu[proposal.menu_line]
    terms = proposal.terms
    if terms is None or terms.annual_rate is not None:
        return terms
    return Asked(
        amount=terms.amount,
        term_months=terms.term_months,
        grace_months=terms.grace_months,
        annual_rate=file.product.annual_rate.usual,
    )
