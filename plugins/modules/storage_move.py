"""Document the move of images: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_move
short_description: Move a host's images to the storage that its settings name
description:
  - Makes the registry read-only, copies the images, and removes the old ones.
  - Use it through the role C(holdfast.registry.registry) with C(tasks_from=storage_move.yml).
version_added: 0.1.0
options:
  step:
    description:
      - V(begin) lets the registry serve read-only, V(copy) copies for 20 seconds and is
        repeated until done, V(clean) removes what a move left behind.
    type: str
    choices: [begin, copy, clean]
    required: true
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Let the registry serve read-only
  holdfast.registry.storage_move:
    step: begin
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
moving:
  description: V(true) if there are images to copy.
  returned: success
  type: bool
done:
  description: V(true) if all images are copied.
  returned: by C(copy)
  type: bool
"""
