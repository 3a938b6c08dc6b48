"""Document the list of generations: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: generations
short_description: List the generations that a host keeps
description:
  - Returns number, time, author, version and state of each generation, oldest first.
version_added: 0.1.0
options:
  diff:
    description: Two numbers; only these are returned, and Ansible shows what differs in them.
    type: list
    elements: int
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: List the generations
  holdfast.registry.generations:
  register: kept

- name: Show what differs in two of them, with --diff
  holdfast.registry.generations:
    diff: [7, 8]
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
generations:
  description:
    - The generations, each with C(number), C(state), C(time), C(by), C(reason), C(version) and
      C(failure).
  returned: success
  type: list
  elements: dict
"""
