"""Public keys of an external token issuer: read, pinned and written for a registry."""

from holdfast.jwks.keys import Key, read
from holdfast.jwks.write import bundle, jwks

__all__ = ["Key", "bundle", "jwks", "read"]
