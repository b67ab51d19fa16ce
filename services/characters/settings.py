"""Settings of the characters service."""

from pydantic import Field

from services.characters.shared_settings import SharedSettings
from services.kit.settings import ListenSettings


class CharactersSettings(ListenSettings, SharedSettings):
    """Settings of the characters service."""

    debug: bool = Field(default=False, description="Skips the check of allowed origins; for development only.")
    versions_kept: int = Field(
        default=1_000, ge=2, le=1_000_000, description="Number of versions kept of each character."
    )
    media_sweep_seconds: float = Field(
        default=3600.0, gt=0, description="Interval at which files that no character uses any more are deleted."
    )
