"""What does loans learn from its environment (`RAFID_LOANS_…`)?"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import TOKEN_LIFETIME_SECONDS, ServiceSettings

MIN_SECRET = 32


class LoansSettings(ServiceSettings):
    """Settings of loans and of the issuer of tokens that stands in it.

    With `embedded_issuer` off, people and programs come with tokens of another OpenID issuer
    (`RAFID_ISSUER` and what stands beside it). `sandbox_wallet` offers the built-in wallet, whose
    money is made up: for trying things out, never where real money moves. From the day of the
    month `warn_from_day` on the running loans of the month before are graded by themselves, never
    if it is not set; `warn_per_officer` is how many loans an officer can look after in a month.
    Reminders leave as files in `sms_folder` for a gateway, or through the mail server `smtp_url`.
    `trusted_hosts` are "host:port" that integrators may name though they are near or in clear.
    """

    model_config = SettingsConfigDict(env_prefix="RAFID_LOANS_")

    data_folder: Path
    public_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8000"), validation_alias="RAFID_PUBLIC_URL"
    )
    scoring_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8001"), validation_alias="RAFID_SCORING_URL"
    )

    embedded_issuer: bool = True
    sandbox_wallet: bool = False
    warn_from_day: int | None = Field(default=None, ge=1, le=28)
    warn_per_officer: int = Field(default=15, ge=0, le=1_000)
    trusted_hosts: tuple[str, ...] = ()
    sms_folder: Path | None = None
    smtp_url: SecretStr | None = None
    smtp_sender: str = "rafid@localhost"
    signing_key: SecretStr | None = None
    token_lifetime_seconds: int = Field(default=TOKEN_LIFETIME_SECONDS, ge=60, le=86_400)
    sign_in_clients: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    loans_client_secret: SecretStr = Field(
        min_length=MIN_SECRET, validation_alias="RAFID_LOANS_CLIENT_SECRET"
    )
    scoring_client_secret: SecretStr = Field(
        min_length=MIN_SECRET, validation_alias="RAFID_SCORING_CLIENT_SECRET"
    )
    monitoring_client_secret: SecretStr = Field(
        min_length=MIN_SECRET, validation_alias="RAFID_MONITORING_CLIENT_SECRET"
    )

    @property
    def redirects(self) -> Mapping[str, tuple[str, ...]]:
        """Where each public client may be sent back to, to the letter."""
        callback = f"{str(self.public_url).rstrip('/')}/monitoring/v1/callback"
        return {"monitoring": (callback,), **self.sign_in_clients}

    @property
    def service_secrets(self) -> Mapping[str, str]:
        """The secrets of our own services, by their client id."""
        return {
            "loans": self.loans_client_secret.get_secret_value(),
            "scoring": self.scoring_client_secret.get_secret_value(),
            "monitoring": self.monitoring_client_secret.get_secret_value(),
        }
