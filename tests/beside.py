"""Run targets of make beside each other, with the target's name in front of each line."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def run(target: str, variables: list[str]) -> int:
    """Run one target to its end, pass its output on line by line, and return its exit code."""
    argv = ["make", "--no-print-directory", target, *variables]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout
        for line in process.stdout:
            print(f"{target:<11} {line.rstrip()}".rstrip(), flush=True)
    return process.returncode


def main(words: list[str]) -> int:
    """Run the targets that are named, with the variables that follow; 0 when all are good."""
    variables = [one for one in words if "=" in one]
    targets = [one for one in words if "=" not in one]
    with ThreadPoolExecutor(len(targets)) as pool:
        return int(any(pool.map(lambda one: run(one, variables), targets)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
