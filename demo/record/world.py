"""Who exists in the demo: people with their names, contracts, datanets and who put which items into them."""

from dataclasses import dataclass
from itertools import pairwise

from . import eth
from .digits import Digits, Split, joined
from .files import sha256, tree_hash

CONTRACTS = ["vault", "token", "datanets", "models", "operators", "splits", "governance", "timelock"]
DATANETS = {"west": "Digits West", "east": "Digits East", "hard": "Digits That Confuse"}
LICENCE = "CC-BY-4.0"

WEST_PEOPLE = [
    "Amina Yusuf", "Björn Lindqvist", "Chiamaka Eze", "Dilnoza Karimova", "Emeka Obi", "Fatima Zahra Alaoui",
    "Giulia Ferraro", "Hana Nováková", "Ishaan Mehta", "Jun Watanabe", "Kofi Mensah", "Leilani Kahale",
    "Mateusz Zieliński", "Nguyễn Thị Lan", "Olena Shevchenko", "Priya Raman", "Quispe Mamani",
]  # fmt: skip
EAST_PEOPLE = [
    "Rania Haddad", "Siobhán Byrne", "Tariq Aziz", "Uxía Castro", "Violeta Ilieva", "Wanjiru Kamau", "Xu Meilin",
    "Yael Cohen", "Zoltán Nagy", "Aroha Ngata", "Batbayar Ganbold", "Catarina Sousa", "Davit Beridze",
    "Elif Yılmaz", "Freja Nielsen", "Gonzalo Ríos",
]  # fmt: skip
HARD_PEOPLE = ["Hyun-woo Park", "Ingrid Solberg", "João Carvalho", "Kamala Devi", "Luka Horvat"]
COPIER, TRIMMED, REJECTED, WITHDRAWN = "Milan Kovač", "Uxía Castro", "Petra Vogel", "Kofi Mensah"
COPIED = "Hana Nováková"
BENEFICIARIES_EXAMPLE = "Chiamaka Eze"
CORRECTED = ("Quispe Mamani", "Giulia Ferraro")  # overpaid, wronged

VALIDATORS = ["Nadia Benali", "Oskar Lehmann", "Thandiwe Dlamini"]
QUORUM = 2
STAKERS = ["Ravi Shankar", "Sofia Papadopoulou", "Tomás Herrera"]
WEST_OWNER, EAST_OWNER, HARD_OWNER = "Valle Digit Archive", "Orient Script Society", "Confusion Club"
MODEL_OWNER, SECOND_MODEL_OWNER, ADAPTER_OWNER = "Numeral Lab", "Wide Numeral Studio", "Careful Eyes"
PLATFORM, SETTLER, PROPOSER, GUARDIAN = "Platform Treasury", "Settler", "Proposer", "Guardian"
TREASURY = "Liquidity Treasury"
# Holders of what vests: community, ecosystem, team, investors.
VESTED = ["Community Trust", "Ecosystem Fund", "Founders", "Early Backers"]
# Who votes in governance, and how: 1 for, 0 against.
VOTES = [(STAKERS[0], 1), (STAKERS[1], 1), (MODEL_OWNER, 0)]
FUNDER, CHALLENGER = "Fund for Open Digits", "Ulrich Brandt"

PINE, CEDAR, LARCH = "Pine Serving", "Cedar Serving", "Larch Serving"
OPERATORS = [PINE, CEDAR, LARCH]
PARTITION = {PINE: 0, CEDAR: 1, LARCH: 1}

KEY_REVOKED_S = 14 * 3_600  # of epoch 1

POST, BANK, CLINIC, MUSEUM = "Post Office of Aveiro", "Cooperative Bank Lomé", "Clinic Sundarbans", "Museum of Ledgers"
KIOSK = "Kiosk on the Corner"
PAYERS = [POST, BANK, CLINIC, MUSEUM, KIOSK]
SPENDER_KEYS = {BANK: "Cooperative Bank Lomé, spender key"}


def signing_key(operator: str, key: int = 1) -> str:
    return f"{operator}, signing key {key}"


@dataclass(frozen=True)
class Contribution:
    """A committed batch of items; `digits` holds all submitted ones."""

    datanet: str
    contributor: str
    digits: Digits
    fate: str  # accepted, rejected, withdrawn
    accepted_items: int
    beneficiaries: tuple[tuple[str, int], ...] = ()

    def item_hashes(self) -> list[bytes]:
        return [sha256(self.digits.item(i)) for i in range(len(self.digits))]

    def content_hash(self) -> bytes:
        return tree_hash(self.item_hashes())

    def salt(self) -> bytes:
        return eth.id_of(f"salt of {self.contributor} in {self.datanet}, {self.fate}")

    def commitment(self) -> bytes:
        values = [self.content_hash(), eth.address_of(self.contributor), self.salt()]
        return eth.keccak(eth.abi(["bytes32", "address", "bytes32"], values))

    def id(self) -> bytes:
        return eth.keccak(eth.abi(["bytes32", "bytes32"], [datanet_id(self.datanet), self.commitment()]))

    def accepted(self) -> Digits:
        return self.digits.take(slice(0, self.accepted_items))


def made_id(by: str, salt: bytes) -> bytes:
    """The id of what somebody makes: the contracts derive it so."""
    return eth.keccak(eth.abi(["address", "bytes32"], [eth.address_of(by), salt]))


def numbered_id(parent: bytes, number: int) -> bytes:
    """The id of a version."""
    return eth.keccak(eth.abi(["bytes32", "uint32"], [parent, number]))


DATANET_OWNERS = {"west": WEST_OWNER, "east": EAST_OWNER, "hard": HARD_OWNER}


def datanet_salt(datanet: str) -> bytes:
    return eth.id_of(f"datanet {datanet}")


def datanet_id(datanet: str) -> bytes:
    return made_id(DATANET_OWNERS[datanet], datanet_salt(datanet))


def datanet_version_id(datanet: str) -> bytes:
    return numbered_id(datanet_id(datanet), 1)


BENEFICIARIES = {
    "Chiamaka Eze": (("Chiamaka Eze", 7_000), ("Village School Enugu", 3_000)),
    "Jun Watanabe": (("Jun Watanabe", 3_333), ("Aiko Watanabe", 3_333), ("Ren Watanabe", 3_334)),
    "Wanjiru Kamau": (("Kamau Family Trust", 10_000),),
    "Luka Horvat": (("Luka Horvat", 6_180), ("Studio Horvat", 3_820)),
}


def contributions(split: Split) -> list[Contribution]:
    """In the order in which they are committed."""
    west = shared_out("west", split.west, WEST_PEOPLE)
    copied = next(c for c in west if c.contributor == COPIED)
    copies = Contribution("west", COPIER, copied.digits.take(slice(3, 17)), "accepted", 14)
    noise = split.noise.take(slice(0, 20))
    withdrawn = joined([split.noise.take(slice(20, 25)), split.noise.take(slice(0, 3))])
    return (
        west
        + [copies]
        + shared_out("east", split.east, EAST_PEOPLE)
        + [Contribution("east", REJECTED, noise, "rejected", 0)]
        + [Contribution("east", WITHDRAWN, withdrawn, "withdrawn", 0)]
        + shared_out("hard", split.hard, HARD_PEOPLE)
    )


def shared_out(datanet: str, digits: Digits, people: list[str]) -> list[Contribution]:
    """Contiguous parts of uneven size, one a person."""
    weights = [7 + (i * 5) % 6 for i in range(len(people))]
    ends = [len(digits) * sum(weights[: i + 1]) // sum(weights) for i in range(len(people))]
    made = []
    for person, (start, end) in zip(people, pairwise([0, *ends])):
        items = end - start
        made.append(
            Contribution(
                datanet,
                person,
                digits.take(slice(start, end)),
                "accepted",
                items - 4 if person == TRIMMED else items,
                BENEFICIARIES.get(person, ()),
            )
        )
    return made


def accepted_in(datanet: str, everything: list[Contribution]) -> list[Contribution]:
    return [c for c in everything if c.datanet == datanet and c.fate == "accepted"]


def names() -> dict[bytes, str]:
    """Every address that has a human name."""
    people = WEST_PEOPLE + EAST_PEOPLE + HARD_PEOPLE + [COPIER, REJECTED, CHALLENGER, FUNDER]
    people += VALIDATORS + STAKERS + OPERATORS + PAYERS + list(SPENDER_KEYS.values())
    people += [WEST_OWNER, EAST_OWNER, HARD_OWNER, MODEL_OWNER, SECOND_MODEL_OWNER, ADAPTER_OWNER]
    people += [PLATFORM, SETTLER, PROPOSER, GUARDIAN, TREASURY, *VESTED] + [p for shares in BENEFICIARIES.values() for p, _ in shares]
    people += [signing_key(operator) for operator in OPERATORS]
    found = {eth.address_of(name): name for name in people}
    return found | {eth.contract_of(name): f"openbooks {name}" for name in CONTRACTS}
