"""Trains one model on one or several GPUs for a given time.

    memmamba-train --preset tiny --minutes 2.5 --tokens tokens --tokenizer tokenizer.json --out run-tiny
    torchrun --nproc-per-node 4 -m memmamba_training.train --minutes 20 … [--resume run/last.pt [--continue-schedule]]

Every step reads one segment of --length tokens in each of --batch rows; texts of several segments carry their state over
(data/composer.py). A file OUT/minutes changes the time during the run. README.md describes a whole run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist
from tokenizers import Tokenizer

from memmamba_training.data.composer import Mix
from memmamba_training.data.infill import Infill
from memmamba_training.data.loader import Loader
from memmamba_training.evaluation.metrics import bits_per_byte, infilled_lines, recall, recall_banks, retrieval, token_bytes
from memmamba_training.evaluation.needles import Needles
from memmamba_training.model.checkpoint import read_checkpoint, weights_to_save
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.layers import Quantize
from memmamba_training.model.memmamba import MemMamba, State
from memmamba_training.model.presets import PRESETS
from memmamba_training.model.transformer import Transformer
from memmamba_training.tokens.stream import TokenStream
from memmamba_training.train.arguments import parse
from memmamba_training.train.trainer import Trainer, learning_rate, recall_schedule

SYNC_EVERY = 10  # steps between two readings of the clock, which all processes share
RECALL_KINDS = ("passkey", "uuid", "signature", "keys32", "absent8")  # measured during training
SUFFIX_TOKENS = (0, 16, 48, 128)  # likewise, for infilled lines


def initial_model(args: argparse.Namespace) -> tuple[MemMamba | Transformer, int, float]:
    """(model, tokens it has seen, share of the schedule that it has completed)."""
    cfg, saved = PRESETS[args.preset], None
    if args.resume:
        saved = read_checkpoint(args.resume)
        cfg = ModelConfig.from_dict(saved["config"])
    if not args.retrieval:
        cfg = replace(cfg, embedding_width=0)
    elif not cfg.embedding_width and not cfg.feed_forward:
        cfg = replace(cfg, embedding_width=128, embedding_layer=cfg.default_embedding_layer)
    torch.manual_seed(args.seed)
    model = Transformer(cfg) if cfg.feed_forward else MemMamba(cfg)
    if saved is not None:
        model.load(saved["model"])
    model.loss_chunks = args.loss_chunks
    for layer in model.notes.values() if isinstance(model, MemMamba) else ():
        layer.in_parts = args.attend_in_parts
    return model, saved["tokens"] if saved else 0, saved.get("done", 0.0) if saved and args.continue_schedule else 0.0


def save(model: MemMamba | Transformer, path: Path, step: int, tokens: int, done: float) -> None:
    tmp = path.with_suffix(".tmp")
    torch.save({"config": model.cfg.to_dict(), "model": weights_to_save(model), "step": step, "tokens": tokens, "done": done}, tmp)
    tmp.rename(path)


class Evaluation:
    """Everything that is measured on held-out packages during training."""

    def __init__(self, args: argparse.Namespace, tokenizer: Tokenizer, infill: Infill) -> None:
        self.args, self.tokenizer, self.infill = args, tokenizer, infill
        self.stream = TokenStream(args.tokens, "val")
        self.sizes, self.banks = token_bytes(tokenizer), recall_banks(tokenizer)
        self.needles = Needles.load(args.needles, tokenizer) if args.needles else None

    @torch.no_grad()
    def __call__(self, model: MemMamba | Transformer, device: str) -> dict[str, object]:
        args, out = self.args, dict[str, object]()

        def measure(name: str, figure: Callable[[], object]) -> None:
            try:
                out[name] = figure()
            except Exception as error:  # a metric that fails must not end the run
                traceback.print_exc()
                out[name] = f"failed: {error}"

        line_start = self.infill.line_start
        for n in args.eval_lengths:
            windows = max(2, args.eval_tokens // n)
            measure(f"bpb_{n}", lambda: bits_per_byte(model, self.stream, self.sizes, n, windows, device))
            for kind in RECALL_KINDS if args.eval_documents else ():
                measure(f"{kind}_{n}", lambda: recall(model, self.stream, self.banks, line_start, kind, n, args.eval_documents, device))
        for suffix_tokens in SUFFIX_TOKENS if args.eval_infills else ():
            cases = args.eval_infills
            measure(f"lines_{suffix_tokens}", lambda: infilled_lines(model, self.stream, self.infill, cases, device, suffix_tokens))
        if args.eval_pairs and model.retrieval is not None:
            measure("retrieval", lambda: retrieval(model, self.stream, self.tokenizer, args.eval_pairs, device))
        if self.needles and isinstance(model, MemMamba):
            measure("needles", lambda: self.needles.measure(model, device))
        return out


def main() -> None:
    args = parse(__doc__)
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available()
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if cuda else "cpu"
    torch.set_float32_matmul_precision("high")
    tk = Tokenizer.from_file(str(args.tokenizer))
    stream = TokenStream(args.tokens, "train")
    infill = Infill(tk, args.infill)
    every = args.retrieval_every if args.retrieval else 0
    mix = Mix(args.batch, args.length, tuple(args.segments), args.planted, args.renamed, every)
    loader = Loader(stream, tk, infill, args.bank, mix, args.seed * 100 + rank + 1, args.workers)  # forks: before CUDA starts
    evaluation = Evaluation(args, tk, infill) if rank == 0 else None
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    if args.compile_cache and args.compile_cache.exists():
        torch.compiler.load_cache_artifacts(args.compile_cache.read_bytes())

    model, tokens, done_before = initial_model(args)
    model.to(device)
    trainer = Trainer(args, model, tk.token_to_id("<|pad|>"), device)
    args.out.mkdir(parents=True, exist_ok=True)
    log = open(args.out / "log.jsonl", "a", encoding="utf-8") if rank == 0 else None

    def report(**values: object) -> None:
        if log:
            log.write(json.dumps(values) + "\n")
            log.flush()
            print(json.dumps(values), flush=True)

    def evaluate(done: float) -> None:
        out: dict[str, object] = {}
        if evaluation:
            model.eval()
            with trainer.autocast():
                out = evaluation(model, device)
            report(step=step, done=round(done, 3), **out)
            model.train()
        if world > 1:
            dist.barrier()

    parameters = sum(p.numel() for p in model.parameters())
    report(preset=args.preset, parameters=parameters, world=world, corpus=stream.tokens, seed=args.seed, args=vars(args) | {
        k: str(v) for k, v in vars(args).items() if isinstance(v, Path)})  # fmt: skip
    step, done, minutes, quantize = 0, done_before, args.minutes, "none"

    def quantized(done: float) -> Quantize:
        return "full" if done >= args.quant_from else "none"

    started = time.time()
    if 0 < args.quant_from < 1:  # compile the quantized graph now, before the clock starts
        model.set_quantize("full")
        trainer.losses(loader.next(), 1.0)["total"].backward()
        model.zero_grad(set_to_none=True)
        trainer.state = State.empty(model.cfg, args.batch, device)
    start: float | None = None  # of the clock: when the first steps, with the compilation, are over
    last_eval = last_save = time.time()
    clock = torch.zeros(2, device=device)  # share of the schedule, whether to evaluate
    figures: dict[str, torch.Tensor] = {}
    while done < 1 and not (args.steps and step >= args.steps):
        if step % SYNC_EVERY == 0:
            if step == SYNC_EVERY:
                start = last_eval = last_save = time.time()
                report(step=step, compiled=round(start - started, 1))
                if args.compile_cache and rank == 0 and not args.compile_cache.exists():
                    artifacts = torch.compiler.save_cache_artifacts()
                    if artifacts is not None:
                        args.compile_cache.write_bytes(artifacts[0])
            override = args.out / "minutes"
            if override.exists():
                minutes = float(override.read_text() or minutes)
            elapsed = 0.0 if start is None else (time.time() - start) / (60 * minutes)
            clock[0] = done_before + (1 - done_before) * max(elapsed, step / args.steps if args.steps else 0.0)
            clock[1] = float(time.time() - last_eval > args.eval_every and start is not None)
            if world > 1:
                dist.broadcast(clock, 0)
            done = float(clock[0])
            if rank == 0 and time.time() - last_save > args.save_every:
                save(model, args.out / "last.pt", step, tokens, done)
                last_save = time.time()
            if clock[1]:
                evaluate(done)
                last_eval = time.time()
            if quantized(done) != quantize:
                quantize = quantized(done)
                model.set_quantize(quantize)
                report(step=step, quantize=quantize, done=round(done, 3))
            loader.set_planted_share(recall_schedule(args, done)[0])
        waited = time.time()
        batch = loader.next()
        waited = time.time() - waited
        losses = trainer.losses(batch, recall_schedule(args, done)[1])
        losses["total"].backward()
        figures |= losses  # those of retrieval stay until its next step
        norm = trainer.update(learning_rate(args, step, done), world)
        step, tokens = step + 1, tokens + world * args.batch * args.length
        if step % 50 == 1 or (args.steps and step == args.steps):
            report(
                step=step, **{k: round(float(v.detach()), 4) for k, v in figures.items()}, grad=round(float(norm), 3), tokens=tokens,
                seconds=round(time.time() - (start or time.time()), 1), waited=round(waited, 3),
                gib=round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else 0,
            )  # fmt: skip
    if rank == 0:
        save(model, args.out / "last.pt", step, tokens, done)  # first: an evaluation may be cut short
    evaluate(done)
    report(step=step, tokens=tokens, seconds=round(time.time() - (start or time.time()), 1), finished=True)
    if world > 1:
        dist.destroy_process_group()
    os._exit(0)  # the loader's processes are daemons; waiting for their queues would only take time


if __name__ == "__main__":
    main()
