"""Convert an existing registry's configuration to an inventory, with a result for every line."""

from holdfast.importing import variables
from holdfast.importing.environment import overridden
from holdfast.importing.inventory import write
from holdfast.importing.plan import imported
from holdfast.importing.report import Imported, Line, ordered
from holdfast.importing.source import read
from holdfast.importing.target import Target, target

__all__ = [
    "Imported",
    "Line",
    "Target",
    "imported",
    "ordered",
    "overridden",
    "read",
    "target",
    "variables",
    "write",
]
