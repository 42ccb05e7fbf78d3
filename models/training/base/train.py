"""Turns the teacher into MemMamba-base: alignment, choice of the layers that stay attention, distillation.

    torchrun --nproc-per-node GPUS train.py --trunk F --tokens tokens --tokenizer tokenizer.json --validation val.jsonl.xz --out run --align 5 --distil 13

1. *Alignment* (MOHAWK, arXiv 2408.10189): every layer gets a mixer; one teacher pass gives each the input and output of its layer's
   attention, and each learns on its own.
2. *Choice*: one mixer at a time in place of attention; the layers stay attention where that costs most (`choose.py`).
3. *Distillation*: end to end, 0.9 KL to the teacher's distribution + 0.1 cross-entropy. Trained are the mixers, the gains and the
   additions of low rank; the teacher's matrices stay as they are.

Minutes are of training alone, each phase's rate falls to zero at its end. RUN/minutes, if it is written, sets the minutes of
distillation anew. The log (RUN/log.jsonl) has a line every --log-every steps. RUN/last.pt, written every --save-every minutes and after each
phase, goes on with --resume; --start distils further from the weights that are kept. Processes share the batch; their gradients are averaged.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import checkpoint
import measure
import numpy as np
import torch
import torch.distributed as dist
from choose import choose
from config import TINY, Config
from losses import distillation, rows
from measure import Windows
from model import Base, full, norm, turns
from optim import optimizers, schedule
from teacher import Weights, load
from tokenizers import Tokenizer
from torch import Tensor


class Stream:
    """Windows of T + 1 tokens of all streams in a folder, each once and in random order, on the device that trains.

    Streams that are written later than the first look are found by `refresh`. Rank r of n takes every n-th window.
    """

    def __init__(self, folder: Path, T: int, device: torch.device, rank: int, ranks: int, first: float) -> None:
        self.folder, self.T, self.device, self.rank, self.ranks = folder, T, device, rank, ranks
        self.names: list[str] = []
        self.parts: list[Tensor] = []
        self.order: list[tuple[int, int]] = []
        self.taken = 0
        self.rounds = 0
        while self.refresh() < first:
            time.sleep(1)

    def refresh(self) -> float:
        """Reads what is new; returns the tokens that are there."""
        fresh = [f for f in sorted(self.folder.glob("*.npy")) if f.name not in self.names and ".half" not in f.name]
        rng = np.random.default_rng(len(self.names))
        new: list[tuple[int, int]] = []
        for f in fresh:
            ids = torch.from_numpy(np.load(f).view(np.int16)).to(self.device)
            new += [(len(self.parts), n * self.T) for n in range((len(ids) - 1) // self.T)]
            self.names.append(f.name)
            self.parts.append(ids)
        rest = self.order[self.taken :] + new
        self.order = self.order[: self.taken] + [rest[i] for i in rng.permutation(len(rest))]
        return float(sum(map(len, self.parts)))

    def batch(self, count: int) -> Tensor:
        """ids [count, T + 1]."""
        if self.taken + count * self.ranks > len(self.order):
            self.order = [self.order[i] for i in np.random.default_rng(self.rounds).permutation(len(self.order))]
            self.taken, self.rounds = 0, self.rounds + 1
        mine = self.order[self.taken + self.rank : self.taken + count * self.ranks : self.ranks]
        self.taken += count * self.ranks
        return torch.stack([self.parts[p][a : a + self.T + 1] for p, a in mine]).long() & 0xFFFF


def inside_holes(ids: Tensor, c: Config) -> Tensor:
    """Which of ids [B, T + 1] (from the second on) stand in a hole, its end included -> bool [B, T]."""
    place = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    opened = torch.where(ids == c.mark("<|fim_middle|>"), place, -1).cummax(1).values
    ends = (ids == c.mark("<|endoftext|>")) | (ids == c.mark("<|file_sep|>"))
    closed = torch.where(ends, place, -1).cummax(1).values
    return (opened > closed)[:, :-1]


class Run:
    """One training run; see the module's text. `stage` is align, distil or done."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.rank, self.ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        cuda = torch.cuda.is_available() and not args.tiny
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
        if cuda:
            torch.cuda.set_device(self.device)
            torch.backends.cuda.matmul.allow_tf32 = True
        if self.ranks > 1:
            dist.init_process_group("nccl" if cuda else "gloo")
        torch.manual_seed(0)  # the same beginning in every process
        self.start = time.time()
        self.out: Path = args.out
        if self.rank == 0:
            self.out.mkdir(parents=True, exist_ok=True)
        self.windows: Windows = []
        w, c = self.material()
        saved = torch.load(args.resume, map_location="cpu", weights_only=False) if args.resume else None
        given = checkpoint.load(args.start) if args.start else None
        self.stage = saved["stage"] if saved else "distil" if given else "align"
        self.done = saved["done"] if saved else 0.0
        c = c.replace(window=args.window, update=args.update, rotary=args.rotary, adapter=args.adapter)
        if self.stage == "align":
            self.model = Base(c, w, self.device, mixers=tuple(range(c.layers)))
        else:
            self.model = Base(saved["config"] if saved else given[1].replace(wide=tuple(args.wide)) if given else c, w, self.device)
        self.c = self.model.c
        self.opts = self.optimizers()
        if given:
            checkpoint.put(self.model, given[0])
        if saved:
            checkpoint.put(self.model, saved["named"])
            for opt, state in zip(self.opts, saved["opts"]):
                opt.load_state_dict(state)
        if not args.no_compile:
            self.model.compile_parts(args.dense)
            self.part: Any = torch.compile(rows, dynamic=False)
        else:
            self.part = rows
        self.stream = Stream(args.tokens, args.length, self.device, self.rank, self.ranks, args.first * 1e6)
        self.stream.taken = min(saved["taken"], len(self.stream.order)) if saved else 0
        self.say(stage=self.stage, device=str(self.device), processes=self.ranks, tokens=sum(map(len, self.stream.parts)), setup=round(time.time() - self.start, 1))

    def material(self) -> tuple[Weights, Config]:
        """The teacher's matrices and the shapes; for tests, small ones of random numbers."""
        args = self.args
        if args.tiny:
            return random_weights(TINY), TINY.replace(attention=())
        tok = Tokenizer.from_file(str(args.tokenizer))
        if args.random:
            return random_weights(Config(vocabulary=tok.get_vocab_size())), Config(vocabulary=tok.get_vocab_size())
        if args.validation:
            self.windows = measure.windows(measure.set_aside(args.validation), tok, 1)[: args.windows]
        return load(args.trunk), Config(vocabulary=tok.get_vocab_size())

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Of the phase at hand: alignment trains nothing but mixers."""
        aligning = self.stage == "align"
        for name, p in self.model.named_parameters():
            p.requires_grad_(".mixer." in name or not aligning)
        lr = self.args.align_lr if aligning else self.args.lr
        return optimizers(list(self.model.named_parameters()), lr, lr * self.args.small)

    def say(self, **line: Any) -> None:
        if self.rank == 0:
            line = {"at": round(time.time() - self.start, 1), **line}
            with (self.out / "log.jsonl").open("a") as f:
                f.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)

    def save(self, name: str = "last.pt") -> None:
        if self.rank == 0:
            half = self.out / (name + ".half")
            torch.save({"stage": self.stage, "done": self.done, "config": self.model.c, "named": checkpoint.trained(self.model),
                        "opts": [o.state_dict() for o in self.opts], "taken": self.stream.taken}, half)
            half.rename(self.out / name)

    def step(self, rate: float) -> None:
        """Gradients averaged over the processes and clipped, then one step at that part of the full rate."""
        params = [p for p in self.model.parameters() if p.grad is not None]
        if self.ranks > 1:
            flat = torch.cat([p.grad.flatten() for p in params])  # type: ignore[union-attr]
            dist.all_reduce(flat)
            for p, g in zip(params, (flat / self.ranks).split([p.numel() for p in params])):
                p.grad.copy_(g.view_as(p))  # type: ignore[union-attr]
        self.grad = torch.nn.utils.clip_grad_norm_(params, 1.0)
        for opt in self.opts:
            for group in opt.param_groups:
                group["lr"] = group.setdefault("full", group["lr"]) * rate
            opt.step()
            opt.zero_grad(set_to_none=True)

    @torch.no_grad()
    def align(self, ids: Tensor) -> dict[str, Tensor]:
        """One teacher pass over ids [B, T]; each layer's mixer gets its gradient on the way."""
        model, c = self.model, self.c
        x, by = model.embed(ids), turns(ids.shape[1], c, self.device)
        losses = []
        for block in model.blocks:
            x, u, y = self.watched(block, x, by)
            with torch.enable_grad():
                loss = model.parts[3](block.mixer, u, y, by)
                loss.backward()
            losses.append(loss.detach())
        return {"loss": torch.stack(losses).mean(), "layers": torch.stack(losses)}

    def distil(self, ids: Tensor, target: Tensor, weight: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            t = self.model(ids, teacher=True)
        h = self.model(ids)
        loss, kl, ce = distillation(h.flatten(0, 1), t.flatten(0, 1), target.flatten(), weight.flatten(), self.model.embedding, self.args.teach, part=self.part)
        loss.backward()
        return {"loss": loss.detach(), "kl": kl, "ce": ce}

    def phase(self, minutes: float) -> None:
        """Steps until the minutes are over."""
        args, stage = self.args, self.stage
        self.watched = watched if args.no_compile else torch.compile(watched, dynamic=False)
        begun = time.time() - self.done * minutes * 60
        step, seen, log, last, saved = 0, 0, [], time.time(), time.time()
        while True:
            if (self.out / "minutes").exists() and stage == "distil":
                minutes = float((self.out / "minutes").read_text() or minutes)
            self.done = min(1.0, (time.time() - begun) / (minutes * 60)) if not args.steps else step / args.steps
            if self.ranks > 1:  # all stop at the same step
                clock = torch.tensor([self.done], device=self.device)
                dist.broadcast(clock, 0)
                self.done = clock.item()
            if self.done >= 1:
                break
            ids = self.stream.batch(args.batch)
            if stage == "align":
                found = self.align(ids[:, :-1])
            else:
                found = self.distil(ids[:, :-1], ids[:, 1:], 1.0 + (args.hole - 1) * inside_holes(ids, self.c).float())
            self.step(schedule(self.done))
            step, seen = step + 1, seen + args.batch * args.length * self.ranks
            log.append(found["loss"])
            if step <= 3 or step % args.log_every == 0:
                now, loss = time.time(), torch.stack(log).mean().item()
                line = {"stage": stage, "step": step, "done": round(self.done, 3), "loss": round(loss, 4), "grad": round(self.grad.item(), 3),
                        "tokens": round(seen / 1e6, 2), "per_second": round(args.batch * args.length * self.ranks * len(log) / (now - last))}
                line |= {k: round(found[k].item(), 4) for k in ("kl", "ce") if k in found}
                if "layers" in found:
                    line["layers"] = [round(v, 3) for v in found["layers"].tolist()]
                if self.device.type == "cuda":
                    line["GiB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
                self.say(**line)
                log, last = [], time.time()
                if not np.isfinite(loss):
                    raise SystemExit("the loss is no number any more; --resume the last checkpoint with a lower rate")
                if step % (8 * args.log_every) == 0:
                    self.stream.refresh()
            if args.save_every and time.time() - saved > args.save_every * 60:
                self.save()
                saved = time.time()
        self.say(stage=stage, end=True, steps=step, tokens=round(seen / 1e6, 2), seconds=round(time.time() - begun), rounds=self.stream.rounds)

    def bits(self) -> dict[str, float]:
        with measure.measuring(self.model):
            return measure.bits(self.model, self.model.embedding, self.windows)

    def go(self) -> None:
        args = self.args
        if self.stage == "align":
            if args.align:
                self.phase(args.align)
            self.save("aligned.pt")
            attention = choose(self.model, self.windows, args.keep, self.say) if args.attention is None else tuple(args.attention)
            if self.ranks > 1:
                picked = torch.tensor(attention, device=self.device)
                dist.broadcast(picked, 0)
                attention = tuple(picked.tolist())
            self.model.keep(attention)
            self.model.c = self.model.c.replace(wide=tuple(args.wide))
            self.c = self.model.c
            self.stage, self.done, self.opts = "distil", 0.0, []
            self.opts = self.optimizers()
            self.say(attention=attention, trained=sum(p.numel() for p in self.model.parameters()), validation=self.bits() if self.windows else None)
        if args.distil:
            self.phase(args.distil)
        self.stage = "done"
        self.save()
        if self.rank == 0:
            size = checkpoint.save(checkpoint.trained(self.model), self.model.c, self.out / "weights")
            checkpoint.save(checkpoint.trained(self.model), self.model.c, self.out / "exact", exact=True)
            self.say(bytes=size, validation=self.bits() if self.windows else None)
        if self.ranks > 1:
            dist.destroy_process_group()


def watched(block: Any, x: Tensor, by: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """A layer of the teacher: what leaves it, and what entered and left its attention."""
    u = norm(x, block.teacher_gain)
    y = block.attend(u, by, full, adapted=False)
    return block.forward_part(x + y, block.teacher_gain_forward, adapted=False), u, y


def random_weights(c: Config) -> Weights:
    """A teacher of random numbers, for tests."""
    g = torch.Generator().manual_seed(1)
    shared = c.shared_heads * c.head
    shapes = {"attn_q": (c.width, c.width), "attn_k": (shared, c.width), "attn_v": (shared, c.width), "attn_output": (c.width, c.width),
              "ffn_gate": (c.feed_forward, c.width), "ffn_up": (c.feed_forward, c.width), "ffn_down": (c.width, c.feed_forward)}
    w: Weights = {"embedding": torch.randn(c.vocabulary, c.width, generator=g) * 0.3, "output_norm.weight": torch.ones(c.width)}
    for i in range(c.layers):
        for name, shape in shapes.items():
            w[f"blk.{i}.{name}.weight"] = torch.randn(shape, generator=g) / shape[1] ** 0.5
        for name in ("attn_q", "attn_k", "attn_v"):
            w[f"blk.{i}.{name}.bias"] = torch.randn(shapes[name][0], generator=g) * 0.1
        w[f"blk.{i}.attn_norm.weight"] = w[f"blk.{i}.ffn_norm.weight"] = torch.ones(c.width)
    return w


def options() -> argparse.ArgumentParser:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--trunk", type=Path)
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path)
    ap.add_argument("--validation", type=Path, help="val.jsonl.xz of mix.py: the windows that choices are made on")
    ap.add_argument("--windows", type=int, default=64)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--resume", type=Path, help="a .pt file of a run that was cut short")
    ap.add_argument("--start", type=Path, help="a folder that a run left (weights): distillation goes on from it")
    ap.add_argument("--align", type=float, default=5, help="minutes")
    ap.add_argument("--distil", type=float, default=13, help="minutes")
    ap.add_argument("--steps", type=int, default=0, help="of each phase, in place of minutes")
    ap.add_argument("--length", type=int, default=4096)
    ap.add_argument("--batch", type=int, default=16, help="windows a process and step")
    ap.add_argument("--align-lr", type=float, default=1e-3)
    ap.add_argument("--lr", type=float, default=4e-4)
    ap.add_argument("--small", type=float, default=1.0, help="AdamW's rate over Muon's")
    ap.add_argument("--teach", type=float, default=0.9, help="share of KL in the loss")
    ap.add_argument("--hole", type=float, default=2.0, help="weight of tokens in holes")
    ap.add_argument("--window", type=int, default=512)
    ap.add_argument("--update", choices=["gated", "gated_delta"], default="gated_delta")
    ap.add_argument("--rotary", action="store_true")
    ap.add_argument("--adapter", type=int, default=32)
    ap.add_argument("--wide", type=int, nargs="*", default=[], help="attention layers that see everything")
    ap.add_argument("--keep", type=int, default=12, help="layers that stay attention")
    ap.add_argument("--attention", type=int, nargs="*", help="these layers, without measuring")
    ap.add_argument("--first", type=float, default=8, help="million tokens to wait for")
    ap.add_argument("--log-every", type=int, default=25)
    ap.add_argument("--save-every", type=float, default=3, help="minutes")
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--dense", action="store_true", help="attention with a mask, where the kernels that skip what is masked fail")
    ap.add_argument("--random", action="store_true", help="a random teacher of the real size: compiles everything before the trunk is there")
    ap.add_argument("--tiny", action="store_true", help="a random teacher of 4 layers, for tests")
    return ap


if __name__ == "__main__":
    Run(options().parse_args()).go()
