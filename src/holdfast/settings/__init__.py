"""The settings of a host: `parse` makes them, once, from inventory variables."""

from holdfast.settings.model import Settings
from holdfast.settings.parsing import Complaint, SettingsError, parse

__all__ = ["Complaint", "Settings", "SettingsError", "parse"]
