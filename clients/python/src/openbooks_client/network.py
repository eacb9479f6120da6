"""The network that a state file belongs to: asked once, kept, and compared whenever a process begins."""

from __future__ import annotations

import json
import logging

from . import rows
from .answers import Network
from .errors import WrongNetwork
from .fields import to_hex
from .gateway import Gateway
from .store import Store

LOG = logging.getLogger(__name__)


class NetworkKeeper:
    """Knows the network, offline too once it was asked."""

    def __init__(self, store: Store, gateway: Gateway):
        self._store = store
        self._gateway = gateway
        self._confirmed: Network | None = None

    def known(self) -> Network:
        """As kept; asked where nothing is."""
        return self._confirmed or self._kept() or self.confirmed()

    def confirmed(self) -> Network:
        """As the gateway says now, at first in this process.

        Raises:
            WrongNetwork: chain or vault are not those that the state file was made for.
        """
        if self._confirmed is None:
            self._confirmed = self._compared(self._gateway.network())
        return self._confirmed

    def doubt(self) -> None:
        """Asks the gateway again next time: its key may have changed."""
        self._confirmed = None

    def _compared(self, told: Network) -> Network:
        kept = self._kept()
        if kept is not None and (kept.chain_id, kept.vault) != (told.chain_id, told.vault):
            raise WrongNetwork(
                f"the gateway serves chain {told.chain_id} and vault {to_hex(told.vault)}, the state file belongs to "
                f"chain {kept.chain_id} and vault {to_hex(kept.vault)}: use that network's gateway, or a new file"
            )
        if kept is not None and kept.ack_signer != told.ack_signer:
            LOG.warning("the gateway's Acks are now signed by %s", to_hex(told.ack_signer))
        with self._store.transaction() as db:
            rows.put_setting(db, "network", json.dumps(told.json()))
        return told

    def _kept(self) -> Network | None:
        with self._store.transaction() as db:
            text = rows.setting(db, "network")
        return None if text is None else Network.read(json.loads(text))
