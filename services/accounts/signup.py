"""What a sign-up must look like."""

import unicodedata

import email_validator

from services.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from services.kit.errors import validation

# An installation behind a firewall has mailboxes in domains of its own, `.local` and `.test` among them.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
_EMAIL_MAX_CHARACTERS = 320


def check(email: str, password: str) -> None:
    """Judges an e-mail address by its form, without asking the network, and a password by its length.

    Raises: CallboxError `validation_failed` with the faults of both.
    """
    faults: dict[str, list[str]] = {}
    if email_faults := faults_of(email):
        faults["email"] = email_faults
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        faults["password"] = [f"must have {MIN_CHARACTERS} to {MAX_CHARACTERS:,} characters"]
    if faults:
        raise validation(faults)


def faults_of(email: str) -> list[str]:
    """What is wrong with the form of an e-mail address."""
    try:
        _parsed(email, strict=True)
    except email_validator.EmailNotValidError as fault:
        return [str(fault)]
    return []


def email_key(email: str) -> str:
    """What all spellings of one mailbox have in common: whatever their case, the form of their domain (IDNA) and of
    their letters (Unicode). Fit for the database whatever was sent.
    """
    email = email[:_EMAIL_MAX_CHARACTERS]
    try:
        email = _parsed(email, strict=False).normalized
    except email_validator.EmailNotValidError:
        email = email.replace("\x00", "�")
    return unicodedata.normalize("NFC", email.lower())


def spelled_key(email: str) -> str:
    """The key of an account whose mailbox had another one already, when only the case of letters was passed over."""
    return email[:_EMAIL_MAX_CHARACTERS].lower().replace("\x00", "�")


def _parsed(email: str, *, strict: bool) -> email_validator.ValidatedEmail:
    # strict: a local part has at most 64 characters.
    return email_validator.validate_email(email, check_deliverability=False, globally_deliverable=False, strict=strict)
