"""A serving node's side of the network: it records receipts, and sends them in signed batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

import httpx

from . import limits
from .answers import Ack, Network
from .errors import ClientError, InvalidInput
from .evidence import Evidence
from .fields import HexOrBytes, address, id32, integer
from .gateway import Gateway
from .link import ReceiptLink
from .network import NetworkKeeper
from .outbox import Outbox
from .patience import Sleep
from .receipt import EPOCH, Serving, compose
from .rows import Batch, Recorded, State
from .sender import Sender
from .signing import Key
from .spend import Spend
from .store import Store
from .worker import Worker

LOG = logging.getLogger(__name__)
RECEIPTS_MAX = 1_000
AGE_MAX_S = 10.0
DEADLINE_S = 60.0
TIMEOUT_S = 30.0


class Node:
    """One serving process of an operator. Safe for use by several threads; one state file belongs to one node.

    Without `with`, nothing is sent until `flush`.
    In `with Node(...) as node:` a thread flushes when `max_receipts` wait or the first has waited for `max_age_s`, and
    the end of the block flushes what is left.
    """

    def __init__(
        self,
        gateway_url: str,
        *,
        operator: HexOrBytes,
        key: HexOrBytes,
        state: str | Path,
        lane: int = 0,
        max_receipts: int = RECEIPTS_MAX,
        max_age_s: float = AGE_MAX_S,
        deadline_s: float = DEADLINE_S,
        timeout_s: float = TIMEOUT_S,
        http: httpx.Client | None = None,
    ):
        """Opens the state file; nothing is asked of the gateway yet.

        Args:
            gateway_url: where the gateway is, and where links lead.
            operator: the operator's address.
            key: a signing key of the operator: 32 bytes.
            state: the state file, made where there is none.
            lane: where a new state file begins; two processes never share a lane. An old file goes on in its own.
            max_receipts: most receipts in a batch.
            max_age_s: how long a receipt waits for others, in `with`.
            deadline_s: how long `flush` tries to send one batch.
            timeout_s: how long one attempt waits to connect, and for each part of an answer.
            http: a client of one's own, for proxies or certificates; who made it closes it.
        """
        self._operator = address(operator, "the operator")
        signing = Key(key)
        integer(lane, "lane", 0, limits.INT64_MAX)
        self._gateway = Gateway(gateway_url, timeout_s=timeout_s, http=http)
        self._receipts_max = integer(max_receipts, "max_receipts", 1, limits.RECEIPTS_MAX)
        self._max_age_s = max_age_s
        self._store = Store(state)
        try:
            self._outbox = Outbox(self._store, self._operator, lane, self._receipts_max)
        except BaseException:
            self._store.close()
            raise
        self._network = NetworkKeeper(self._store, self._gateway)
        self._sender = Sender(
            gateway=self._gateway,
            network=self._network,
            outbox=self._outbox,
            operator=self._operator,
            key=signing,
            deadline_s=deadline_s,
        )
        self._sending = threading.Lock()
        self._worker: Worker | None = None

    @property
    def network(self) -> Network:
        """Chain, vault, the Acks' signer and the limits: as the state file has them, or as the gateway says."""
        return self._network.known()

    @property
    def gateway(self) -> Gateway:
        """For questions: lanes, batches, receipts, funds."""
        return self._gateway

    @property
    def trouble(self) -> Exception | None:
        """Why the thread of `with` could not send last time; none when it could."""
        return None if self._worker is None else self._worker.trouble

    def record(
        self,
        *,
        payer: HexOrBytes,
        model_version: HexOrBytes,
        adapter: HexOrBytes | None = None,
        tokens_in: int,
        tokens_out: int,
        input: bytes,
        output: bytes,
        evidence: Evidence,
        serving: Serving | None = None,
        served_at: datetime | None = None,
    ) -> ReceiptLink:
        """Keeps the receipt of an answered request: when this returns, it is on the disk.

        Raises:
            InvalidInput: a value breaks a bound of the network; nothing was kept.
        """
        receipt = compose(
            payer=payer,
            model_version=model_version,
            adapter=adapter,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            input=input,
            output=output,
            evidence=evidence,
            serving=serving,
            served_at=served_at,
        )
        recorded = self._outbox.record(receipt)
        if self._worker is not None and recorded.index in (0, self._receipts_max - 1):
            self._worker.look()
        return self._link(recorded)

    def allow(self, spend: Spend) -> bool:
        """Keeps a Spend where it is its payer's highest, and says whether it is. Batches carry the highest.

        Raises:
            InvalidInput: it is malformed, or not signed by its payer (or the spender key that it names).
            TryLater: the network is not known yet, and the gateway gives no answer.
        """
        return self._outbox.allow(spend.checked(self.network, self._operator))

    def forget_spend(self, payer: HexOrBytes) -> None:
        """Forgets a payer's Spend: one whose spender key was revoked would make every batch refused."""
        self._outbox.forget_spend(address(payer, "the payer"))

    def flush(self) -> list[Ack]:
        """Seals and sends everything that was recorded before the call, oldest first.

        Raises:
            TryLater: the gateway could not be reached, or did not take a batch in time. Flush again.
            Refused: the gateway will not have the oldest batch as it is. Mend the cause, or `set_aside`.
            LaneConflict: another process used this lane. Go on with `open_lane`.
            WrongNetwork: the gateway serves another network.
            BadAnswer: the gateway breaks its contract.
        """
        number = self._outbox.due().number
        acks = [] if number is None else self._flush(number, threading.Event().wait)
        self._try_again()
        return acks

    def set_aside(self, batch: HexOrBytes, only: Collection[int] | None = None) -> None:
        """Takes the refused batch out of the way, with all its receipts or `only` those with these indexes.

        The others, and everything that was recorded later, move up: `link` gives their new links. What was set aside
        stays in the state file, under `batches("refused")`.
        """
        with self._sending:
            self._outbox.set_aside(id32(batch, "the batch"), only)
        self._try_again()

    def open_lane(self, lane: int) -> None:
        """Goes on in a lane that no process of the operator ever used. What the gateway does not have is carried over.

        In an old copy of a state file that may be receipts which the original sent since: they would be charged twice.
        """
        with self._sending:
            self._outbox.open_lane(integer(lane, "lane", 0, limits.INT64_MAX))
        self._try_again()

    def link(self, output_commitment: HexOrBytes) -> ReceiptLink | None:
        """The link of a receipt as it is now, with the salts that open its commitments."""
        recorded = self._outbox.find(id32(output_commitment, "the output commitment"))
        return None if recorded is None else self._link(recorded)

    def batches(self, state: State) -> list[Batch]:
        """The batches of one state, oldest first, with Acks and problems: as long as nobody forgot them."""
        return self._outbox.batches(state)

    def forget(self, sealed_before: datetime) -> int:
        """Forgets batches that are done with, their receipts, salts and Acks, to keep the file small."""
        if sealed_before.tzinfo is None:
            raise InvalidInput("sealed_before has no time zone")
        return self._outbox.forget((sealed_before - EPOCH) // timedelta(microseconds=1))

    def close(self) -> None:
        """Ends the thread and gives the state file free. Nothing is sent: what waits, waits in the file."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        with self._sending:
            self._gateway.close()
            self._store.close()

    def __enter__(self) -> Node:
        self._worker = Worker(lambda: self._outbox.due(self._max_age_s), self._flush)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Flushes and closes. What cannot be sent raises, unless the block already did; it waits in the file."""
        try:
            if self._worker is not None:
                self._worker.stop()
            self.flush()
        except ClientError as unsent:
            if error is None:
                raise
            LOG.warning("not sent at the end: %s", unsent)
        finally:
            self.close()

    def _flush(self, number: int, sleep: Sleep) -> list[Ack]:
        with self._sending:
            return self._sender.send(number, sleep)

    def _try_again(self) -> None:
        if self._worker is not None:
            self._worker.try_again()

    def _link(self, recorded: Recorded) -> ReceiptLink:
        return ReceiptLink(gateway=self._gateway.url, operator=self._operator, **vars(recorded))
