"""Targets of make that run beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import beside

MAKEFILE = """
waits:
\t@until [ -e seen ]; do sleep 0.1; done; echo waits: $(SIGN)
shows:
\t@touch seen; echo shows
fails:
\t@echo fails; false
"""


@pytest.mark.parametrize(
    ("words", "code"), [(["waits", "shows", "SIGN=x"], 0), (["fails", "shows"], 1)]
)
def test_targets_run_beside_each_other_and_each_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Makefile").write_text(MAKEFILE)
    assert beside.main(words) == code
    lines = {tuple(line.split(maxsplit=1)) for line in capsys.readouterr().out.splitlines()}
    assert ("shows", "shows") in lines
    assert ("waits", "waits: x") in lines if code == 0 else ("fails", "fails") in lines
