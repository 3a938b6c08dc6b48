"""Document the backup: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup
short_description: Make a backup of a host
description:
  - Saves the links, the images and the host's keys to C(registry_backup_target), and waits for the
    end. Pushes and pulls go on meanwhile.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Make a backup
  holdfast.registry.backup:
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
backup:
  description:
    - The figures, with C(snapshot), and C(broken), the images that the host has and cannot save.
  returned: success
  type: dict
"""
