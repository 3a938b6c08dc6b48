"""Controls of the host beside those of the generation: why each is there, and what it writes."""

from holdfast.hardening.catalogue import CONTROLS, control, in_force
from holdfast.hardening.control import Control

__all__ = ["CONTROLS", "Control", "control", "in_force"]
