"""What characters holds of one tenant. A new table joins with a line: where its rows go with those of another table
(`on delete cascade`), as `goes_with`, so that an export shows them and a deletion leaves them to that table."""

from services.kit.userdata import Holding

_OF_CHARACTERS = "character_id in (select id from characters where tenant_id = $1)"

HOLDINGS = (
    Holding("versions", _OF_CHARACTERS, ("character_id", "version"), hidden=frozenset({"secrets", "bytes"})),
    Holding("characters", key=("seq",), hidden=frozenset({"seq"})),
)
