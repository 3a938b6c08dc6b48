"""Documentation that the actions which contact no host share."""

from __future__ import annotations


class ModuleDocFragment:
    """Source of the settings, and extent of check mode, of an action on the controller."""

    DOCUMENTATION = r"""
notes:
  - The settings are the hosts' C(registry_*) variables, see
    C(ansible-doc -t role holdfast.registry.registry).
  - The controller needs the Python package C(holdfast) of the same version.
attributes:
  check_mode:
    description: Reports the planned changes, and changes nothing on a host.
    support: full
"""
