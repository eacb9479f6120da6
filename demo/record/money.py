"""Prices, splits, deposits and stakes of the demo, and what a receipt costs."""

from dataclasses import dataclass, field

from . import world

OPEN = 10**18

# Basis points: platform, datanet owner, model owner, base-model owner, adapter owner, operator, stakers,
# validators, contributors, reserve.
FIRST_SPLIT = (300, 700, 1500, 300, 700, 1500, 500, 500, 3800, 200)
SECOND_SPLIT = (200, 700, 1500, 300, 700, 1200, 500, 500, 4200, 200)
CONTRIBUTORS_ROLE = 8
ADAPTER_SHARE = 5_000


@dataclass(frozen=True)
class Price:
    base: int
    token_in: int
    token_out: int

    def of(self, tokens_in: int, tokens_out: int) -> int:
        return self.base + tokens_in * self.token_in + tokens_out * self.token_out


FIRST_PRICE = Price(1_234_567_890_123_457, 3_141_592_653_589, 9_271_828_182_845)
FIRST_PRICE_LATER = Price(1_198_765_432_109_871, 2_998_877_665_543, 8_999_999_999_991)
SECOND_PRICE = Price(2_345_678_901_234_567, 4_669_201_609_103, 14_142_135_623_731)
ADAPTER_PRICE = Price(1_618_033_988_749_895, 1_202_056_903_159, 5_772_156_649_015)

# (payer, operator) -> base units, deposited before genesis.
DEPOSITS = {
    (world.POST, world.PINE): 4 * OPEN,
    (world.POST, world.CEDAR): 3 * OPEN,
    (world.BANK, world.PINE): 3 * OPEN + 141_592_653_589_793_238,
    (world.BANK, world.LARCH): 2 * OPEN,
    (world.CLINIC, world.CEDAR): 3 * OPEN,
    (world.CLINIC, world.LARCH): 2 * OPEN + 718_281_828_459_045_235,
    (world.MUSEUM, world.PINE): 2 * OPEN,
    (world.MUSEUM, world.CEDAR): 2 * OPEN,
    (world.KIOSK, world.LARCH): 18_500_000_000_000_000,
}
TOP_UP = (world.POST, world.PINE, 1 * OPEN + 1)  # in epoch 2
REFUND = (world.POST, world.PINE, 1_500_000_000_000_000_007)

STAKES = {
    (world.STAKERS[0], world.PINE): 400 * OPEN,
    (world.STAKERS[1], world.PINE): 250 * OPEN + 3,
    (world.STAKERS[1], world.CEDAR): 300 * OPEN,
    (world.STAKERS[2], world.CEDAR): 100 * OPEN + 7,
    (world.STAKERS[2], world.LARCH): 350 * OPEN,
}
SLASH = (world.STAKERS[2], world.LARCH, 12 * OPEN + 345)
UNSTAKE = (world.STAKERS[0], world.PINE, 150 * OPEN)
# Tokens that vote; quorum is 4% of a billion.
VOTES = {world.STAKERS[0]: 30_000_000 * OPEN, world.STAKERS[1]: 25_000_000 * OPEN, world.MODEL_OWNER: 10_000_000 * OPEN}
BOND = 5 * OPEN
INCENTIVE = 25 * OPEN
TRAINING = 40 * OPEN
CORRECTION = 12_345_678_901_234_567

FIRST, SECOND, ADAPTED = "first", "second", "adapted"


def fee(use: str, epoch: int, tokens_in: int, tokens_out: int) -> int:
    """`use` is the model version, or the adapter on the second one."""
    if use == FIRST:
        return (FIRST_PRICE if epoch == 1 else FIRST_PRICE_LATER).of(tokens_in, tokens_out)
    base = SECOND_PRICE.of(tokens_in, tokens_out)
    return base + ADAPTER_PRICE.of(tokens_in, tokens_out) if use == ADAPTED else base


@dataclass
class Accounts:
    """What each (payer, operator) was charged, so that Spends cover it and cases of too little are made on purpose."""

    charged: dict[tuple[str, str], int] = field(default_factory=dict)

    def so_far(self, payer: str, operator: str) -> int:
        return self.charged.get((payer, operator), 0)

    def charge(self, payer: str, operator: str, amount: int) -> None:
        self.charged[payer, operator] = self.so_far(payer, operator) + amount

    def left(self, payer: str, operator: str) -> int:
        return DEPOSITS[payer, operator] - self.so_far(payer, operator)
