"""Settings are found in one hop: `registry_NAME_*` is `settings/sections/NAME`."""

import ast
import re
from pathlib import Path

import holdfast.settings
from holdfast.settings.section import Section
from holdfast.settings.variables import DEFAULT_MODES, variables

ROOT = Path(holdfast.settings.__file__).parent
CODE = Path(__file__).parents[2]
PACKAGE = "holdfast.settings"


def test_each_section_is_a_file_or_folder_of_its_name():
    strangers = [
        (one.name, one.model.__module__)
        for one in variables()
        if one.section
        and not f"{one.model.__module__}.".startswith(f"{PACKAGE}.sections.{one.section}.")
    ]
    assert strangers == []


def test_no_two_modules_import_each_other():
    graph = {_name(path): _imports(path) for path in ROOT.rglob("*.py")}
    circles = [
        (one, other)
        for one in graph
        for other in _reached(graph, one)
        if one < other and one in _reached(graph, other)
    ]
    assert circles == []


def test_modes_answer_for_themselves_outside_the_settings():
    """A caller asks `settings.tls.terminates_here`, and not which class the mode is."""
    modes = {cls.__name__ for cls in _modes()}
    found = [
        f"{path.relative_to(CODE)}:{node.lineno}: {_last(name)}"
        for path in _outside()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance"
        for name in ast.walk(node.args[1])
        if _last(name) in modes
    ]
    assert found == []


def test_neither_code_nor_templates_compare_the_tag_of_a_mode():
    """The twin of the classes: `settings.storage.driver == "filesystem"` asks for one, too."""
    tags = "|".join(rf"{section}\.{key}" for section, (key, _) in DEFAULT_MODES.items())
    comparison = re.compile(rf"\b(?:{tags})\s*(?:[!=]=|(?:not )?in\b)")
    templates = [path for path in CODE.glob("templates/**/*") if path.is_file()]
    texts = {path: path.read_text() for path in (*_outside(), *templates)}
    found = [
        f"{path.relative_to(CODE)}: {match[0]}"
        for path, text in texts.items()
        for match in comparison.finditer(text)
    ]
    assert found == []


def _last(node: ast.AST) -> str:
    """Return the last part of a name: `Token` of `Token` and of `auth.Token`."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _modes() -> set[type]:
    """Return the classes of all modes, and their bases."""
    chosen = {one.model for one in variables() if one.section in DEFAULT_MODES}
    return {base for one in chosen for base in one.__mro__ if issubclass(base, Section)} - {Section}


def _outside() -> list[Path]:
    files = [*CODE.glob("src/holdfast/**/*.py"), *CODE.glob("plugins/**/*.py")]
    inside = CODE / "src/holdfast/settings"
    return [path for path in files if not path.is_relative_to(inside)]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *(part for part in parts if part != "__init__")))


def _imports(path: Path) -> set[str]:
    """Return the modules of the settings that a file imports when it runs, wherever in it.

    Not what the type checker alone reads: there the base of a section's modes names the modes.
    """
    tree = ast.parse(path.read_text())
    for block in [one for one in ast.walk(tree) if isinstance(one, ast.If)]:
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING":
            block.body = []
    nodes = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    found = {f"{node.module}.{name.name}" for node in nodes for name in node.names}
    found |= {node.module or "" for node in nodes}
    return {one for one in found if one.startswith(f"{PACKAGE}.") and _exists(one)}


def _exists(module: str) -> bool:
    base = ROOT.joinpath(*module.removeprefix(f"{PACKAGE}.").split("."))
    return base.is_dir() or base.with_suffix(".py").exists()


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found, todo = set(), [start]
    while todo:
        for one in graph[todo.pop()] - found:
            found.add(one)
            todo.append(one)
    return found
