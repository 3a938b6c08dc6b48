"""Run on the controller what a deploy would install: real registry, real nginx, no root."""

from holdfast.preview.preview import Preview
from holdfast.preview.serve import serve

__all__ = ["Preview", "serve"]
