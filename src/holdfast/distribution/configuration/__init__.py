"""The registry's configuration: keys that a version supports, and validation."""

from holdfast.distribution.configuration.check import check, check_keys
from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.tables import KEYS

__all__ = ["KEYS", "Key", "check", "check_keys"]
