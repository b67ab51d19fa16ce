"""How figures and signs are said in languages other than English."""

LANGUAGES: dict = {}
