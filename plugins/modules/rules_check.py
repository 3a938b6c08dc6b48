"""Document the comparison with rules at push: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rules_check
short_description: Compare the images of a host with its rules at push and quotas
description:
  - Shows tags that could not be pushed by the rules of the inventory, and what is used of its
    quotas, and changes nothing. The rules need not be deployed yet.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Compare what is there with the rules
  holdfast.registry.rules_check:
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
rules:
  description:
    - C(broken), the tags that break a rule, up to 200 of them; C(count), the number of all; and
      C(quotas), the amounts of each quota.
  returned: success
  type: dict
well:
  description:
    - V(true) if nothing breaks a rule or exceeds a quota. The task fails if not, unless the command
      C(holdfast) runs it.
  returned: success
  type: bool
"""
