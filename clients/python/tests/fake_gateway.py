"""A gateway for tests: the contract of docs/gateway.md in one process, and every fault that a client must survive."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openbooks_client import Domain, LaneHead, batch_id, receipt_id
from openbooks_client.fields import to_hex
from openbooks_client.signing import Key, keccak256, recover
from openbooks_client.wire import receipts_v1_pb2 as wire

ACK_KEY = Key(keccak256(b"fake gateway"))
TOPIC = "openbooks.receipts.v1"
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is sent back. `cut` bytes of the body are missing; with `none` there is no answer at all."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    none: bool = False


Fault = Callable[["FakeGateway", bytes], Answer]
"""Answers one POST in its own way."""


@dataclass(frozen=True)
class Taken:
    content: wire.BatchContent
    offset: int


class FakeGateway:
    """Listens on loopback until `stop`."""

    def __init__(self) -> None:
        self.domain = Domain(31337, bytes.fromhex("a513e6e4b8f2a923d98304ec87f64353c4d5c853"))
        self.ack_key = ACK_KEY
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.posted: list[bytes] = []
        self.asked: list[str] = []
        self.taken: dict[bytes, Taken] = {}
        self.verdict = "charged"
        self.heads: dict[tuple[bytes, int], LaneHead] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def receipts(self) -> list[bytes]:
        """Output commitments of everything that was taken in, in order."""
        return [receipt.output_commitment for taken in self.taken.values() for receipt in taken.content.receipts]

    def contents(self) -> dict[tuple[int, int], set[bytes]]:
        """Every content that ever came, by lane and number."""
        found: dict[tuple[int, int], set[bytes]] = {}
        for body in self.posted:
            content = wire.Envelope.FromString(body).content
            message = wire.BatchContent.FromString(content)
            found.setdefault((message.lane, message.number), set()).add(content)
        return found

    def post(self, body: bytes) -> Answer:
        self.posted.append(body)
        if self.faults:
            return self.faults.popleft()(self, body)
        return self.always(self, body) if self.always else self.take_in(body)

    def take_in(self, body: bytes) -> Answer:
        envelope = wire.Envelope.FromString(body)
        content, id = wire.BatchContent.FromString(envelope.content), batch_id(envelope.content)
        if recover(self.domain.batch_hash(envelope.content), envelope.signature) != content.signer:
            return problem(422, "signature")
        if id in self.taken:
            return Answer(200, self.ack(id))
        head = self.heads.get((content.operator, content.lane), LaneHead())
        if (content.number, content.previous) != (head.number + 1, head.head):
            code = "lane-gap" if content.number > head.number + 1 else "lane-fork"
            return problem(409, code, expected_number=str(head.number + 1), expected_previous=to_hex(head.head))
        blobs = {keccak256(blob) for blob in envelope.evidence}
        missing = [at for at, receipt in enumerate(content.receipts) if receipt.evidence_hash not in blobs]
        if missing:
            named = [{"index": at, "reason": "evidence_missing"} for at in missing]
            return problem(422, "receipts-refused", receipts=named)
        self.taken[id] = Taken(content, len(self.taken) + 7)
        self.heads[content.operator, content.lane] = LaneHead(content.number, id)
        return Answer(202, self.ack(id))

    def ack(self, id: bytes, key: Key | None = None, signed_for: bytes | None = None) -> bytes:
        offset, taken_at_us = self.taken[id].offset, 1_767_323_045_678_000
        signer = key or self.ack_key
        signature = signer.sign(self.domain.ack_hash(signed_for or id, TOPIC, 3, offset, taken_at_us))
        count = len(self.taken[id].content.receipts)
        return encoded(
            batch=to_hex(id),
            topic=TOPIC,
            partition=3,
            offset=str(offset),
            taken_at="2026-01-02T03:04:05.678Z",
            taken_at_us=str(taken_at_us),
            signer=to_hex(signer.address),
            signature=to_hex(signature),
            verdicts={"charged": {"receipts": count, "fee": str(100 * count)}},
        )

    def get(self, url: str) -> Answer:
        self.asked.append(url)
        parts = urlsplit(url)
        match parts.path.strip("/").split("/")[1:]:
            case ["network"]:
                return self._network()
            case ["operators", operator, "lanes"]:
                return self._lanes(bytes.fromhex(operator[2:]))
            case ["batches", id]:
                return self._batch(bytes.fromhex(id[2:]))
            case ["operators", operator, "lanes", lane, "batches", number, "receipts", index]:
                commitment = bytes.fromhex(parse_qs(parts.query)["output_commitment"][0][2:])
                return self._receipt((bytes.fromhex(operator[2:]), int(lane), int(number)), int(index), commitment)
            case ["payers", payer, "funds"]:
                return Answer(200, encoded(payer=payer, funds=[]))
            case _:
                return problem(404, "not-found")

    def _network(self) -> Answer:
        return Answer(
            200,
            encoded(
                chain_id=str(self.domain.chain_id),
                vault=to_hex(self.domain.vault),
                ack_signer=to_hex(self.ack_key.address),
                limits={"receipts": 10_000, "batches_a_second": 20},
            ),
        )

    def _lanes(self, operator: bytes) -> Answer:
        lanes = [
            {"lane": str(lane), "number": str(head.number), "head": to_hex(head.head)}
            for (of, lane), head in self.heads.items()
            if of == operator
        ]
        return Answer(200, encoded(operator=to_hex(operator), lanes=lanes))

    def _batch(self, id: bytes) -> Answer:
        if id not in self.taken:
            return problem(404, "not-found")
        receipts = [
            {"receipt": to_hex(receipt_id(id, at)), "index": at, "verdict": self.verdict}
            for at in range(len(self.taken[id].content.receipts))
        ]
        return Answer(200, encoded(batch=to_hex(id), state="accepted", receipts=receipts))

    def _receipt(self, place: tuple[bytes, int, int], index: int, commitment: bytes) -> Answer:
        for id, taken in self.taken.items():
            content = taken.content
            if (content.operator, content.lane, content.number) != place or index >= len(content.receipts):
                continue
            if content.receipts[index].output_commitment == commitment:
                found = {"receipt": to_hex(receipt_id(id, index)), "index": index, "verdict": "charged"}
                return Answer(200, encoded(batch=to_hex(id), state="accepted", **found))
        return problem(404, "not-found")


def encoded(**members: Any) -> bytes:
    return json.dumps(members).encode()


def problem(status: int, code: str, retry_after: int | None = None, **members: Any) -> Answer:
    body = encoded(
        type=f"urn:openbooks:problem:{code}", title=code, status=status, code=code, detail=f"it is {code}", **members
    )
    return Answer(status, body, {} if retry_after is None else {"retry-after": str(retry_after)})


def answers(answer: Answer) -> Fault:
    """Takes nothing in, and answers that."""
    return lambda gateway, body: answer


def lose_reply(gateway: FakeGateway, body: bytes) -> Answer:
    """Takes the batch in, but the connection breaks before the answer."""
    gateway.take_in(body)
    return Answer(0, b"", none=True)


def half_body(gateway: FakeGateway, body: bytes) -> Answer:
    """Takes the batch in, but the connection breaks in the middle of the answer."""
    whole = gateway.take_in(body)
    return Answer(whole.status, whole.body, cut=len(whole.body) // 2)


def acks(**how: Any) -> Fault:
    """Takes the batch in, but the Ack is signed in another way."""

    def fault(gateway: FakeGateway, body: bytes) -> Answer:
        status = gateway.take_in(body).status
        return Answer(status, gateway.ack(batch_id(wire.Envelope.FromString(body).content), **how))

    return fault


def _handler(gateway: FakeGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(gateway.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/x-protobuf"
            self._answer(gateway.post(body))

        def _answer(self, answer: Answer) -> None:
            self.close_connection = answer.none or answer.cut > 0
            if answer.none:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) - answer.cut])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
