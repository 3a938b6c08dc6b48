"""Document the restart of services: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restart
short_description: Restart the services of a host without losing a request
description:
  - Activates the files that serve as a new generation, with new processes. The old ones finish
    what they have begun, and go on serving if a new one does not start.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Restart the services
  holdfast.registry.restart:
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
generation:
  description: Number of the generation that serves.
  returned: outside check mode
  type: int
"""
