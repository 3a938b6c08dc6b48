"""Document the diagnosis of a host: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor
short_description: Find what is wrong with a host, and what to do about it
description:
  - Looks at everything on a host that can go wrong, and changes nothing.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Look closely at the host
  holdfast.registry.doctor:
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
findings:
  description:
    - Findings, each with its state (V(ok), V(warning) or V(failed)), a text, and what
      to do.
  returned: success
  type: list
  elements: dict
well:
  description:
    - V(true) if no problem was found. The task fails if not, unless the command C(holdfast)
      runs it.
  returned: success
  type: bool
"""
