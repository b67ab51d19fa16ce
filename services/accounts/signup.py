"""Rules for e-mail addresses and passwords at sign-up. Pure."""

import unicodedata

import email_validator

from services.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS, normalised
from services.kit.errors import validation

# Installations behind a firewall use mailboxes in domains such as `.local` and `.test`.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
_EMAIL_MAX_CHARACTERS = 320


def check(email: str, password: str) -> None:
    """Checks the form of an e-mail address, without any network request, and the length of a password.

    Raises: CallboxError `validation_failed` with the faults of both.
    """
    faults: dict[str, list[str]] = {}
    if email_faults := faults_of(email):
        faults["email"] = email_faults
    if len(normalised(password)) < MIN_CHARACTERS or len(password) > MAX_CHARACTERS:
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
    """The key of a mailbox, the same for all its spellings: case, form of the domain (IDNA), form of letters (Unicode).

    Any text gives a key that PostgreSQL can store.
    """
    email = email[:_EMAIL_MAX_CHARACTERS]
    try:
        email = _parsed(email, strict=False).normalized
    except email_validator.EmailNotValidError:
        email = email.replace("\x00", "�")
    return unicodedata.normalize("NFC", email.lower())


def spelled_key(email: str) -> str:
    """A key that only ignores case. An old account has it when another account of its mailbox has the `email_key`."""
    return email[:_EMAIL_MAX_CHARACTERS].lower().replace("\x00", "�")


def _parsed(email: str, *, strict: bool) -> email_validator.ValidatedEmail:
    # strict: limits the local part to 64 characters.
    return email_validator.validate_email(email, check_deliverability=False, globally_deliverable=False, strict=strict)
