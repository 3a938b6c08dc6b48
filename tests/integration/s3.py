"""A real S3 server as a process of this machine, with TLS by an authority of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Bucket,
    Keys,
)

from holdfast.certificates import Authority, building
from testhosts import binary

ROOT = Keys("holdfast-root", "hush-root-0123456789")
READER = Keys("reader", "hush-reader-0123456789")
"""May list and read, and nothing else."""
BUCKET = "images"
PROXIED = "s3.example.test"
"""Another name of the server, which no DNS knows."""
SECONDS = 20


@dataclass
class Server:
    """A server that can be stopped and started again; its objects stay."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    versions: bool = False
    """The bucket keeps versions."""

    @property
    def _requests(self) -> Path:
        return self.folder / "requests"

    def requests(self) -> int:
        """Return the number of requests since the start."""
        return self._requests.read_bytes().count(b"\n")

    @property
    def ca(self) -> str:
        """PEM of the authority of its certificate."""
        return (self.folder / "ca.pem").read_text()

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of an inventory that uses the server."""
        return {
            "registry_storage_driver": "s3",
            "registry_storage_region": "eu-central-1",
            "registry_storage_bucket": BUCKET,
            "registry_storage_endpoint": f"https://localhost:{self.port}",
            "registry_storage_access_key": ROOT.access,
            "registry_storage_secret_key": ROOT.secret,
            "registry_service_ca": self.ca,
        }

    def bucket(self, keys: Keys = ROOT, **changes: Any) -> Bucket:
        """Return a client of the bucket, which trusts the server's authority."""
        facts = {
            "endpoint": f"https://localhost:{self.port}",
            "region": "eu-central-1",
            "bucket": BUCKET,
            "root": "",
            "paths": True,
            "encrypt": "",
            "kms_key": "",
            "storage_class": "STANDARD",
            "place": f"s3://{BUCKET}",
        }
        return Bucket({**facts, **changes}, keys, changes.get("ca", self.ca))

    def start(self) -> None:
        """Start it, and wait until it listens."""
        own = {"ROOT_ACCESS_KEY": ROOT.access, "ROOT_SECRET_KEY": ROOT.secret}
        argv = [binary.tool("versitygw"), "--port", f"127.0.0.1:{self.port}", "--quiet"]
        argv += ["--region", "eu-central-1", "--iam-dir", self.folder / "iam"]
        argv += ["--access-log", self._requests]
        argv += ["--cert", self.folder / "server.pem", "--key", self.folder / "server.key"]
        kept = ["--versioning-dir", self.folder / "versions"] if self.versions else []
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*argv, "posix", *kept, self.folder / "data"],
                env={**os.environ, **own},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once."""
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(folder: Path, *, versions: bool = False) -> Iterator[Server]:
    """Run a server with a bucket, and with a user who may only read it."""
    authority, now = Authority.create("s3 of a test", 2, datetime.now(UTC)), datetime.now(UTC)
    key = building.new_key()
    certificate = authority.certify("localhost", key.public_key(), 2, now, PROXIED)
    for name, text in {
        "ca.pem": authority.root_pem,
        "server.pem": certificate,
        "server.key": building.private_pem(key),
    }.items():
        (folder / name).write_text(text)
    (folder / "iam").mkdir()
    (folder / "data" / BUCKET).mkdir(parents=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    (folder / "versions").mkdir()
    server = Server(folder, port, versions=versions)
    server.start()
    try:
        _reader(server)
        if versions:
            keep_versions(server)
        yield server
    finally:
        server.stop()


def _reader(server: Server) -> None:
    place = ["--endpoint-url", f"https://localhost:{server.port}", "--allow-insecure"]
    argv = [binary.tool("versitygw"), "admin", "--access", ROOT.access, "--secret", ROOT.secret]
    argv += [*place, "--region", "eu-central-1", "create-user", "--access", READER.access]
    subprocess.run(
        [*argv, "--secret", READER.secret, "--role", "user"], check=True, capture_output=True
    )
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": [READER.access],
                "Action": ["s3:ListBucket", "s3:GetObject", "s3:ListBucketMultipartUploads"],
                "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            }
        ]
    }
    client = server.bucket()
    body = json.dumps(policy).encode()
    client.ask("s3:PutBucketPolicy", "PUT", query={"policy": ""}, body=body)
    client.close()


def keep_versions(server: Server, status: str = "Enabled") -> None:
    """Let the bucket keep versions, or with `Suspended` no longer."""
    body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
    client = server.bucket()
    client.ask("s3:PutBucketVersioning", "PUT", query={"versioning": ""}, body=body.encode())
    client.close()
