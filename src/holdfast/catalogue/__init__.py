"""Catalogues of releases of the registry: checksums by version and architecture.

The kit's own one comes with the package. Others are proven by a signature.
"""

from holdfast.catalogue.entries import Catalogue, extended, parsed, today
from holdfast.catalogue.signing import verified, write

__all__ = ["Catalogue", "extended", "parsed", "today", "verified", "write"]
