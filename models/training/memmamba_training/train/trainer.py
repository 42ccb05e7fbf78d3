"""One training step: losses, optimizers and schedules."""

from __future__ import annotations

import argparse

import torch
import torch.distributed as dist
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from memmamba_training.data.composer import Batch
from memmamba_training.model.embeddings import Spans, contrastive_loss, question_embeddings, span_embeddings
from memmamba_training.model.layers import Linear
from memmamba_training.model.memmamba import QUERIED, REUSED, MemMamba, State, unflatten
from memmamba_training.model.transformer import Transformer
from memmamba_training.tokens import labels

WARMUP_STEPS = 100
SCORER_WEIGHT = 0.05  # of the note scorer's loss
VALUE_WEIGHT = 0.1  # of tokens labelled VALUE in the loss
FAR_WEIGHT = 2.0  # of tokens labelled FAR


def optimizers(model: torch.nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside layers; AdamW for the embedding, filters, gains and biases."""
    matrices = [m.weight for m in model.modules() if isinstance(m, Linear)]
    ids = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in ids]
    return [
        torch.optim.Muon(matrices, lr=lr, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.01, fused=torch.cuda.is_available()),
    ]


def learning_rate(args: argparse.Namespace, step: int, done: float) -> float:
    """Warm-up, constant, then linear to --lr-end over the last --decay of the time."""
    end = args.lr_end
    return args.lr * min(1.0, (step + 1) / WARMUP_STEPS) * (end + (1 - end) * min(1.0, max(0.0, 1 - done) / args.decay))


def recall_schedule(args: argparse.Namespace, done: float) -> tuple[float, float]:
    """(share of texts with planted facts, weight of answers): high at first, lower once recall is learned."""
    t = 1.0 if args.resume else min(1.0, max(0.0, (done - 0.25) / 0.35))
    share, weight = args.planted_share, args.answer_weight
    return share[0] + (share[1] - share[0]) * t, weight[0] + (weight[1] - weight[0]) * t


def average_gradients(model: torch.nn.Module, world: int) -> None:
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    flat = _flatten_dense_tensors(grads)
    dist.all_reduce(flat)
    flat /= world
    for g, f in zip(grads, _unflatten_dense_tensors(flat, grads), strict=True):
        g.copy_(f)


def compile_parts(model: MemMamba, backend: str = "inductor") -> None:
    """Compiles each kind of layer once, in a quarter of the time that the whole model takes (EXPERIMENTS.md, 14)."""
    torch._dynamo.config.recompile_limit = 64  # by shape, with and without gradients: more than the default of eight
    for part in (*model.mixers, *model.notes.values()):
        part.compile(backend=backend, dynamic=False)


class Trainer:
    """The state of training between two steps."""

    def __init__(self, args: argparse.Namespace, model: MemMamba | Transformer, pad: int, device: str) -> None:
        self.args, self.model, self.device, self.pad = args, model, device, pad
        self.cuda = device.startswith("cuda")
        self.run: torch.nn.Module = model
        if args.compile_parts and not args.no_compile and isinstance(model, MemMamba):
            compile_parts(model)
        elif not args.no_compile:
            self.run = torch.compile(model, dynamic=False, mode=args.compile_mode)
        self.opts = optimizers(model, args.lr)
        self.state = State.empty(model.cfg, args.batch, device)
        self.spans: Spans | None = None  # of the last segments with questions
        if isinstance(model, Transformer) and max(args.segments) > 1:
            raise SystemExit("the transformer carries no state over: --segments 1")

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.cuda)

    def losses(self, batch: Batch, answer_weight: float) -> dict[str, torch.Tensor]:
        """Reads one batch and carries the state over. Returns the `total` loss, and figures for the log."""
        args, device = self.args, self.device
        x = torch.from_numpy(batch.ids.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        label = torch.from_numpy(batch.labels.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        new_text = torch.from_numpy(batch.new_text).to(device)
        importance = QUERIED * (label[:, :-1] == labels.VALUE) + REUSED * (label[:, :-1] == labels.REUSED)
        weight_of = torch.ones(labels.LABELS, device=device)
        weight_of[labels.ANSWER], weight_of[labels.MIDDLE] = answer_weight, args.middle_weight
        weight_of[labels.VALUE], weight_of[labels.FAR], weight_of[labels.SKIP] = VALUE_WEIGHT, FAR_WEIGHT, 0.0
        target = label[:, 1:]
        weight = weight_of[target]
        with self.autocast():
            state = self.state.carry(new_text, self.model.cfg).flat() if isinstance(self.model, MemMamba) else None
            loss, scorer, embedding, after = self.run(x[:, :-1], x[:, 1:], importance, state)
            self.state = self.state if after is None else unflatten(after)
            total = (loss * weight).sum() / weight.sum() + SCORER_WEIGHT * scorer
            mean = lambda m: (loss.detach() * (target == m)).sum() / (target == m).sum().clamp(min=1)
            out = {"loss": mean(labels.TEXT), "answers": mean(labels.ANSWER), "middles": mean(labels.MIDDLE)}
            if batch.spans is not None and embedding is not None:
                contrast, figures = self.retrieval_loss(batch, embedding)
                total = total + args.retrieval_weight * contrast
                out |= figures
        return out | {"total": total}

    def retrieval_loss(self, batch: Batch, embedding: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The contrastive loss of the questions of a batch, from the embedding [b,l,r] of its segments; figures for the log."""
        assert isinstance(self.model, MemMamba) and self.model.retrieval is not None
        assert batch.spans is not None and batch.questions is not None
        spans = torch.from_numpy(batch.spans.astype("int64")).to(self.device)  # (b,SPANS,2)
        questions = torch.from_numpy(batch.questions.astype("int64")).to(self.device)  # (b,QUESTIONS,t)
        per_row, questions = questions.shape[1], questions.flatten(0, 1)
        found = Spans(span_embeddings(embedding, spans), spans[..., 1] > 0)
        embedded = question_embeddings(self.model, questions, self.pad)  # few tokens: not compiled
        valid = (questions[:, 0] != self.pad) & found.exist[:, :per_row].flatten()
        previous = self.spans or Spans(found.embeddings.detach(), torch.zeros_like(found.exist))
        loss, right, right_in_row = contrastive_loss(found, previous, embedded, valid, self.model.retrieval.log_scale)
        self.spans = Spans(found.embeddings.detach(), found.exist)
        return loss, {"contrast": loss.detach(), "found": right, "found_near": right_in_row}

    def update(self, lr: float, world: int) -> torch.Tensor:
        """One step of the optimizers; returns the norm of the gradient."""
        for o in self.opts:
            for group in o.param_groups:
                group["lr"] = lr
        if world > 1:
            average_gradients(self.model, world)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for o in self.opts:
            o.step()
            o.zero_grad(set_to_none=True)
        return norm
