"""How long one batch is worth waiting for, and how often it is tried meanwhile."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from .errors import TryLater

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0

Sleep = Callable[[float], bool]
"""Sleeps for so many seconds, and says whether it was woken up to stop."""
Value = TypeVar("Value")


class Patience:
    """Exponential backoff with full jitter, up to a deadline: many nodes must not come back in the same moment."""

    def __init__(self, deadline_s: float, sleep: Sleep):
        self._ends = time.monotonic() + deadline_s
        self._sleep = sleep
        self._ceiling_s = BACKOFF_FIRST_S

    def until_done(self, attempt: Callable[[], Value]) -> Value:
        """What the attempt gives, tried again while it raises `TryLater` and the deadline permits."""
        while True:
            try:
                return attempt()
            except TryLater as trouble:
                self.wait(trouble)

    def wait(self, trouble: TryLater) -> None:
        """Waits before the next attempt; raises `trouble` where that would be too late."""
        wait_s = (trouble.retry_after_s or 0.0) + random.uniform(0.0, self._ceiling_s)  # noqa: S311 - jitter
        self._ceiling_s = min(self._ceiling_s * 2, BACKOFF_MAX_S)
        if time.monotonic() + wait_s > self._ends or self._sleep(wait_s):
            raise trouble
