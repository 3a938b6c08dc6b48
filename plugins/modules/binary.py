"""Document the transfer of the registry's binary: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: binary
short_description: Install the registry's binary on a host, and verify its checksum
description:
  - Downloads the binary once to the controller's cache, and places it on the host if its
    SHA-256 is the one that the settings name.
  - Called by the role C(holdfast.registry.registry).
version_added: 0.1.0
options:
  machine:
    description: Architecture of the host, as C(uname -m) says it.
    type: str
    required: true
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Bring the registry's binary
  holdfast.registry.binary:
    machine: x86_64
"""

RETURN = r"""
msg:
  description:
    - One line for each thing that was found or done, as the command C(holdfast) prints it.
  returned: always
  type: str
changes:
  description: Changes, or planned changes in check mode; one entry each, with its phase.
  returned: always
  type: list
  elements: str
  sample: ["activate: 7 -> 8, drained in 0.2 s"]
"""
