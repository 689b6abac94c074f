"""What does scoring learn from its environment?"""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ScoringSettings(ServiceSettings):
    """The settings of scoring: `RAFID_SCORING_DATABASE_URL` and its like."""

    model_config = SettingsConfigDict(env_prefix="RAFID_SCORING_")
