"""Sign catalogues, and verify signatures: those of ssh-keygen -Y, by keys that a reader trusts."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from holdfast.catalogue.entries import Catalogue, content, parsed
from holdfast.errors import InputError, RefusedError
from holdfast.signatures import sign

NAMESPACE = "holdfast-catalogue"
"""Purpose of a signature: one that was made for something else proves nothing here."""


def verified(path: Path, signers: Path) -> tuple[Catalogue, str]:
    """Return a catalogue, and who signed it. Raises RefusedError without a good signature.

    The signature is beside it, with .sig at the end of its name; `signers` has the trusted keys as
    ssh-keygen(1) describes under ALLOWED SIGNERS.
    """
    text, signature = content(path), content(Path(f"{path}.sig"))
    content(signers)
    with tempfile.TemporaryDirectory() as folder:
        # What is verified is what is read, also if the file changes meanwhile.
        copy = Path(folder) / "sig"
        copy.write_bytes(signature)
        common = ["-f", str(signers), "-s", str(copy)]
        found = _keygen(["-Y", "find-principals", *common], b"")
        who = found.stdout.decode("utf-8", "replace").splitlines()
        verify = ["-Y", "verify", *common, "-n", NAMESPACE, "-I", who[0] if who else "nobody"]
        done = _keygen(verify, text)
    if not who or found.returncode or done.returncode:
        said = (done.stderr or found.stderr).decode("utf-8", "replace").strip().splitlines()
        raise RefusedError(
            f"{path}: expected a signature by a key in {signers}, found none that fits."
            " Get catalogue and signature again, from somebody you trust",
            *said[-2:],
        )
    return parsed(text.decode("utf-8", "replace"), str(path)), who[0]


def write(path: Path, catalogue: Catalogue, key: Path) -> None:
    """Write a catalogue and its signature by a key. Raises RefusedError if it cannot be signed."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(catalogue.text, encoding="ascii")
    try:
        signature = sign(new, key, NAMESPACE)
    except InputError as error:
        new.unlink()
        text = f"{key}: expected a private key that signs. Give another one"
        raise RefusedError(text, *error.lines) from error
    # A cut between them leaves a signature that does not fit, which nobody accepts.
    new.replace(path)
    signature.replace(f"{path}.sig")


def _keygen(arguments: list[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
    argv = ["ssh-keygen", *arguments]
    return subprocess.run(argv, input=content, capture_output=True, check=False)
