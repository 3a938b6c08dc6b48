"""Compute the desired state of a host, and evaluate the host's answers. Pure functions."""

from holdfast.deploying.desired import Desired, desired
from holdfast.deploying.preflight import clock_offset, judge

__all__ = ["Desired", "clock_offset", "desired", "judge"]
