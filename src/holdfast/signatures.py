"""Sign files with an ssh key, as a file beside each."""

from __future__ import annotations

import subprocess
from pathlib import Path

from holdfast.errors import InputError


def sign(path: Path, key: Path, namespace: str) -> Path:
    """Sign a file; return the signature's file. Raises InputError if the key does not sign.

    `namespace` is the purpose that the signature names, so that it proves nothing for another one.
    """
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)  # ssh-keygen asks before it replaces one
    argv = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(key), str(path)]
    try:
        done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError as error:
        raise InputError(
            "ssh-keygen: expected the program, which signs; found none. Install OpenSSH's client"
        ) from error
    if done.returncode or not signature.exists():
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
        raise InputError(
            f"{key}: expected an ssh key that signs; ssh-keygen said: {said[-1]}. Give a private"
            f" key, or a public one whose private key an agent has. {path} is not signed"
        )
    return signature
