"""Which tables hold the codes of sign-in and the attempts at it?

Foreign keys and checks stand in the migration alone.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.loans.base import Base


class AuthorizationCodeRow(Base):
    """A code that a browser carries to a client: redeemed once, within a minute."""

    __tablename__ = "authorization_code"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str]
    nonce: Mapped[str | None]
    scope: Mapped[str]
    staff_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]


class SignInAttemptRow(Base):
    """How often a login was tried in vain since an instant."""

    __tablename__ = "sign_in_attempt"
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    since: Mapped[datetime]
