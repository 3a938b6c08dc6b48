"""Every key of CNCF Distribution 2.8.3, 3.0 and 3.1, read from its source and documentation."""

from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.tables.drivers import DRIVERS
from holdfast.distribution.configuration.tables.general import GENERAL
from holdfast.distribution.configuration.tables.http import HTTP
from holdfast.distribution.configuration.tables.services import SERVICES
from holdfast.distribution.configuration.tables.storage import STORAGE

KEYS: tuple[Key, ...] = (*GENERAL, *HTTP, *STORAGE, *DRIVERS, *SERVICES)

__all__ = ["KEYS"]
