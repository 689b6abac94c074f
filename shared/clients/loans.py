"""What may another service ask of loans: its feed, its institutions, a fund's ledger figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.clients.assignment_runs import WaitingListOut
from shared.clients.tokens import TokenSource
from shared.errors import Kind, RafidError
from shared.ids import FundId, InstitutionId

UNAUTHORIZED = 401
DIRECTORY_PAGE = 500
WAITING_SECONDS = 120.0


class LoansUnavailable(RafidError):
    """The loans service did not answer

    The same question may be asked again; nothing was changed by asking.
    """

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    service: ClassVar[str] = "shared"
    detail: ClassVar[str] = "The loans service gave no usable answer: {reason}."
    reason: str


class Answer(BaseModel):
    """An answer of loans as this client reads it; members it does not know are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FeedEvent(Answer):
    """One event of the feed: a CloudEvents 1.0 envelope with its number and the time of it."""

    id: UUID
    type: str
    subject: str
    time: datetime
    institutionid: UUID
    sequence: int
    knownat: datetime
    data: Mapping[str, Any]


class FeedPage(Answer):
    """Events in their order; `next` is the number to ask after, `head` the newest number."""

    events: tuple[FeedEvent, ...]
    next: int
    head: int


class DirectoryEntry(Answer):
    """An institution as the directory lists it."""

    institution_id: UUID
    code: str


class Directory(Answer):
    """A part of the directory; `next` is the cursor of the next part, absent at the end."""

    items: tuple[DirectoryEntry, ...]
    next: str | None = None


class Names(Answer):
    """A name in three languages."""

    ar: str
    fr: str
    en: str


class InstitutionEntry(DirectoryEntry):
    """An institution as it describes itself."""

    names: Names
    country: str
    currency: str
    timezone: str


class FundFigures(Answer):
    """A fund's totals from the journal itself, of all entries known at `known_at`.

    All value dates are in. Amounts are minor units of `currency`, signed so that the good case
    is positive: `received_minor` receipts; `disbursed_minor` money paid out to
    borrowers, recipients, lenders and others, or invested; `returned_minor` all else that moved
    the money at hand, net of reversals: what borrowers paid back (principal, profit, fees and
    surplus), yield, what guarantors paid, and entries by hand; `cash_minor` balance of the fund's
    accounts of money, less savings, contributions and pools held there for others;
    `outstanding_principal_minor` balance of its loans account. `sequence` is the newest number
    of the feed at `known_at`. On sound books received + returned = disbursed + cash. `balances`
    are debits less credits of each account that moved, by its code.
    """

    fund_id: UUID
    currency: str
    received_minor: int
    disbursed_minor: int
    returned_minor: int
    cash_minor: int
    outstanding_principal_minor: int
    known_at: datetime
    sequence: int
    balances: dict[str, int] = Field(default_factory=dict)


class LoansClient(Protocol):
    """What monitoring and integrators ask of loans; every method may raise LoansUnavailable."""

    async def institutions(self) -> tuple[DirectoryEntry, ...]:
        """List every institution (service clients only)."""

    async def institution(self, institution_id: InstitutionId) -> InstitutionEntry:
        """Ask how an institution describes itself."""

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        """Read the feed of one institution after a number."""

    async def fund_figures(
        self, institution_id: InstitutionId, *, fund_id: FundId, known_at: datetime
    ) -> FundFigures:
        """Ask the ledger for a fund's totals at a cut-off."""


Model = TypeVar("Model", bound=BaseModel)


class HttpLoansClient:
    """LoansClient over HTTP, as a service client that names the institution it works for."""

    def __init__(
        self, http: httpx.AsyncClient, *, tokens: TokenSource, timeout_seconds: float = 10.0
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._timeout = timeout_seconds

    async def institutions(self) -> tuple[DirectoryEntry, ...]:
        """List every institution, page after page."""
        found: list[DirectoryEntry] = []
        params: dict[str, str | int] = {"limit": DIRECTORY_PAGE}
        while True:
            part = await self._get("/loans/v1/institutions", Directory, params=params)
            found += part.items
            if part.next is None:
                return tuple(found)
            params["after"] = part.next

    async def institution(self, institution_id: InstitutionId) -> InstitutionEntry:
        """Ask how an institution describes itself."""
        return await self._get(
            "/loans/v1/institution", InstitutionEntry, institution_id=institution_id
        )

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        """Read the feed of one institution after a number."""
        return await self._get(
            "/loans/v1/events",
            FeedPage,
            institution_id=institution_id,
            params={"after": after, "limit": limit},
        )

    async def fund_figures(
        self, institution_id: InstitutionId, *, fund_id: FundId, known_at: datetime
    ) -> FundFigures:
        """Ask the ledger for a fund's totals at a cut-off."""
        return await self._get(
            f"/loans/v1/funds/{fund_id}/figures",
            FundFigures,
            institution_id=institution_id,
            params={"known_at": known_at.isoformat()},
        )

    async def waiting_list(
        self, institution_id: InstitutionId, *, currency: str | None, after: str | None
    ) -> WaitingListOut:
        """Read a part of what waits for money, as a run of the assignment takes it."""
        asked = {"currency": currency, "after": after}
        return await self._get(
            "/loans/v1/waiting-list",
            WaitingListOut,
            institution_id=institution_id,
            params={"limit": DIRECTORY_PAGE, **{k: v for k, v in asked.items() if v is not None}},
            timeout_seconds=WAITING_SECONDS,
        )

    async def _get(
        self,
        path: str,
        model: type[Model],
        *,
        institution_id: InstitutionId | None = None,
        params: Mapping[str, str | int] | None = None,
        timeout_seconds: float | None = None,
    ) -> Model:
        limit = timeout_seconds or self._timeout
        response = await self._send(path, limit, institution_id=institution_id, params=params)
        if response.status_code == UNAUTHORIZED:
            self._tokens.forget()
            response = await self._send(path, limit, institution_id=institution_id, params=params)
        if not response.is_success:
            raise LoansUnavailable(reason=f"{response.status_code} for {path}")
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise LoansUnavailable(reason=f"an answer of another form for {path}") from error

    async def _send(
        self,
        path: str,
        limit: float,
        *,
        institution_id: InstitutionId | None,
        params: Mapping[str, str | int] | None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"}
        if institution_id is not None:
            headers["X-Institution"] = str(institution_id)
        try:
            return await self._http.get(path, params=params, headers=headers, timeout=limit)
        except httpx.HTTPError as error:
            raise LoansUnavailable(reason=type(error).__name__) from error
