"""Which gateway a node talks to, and which network that gateway serves."""

import httpx
import pytest

from openbooks_client import BadAnswer, InvalidInput, Node, WrongNetwork
from openbooks_client.signing import Key, keccak256

from conftest import OpenNode
from fake_gateway import FakeGateway
from serving import KEY, OPERATOR, serve


def test_another_ack_signer_is_asked_for_and_taken(node: Node, gateway: FakeGateway) -> None:
    serve(node, 1)
    node.flush()
    gateway.ack_key = Key(keccak256(b"the next key"))
    serve(node, 1)
    with pytest.raises(BadAnswer, match="not signed by"):
        node.flush()
    assert [ack.signer for ack in node.flush()] == [gateway.ack_key.address]


def test_another_network_is_refused(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    serve(node, 1)
    node.flush()
    serve(node, 1)
    node.close()
    gateway.domain = type(gateway.domain)(31338, gateway.domain.vault)
    node = open_node()
    assert node.network.chain_id == 31337, "as the file has it"
    with pytest.raises(WrongNetwork, match="31338"):
        node.flush()
    assert len(gateway.posted) == 1


def test_the_network_is_known_offline_once_it_was_asked(open_node: OpenNode, gateway: FakeGateway) -> None:
    node = open_node()
    network = node.network
    node.close()
    gateway.stop()
    assert open_node().network == network
    assert dict(network.limits) == {"receipts": 10_000, "batches_a_second": 20}


@pytest.mark.parametrize("url", ["ftp://gateway", "gateway:8090", "http://user:secret@gateway"])
def test_a_url_that_cannot_be_used_is_refused(url: str, open_node: OpenNode) -> None:
    with pytest.raises(InvalidInput):
        Node(url, operator=OPERATOR, key=KEY, state="never-made")


def test_a_client_of_ones_own_is_used_and_left_open(open_node: OpenNode) -> None:
    with httpx.Client(headers={"authorization": "Bearer token"}) as http:
        node = open_node(http=http)
        serve(node, 1)
        node.flush()
        node.close()
        assert not http.is_closed
