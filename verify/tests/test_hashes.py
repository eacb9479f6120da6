"""Hashes, trees, signatures and divisions against vectors that others computed."""

import pytest

from openbooks_verify.accounts import deposit_account, divide, unattributed_account
from openbooks_verify.hashes import crc32c, keccak, payout_leaf, standard_merkle_root, tree_hash
from openbooks_verify.signing import Domain, MalformedSignature, recover

VAULT = bytes.fromhex("b04ae5ed21f171327b6c6d9fc6d52ba24cc04679")
SIGNER = bytes.fromhex("db00079cad3e665853bf766efe26f4c38cdbdcda")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def account(i: int) -> bytes:
    return bytes([0x11 * i % 256]) * 20 if i < 16 else b""


# Certificate Transparency's test vectors of RFC 6962.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(9))
def test_rfc_6962_trees(count):
    assert tree_hash(bytes.fromhex(leaf) for leaf in LEAVES[:count]).hex() == ROOTS[count]


def test_keccak_and_crc():
    assert keccak().hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak(b"a", b"bc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    assert crc32c(b"123456789") == 0xE3069283


# Roots by @openzeppelin/merkle-tree 1.0.8: n accounts 0x1111.., 0x2222.. with i * 10^18 + i * i.
@pytest.mark.parametrize(
    "count, root",
    [
        (0, "00" * 32),
        (1, "3e886c0b2a46cef6b743e3657c0a9efec3658eca1859191d54d57cadae9af4cb"),
        (2, "76b06cda8d2c87b462b1ad052cc3dddd182dc1446266d3e2f15771c4f0f6d5ea"),
        (3, "4b6fa9d0ebf11eaf412c74ab5169651c355c2229b5dfa2c7a66ead3491318476"),
        (5, "d741ab644756c743aa3d875322e44548321d62047a73a9b4083adbe2110d3e15"),
        (8, "cd70a8416ebbcfdf4db3397d36df471cfac7d2a1c1888373b6715d307697f74f"),
        (13, "828ead470f9cb55fb94c592aa0c033553d497da43871d27db3aa4b5ca8fdef12"),
    ],
)
def test_roots_are_openzeppelins(count, root):
    leaves = [payout_leaf(31_337, VAULT, account(i), i * 10**18 + i * i) for i in range(1, count + 1)]
    assert standard_merkle_root(leaves).hex() == root


# Hashes and signatures by ethers 6, key 0x4c4c...4c.
DOMAIN = Domain(31_337, VAULT)
CONTENT = b"content of a batch"
SIGNED = [
    (
        DOMAIN.batch(CONTENT),
        "2150abf5e337972acdffd0c6ef9a4f587c8a8c54a7c00a4a36e01e24f94d1933",
        "33e4228874ac4cc6621af0e3049a16c40ab5a58049c6f4b512b4068196b3f9271d8d7d670216865c1316ce44bf6bf7e39d752c30931999f47e25c65ea7c5217b1c",
    ),
    (
        DOMAIN.close(CONTENT),
        "dac16f9447864f6fe22600ee2df006e4b2ea93163741af78a9437edb74e2799a",
        "dc714f73fea8b4ed932b6960352846dfaf80a29e233efe279c1b4285c3bc48b80875f21a59643583f5013c6091cec7255554370b44f8a4adb8f4f6df443bfea51c",
    ),
    (
        DOMAIN.spend(account(1), account(2), 123456789012345678901234567890),
        "a68eecfbe39f1b3dcef4ea2f9ac2b3c94e389018708ec1e0871e06ee70cd8568",
        "dc6734b611c5b7a7fb9cfef13e8cdee1ec95fb783da8502fbd6a96c0130aa9e31050f1e0d426393ddc84fb17182e3fa0f116c5a41e4c72d47c0fc1de3c31f7aa1c",
    ),
]


@pytest.mark.parametrize("digest, expected, signature", SIGNED)
def test_eip_712(digest, expected, signature):
    assert digest.hex() == expected
    assert recover(digest, bytes.fromhex(signature)) == SIGNER
    assert recover(keccak(b"something else"), bytes.fromhex(signature)) != SIGNER


def test_a_second_signature_of_the_same_content_is_malformed():
    digest, _, signature = SIGNED[0]
    good = bytes.fromhex(signature)
    high = good[:32] + (ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + b"\x1b"
    for bad in (high, good[:64] + b"\x01", good[:64], good + b"\x00"):
        with pytest.raises(MalformedSignature):
            recover(digest, bad)
    assert recover(digest, bytes(64) + b"\x1b") is None


@pytest.mark.parametrize(
    "total, weights, parts",
    [
        (10, [1, 1, 1], [4, 3, 3]),  # ties to the earlier
        (11, [1, 1, 1], [4, 4, 3]),
        (10, [0, 1, 2], [0, 3, 7]),  # remainders 0, 10, 20 of 3: 3.33 and 6.67
        (1, [5_000, 5_000], [1, 0]),
        (0, [3, 4], [0, 0]),
        (7, [0, 0, 9], [0, 0, 7]),
        (10**38 - 1, [3_333, 3_333, 3_334], [3_333 * 10**34, 3_333 * 10**34, 3_334 * 10**34 - 1]),
    ],
)
def test_largest_remainder(total, weights, parts):
    assert sum(parts) == total
    assert divide(total, weights) == parts


def test_accounts():
    # keccak256(abi.encode(..)) by ethers 6
    deposit = "02b8ccb2211ff0679ef8f99d2fe40271dc543230dd5710560b7c94eea3474ce34b"
    assert deposit_account(account(1), account(2)).hex() == deposit
    unattributed = "04d8ad8b053d475f43d6bbfe53b8521d877200e7786f05a95100e386846dae4b13"
    assert unattributed_account(b"\x07" * 32).hex() == unattributed
