"""Small networks in float64: one hidden layer of tanh, trained on whole batches, and low-rank adapters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .digits import Digits

PIXELS, HIDDEN, LABELS, RANK = 64, 48, 10, 4
STEPS, RATE = 400, 0.02
DECAY = 0.002
ADAPTER_STEPS = 200

Weights = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Net:
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray

    def weights(self) -> Weights:
        return (self.w1, self.b1, self.w2, self.b2)

    def hidden(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x @ self.w1 + self.b1)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        logits = self.hidden(x) @ self.w2 + self.b2
        scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
        return scaled / scaled.sum(axis=1, keepdims=True)

    def answers(self, x: np.ndarray) -> np.ndarray:
        return self.probabilities(x).argmax(axis=1)

    def losses(self, digits: Digits) -> np.ndarray:
        p = self.probabilities(digits.inputs())
        return -np.log(p[np.arange(len(digits)), digits.labels])


@dataclass(frozen=True)
class Adapter:
    """Low-rank changes of both layers: w1 + down1 up1, w2 + down2 up2."""

    down1: np.ndarray
    up1: np.ndarray
    down2: np.ndarray
    up2: np.ndarray

    def weights(self) -> Weights:
        return (self.down1, self.up1, self.down2, self.up2)

    def on(self, net: Net) -> Net:
        return Net(net.w1 + self.down1 @ self.up1, net.b1, net.w2 + self.down2 @ self.up2, net.b2)


def fresh_net(seed: int, checkpoint: int) -> Net:
    rng = np.random.default_rng([seed, 2, checkpoint])
    w1 = rng.standard_normal((PIXELS, HIDDEN)) / np.sqrt(PIXELS)
    w2 = rng.standard_normal((HIDDEN, LABELS)) / np.sqrt(HIDDEN)
    return Net(w1, np.zeros(HIDDEN), w2, np.zeros(LABELS))


def fresh_adapter(seed: int, checkpoint: int) -> Adapter:
    rng = np.random.default_rng([seed, 3, checkpoint])
    down1 = rng.standard_normal((PIXELS, RANK)) / np.sqrt(PIXELS)
    down2 = rng.standard_normal((HIDDEN, RANK)) / np.sqrt(HIDDEN)
    return Adapter(down1, np.zeros((RANK, HIDDEN)), down2, np.zeros((RANK, LABELS)))


def trained_net(start: Net, digits: Digits) -> Net:
    x, y = digits.inputs(), np.eye(LABELS)[digits.labels]

    def slope(weights: Weights) -> Weights:
        net = Net(*weights)
        d2 = (net.probabilities(x) - y) / len(x)
        h = net.hidden(x)
        d1 = (d2 @ net.w2.T) * (1 - h * h)
        return (x.T @ d1, d1.sum(axis=0), h.T @ d2, d2.sum(axis=0))

    return Net(*descend(start.weights(), slope, STEPS))


def trained_adapter(start: Adapter, net: Net, digits: Digits) -> Adapter:
    """`net` stays as it is; only the adapter learns."""
    x, y = digits.inputs(), np.eye(LABELS)[digits.labels]

    def slope(weights: Weights) -> Weights:
        adapter = Adapter(*weights)
        both = adapter.on(net)
        d2 = (both.probabilities(x) - y) / len(x)
        h = both.hidden(x)
        d1 = (d2 @ both.w2.T) * (1 - h * h)
        g1, g2 = x.T @ d1, h.T @ d2
        return (g1 @ adapter.up1.T, adapter.down1.T @ g1, g2 @ adapter.up2.T, adapter.down2.T @ g2)

    return Adapter(*descend(start.weights(), slope, ADAPTER_STEPS))


def descend(weights: Weights, slope: Callable[[Weights], Weights], steps: int) -> Weights:
    """Adam with weight decay in the loss; the rate falls to zero along a cosine."""
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    for step in range(1, steps + 1):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        moved = []
        for i, (w, g) in enumerate(zip(weights, slope(weights))):
            g = g + DECAY * w
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g * g
            mean, spread = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
            moved.append(w - rate * mean / (np.sqrt(spread) + 1e-8))
        weights = tuple(moved)
    return weights


@dataclass(frozen=True)
class Models:
    """What was trained; a list holds one entry a checkpoint."""

    first: list[Net]
    second: list[Net]
    adapters: list[Adapter]


def trained_pair(seed: int, checkpoints: int, first: Digits, second: Digits) -> tuple[list[Net], list[Net]]:
    """Version 1 from fresh weights; version 2 goes on from version 1."""
    nets = [trained_net(fresh_net(seed, t), first) for t in range(checkpoints)]
    return nets, [trained_net(net, second) for net in nets]


def trained_models(seed: int, checkpoints: int, first: Digits, second: Digits, hard: Digits) -> Models:
    ones, twos = trained_pair(seed, checkpoints, first, second)
    adapters = [trained_adapter(fresh_adapter(seed, t), net, hard) for t, net in enumerate(twos)]
    return Models(ones, twos, adapters)
