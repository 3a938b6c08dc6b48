"""Document the way back to an earlier generation: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Activate an earlier generation
description:
  - Switches to an earlier generation without losing a request. The current one goes on serving
    if that one fails.
version_added: 0.1.0
options:
  number:
    description: Generation to go back to; the one before if not given.
    type: int
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Go back to generation 7
  holdfast.registry.rollback:
    number: 7
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
