"""Say what state things are in when somebody interrupts a verb."""

from __future__ import annotations

_JOBS = "A job that has begun goes on by itself on its host. See: holdfast jobs"
_STEPS = (
    "Each host finishes or undoes its current step by itself."
    " The same command again completes the rest."
)
_BY_PLAYBOOK = {
    **dict.fromkeys(("deploy", "rollback", "restart", "key_rotate", "cache_flush"), _STEPS),
    **dict.fromkeys(("storage_move", "client", "lock", "remove", "restore", "patch"), _STEPS),
    **dict.fromkeys(("backup", "drill", "gc", "retention", "jobs", "scrub"), _JOBS),
}
"""Sentence by playbook that has begun; the others change no host."""
_NOTHING = "Nothing was changed."
_state = [_NOTHING]


def begun(playbook: str, *, check: bool) -> None:
    """Note that a playbook begins."""
    text = None if check else _BY_PLAYBOOK.get(playbook)
    if text:
        _state[0] = text
    elif _state[0] == _NOTHING:
        _state[0] = "No host was changed."


def note(text: str) -> None:
    """Note the state that things are in from now on, as a sentence."""
    _state[0] = text


def expected() -> None:
    """Note that an interruption is how the verb ends."""
    _state[0] = ""


def message() -> str:
    """Return the message for an interruption now; empty if nothing needs to be said."""
    return f"Interrupted. {_state[0]}" if _state[0] else ""
