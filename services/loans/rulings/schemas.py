"""What do boards and rulings look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import Ruling, RulingState, RulingVerdict, Scope, Topic
from services.loans.domain.terms import ModeOfFinance
from services.loans.institutions.schemas import NamesBody
from services.loans.rulings.commands import Office, Proposal
from services.loans.rulings.queries import Entered
from services.loans.rulings.tables import BoardMemberRow, BoardRow
from shared.schemas import Body, Instant

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["SSB-1"])]
Reference = Annotated[str, Field(min_length=1, max_length=200, examples=["SSB 4/2026"])]
Place = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z]{2,10})?$", examples=["JO"])]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64])]
Words = Annotated[str, Field(min_length=1, max_length=1_000)]
ClassCode = Annotated[str, Field(pattern=r"^[a-z_]{1,30}$", examples=["fi_sabilillah"])]


class BoardIn(Body):
    """A Sharia board, or an authority whose rulings are followed; no country: of many."""

    code: Code
    names: NamesBody
    country: Place | None = None


class MemberIn(Body):
    """A scholar who sits on a board from a day on."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    office: Office
    starts_on: date


class LeavingIn(Body):
    """The first day on which a scholar sits no more on a board."""

    ends_on: date


class MemberOut(Body):
    """Who sits, or sat, on a board; `ends_on` is the first day without them."""

    member_id: UUID
    name: str
    office: str
    starts_on: date
    ends_on: date | None

    @classmethod
    def of(cls, row: BoardMemberRow) -> Self:
        """Write a member."""
        return cls.model_validate(row, from_attributes=True)


class BoardOut(Body):
    """A board with its members."""

    board_id: UUID
    code: str
    names: NamesBody
    country: str | None
    members: list[MemberOut]

    @classmethod
    def of(cls, row: BoardRow, members: Sequence[BoardMemberRow]) -> Self:
        """Write a board with those of the members that are its own."""
        return cls(
            board_id=row.board_id,
            code=row.code,
            names=NamesBody(ar=row.name_ar, fr=row.name_fr, en=row.name_en),
            country=row.country,
            members=[MemberOut.of(one) for one in members if one.board_id == row.board_id],
        )


class ScopeBody(Body):
    """What a ruling covers: what is not named is not covered."""

    topics: Annotated[list[Topic], Field(min_length=1, max_length=len(Topic))]
    modes: Annotated[list[ModeOfFinance], Field(max_length=20)] = []
    fund_kinds: Annotated[list[FundKind], Field(max_length=20)] = []
    zakat_classes: Annotated[list[ClassCode], Field(max_length=20)] = []

    def scope(self) -> Scope:
        """Give the scope as the domain knows it. Raises `RulingUnclear`."""
        return Scope(
            topics=frozenset(self.topics),
            modes=frozenset(self.modes),
            fund_kinds=frozenset(self.fund_kinds),
            zakat_classes=frozenset(self.zakat_classes),
        )

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Write a scope."""
        return cls(
            topics=sorted(scope.topics),
            modes=sorted(scope.modes),
            fund_kinds=sorted(scope.fund_kinds),
            zakat_classes=sorted(scope.zakat_classes),
        )


class RulingIn(Body):
    """A ruling to enter; it counts once another person approved it.

    In force from `in_force_from` (the day it was given, if left out) and before `in_force_until`.
    `supersedes` is the reference or id of the ruling whose place it takes from that day.
    """

    reference: Reference
    board_id: UUID
    verdict: RulingVerdict = RulingVerdict.PERMITTED
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    language: Literal["ar", "fr", "en"]
    document_sha256: Sha256
    source_url: Annotated[str, Field(max_length=300, pattern=r"^https?://\S+$")] | None = None
    country: Place | None = None
    given_on: date
    in_force_from: date | None = None
    in_force_until: date | None = None
    scope: ScopeBody
    supersedes: Reference | None = None

    def proposal(self) -> Proposal:
        """Give what somebody enters. Raises `RulingUnclear`."""
        return Proposal(
            reference=self.reference,
            board_id=self.board_id,
            verdict=self.verdict,
            text=self.text,
            language=self.language,
            document_sha256=self.document_sha256,
            source_url=self.source_url,
            country=self.country,
            given_on=self.given_on,
            in_force_from=self.in_force_from or self.given_on,
            in_force_until=self.in_force_until,
            scope=self.scope.scope(),
            supersedes=self.supersedes,
        )


class WithdrawalIn(Body):
    """A board's decision to take a ruling back from a day on, with the hash of its paper."""

    withdrawn_on: date
    reason: Words
    document_sha256: Sha256


class WithdrawalOut(Body):
    """How a ruling was taken back."""

    number: str
    withdrawn_on: date
    reason: str
    document_sha256: str
    recorded_by: UUID
    recorded_at: Instant


class EntryOut(Body):
    """A ruling as it was entered, who approved it, and how it stands on a day.

    `standing` is null until it is approved.
    """

    ruling_id: UUID
    state: Literal["proposed", "approved", "rejected"]
    number: str | None
    standing: RulingState | None
    reference: str
    board_id: UUID
    board: NamesBody
    verdict: RulingVerdict
    text: str
    language: str
    document_sha256: str
    source_url: str | None
    country: str | None
    given_on: date
    in_force_from: date
    in_force_until: date | None
    scope: ScopeBody
    supersedes_id: UUID | None
    superseded_by: UUID | None
    withdrawal: WithdrawalOut | None
    entered_by: UUID
    entered_at: Instant
    decided_by: UUID | None
    decided_at: Instant | None

    @classmethod
    def of(cls, entered: Entered, *, scope: Scope, ruling: Ruling | None, on: date) -> Self:
        """Write an entry with how the register's ruling stands on a day."""
        row, board, decision = entered.row, entered.board, entered.decision
        return cls(
            ruling_id=row.ruling_id,
            state=entered.state,
            number=None if decision is None else decision.number,
            standing=None if ruling is None else ruling.state(on),
            reference=row.reference,
            board_id=row.board_id,
            board=NamesBody(ar=board.name_ar, fr=board.name_fr, en=board.name_en),
            verdict=RulingVerdict(row.verdict),
            text=row.text,
            language=row.language,
            document_sha256=row.document_sha256,
            source_url=row.source_url,
            country=row.country,
            given_on=row.given_on,
            in_force_from=row.in_force_from,
            in_force_until=row.in_force_until,
            scope=ScopeBody.of(scope),
            supersedes_id=row.supersedes_id,
            superseded_by=None if ruling is None else ruling.superseded_by,
            withdrawal=_withdrawal(entered),
            entered_by=row.actor_id,
            entered_at=row.recorded_at,
            decided_by=None if decision is None else decision.actor_id,
            decided_at=None if decision is None else decision.recorded_at,
        )


class RulingOut(Body):
    """A ruling of the register as it stands on a day: what a product, fund or contract rests on."""

    ruling_id: UUID
    reference: str
    board_id: UUID
    board: str
    verdict: RulingVerdict
    country: str | None
    given_on: date
    in_force_from: date
    in_force_until: date | None
    standing: RulingState
    scope: ScopeBody

    @classmethod
    def of(cls, ruling: Ruling, *, on: date) -> Self:
        """Write a ruling; its last day is that of whatever ended it first."""
        return cls(
            ruling_id=ruling.ruling_id,
            reference=ruling.reference,
            board_id=ruling.board_id,
            board=ruling.board,
            verdict=ruling.verdict,
            country=ruling.country,
            given_on=ruling.given_on,
            in_force_from=ruling.in_force_from,
            in_force_until=ruling.last_day_excluded,
            standing=ruling.state(on),
            scope=ScopeBody.of(ruling.scope),
        )


class RegisterOut(Body):
    """What the register holds on a day, as it was known at an instant.

    `rulings_bind`: nothing that needs a ruling is done without one of these.
    """

    on: date
    known_at: Instant | None
    rulings_bind: bool
    items: list[RulingOut]


def _withdrawal(entered: Entered) -> WithdrawalOut | None:
    row = entered.withdrawal
    if row is None:
        return None
    return WithdrawalOut(
        number=row.number,
        withdrawn_on=row.withdrawn_on,
        reason=row.reason,
        document_sha256=row.document_sha256,
        recorded_by=row.actor_id,
        recorded_at=row.recorded_at,
    )
