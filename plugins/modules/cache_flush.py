"""Document the flush of a cache: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cache_flush
short_description: Empty the registry's own cache
description:
  - Empties the registry's cache, whatever C(registry_cache_mode) is, after images were restored
    or removed behind the registry's back. The registry continues to serve.
  - For V(memory) the serving generation is activated again, with new processes.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Empty the cache
  holdfast.registry.cache_flush:
"""

RETURN = r"""
msg:
  description:
    - One line for each thing that was found or done, as the command C(holdfast) prints it.
  returned: always
  type: str
mode:
  description: Mode of the cache of what serves.
  returned: always
  type: str
generation:
  description: Number of the serving generation.
  returned: always
  type: int
changes:
  description: Changes, or planned changes in check mode; one entry each, with its phase.
  returned: always
  type: list
  elements: str
  sample: ["activate: 7 -> 8, drained in 0.2 s"]
entries:
  description: Number of entries that the cache had; none if it was in the memory of a process.
  returned: outside check mode
  type: int
"""
