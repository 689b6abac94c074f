"""What does monitoring learn from its environment? Secrets have no default."""

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class MonitoringSettings(ServiceSettings):
    """Settings of monitoring: `RAFID_MONITORING_…`, and the addresses all services share.

    `client_id` and `client_secret` are those of the service itself; people sign in through the
    public client `page_client_id`, which needs no secret.
    """

    model_config = SettingsConfigDict(env_prefix="RAFID_MONITORING_")

    loans_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8000"), validation_alias="RAFID_LOANS_URL"
    )
    scoring_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8001"), validation_alias="RAFID_SCORING_URL"
    )
    public_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8000"), validation_alias="RAFID_PUBLIC_URL"
    )
    client_id: str = "monitoring"
    client_secret: SecretStr
    session_secret: SecretStr = Field(min_length=32)
    page_client_id: str = "monitoring"
    token_url: AnyHttpUrl | None = None
    authorize_url: AnyHttpUrl | None = None
    poll_seconds: float = Field(default=0.5, gt=0, le=60)

    @property
    def token_address(self) -> str:
        """Where tokens are given: the issuer's own token endpoint unless another is named."""
        return str(self.token_url) if self.token_url else f"{self.issuer_url}/token"

    @property
    def authorize_address(self) -> str:
        """Where people sign in."""
        return str(self.authorize_url) if self.authorize_url else f"{self.issuer_url}/authorize"

    @property
    def callback_address(self) -> str:
        """Where the issuer sends people back to."""
        return f"{str(self.public_url).rstrip('/')}/monitoring/v1/callback"

    @property
    def is_tls(self) -> bool:
        """Whether people reach the pages over TLS: cookies are then only sent over it."""
        return self.public_url.scheme == "https"
