"""Who tells which funds may serve, before scoring is asked? A later slice, given at assembly.

Fund checks stand above applications; `app` puts theirs here.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.serving import Serving
from shared.ids import ApplicationId


class AskFunds(Protocol):
    """Asks every fund about applications, by the reading that also refuses a claim."""

    async def __call__(
        self, session: AsyncSession, application_ids: Sequence[ApplicationId], *, on: date
    ) -> Mapping[UUID, Serving]:
        """Give what funds say of each application; nothing is locked, nothing is changed."""
        ...


async def ask_nobody(
    session: AsyncSession, application_ids: Sequence[ApplicationId], *, on: date
) -> Mapping[UUID, Serving]:
    """Tell of no fund: the opinion is then on the product's own price."""
    del session, on
    return {application_id: Serving() for application_id in application_ids}


def fund_asker(request: Request) -> AskFunds:
    """Return what asks the funds."""
    asker: AskFunds = getattr(request.app.state, "ask_funds", ask_nobody)
    return asker


Funds = Annotated[AskFunds, Depends(fund_asker)]
