"""Checksums of upstream's releases of the registry: the only table of them."""

from __future__ import annotations

NEWEST = "3.1.1"
"""Release of a new inventory."""

CHECKSUMS = {
    "3.1.1": {
        "amd64": "sha256:6f330a3ba9ea1d23a6ee189f449d792595240585bb2f159123d76ac594f70dd8",
        "arm64": "sha256:8167316d2b4a57e10d44f8c8a3c75fea5f3ec1c71872760bb903e5e8e52e9ad6",
        "armv7": "sha256:23bfb562d2b41dc6cb800fc7a2ea682071999ebb4c6e7c8162988bc49eb10ec3",
        "ppc64le": "sha256:7f7e126b18b3deb1eecf14824bd80215cda6a10bb07a47c7c42268319cf5b305",
        "riscv64": "sha256:a64bb17c994885382c977d73695a3f000e884c25b8e5aa14857fedaa096619bb",
        "s390x": "sha256:27f5f3237a6332b129d7383066eee99f15759f9add9304fbf283cef1e3803041",
    },
}
"""Checksum of upstream's archive for Linux, by version and architecture. Source: the .sha256 file
beside each archive, as the Dockerfile of Docker's official image `registry` has it."""
