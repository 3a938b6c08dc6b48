"""The settings of a host: `parse` makes them, once, from inventory variables."""

from holdfast.errors import Complaint
from holdfast.settings.model import Settings
from holdfast.settings.parsing import SettingsError, parse

__all__ = ["Complaint", "Settings", "SettingsError", "parse"]
