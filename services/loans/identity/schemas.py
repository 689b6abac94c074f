"""What does the issuer answer to programs? The forms are those of OAuth 2.0 and OpenID Connect."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class TokenOut(BaseModel):
    """A token (RFC 6749, section 5.1)."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token, none itself
    expires_in: int
    id_token: str | None = None


class OAuthErrorOut(BaseModel):
    """Why there is no token (RFC 6749, section 5.2)."""

    model_config = ConfigDict(frozen=True)

    error: Literal[
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "temporarily_unavailable",
    ]
    error_description: str


class KeyOut(BaseModel):
    """A public key (RFC 7517)."""

    model_config = ConfigDict(frozen=True)

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class KeySetOut(BaseModel):
    """The public keys of the issuer."""

    model_config = ConfigDict(frozen=True)

    keys: list[KeyOut]


class ConfigurationOut(BaseModel):
    """Where the issuer's addresses are (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: list[str] = ["code"]
    response_modes_supported: list[str] = ["query"]
    grant_types_supported: list[str] = ["authorization_code", "client_credentials"]
    subject_types_supported: list[str] = ["public"]
    id_token_signing_alg_values_supported: list[str] = ["ES256"]
    token_endpoint_auth_methods_supported: list[str] = [
        "client_secret_basic",
        "client_secret_post",
        "none",
    ]
    code_challenge_methods_supported: list[str] = ["S256"]
    scopes_supported: list[str] = ["openid"]
    ui_locales_supported: list[str] = ["ar", "fr", "en"]
    authorization_response_iss_parameter_supported: bool = True
