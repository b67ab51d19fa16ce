"""Yes and no, for a checkbox."""

from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.words import Words

ASK_CONSENT = "This is neither a clear yes nor a clear no. Ask the caller again, so that yes or no is enough."


def consent_in(text: str, words: Words) -> bool:
    """Whether a text that `with_figures` made says yes. Raises: NotUnderstoodError when it is not clear."""
    if words.has("answers.unclear", text):
        raise NotUnderstoodError(ASK_CONSENT)
    agrees = words.has("answers.yes_idioms", text)
    text = words.without("answers.yes_idioms", text)
    no = words.has("answers.no", text)
    yes = words.has("answers.yes", words.without("answers.no", text)) or agrees
    if yes and no and _refuses(text, words):
        return False
    if yes == no:
        raise NotUnderstoodError(ASK_CONSENT)
    return yes


def _refuses(text: str, words: Words) -> bool:
    """Whether every word of yes is taken back: “don't agree”, “absolutely not”."""
    if not (agree := words.get("answers.agree")):
        return False
    refuse = words.get("answers.not_this")
    before = words.compiled(rf"(?:{refuse}) (?:{agree})")
    after = words.compiled(rf"(?:{words.get('answers.yes')}) (?:not|nicht|no|pas|non|não)\Z")
    rest = after.sub(" not ", before.sub(" not ", text))
    return rest != text and not words.has("answers.yes", " ".join(rest.split()))
