"""Check passwords against the most common ones."""

from __future__ import annotations

import re

_LIST = """
abc admin administrator anonymous asdf asdfgh asdfghjk asdfghjkl autumn backup baseball batman
change changeit changeme charlie computer container default demo docker dragon example football
freedom guest hallo harbor hello holdfast iloveyou image images internet jenkins kennwort
kubernetes letmein login manager master michael monkey nimda operator pass passphrase passwd
password passwort podman pokemon princess private public pull push qazwsx qwert qwerty qwertyui
qwertyuiop qwertz registry root secret service shadow spring starwars summer sunshine superman
supersecret superuser system temp test testing testpassword testuser toor trustno trustnoone user
username welcome whatever winter yxcvbnm zaqxsw zxcvbn zxcvbnm
"""
"""Words of common lists of leaked and default passwords, without digits and punctuation."""

_WORDS = frozenset(_LIST.split())
_LEET = str.maketrans("@4031!$5", "aaoeiiss")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_RUNS = "01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz"


def too_common(password: str, name: str) -> bool:
    """Tell whether a password is the user's name or a very common one.

    Upper case, digits for letters, a repetition, and digits or punctuation around a word are
    ignored.
    """
    folded = password.casefold()
    if len(set(folded)) < 4 or any(folded in run for run in _RUNS):
        return True
    bare = _EDGES.sub("", folded)
    found = {bare, bare.translate(_LEET), _EDGES.sub("", folded.translate(_LEET)), folded}
    found |= {core[: len(core) // 2] for core in found if core == core[: len(core) // 2] * 2}
    return not found.isdisjoint(_WORDS | {name.casefold(), _EDGES.sub("", name.casefold())} - {""})
