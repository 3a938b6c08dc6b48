"""The load of clients beside what a test does to a host."""

from __future__ import annotations

from functools import partial

from benchmarks.load import load as without_pause
from tests import trials

# A whole run has other tests beside this one; clients without a pause would take the machine whole,
# and show no more: requests are under way at every moment all the same.
load = partial(without_pause, pause=0 if trials.long() else 0.1)
