"""An issuer for tests: it signs whatever it is told to."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.auth import Claims, TokenVerifier
from shared.clock import FixedClock
from shared.jwks import GivenKeys

ISSUER = "https://issuer.example/loans/v1"
AUDIENCE = "rafid"
AT = datetime(2026, 4, 1, 8, tzinfo=UTC)
SUBJECT = UUID("0198c0de-0000-7000-8000-000000000001")
INSTITUTION = UUID("0198c0de-0000-7000-8000-00000000000a")
OTHER_INSTITUTION = UUID("0198c0de-0000-7000-8000-00000000000b")


class Signer:
    """A key, a clock, and tokens of both."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
        self.key.ensure_kid()
        self.clock = FixedClock(AT)
        self.asked = 0

    def keys(self) -> KeySet:
        self.asked += 1
        return KeySet([ECKey.import_key(self.key.as_dict(private=False))])

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Lawful claims of an officer; None takes a claim away."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(SUBJECT),
            "institution": str(INSTITUTION),
            "roles": ["officer"],
            "exp": int(self.clock.now().timestamp()) + 600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **changes: Any) -> str:
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, self.claims(**changes), self.key)

    def verifier(self, *, claims: Claims | None = None, remembered: int = 100) -> TokenVerifier:
        return TokenVerifier(
            GivenKeys(self.keys),
            issuer=ISSUER,
            audience=AUDIENCE,
            clock=self.clock,
            claims=claims,
            remembered=remembered,
        )
