"""Documentation that the actions on hosts share."""

from __future__ import annotations


class ModuleDocFragment:
    """Source of the settings, and extent of check mode, of an action on hosts."""

    DOCUMENTATION = r"""
notes:
  - The settings are the host's C(registry_*) variables, see
    C(ansible-doc -t role holdfast.registry.registry).
  - The action runs on the controller, which needs the Python package C(holdfast) of the same
    version; the host needs Python 3 alone.
attributes:
  check_mode:
    description: Reports the planned changes, and changes nothing.
    support: full
  diff_mode:
    description: Shows the differences of files, without secrets.
    support: full
"""
