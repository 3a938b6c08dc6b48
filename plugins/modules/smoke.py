"""Document the smoke test: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke
short_description: Test the serving registry as a client
description:
  - Logs in, pushes and pulls an image through the real name and port, and expects a wrong password
    to be refused, as the last step of a deploy does.
  - Leaves a small image in the repository C(holdfast/smoke).
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Test the registry
  holdfast.registry.smoke:
"""

RETURN = r"""
msg:
  description: One line for what was tried, as the command C(holdfast deploy) prints it.
  returned: always
  type: str
generation:
  description: Number of the generation that serves.
  returned: outside check mode
  type: int
"""
