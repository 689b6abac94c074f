"""What does scoring learn from its environment?"""

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ScoringSettings(ServiceSettings):
    """The settings of scoring: `RAFID_SCORING_DATABASE_URL` and its like.

    With `client_id` and `client_secret` scoring proves to loans who it is; without a secret it
    takes no book from there. For `observe_months` after its adoption a review is held, each month,
    against what loans signed since; never if it is 0.
    """

    model_config = SettingsConfigDict(env_prefix="RAFID_SCORING_")

    loans_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:8000"), validation_alias="RAFID_LOANS_URL"
    )
    client_id: str = "scoring"
    client_secret: SecretStr | None = None
    token_url: AnyHttpUrl | None = None
    observe_months: int = Field(default=12, ge=0, le=36)

    @property
    def token_address(self) -> str:
        """Where tokens are given: the issuer's own token endpoint unless another is named."""
        return str(self.token_url) if self.token_url else f"{self.issuer_url}/token"
