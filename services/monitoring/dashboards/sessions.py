"""How does a browser prove, request after request, who signed in? By signed cookies of ours.

Both are signed with the service's own secret and end by themselves; neither holds a token.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.auth import Actor, Role
from shared.ids import DonorId, InstitutionId
from shared.texts import Language

SESSION_COOKIE = "rafid_session"
SIGN_IN_COOKIE = "rafid_pkce"
LONGEST_SESSION = timedelta(hours=8)
SIGN_IN_LASTS = timedelta(minutes=10)
ALGORITHM = "HS256"


class SignIn(BaseModel):
    """A sign-in on its way: what the issuer must give back, and what proves that we asked."""

    model_config = ConfigDict(frozen=True)
    state: str
    verifier: str
    language: Language
    path: str

    @classmethod
    def begin(cls, *, language: Language, path: str) -> "SignIn":
        """Start one with fresh random words (RFC 7636, section 4.1)."""
        return cls(
            state=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            language=language,
            path=path,
        )

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Sessions:
    """Writes and reads the two cookies."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(hashlib.sha256(secret.encode()).digest())

    def write_session(self, actor: Actor, *, now: datetime, lifetime: timedelta) -> str:
        """A session for an actor; it ends with the token it was made from, or after eight hours."""
        claims = {
            "sub": str(actor.id),
            "institution": str(actor.institution_id),
            "roles": sorted(actor.roles),
            "donor": str(actor.donor_id) if actor.donor_id else None,
        }
        return self._signed("session", claims, until=now + min(lifetime, LONGEST_SESSION))

    def read_session(self, cookie: str, *, now: datetime) -> Actor | None:
        """The actor of a session; None for one that has ended or is not ours.

        A session sees no branches: pages show funds, which have none.
        """
        claims = self._opened("session", cookie, now=now)
        if claims is None:
            return None
        return Actor(
            id=UUID(claims["sub"]),
            institution_id=InstitutionId(UUID(claims["institution"])),
            roles=frozenset(Role(role) for role in claims["roles"]),
            branch_ids=frozenset(),
            donor_id=DonorId(UUID(claims["donor"])) if claims["donor"] else None,
        )

    def write_sign_in(self, sign_in: SignIn, *, now: datetime) -> str:
        """A cookie for a sign-in on its way."""
        return self._signed("sign-in", sign_in.model_dump(), until=now + SIGN_IN_LASTS)

    def read_sign_in(self, cookie: str, *, now: datetime) -> SignIn | None:
        """The sign-in on its way; None for one that took too long or is not ours."""
        claims = self._opened("sign-in", cookie, now=now)
        try:
            return None if claims is None else SignIn.model_validate(claims)
        except ValidationError:
            return None

    def _signed(self, use: str, claims: Mapping[str, Any], *, until: datetime) -> str:
        content = {**claims, "use": use, "exp": int(until.timestamp())}
        return jwt.encode({"alg": ALGORITHM}, content, self._key)

    def _opened(self, use: str, cookie: str, *, now: datetime) -> dict[str, Any] | None:
        try:
            claims = jwt.decode(cookie, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        is_good = claims.get("use") == use and claims.get("exp", 0) > now.timestamp()
        return claims if is_good else None
