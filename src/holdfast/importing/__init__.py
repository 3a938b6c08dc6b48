"""An existing registry's configuration, made into an inventory, with a word on every line of it."""

from holdfast.importing.decide import imported
from holdfast.importing.entries import Entry, of_file
from holdfast.importing.environment import overridden
from holdfast.importing.inventory import write
from holdfast.importing.result import Imported, Told, ordered
from holdfast.importing.target import Target, target

__all__ = [
    "Entry",
    "Imported",
    "Target",
    "Told",
    "imported",
    "of_file",
    "ordered",
    "overridden",
    "target",
    "write",
]
