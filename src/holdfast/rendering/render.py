"""Render settings to the files of a generation: the one pure function that everything uses."""

from __future__ import annotations

import json
from functools import cache

from holdfast.collection import collection_root
from holdfast.host_code import closure, module_name
from holdfast.rendering.component import LIBRARY, RUN, Component, public
from holdfast.rendering.components import components
from holdfast.rendering.layout import HOST, Layout
from holdfast.rendering.registry_config import compiled
from holdfast.rendering.templates import template
from holdfast.rendering.tree import File, Tree
from holdfast.settings.model import Settings

_RUN = """if __name__ == "__main__":
    sys.exit(start(__file__.removesuffix("run.py") + "library.json", *sys.argv[1:]))"""


def render(settings: Settings, layout: Layout = HOST) -> Tree:
    """Return the files of the generation that these settings describe.

    Pure: the same settings give the same bytes on every machine. Raises InputError if the
    registry's configuration has a key that its version does not support.
    """
    found, made = components(settings, layout), {}
    for one in found:
        made.update(_files(one, settings, layout))
        made.update(one.ready)
    jobs = {job.module for one in found for job in one.jobs}
    made.update(_programs(frozenset(jobs.union(*(one.programs for one in found)))))
    return Tree(made)


def _files(one: Component, settings: Settings, layout: Layout) -> dict[str, File]:
    """Return the rendered files of a component; empty ones are left out."""
    known, found = {"settings": settings, "layout": layout, **one.variables}, {}
    for path, source in one.sources.items():
        text = template(source.template or path).render({**known, **source.own})
        if source.configures:
            text = compiled(text, path, settings)
        if text.strip():
            found[path] = File(text, source.mode, "root", source.group, source.sensitive)
    return found


@cache
def _programs(modules: frozenset[str]) -> dict[str, File]:
    """Return the host library's modules that units run, in one file, and what runs one of them.

    A file for each would be a hundred files of each generation, to be written and compared.
    """
    folder = collection_root() / "plugins" / "module_utils"
    texts = {module_name(path): text for path, text in closure(folder, sorted(modules)).items()}
    run = f"{(folder / 'bootstrap.py').read_text()}\n\n{_RUN}\n"
    return {LIBRARY: public(json.dumps(texts, indent=0)), RUN: public(run)}
