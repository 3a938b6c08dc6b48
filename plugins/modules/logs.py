"""Document the reading of logs: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: logs
short_description: Show logs of a host
description:
  - Returns the last lines that the units of the serving generation logged, of the log of requests,
    or of the log of logins and tokens. Changes nothing.
version_added: 0.1.0
options:
  what:
    description: Log to show.
    type: str
    choices: [units, access, audit]
    default: units
  unit:
    description: Name of one unit, as V(registry) or V(gc); all if not given.
    type: str
  lines:
    description: Number of lines.
    type: int
    default: 100
  follow:
    description: Sets C(done) to false, so that a task with C(until) shows new lines.
    type: bool
    default: false
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Show what the registry logged last
  holdfast.registry.logs:
    unit: registry
    lines: 20
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
  sample: []
done:
  description: V(false) while new lines may come.
  returned: success
  type: bool
"""
