"""Run a real server of restic's REST protocol: Debian's rclone, unpacked, not installed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testhosts.unpacked import await_ports, unpacked

ADDRESS = "127.0.0.1"


@contextmanager
def running(folder: Path, port: int, login: str, *options: str) -> Iterator[Path]:
    """Run a server until the block ends; it stores repositories in the folder that is yielded.

    `login` is `user:password`. Raises HarnessError 4 if the program is unavailable.
    """
    program = unpacked("rclone", ("rclone",)) / "usr" / "bin" / "rclone"
    data, output = folder / "data", folder / "output"
    data.mkdir(parents=True)
    user, _, password = login.partition(":")
    argv = [str(program), "serve", "restic", "--addr", f"{ADDRESS}:{port}", *options, str(data)]
    environment = {"RCLONE_USER": user, "RCLONE_PASS": password, "RCLONE_CONFIG": "/dev/null"}
    with output.open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, env=environment)
    try:
        await_ports("rclone", process, [(ADDRESS, port)], output)
        yield data
    finally:
        process.kill()
        process.wait()
