"""Languages as PostgreSQL's text search calls them."""

# ISO 639-1 → configuration; all come with PostgreSQL 14 and newer.
_CONFIGURATIONS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
NEUTRAL = "simple"


def configuration(language: str) -> str:
    """The configuration of a BCP-47 tag; `simple`, which knows no language, for those that have none."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    return _CONFIGURATIONS.get("no" if primary in ("nb", "nn") else primary, NEUTRAL)
