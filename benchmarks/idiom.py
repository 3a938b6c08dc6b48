"""Run the competing solution: about fifty builtin tasks for a registry behind nginx."""

from __future__ import annotations

import os
from pathlib import Path

import bcrypt

from benchmarks.lab import NAME, PASSWORD, Bench
from testhosts import fixtures
from testhosts.hosts import Host

SITE = Path(__file__).parent / "idiomatic" / "site.yml"
MITOGEN = os.environ.get("HOLDFAST_BENCH_MITOGEN", "")
"""Folder of mitogen, from `pip install --target`; empty to skip it."""


def bench(folder: Path, host: Host) -> Bench:
    """Return an inventory for the roles, with a new certificate."""
    made = Bench(folder, host)
    fixtures.certificate(host, NAME, folder)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    made.write(
        site_hostname=NAME,
        site_binary=made.newer["registry_distribution_path"],
        site_certificate=str(folder / "ecdsa.crt"),
        site_key=str(folder / "ecdsa.key"),
        site_ca=str(folder / "company.crt"),
        site_users=[{"name": "alice", "password": PASSWORD, "password_hash": hashed}],
        site_secret="5" * 64,
    )
    return made


def play(bench: Bench, mitogen: bool = False) -> float:
    """Run the roles on the hosts of an inventory; return the seconds."""
    own: dict[str, str] = {}
    if mitogen:
        own["ANSIBLE_STRATEGY_PLUGINS"] = f"{MITOGEN}/ansible_mitogen/plugins/strategy"
        own["ANSIBLE_STRATEGY"] = "mitogen_linear"
        own["PYTHONPATH"] = MITOGEN
    return bench.play(SITE, own)
