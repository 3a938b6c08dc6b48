"""Build a release: python -m release [--key KEY] [--out FOLDER]"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from holdfast import __version__
from holdfast.errors import HoldfastError, RefusedError
from holdfast.signatures import sign
from release import artefacts, provenance, sbom, source

NAMESPACE = "holdfast-release"
SUMS = "SHA256SUMS"
ROOT = Path(__file__).parents[1]


def main() -> int:
    """Build, compare, describe and sign; return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m release", description=__doc__)
    parser.add_argument("--key", type=Path, help="ssh key that signs SHA256SUMS")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist")
    options = parser.parse_args()
    try:
        for line in release(ROOT, options.out, options.key):
            print(line)
    except HoldfastError as error:
        print("\n".join(error.lines), file=sys.stderr)
        return int(error.exit_code)
    return 0


def release(root: Path, out: Path, key: Path | None) -> list[str]:
    """Write a release of the commit of a clone to a folder; return lines for a person."""
    commit = source.committed(root)
    with tempfile.TemporaryDirectory(prefix="holdfast-release-") as folder:
        first, second = (
            artefacts.build(source.exported(root, commit, Path(folder) / name), commit.time)
            for name in ("first", "a-second-folder")
        )
        if differ := artefacts.differing(first, second):
            raise RefusedError(
                f"{', '.join(differ)}: expected the same bytes from both builds, found others."
                " Compare the archives; nothing was written"
            )
        written = artefacts.copied(first, out)
        texts = {
            "cdx": sbom.document(written, commit.time),
            "provenance": provenance.statement(written, commit, Path(folder) / "first"),
        }
    for name, document in texts.items():
        path = out / f"holdfast-{__version__}.{name}.json"
        path.write_text(f"{json.dumps(document, indent=2, sort_keys=True)}\n", encoding="utf-8")
        written.append(path)
    sums = out / SUMS
    sums.write_text(artefacts.checksums(written))
    signed = [sign(sums, key, NAMESPACE)] if key else []
    shown = [f"{path.name}  {path.stat().st_size} bytes" for path in written]
    note = "" if key else " It is not signed. Name a key: make release KEY=FILE"
    return [
        *shown,
        *(f"{path.name}  signed" for path in signed),
        f"Release {__version__} of {commit.name[:12]} is in {out}; two builds were equal.{note}",
    ]


if __name__ == "__main__":
    sys.exit(main())
