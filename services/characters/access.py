"""Who may use a character: users of its tenant, and pages whose origin it lists."""

from collections.abc import Sequence

from services.characters.store import CharacterStore, StoredCharacter
from services.kit.errors import CallboxError, Code, not_found
from services.kit.identity import Identity, Kind
from services.kit.net.origins import is_allowed
from services.kit.rpc.context import current_user

CHARACTER = "Character"


async def owned_character(store: CharacterStore, slug_or_id: str) -> StoredCharacter:
    """The character, if the user who asks may change it.

    Raises: CallboxError `not_found`, `not_authenticated`.
    """
    user = current_user()
    stored = await store.find(slug_or_id)
    if stored is None or not user.may_see(stored.tenant_id):
        raise not_found(CHARACTER)
    return stored


def check_access(
    identity: Identity, tenant_id: str, allowed_origins: Sequence[str] | None, *, is_active: bool, action: str
) -> None:
    """Admits to an active character: any service, a user of its tenant, a page of one of its origins.

    allowed_origins: None admits every page. action: what is asked for, as in "this web site may not …".
    Raises: CallboxError `not_found`, `origin_not_allowed`.
    """
    if not is_active or (identity.kind is Kind.USER and not identity.may_see(tenant_id)):
        raise not_found(CHARACTER)
    if (
        identity.kind is Kind.VISITOR
        and allowed_origins is not None
        and not is_allowed(identity.origin, allowed_origins)
    ):
        raise CallboxError(
            Code.ORIGIN_NOT_ALLOWED,
            f"This web site may not {action} this character; its owner can add it to allowed_origins.",
        )
