"""Find, list and edit the users in an inventory's files."""

from holdfast.users.document import ROBOTS, USERS, Document, Kind, User
from holdfast.users.inventory_file import InventoryFile, locate, must_be_free
from holdfast.users.rules import accepted_name, accepted_password, generated, hashed
from holdfast.users.spans import literal

__all__ = [
    "ROBOTS",
    "USERS",
    "Document",
    "InventoryFile",
    "Kind",
    "User",
    "accepted_name",
    "accepted_password",
    "generated",
    "hashed",
    "literal",
    "locate",
    "must_be_free",
]
