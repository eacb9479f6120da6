"""The gateway's HTTP interface, one attempt a call. Which failures pass by waiting is decided here."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from .answers import Ack, BatchAnswer, FundsAnswer, Json, Network, OneReceiptAnswer, lane_heads
from .errors import BadAnswer, InvalidInput, LaneHead, Problem, Refused, TryLater
from .fields import HexOrBytes, address, id32, to_hex
from .link import ReceiptLink

ANSWER_BYTES_MAX = 16 << 20
DETAIL_CHARACTERS_MAX = 300
RETRY_AFTER_MAX_S = 3_600.0
PROTOBUF = {"content-type": "application/x-protobuf"}
AGAIN = frozenset({408, 429})
"""With every 5xx, what passes by waiting; a proxy in front of the gateway has 500, 502 and 504, too."""


class Gateway:
    """A receipt gateway at a URL. Safe for use by several threads."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, http: httpx.Client | None = None):
        """`http` brings proxies, certificates or headers of one's own; who made it closes it."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise InvalidInput(f"the gateway's URL is neither http nor https: {url}")
        if parts.username is not None:
            raise InvalidInput("the gateway's URL names a user; links carry it on: put credentials into `http`")
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._http = http or httpx.Client()
        self._own = http is None

    def close(self) -> None:
        """Closes connections."""
        if self._own:
            self._http.close()

    def network(self) -> Network:
        """Chain, vault, the Acks' signer, limits."""
        return Network.read(self._ask("/v1/network"))

    def post(self, envelope: bytes) -> Ack:
        """Posts a batch. The Ack is as it came: `Ack.check` is the caller's."""
        return Ack.read(self._send("POST", "/v1/receipt-batches", content=envelope, headers=PROTOBUF))

    def lanes(self, operator: HexOrBytes) -> dict[int, LaneHead]:
        """Each lane of an operator and its head."""
        return lane_heads(self._ask(f"/v1/operators/{to_hex(address(operator, 'the operator'))}/lanes"))

    def batch(self, batch: HexOrBytes) -> BatchAnswer | None:
        """A batch's place and its receipts' verdicts; none when the gateway does not know it."""
        return cast("BatchAnswer | None", self._find(f"/v1/batches/{to_hex(id32(batch, 'the batch'))}"))

    def receipt(self, link: ReceiptLink) -> OneReceiptAnswer | None:
        """A receipt's id, batch, verdict and fee; none when the gateway does not know it (yet)."""
        return cast("OneReceiptAnswer | None", self._find(link.path))

    def funds(self, payer: HexOrBytes) -> FundsAnswer:
        """What a payer has deposited and may still spend, per operator."""
        return cast("FundsAnswer", self._ask(f"/v1/payers/{to_hex(address(payer, 'the payer'))}/funds"))

    def _find(self, path: str) -> Json | None:
        try:
            return self._ask(path)
        except Refused as refused:
            if refused.problem.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def _ask(self, path: str) -> Json:
        return self._send("GET", path)

    def _send(self, method: str, path: str, **parts: Any) -> Json:
        try:
            with self._http.stream(method, self.url + path, timeout=self._timeout_s, **parts) as response:
                body = _bounded_body(response)
        except httpx.RequestError as error:
            raise TryLater(f"the gateway at {self.url} gave no answer: {error!r}") from error
        if response.is_success:
            return _object(body)
        problem = _problem(response.status_code, body)
        if response.status_code in AGAIN or response.is_server_error:
            raise TryLater(str(problem), _seconds(response.headers.get("retry-after")))
        raise Refused(problem)


def _bounded_body(response: httpx.Response) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise BadAnswer(f"the answer has more than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _object(body: bytes) -> Json:
    """An answer that is no JSON object was cut off, or is a proxy's: asking again may help."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TryLater("the gateway's answer is no JSON, or not all of it") from error
    if not isinstance(value, dict):
        raise TryLater("the gateway's answer is no JSON object")
    return value


def _problem(status: int, body: bytes) -> Problem:
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        return Problem(status, "", body[:DETAIL_CHARACTERS_MAX].decode(errors="replace"))
    return Problem(status, str(members.get("code", "")), str(members.get("detail", "")), members)


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return min(float(retry_after), RETRY_AFTER_MAX_S)
