"""What a sign-up must look like."""

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
        email_validator.validate_email(email, check_deliverability=False, globally_deliverable=False)
    except email_validator.EmailNotValidError as fault:
        return [str(fault)]
    return []


def email_key(email: str) -> str:
    """What two addresses that differ only in case have in common; fit for the database whatever was sent."""
    return email[:_EMAIL_MAX_CHARACTERS].casefold().replace("\x00", "�")
