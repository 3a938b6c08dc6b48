"""The settings of a host: `parse` makes them, once, from inventory variables."""

from holdfast.errors import Complaint
from holdfast.settings.model import Settings
from holdfast.settings.parsing import SettingsError, parse
from holdfast.settings.unknown_variables import warnings

__all__ = ["Complaint", "Settings", "SettingsError", "parse", "warnings"]
