"""Sends what an outbox holds, oldest first, and decides by the answer how to go on."""

from __future__ import annotations

import logging
from functools import partial

from .answers import Ack
from .errors import BadAnswer, LaneConflict, LaneHead, Problem, Refused, TryLater
from .fields import to_hex
from .gateway import Gateway
from .network import NetworkKeeper
from .outbox import Outbox
from .patience import Patience, Sleep
from .rows import Batch
from .signing import Key

LOG = logging.getLogger(__name__)
LANE_PROBLEMS = frozenset({"lane-gap", "lane-fork"})
LANE_VERDICTS = frozenset({"lane_gap", "lane_fork"})


class Sender:
    """Signs and sends batches of one operator. One thread at a time."""

    def __init__(
        self,
        *,
        gateway: Gateway,
        network: NetworkKeeper,
        outbox: Outbox,
        operator: bytes,
        key: Key,
        deadline_s: float,
    ):
        """`deadline_s` is for each batch: a long outbox is not given up while it gets shorter."""
        self._gateway = gateway
        self._network = network
        self._outbox = outbox
        self._operator = operator
        self._key = key
        self._deadline_s = deadline_s

    def send(self, number: int, sleep: Sleep) -> list[Ack]:
        """Sends every batch up to that number.

        The network is asked first: without an answer nothing is sealed, and the batch goes on filling.
        """
        acks: list[Ack] = []
        Patience(self._deadline_s, sleep).until_done(self._network.confirmed)
        while (batch := self._outbox.seal(self._key.address, number)) is not None:
            ack = self._send(self._signed(batch), Patience(self._deadline_s, sleep))
            if ack is not None:
                acks.append(ack)
        return acks

    def _signed(self, batch: Batch) -> Batch:
        """Content is on disk before it is signed, so that no number ever has two signed contents by a crash."""
        if batch.signature is not None:
            return batch
        digest = self._network.known().batch_hash(batch.content)
        return self._outbox.sign(batch, self._key.sign(digest))

    def _send(self, batch: Batch, patience: Patience) -> Ack | None:
        attempt = partial(self._attempt, batch, self._outbox.envelope(batch))
        ack = patience.until_done(attempt)
        self._outbox.taken(batch, ack)
        LOG.info("the gateway has batch %s, number %d of lane %d", to_hex(batch.id), batch.number, batch.lane)
        return ack

    def _attempt(self, batch: Batch, envelope: bytes) -> Ack | None:
        self._outbox.note(batch, None)
        try:
            ack = self._gateway.post(envelope)
            ack.check(self._network.known(), batch.id)
        except BadAnswer:
            self._network.doubt()
            raise
        except Refused as refused:
            if refused.problem.code in LANE_PROBLEMS:
                self._look_at_lane(batch, refused.problem)
                return None
            self._outbox.note(batch, refused.problem)
            raise Refused(refused.problem, batch.id) from refused
        return ack

    def _look_at_lane(self, batch: Batch, problem: Problem) -> None:
        """Finds out why a batch does not extend its lane. Returns when that is because the gateway has it.

        Raises:
            TryLater: the gateway has not seen yet what it, or another one, took in before.
            LaneConflict: another process wrote to the lane.
        """
        theirs = self._gateway.lanes(self._operator).get(batch.lane, LaneHead())
        if theirs.head == batch.id or (theirs.number > batch.number and self._counts(batch)):
            LOG.warning("the gateway has batch %s, but acknowledges it no more", to_hex(batch.id))
            return
        self._outbox.note(batch, problem)
        ours = self._outbox.head(batch.lane)
        if theirs.number < ours.number or theirs == ours:
            raise TryLater(
                f"the gateway is behind in lane {batch.lane}: its head is {theirs}, ours {ours}; "
                "should it stay so, go on with open_lane"
            )
        raise LaneConflict(batch.lane, ours, theirs)

    def _counts(self, batch: Batch) -> bool:
        """Whether the gateway has a batch, and not as one that came too late for its number."""
        found = self._gateway.batch(batch.id)
        if found is None:
            return False
        return LANE_VERDICTS.isdisjoint(receipt["verdict"] for receipt in found["receipts"])
