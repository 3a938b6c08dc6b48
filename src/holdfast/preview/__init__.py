"""What would be deployed, run here: real registry, real nginx, no root, high ports."""

from holdfast.preview.preview import Preview
from holdfast.preview.serve import serve

__all__ = ["Preview", "serve"]
