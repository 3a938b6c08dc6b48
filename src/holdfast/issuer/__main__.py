"""Run the issuer: `python3 -m holdfast.issuer FOLDER KEYS SOCKET LOG`."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from holdfast.issuer.assembly import issuer


def main(folder: str, keyset: str, path: str, log: str) -> int:
    """Serve on a unix socket until SIGTERM; open requests are answered before the end."""
    application = issuer(Path(folder), Path(keyset), Path(log)).application()
    Path(path).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        # Born with the mode that the unit's UMask gives it: the proxy is in its group.
        listening.bind(path)
        listening.listen(1024)
        config = uvicorn.Config(
            application,
            http="h11",
            log_level="warning",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=5,
        )
        uvicorn.Server(config).run(sockets=[listening])
    Path(path).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
