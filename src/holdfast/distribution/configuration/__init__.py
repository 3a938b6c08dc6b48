"""The registry's configuration: which keys a version reads, and what is wrong with one."""

from holdfast.distribution.configuration.check import check, check_keys
from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.tables import KEYS

__all__ = ["KEYS", "Key", "check", "check_keys"]
