"""Check that a file is a static program for a host's machine type."""

from __future__ import annotations

import struct
from pathlib import Path

# Source: elf(5), e_machine and p_type.
MACHINES = {"x86_64": 62, "aarch64": 183, "armv7l": 40, "ppc64le": 21, "s390x": 22, "riscv64": 243}
INTERPRETER = 3


def unfit(path: Path, machine: str) -> str | None:
    """Return why a file cannot run on a `machine` (as in uname) without libraries; None if it
    can."""
    with path.open("rb") as stream:
        head = stream.read(64)
        if len(head) < 64 or head[:4] != b"\x7fELF":
            return "expected an ELF program, got something else"
        order = "<" if head[5] == 1 else ">"
        (kind,) = struct.unpack_from(f"{order}H", head, 18)
        if machine in MACHINES and kind != MACHINES[machine]:
            return f"expected a program for {machine}, got one for another machine"
        offset, size, count = _program_headers(head, order)
        stream.seek(offset)
        table = stream.read(size * count)
    types = {struct.unpack_from(f"{order}I", table, size * i)[0] for i in range(len(table) // size)}
    if INTERPRETER in types:
        return (
            "expected a static program, got one that needs libraries. Build it with CGO_ENABLED=0"
        )
    return None


def _program_headers(head: bytes, order: str) -> tuple[int, int, int]:
    """Return offset, entry size and count of the program headers."""
    wide = head[4] == 2
    (offset,) = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", head, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    return offset, max(size, 4), count
