"""The users of an inventory: found, listed and edited where they are written."""

from holdfast.users.document import ROBOTS, USERS, Document, Kind, User
from holdfast.users.places import Place, opened
from holdfast.users.rules import accepted_name, accepted_password, generated, hashed
from holdfast.users.spans import literal

__all__ = [
    "ROBOTS",
    "USERS",
    "Document",
    "Kind",
    "Place",
    "User",
    "accepted_name",
    "accepted_password",
    "generated",
    "hashed",
    "literal",
    "opened",
]
