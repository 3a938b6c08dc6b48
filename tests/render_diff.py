"""Compare the rendered files of a commit and the working tree.

Covers every example, scenario and corpus entry. Run: make render-diff BASE=REF. The exit code is 1
if a file differs. The inventories are those of the commit (an import creates passwords, so it runs
once); each version renders them with its own code.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from holdfast.certificates import Authority
from testhosts.cache import cache, locked

ROOT = Path(__file__).parents[1]
RELEASE = ("--to", "3.1.1", "--checksum", f"sha256:{'a' * 64}")
NEWER = {
    *("azure-31", "compose-minio", "docker-auth", "docs-mirror", "docs-mutual-tls"),
    *("gitlab-chart", "helm-s3", "helm-sentinel", "read-only-mirror", "validation"),
}
"""Corpus entries that are imported for registry 3.x."""

LOOKED_UP = re.compile(r"inventory_dir ~ '/(pki/[\w-]+\.crt)'")

Rendered = dict[str, dict[str, str]]
"""File by path: text, mode, owner, group; or `error` alone."""

RENDER = """
import json, sys
from pathlib import Path
from holdfast.cli.options import Common
from holdfast.cli.resolved import resolve
from holdfast.rendering import render
fields = Common.__dataclass_fields__.values()
values = {one.name: () if str(one.type).startswith("tuple") else None for one in fields}
common = Common(**{**values, "inventories": (Path(sys.argv[1]),), "quiet": True})
resolved, outcome = resolve(common)
found = {} if resolved else {"error": {"text": f"exit {outcome.exit_code}"}}
for one in resolved:
    for path, file in render(one.settings).items():
        kind = {"mode": f"{file.mode:04o}", "owner": file.owner, "group": file.group}
        found[f"{one.name}/{path}"] = {"text": file.content, **kind}
print(json.dumps(found))
"""


def checkout(commit: str) -> Path:
    """Return the folder of a commit's files, kept in the cache."""
    folder = cache() / "render-diff" / commit / "source"
    with locked("render-diff"):
        if not (folder / "ready").exists():
            folder.mkdir(parents=True, exist_ok=True)
            argv = ["git", "archive", "--format=tar", commit]
            with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as archive:
                subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
            (folder / "ready").touch()
    return folder


def run(tree: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the code of a tree."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tree / "src"), str(tree / ".collections")]),
        "HOLDFAST_TEST_REGISTRY": "/usr/local/bin/registry",
        "HOLDFAST_TEST_SHA256": "a" * 64,
    }
    return subprocess.run(
        [sys.executable, *argv],
        cwd=tree,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


def rendered(tree: Path, inventory: Path) -> Rendered:
    """Return the files of all hosts of an inventory, by host and path."""
    done = run(tree, "-c", RENDER, str(inventory))
    if done.returncode:
        return {"error": {"text": done.stderr[-2000:]}}
    found: Rendered = json.loads(done.stdout.splitlines()[-1])
    return found


def imported(tree: Path, output: Path) -> None:
    """Import every configuration of the corpus, once, to a folder of its name below `output`."""
    for config in sorted((tree / "tests/corpus").glob("*.yml")):
        target = output / config.stem
        if not target.exists():
            options = list(RELEASE) if config.stem in NEWER else []
            for option, ending in (("--env", "env"), ("--htpasswd", "htpasswd")):
                beside = config.with_suffix(f".{ending}")
                given = beside.exists() and config.stem != "harbor"
                options += [option, str(beside)] if given else []
            run(tree, "-m", "holdfast", "import", str(config), "-o", str(target), *options)
            completed = config.with_suffix(".complete")
            if completed.exists():
                shutil.copy(completed, target / "group_vars/registry/zz_complete.yml")


def stand_in(inventory: Path) -> None:
    """Write the authorities that an inventory looks up and that a test host would have made."""
    texts = (path.read_text() for path in inventory.rglob("*.yml"))
    wanted = {inventory / found for text in texts for found in LOOKED_UP.findall(text)}
    for path in wanted:
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(Authority.create("stand-in", 3650, datetime.now(UTC)).root_pem)


def inputs(commit: str) -> dict[str, Path]:
    """Return the inventories of a commit by their names."""
    source = checkout(commit)
    scenarios = [path.parent / "inventory" for path in source.glob("molecule/*/molecule.yml")]
    for path in scenarios:
        stand_in(path)
    examples = [path for path in (source / "inventory").iterdir() if path.is_dir()]
    imported(source, source.parent / "corpus")
    found = [*scenarios, *examples, *(source.parent / "corpus").iterdir()]
    return {str(path.relative_to(source.parent)): path for path in sorted(found)}


def everything(tree: Path, inventories: dict[str, Path]) -> dict[str, Rendered]:
    """Return what a tree renders of each inventory, by the inventory's name."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda path: rendered(tree, path), inventories.values())
        return dict(zip(inventories, found, strict=True))


def reference(commit: str) -> dict[str, Rendered]:
    """Return what a commit renders, kept in the cache."""
    source = checkout(commit)
    question = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = source.parent / f"rendered-{question}.json"
    if not path.exists():
        path.write_text(json.dumps(everything(source, inputs(commit))))
    found: dict[str, Rendered] = json.loads(path.read_text())
    return found


def differences(before: dict[str, Rendered], after: dict[str, Rendered]) -> list[str]:
    """Return a text for each file that differs: its rights, then a unified diff."""
    found = []
    for name in sorted({*before, *after}):
        one, two = before.get(name, {}), after.get(name, {})
        for path in sorted({*one, *two}):
            if one.get(path) != two.get(path):
                found.append(_difference(f"{name}: {path}", one.get(path), two.get(path)))
    return found


def _difference(where: str, before: dict[str, str] | None, after: dict[str, str] | None) -> str:
    one, two = before or {}, after or {}
    rights = [
        f"{key}: {one.get(key, 'none')} -> {two.get(key, 'none')}"
        for key in ("mode", "owner", "group")
        if one.get(key) != two.get(key)
    ]
    lines = difflib.unified_diff(
        one.get("text", "").splitlines(), two.get("text", "").splitlines(), lineterm="", n=1
    )
    return "\n".join([where, *rights, *list(lines)[2:]])


def main(base: str) -> int:
    """Print what differs between a commit and the working tree; 1 when something does."""
    argv = ["git", "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"]
    done = subprocess.run(argv, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode:
        print(f"{base}: expected a commit of this repository. Run: make render-diff BASE=REF")
        return 2
    commit = done.stdout.strip()
    before = reference(commit)
    after = everything(ROOT, inputs(commit))
    found = differences(before, after)
    files = sum(len(one) for one in before.values())
    for name in (name for name, one in before.items() if "error" in one):
        print(f"{name}: {before[name]['error']['text'][-300:]}\n")
    print("\n\n".join([*found, f"{len(before)} inventories, {files} files, {len(found)} differ"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
