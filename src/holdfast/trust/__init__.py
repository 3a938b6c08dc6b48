"""Keys of an issuer of tokens that is not ours: read, pinned, and put as a registry wants them."""

from holdfast.trust.keys import Key, read
from holdfast.trust.put import bundle, jwks

__all__ = ["Key", "bundle", "jwks", "read"]
