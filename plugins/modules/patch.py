"""Document updates of the operating system: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: patch
short_description: Install updates of a host's operating system
description:
  - Installs what apt has for the host, security first, and restarts what runs with replaced files
    without losing a request. In check mode it lists what is pending.
  - With C(serial) 1 in the play, a host that does not serve afterwards is the last one.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
options:
  reboot:
    description: Reboot the host if it needs it, and wait until it serves again.
    type: bool
    default: false
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Install updates
  holdfast.registry.patch:
    reboot: true
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
  sample: ["patch: 3 security updates installed"]
"""
