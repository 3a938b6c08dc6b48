"""CNCF Distribution: obtain the registry's binary on the controller."""

from holdfast.distribution.obtain import Binary, default_cache, obtain

__all__ = ["Binary", "default_cache", "obtain"]
