"""What a deploy wants of a host, and what it makes of what the host answers. Pure."""

from holdfast.deploying.desired import Desired, desired
from holdfast.deploying.preflight import clock_offset, judge

__all__ = ["Desired", "clock_offset", "desired", "judge"]
