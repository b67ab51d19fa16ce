"""Text search configurations of PostgreSQL by language."""

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
_WITHOUT_LANGUAGE = "simple"


def configuration(language: str) -> str:
    """The configuration for a BCP-47 tag; `simple` for languages that have none of their own."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    return _CONFIGURATIONS.get("no" if primary in ("nb", "nn") else primary, _WITHOUT_LANGUAGE)
