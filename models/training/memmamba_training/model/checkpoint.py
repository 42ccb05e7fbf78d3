"""Checkpoints: a file with the configuration, the weights, and how far training is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.layers import Quantize
from memmamba_training.model.memmamba import MemMamba


def weights_to_save(model: nn.Module) -> dict[str, torch.Tensor]:
    """Matrices in half precision: that is still far finer than the shipped format, and makes the file half as large."""
    return {k: v.half() if v.ndim >= 2 else v.float() for k, v in model.state_dict().items()}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """`config`, `model` (weights), `step`, `tokens` seen, and `done`, the share of the schedule."""
    return torch.load(path, map_location="cpu", weights_only=True)


def load_model(path: Path, device: str = "cpu", quantize: Quantize = "none") -> tuple[MemMamba, dict[str, Any]]:
    """(model in evaluation mode, everything else in the checkpoint)."""
    saved = read_checkpoint(path)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    model.set_quantize(quantize)
    return model.to(device).eval(), {k: v for k, v in saved.items() if k != "model"}
