"""The host library: folders import only lower ones, and code reaches a host complete."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import VERBS

from holdfast.host_code import PACKAGE, closure, texts_of

LIBRARY = Path(__file__).parents[2] / "plugins" / "module_utils"
FLOORS = (
    ("contract",),
    ("system",),
    ("generations", "registry", "cache", "tokens", "storage", "clients"),
    ("certificates", "hardening", "gate", "facts"),
    ("cleanup",),
    ("retention", "scrub", "backup", "index"),
    ("deploy",),
    ("report", "jobs", "removal"),
    ("verbs",),
)
"""Folders from the ground up; a folder imports those of lower floors, and its own files."""


def imports(path: Path) -> set[str]:
    """Return the dotted names below the host library that a file imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    named += [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    return {name.removeprefix(PACKAGE).lstrip(".") for name in named if name.startswith(PACKAGE)}


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module, without what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from executed(node)


def test_every_folder_has_a_floor_and_few_files_stand_beside_them() -> None:
    folders = {path.name for path in LIBRARY.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {name for floor in FLOORS for name in floor}
    assert len(list(LIBRARY.glob("*.py"))) <= 5


@pytest.mark.parametrize("folder", [name for floor in FLOORS for name in floor])
def test_a_folder_imports_lower_ones_alone(folder: str) -> None:
    height = next(number for number, floor in enumerate(FLOORS) if folder in floor)
    lower = {name for floor in FLOORS[:height] for name in floor} | {folder}
    for path in (LIBRARY / folder).glob("*.py"):
        used = {name.split(".")[0] for name in imports(path)}
        assert used <= lower, f"{path.name} imports {sorted(used - lower)}"


def test_no_module_carries_the_contract_to_a_host() -> None:
    code = "import sys, importlib; [importlib.import_module(name) for name in sys.argv[1:]]"
    paths = [path.relative_to(LIBRARY).with_suffix("") for path in LIBRARY.rglob("*.py")]
    modules = [".".join(path.parts) for path in paths if path.parts[0] != "contract"]
    result = (
        f"{code}; print([name for name in sys.modules if name.startswith('{PACKAGE}.contract')])"
    )
    argv = [sys.executable, "-c", result, *(f"{PACKAGE}.{name}" for name in modules)]
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY.parents[1] / ".collections")}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert not [path for path in closure(LIBRARY, modules) if path.startswith("contract/")]


def test_a_closure_is_what_python_would_import() -> None:
    found = closure(LIBRARY, ["certificates.maintenance"])
    wanted, waiting = set(), {"certificates/maintenance.py"}
    while waiting:
        path = waiting.pop()
        wanted.add(path)
        for node in executed(ast.parse((LIBRARY / path).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                base = (node.module or "").removeprefix(PACKAGE).lstrip(".").replace(".", "/")
                names = [base, *(f"{base}/{one.name}".lstrip("/") for one in node.names)]
                there = {f"{name}.py" for name in names if (LIBRARY / f"{name}.py").exists()}
                waiting |= there - wanted
    assert set(found) == wanted


def test_a_closure_refuses_a_module_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        closure(LIBRARY, ["certificates.nothing"])


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_sent_what_it_needs(verb: str) -> None:
    row = VERBS[verb]
    sent = {path.removesuffix(".py").replace("/", ".") for path in closure(LIBRARY, row.modules)}
    for name in filter(None, (row.call, row.look)):
        module, _, function = name.partition(".")
        assert f"verbs.{module}" in sent
        assert callable(getattr(import_module(f"{PACKAGE}.verbs.{module}"), function))


def test_no_verb_is_sent_more_than_half_of_the_library_before_it_is_known_what_to_do() -> None:
    everything = [path for path in LIBRARY.rglob("*.py") if path.parent.name != "contract"]
    assert len(closure(LIBRARY, VERBS["observe"].modules)) < len(everything) / 2


def test_ansible_finds_the_modules_of_all_verbs() -> None:
    """Without pipelining it sends what host.py imports."""
    host = (LIBRARY.parent / "modules" / "host.py").read_text()
    named = {f"{PACKAGE}.verbs.{row.call.partition('.')[0]}" for row in VERBS.values()}
    assert named <= texts_of(LIBRARY, {"host": host}).keys()
