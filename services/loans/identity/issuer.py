"""What does the embedded issuer need to make tokens, and whom does it know without a table?"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.loans.identity.keys import signing_key
from services.loans.institutions.tables import ClientRow, StaffRow
from services.loans.settings import LoansSettings
from shared import ids
from shared.auth import EVERY_INSTITUTION, Role, TokenVerifier
from shared.clock import Clock
from shared.jwks import GivenKeys

ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The embedded issuer: its key, its name, our own services and the public clients."""

    key: ECKey
    url: str
    audience: str
    lifetime_seconds: int
    clock: Clock
    service_secrets: Mapping[str, str]
    redirects: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, settings: LoansSettings, *, clock: Clock) -> "Issuer":
        """Make the issuer of the settings; its key is made at the first start."""
        given = settings.signing_key.get_secret_value() if settings.signing_key else None
        return cls(
            key=signing_key(folder=settings.data_folder, given=given),
            url=settings.issuer_url,
            audience=settings.audience,
            lifetime_seconds=settings.token_lifetime_seconds,
            clock=clock,
            service_secrets=settings.service_secrets,
            redirects=settings.redirects,
        )

    def verifier(self) -> TokenVerifier:
        """Make a verifier of this issuer's own tokens, which asks nobody for keys."""
        public = self.key_set()
        return TokenVerifier(
            GivenKeys(lambda: public), issuer=self.url, audience=self.audience, clock=self.clock
        )

    def key_set(self) -> KeySet:
        """Give the public half of the key."""
        public = ECKey.import_key(self.key.as_dict(private=False))
        return KeySet([public])

    def form_signature(self, message: bytes) -> bytes:
        """Sign what the sign-in form carries; the secret is derived from the signing key."""
        secret = hashlib.sha256(b"rafid sign-in form" + self.key.as_der(private=True)).digest()
        return hmac.digest(secret, message, "sha256")

    def is_service(self, client_id: str, secret: str) -> bool:
        """Tell whether this is one of our own services with its secret."""
        kept = self.service_secrets.get(client_id)
        return hmac.compare_digest(secret.encode(), (kept or "").encode()) and kept is not None

    def service_token(self, client_id: str) -> str:
        """Make a token of one of our own services, good for every institution it names."""
        return self._access_token(
            subject=uuid5(NAMESPACE_URL, f"{self.url}#{client_id}"),
            client_id=client_id,
            claims={"institution": EVERY_INSTITUTION, "roles": [Role.SERVICE]},
        )

    def client_token(self, row: ClientRow, *, client_id: str) -> str:
        """Make a token of a program."""
        claims = _scope_of(row)
        return self._access_token(subject=row.client_id, client_id=client_id, claims=claims)

    def staff_token(self, row: StaffRow, *, client_id: str) -> str:
        """Make a token of a person who signed in through a client."""
        claims = _scope_of(row)
        if row.donor_id is not None:
            claims["donor"] = str(row.donor_id)
        return self._access_token(subject=row.staff_id, client_id=client_id, claims=claims)

    def id_token(self, row: StaffRow, *, client_id: str, nonce: str | None) -> str:
        """Tell the client who signed in (OpenID Connect Core 1.0, section 2)."""
        claims: dict[str, object] = {"aud": client_id, "sub": str(row.staff_id), "name": row.name}
        if nonce is not None:
            claims["nonce"] = nonce
        return self._signed(claims, kind="JWT")

    def _access_token(self, *, subject: UUID, client_id: str, claims: dict[str, object]) -> str:
        named = {"aud": self.audience, "sub": str(subject), "client_id": client_id}
        return self._signed({**claims, **named, "jti": str(ids.new())}, kind="at+jwt")

    def _signed(self, claims: dict[str, object], *, kind: str) -> str:
        now = int(self.clock.now().timestamp())
        header = {"alg": ALGORITHM, "kid": self.key.kid, "typ": kind}
        whole = {"iss": self.url, "iat": now, "exp": now + self.lifetime_seconds, **claims}
        return jwt.encode(header, whole, self.key, algorithms=[ALGORITHM])


def _scope_of(row: ClientRow | StaffRow) -> dict[str, object]:
    claims: dict[str, object] = {"institution": str(row.institution_id), "roles": row.roles}
    if row.branch_ids is not None:
        claims["branches"] = [str(branch_id) for branch_id in row.branch_ids]
    return claims
