"""The objective of a classifier of expressions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, NamedTuple, get_args

import torch
from torch import nn

from facewright.device import seeded
from facewright.errors import InputError
from facewright.expressions import compact
from facewright.expressions.classifier import EXPRESSIONS, Config, build_network
from facewright.expressions.compact import FINE, WIDE
from facewright.expressions.training.augment import draw_share, mix_up, vary_faces
from facewright.expressions.training.examples import SAME, VOTES, Examples
from facewright.expressions.training.options import ExpressionTrainOptions, NetworkName
from facewright.expressions.xception import XceptionConfig

_CLEAR = 0.3  # the least share of votes for one of the seven that counts as an opinion


class Batch(NamedTuple):
    """Faces and their targets."""

    faces: torch.Tensor
    """[n 1 size size] in [-1, 1]."""
    wanted: torch.Tensor
    """[n 7], target probabilities."""
    votes: torch.Tensor
    """[n 10], shares of votes."""
    kept: torch.Tensor
    """[n features]: 0 for features that are left out."""


class Learner(nn.Module):
    """A classifier with a second head, which predicts the votes of FER+."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.second = nn.Linear(network.features, len(VOTES))

    def forward(self, x: torch.Tensor, kept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map [n 1 h w] to logits [n 7] and [n 10]."""
        found = self.network.describe(x)  # [n features ...]
        found = found * kept.to(found.dtype).reshape(*kept.shape, *[1] * (found.dim() - 2))
        flat = found if found.dim() == 2 else found.mean(dim=(2, 3))
        return self.network.name(found), self.second(flat)


class ExpressionObjective:
    """The `Objective` of a classifier of expressions."""

    def __init__(
        self, examples: Examples, options: ExpressionTrainOptions, device: torch.device
    ) -> None:
        """Set up the objective.

        Args:
            examples: The training data.
            options: Options of the training.
            device: The device that computes.
        """
        self._options, self._device, self._config = options, device, plan_network(options)
        self._faces = torch.from_numpy(examples.faces)
        self._window = round(self._config.size * options.window)
        votes = torch.from_numpy(examples.votes)
        self._votes = votes / votes.sum(dim=1, keepdim=True).clamp(min=1)
        self._wanted = _mix_labels(examples, options.votes_share)
        often = self._wanted.mean(dim=0).clamp(min=1e-6)
        weights = (1 / often) ** options.balance
        self._weights = (weights / (weights * often).sum()).to(device)
        self._orders: dict[int, torch.Tensor] = {}
        with torch.device("meta"):
            self._features = Learner(build_network(self._config)).network.features

    def build(self) -> nn.Module:
        """Return the untrained network."""
        with torch.random.fork_rng():
            torch.default_generator.set_state(seeded(self._options.seed).get_state())
            return Learner(build_network(self._config))

    def prepare(self, first: int, count: int) -> Batch:
        """Return examples; those of negative numbers have no mixup and no dropout."""
        rng = seeded(_hash(self._options.seed, "batch", first))
        rows = torch.tensor([self._pick(number) for number in range(first, first + count)])
        faces = vary_faces(self._faces[rows], self._window, rng, part=self._options.window)
        wanted, votes = self._wanted[rows], self._votes[rows]
        kept = torch.ones(count, self._features)
        if first < 0:
            return Batch(faces, wanted, votes, kept)
        drop = self._options.dropout
        kept = (torch.rand(kept.shape, generator=rng) >= drop).float() / (1 - drop)
        if self._options.mixup:
            share = draw_share(self._options.mixup, rng)
            faces, wanted, votes = (mix_up(share, part) for part in (faces, wanted, votes))
        return Batch(faces, wanted, votes, kept)

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the loss of classes and that of votes."""
        faces, wanted, votes, kept = (part.to(self._device) for part in batch)
        named, foreseen = network(faces, kept)
        missed = -(wanted * self._weights * named.float().log_softmax(1)).sum(1)
        lost = -(votes * foreseen.float().log_softmax(1)).sum(1)
        return {"names": missed.mean(), "votes": self._options.votes_weight * lost.mean()}

    def _pick(self, number: int) -> int:
        """Return the index of the face of an example: each comes once per epoch."""
        epoch, place = divmod(number, len(self._faces))
        if epoch not in self._orders:
            if len(self._orders) > 1:
                self._orders.pop(min(self._orders))
            rng = seeded(_hash(self._options.seed, "order", epoch))
            self._orders[epoch] = torch.randperm(len(self._faces), generator=rng)
        return int(self._orders[epoch][place])


def plan_network(options: ExpressionTrainOptions) -> Config:
    """Return the configuration of the network that options name.

    Raises:
        InputError: No network has this name.
    """
    ours = {compact.NAME: FINE, f"{compact.NAME}-wide": WIDE}
    if options.network in ours:
        config = ours[options.network]
        return replace(config, size=options.size or config.size)
    if options.network not in get_args(NetworkName):
        raise InputError(
            f"no network is called `{options.network}`", hint=", ".join(get_args(NetworkName))
        )
    return XceptionConfig(options.size or XceptionConfig().size, options.blocks)


def _mix_labels(examples: Examples, share: float) -> torch.Tensor:
    """Return target probabilities, [n 7]: labels, votes or a mixture.

    A face with few votes for any of the seven keeps its label.
    """
    labels = nn.functional.one_hot(torch.from_numpy(examples.labels), len(EXPRESSIONS)).float()
    votes = torch.from_numpy(examples.votes)
    seven = votes[:, list(SAME)]  # [n 7]
    said = seven.sum(dim=1, keepdim=True)
    clear = said > _CLEAR * votes.sum(dim=1, keepdim=True)
    votes = torch.where(clear & (said > 0), seven / said.clamp(min=1e-6), labels)
    return labels * (1 - share) + votes * share


def _hash(seed: int, what: str, number: int) -> int:
    """Return a seed from a run's seed, a name and a number, which may be negative."""
    digest = hashlib.sha256(f"{seed} {what} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
