"""What does a service learn from its environment? Frozen, and no secret has a default."""

from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MAX_BODY_BYTES = 1_048_576
TOKEN_LIFETIME_SECONDS = 3_600


class ServiceSettings(BaseSettings):
    """What every service needs; a service's own class adds its prefix, `RAFID_LOANS_` and so on.

    The members that name an issuer are read without the service's prefix (`RAFID_ISSUER`), for
    all services must trust the same one.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr
    pool_size: int = Field(default=8, ge=1, le=100)
    body_limit_bytes: int = Field(default=MAX_BODY_BYTES, ge=1_024)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias="RAFID_LOG_LEVEL"
    )
    log_format: Literal["json", "console"] = Field(
        default="json", validation_alias="RAFID_LOG_FORMAT"
    )

    issuer: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8000/loans/v1"), validation_alias="RAFID_ISSUER"
    )
    audience: str = Field(default="rafid", min_length=1, validation_alias="RAFID_AUDIENCE")
    jwks_url: AnyHttpUrl | None = Field(default=None, validation_alias="RAFID_JWKS_URL")
    token_algorithms: tuple[str, ...] = Field(
        default=("ES256",), min_length=1, validation_alias="RAFID_TOKEN_ALGORITHMS"
    )
    claim_institution: str = Field(
        default="institution", validation_alias="RAFID_CLAIM_INSTITUTION"
    )
    claim_roles: str = Field(default="roles", validation_alias="RAFID_CLAIM_ROLES")
    claim_branches: str = Field(default="branches", validation_alias="RAFID_CLAIM_BRANCHES")
    claim_donor: str = Field(default="donor", validation_alias="RAFID_CLAIM_DONOR")

    @property
    def issuer_url(self) -> str:
        """The issuer as tokens name it: without a slash at its end."""
        return str(self.issuer).rstrip("/")
