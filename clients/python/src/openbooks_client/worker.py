"""Sends in the background: when a batch is full, or when its oldest receipt has waited long enough."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from .outbox import Due
from .patience import Sleep

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 60.0
REST_S = 30.0
"""After a failure, so that a gateway that is down or refuses is not asked all the time."""


class Worker:
    """A thread that flushes what is due. It ends with the process: what it had not sent is kept."""

    def __init__(self, due: Callable[[], Due], flush: Callable[[int, Sleep], object]):
        self.trouble: Exception | None = None
        self._due = due
        self._flush = flush
        self._rest_until = 0.0
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="openbooks-client", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Something may be due earlier than it was."""
        self._awake.set()

    def try_again(self) -> None:
        """What stood in the way may be gone."""
        self.trouble = None
        self._rest_until = 0.0
        self._awake.set()

    def stop(self) -> None:
        """Ends the thread; an attempt on its way is waited for, a wait for the next is not."""
        self._stopping.set()
        self._awake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait_s = self._step()
            self._awake.wait(LOOK_EVERY_S if wait_s is None else min(wait_s, LOOK_EVERY_S))
            self._awake.clear()

    def _step(self) -> float | None:
        """Flushes what is due, and says how long nothing else will be; none while nothing waits."""
        rest_s = self._rest_until - time.monotonic()
        if rest_s > 0:
            return rest_s
        try:
            due = self._due()
            if due.number is None:
                return due.in_s
            self._flush(due.number, self._stopping.wait)
        except Exception as error:  # whatever it is, the thread must go on
            LOG.warning("not sent yet: %s", error)
            self.trouble = error
            self._rest_until = time.monotonic() + max(REST_S, getattr(error, "retry_after_s", None) or 0.0)
        else:
            self.trouble = None
        return 0.0
