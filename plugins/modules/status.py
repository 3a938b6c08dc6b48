"""Document the status of a host: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: status
short_description: Report the status of a host
description:
  - Returns the serving generation, certificates, and what the host's timers found. Changes
    nothing.
version_added: 0.1.0
options:
  warn_days:
    description: Warns of certificates that end in fewer days than this.
    type: int
  phase:
    description: Restricts the report to lines of this phase, V(certificates) for example.
    type: str
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Look at the host
  holdfast.registry.status:
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
  returned: success
  type: int
well:
  description:
    - V(true) if no problem was found. The task fails if not, unless the command C(holdfast)
      runs it.
  returned: success
  type: bool
"""
