"""Catalogues of releases of the registry: checksums by version and architecture, and facts.

The kit's own one comes with the package. Others are proven by a signature.
"""

from holdfast.catalogue.archives import extended
from holdfast.catalogue.entries import About, Catalogue, parsed, today
from holdfast.catalogue.known import joined, kit, known, proven
from holdfast.catalogue.signing import verified, write

__all__ = [
    "About",
    "Catalogue",
    "extended",
    "joined",
    "kit",
    "known",
    "parsed",
    "proven",
    "today",
    "verified",
    "write",
]
