"""Trains one model on one or several GPUs for a given time.

    python train.py --preset tiny --minutes 2.5 --tokens tokens --tokenizer tokenizer.json --out run-tiny
    torchrun --nproc-per-node 4 train.py --preset small --minutes 20 … [--resume run/last.pt]

Stages, as shares of the time: windows of 4,096 tokens; then 8,192 tokens under fake quantization. The pool overflows
in both and must choose. A file OUT/minutes changes the time while the run goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from tokenizers import Tokenizer
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from config import PRESETS, ModelConfig
from data import Corpus, Infill, Loader, Mix
from evaluate import bits_per_byte, infilled_lines, recall, token_bytes
from model import Linear, MemMamba, Quantize
from recall import ANSWER, VALUE, Bank

WARMUP_STEPS = 100
SYNC_EVERY = 10  # steps between two looks at the clock


@dataclass(frozen=True)
class Stage:
    until: float  # share of the time
    length: int
    quantize: Quantize


def stages(args: argparse.Namespace) -> list[Stage]:
    if args.long_from >= 1:
        return [Stage(args.quant_from, args.length, "none"), Stage(1.01, args.length, "full")]
    return [
        Stage(args.long_from, args.length, "none"),
        Stage(args.quant_from, args.long_length, "none"),
        Stage(1.01, args.long_length, "full"),
    ]


def optimizers(model: MemMamba, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside layers, AdamW for the embedding, filters, gains and biases."""
    matrices = [m.weight for m in model.modules() if isinstance(m, Linear)]
    ids = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in ids]
    return [
        torch.optim.Muon(matrices, lr=lr, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.01, fused=torch.cuda.is_available()),
    ]


def learning_rate(args: argparse.Namespace, step: int, done: float) -> float:
    """Warm-up, constant, then linear to 3 % over the last `decay` of the time."""
    return args.lr * min(1.0, (step + 1) / WARMUP_STEPS) * (0.03 + 0.97 * min(1.0, (1 - done) / args.decay))


def average_gradients(model: MemMamba, world: int) -> None:
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    flat = _flatten_dense_tensors(grads)
    dist.all_reduce(flat)
    flat /= world
    for g, f in zip(grads, _unflatten_dense_tensors(flat, grads), strict=True):
        g.copy_(f)


def save(model: MemMamba, path: Path, step: int, tokens: int) -> None:
    """Matrices in half precision: the file travels, and the shipped format is far coarser."""
    weights = {k: v.half() if v.ndim >= 2 else v.float() for k, v in model.state_dict().items()}
    tmp = path.with_suffix(".tmp")
    torch.save({"config": model.cfg.to_dict(), "model": weights, "step": step, "tokens": tokens}, tmp)
    tmp.rename(path)


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--preset", choices=sorted(PRESETS), default="small")
    ap.add_argument("--minutes", type=float, required=True)
    ap.add_argument("--steps", type=int, default=0, help="stop after so many steps, if the time allows (0 = by time only)")
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--resume", type=Path)
    ap.add_argument("--batch", type=int, default=16, help="windows of --length tokens per GPU and step")
    ap.add_argument("--length", type=int, default=4096)
    ap.add_argument("--long-length", type=int, default=8192)
    ap.add_argument("--long-from", type=float, default=0.65, help="1 = never")
    ap.add_argument("--quant-from", type=float, default=0.65, help="each new shape or mode costs a compilation")
    ap.add_argument("--lr", type=float, default=3e-3)
    ap.add_argument("--decay", type=float, default=0.5)
    ap.add_argument("--planted", type=int, default=6, help="planted facts per 4,096 tokens of a window that has any")
    ap.add_argument("--planted-share", type=float, nargs=2, default=(1.0, 0.35), help="share of windows: at first, later")
    ap.add_argument("--answer-weight", type=float, nargs=2, default=(10.0, 4.0))
    ap.add_argument("--infill", type=float, default=0.3)
    ap.add_argument("--bank", type=int, default=150_000)
    ap.add_argument("--eval-every", type=float, default=60, help="seconds")
    ap.add_argument("--eval-lengths", type=int, nargs="*", default=[4096, 16384])
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--no-compile", action="store_true")
    return ap.parse_args()


def main() -> None:
    args = arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available()
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if cuda else "cpu"
    torch.set_float32_matmul_precision("high")
    tk = Tokenizer.from_file(str(args.tokenizer))
    corpus, held_out, sizes = Corpus(args.tokens, "train"), Corpus(args.tokens, "val"), token_bytes(tk)
    infill = Infill(tk, args.infill)
    bank = Bank(tk, args.bank, seed=args.seed * 100 + rank + 1)
    test_bank = Bank(tk, 2000, seed=999_999)

    def planted(done: float) -> tuple[float, float]:
        """(share of windows with facts, weight of answer tokens): much at first, less once recall is learned."""
        t = min(1.0, max(0.0, (done - 0.25) / 0.35)) if not args.resume else 1.0
        share, weight = args.planted_share, args.answer_weight
        return share[0] + (share[1] - share[0]) * t, weight[0] + (weight[1] - weight[0]) * t

    def mix(stage: Stage, done: float) -> Mix:
        scale = stage.length // args.length
        return Mix(max(1, args.batch // scale), stage.length, planted(done)[0], args.planted * max(1, stage.length // 4096))

    plan = stages(args)
    loader = Loader(corpus, infill, bank, mix(plan[0], 0), args.seed * 100 + rank + 1)  # forks: before CUDA starts
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")

    torch.manual_seed(args.seed)
    model = MemMamba(PRESETS[args.preset])
    step, tokens = 0, 0
    if args.resume:
        saved = torch.load(args.resume, map_location="cpu", weights_only=True)
        model = MemMamba(ModelConfig.from_dict(saved["config"]))
        model.load_state_dict({k: v.float() for k, v in saved["model"].items()})
        tokens = saved["tokens"]
    model.to(device)
    run = model if args.no_compile else torch.compile(model, dynamic=False)
    opts = optimizers(model, args.lr)
    args.out.mkdir(parents=True, exist_ok=True)
    log = open(args.out / "log.jsonl", "a", encoding="utf-8") if rank == 0 else None

    def report(**values: object) -> None:
        if log:
            log.write(json.dumps(values) + "\n")
            log.flush()
            print(json.dumps(values), flush=True)

    @torch.no_grad()
    def evaluate(done: float) -> None:
        if rank == 0:
            model.eval()
            with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=cuda):
                out: dict[str, object] = {}
                for n in args.eval_lengths:
                    out[f"bpb_{n}"] = bits_per_byte(model, held_out, sizes, n, max(2, 65536 // n), device)
                    out[f"recall_{n}"] = recall(model, held_out, test_bank, n, 10, device)
                out["infilled_lines"] = infilled_lines(model, held_out, infill, 60, device)
            report(step=step, done=round(done, 3), **out)
            save(model, args.out / "last.pt", step, tokens)
            model.train()
        if world > 1:
            dist.barrier()

    parameters = sum(p.numel() for p in model.parameters())
    report(preset=args.preset, parameters=parameters, world=world, corpus=corpus.tokens, seed=args.seed)
    stage, done, minutes = plan[0], 0.0, args.minutes
    start: float | None = None  # set when the first steps, with the compilation, are over
    last_eval = time.time()
    clock = torch.zeros(2, device=device)
    while done < 1 and not (args.steps and step >= args.steps):
        if step % SYNC_EVERY == 0:
            if step == SYNC_EVERY:
                start = time.time()
            override = args.out / "minutes"
            if override.exists():
                minutes = float(override.read_text() or minutes)
            elapsed = 0.0 if start is None else (time.time() - start) / (60 * minutes)
            clock[0] = max(elapsed, step / args.steps if args.steps else 0.0)
            clock[1] = float(time.time() - last_eval > args.eval_every and start is not None)
            if world > 1:
                dist.broadcast(clock, 0)
            done = float(clock[0])
            if clock[1]:
                evaluate(done)
                last_eval = time.time()
            now = next(s for s in plan if done < s.until or s is plan[-1])
            if now is not stage:
                stage = now
                model.set_quantize(stage.quantize)
                report(step=step, stage=stage.length, quantize=stage.quantize, done=round(done, 3))
            loader.set(mix(stage, done))
        for o in opts:
            for group in o.param_groups:
                group["lr"] = learning_rate(args, step, done)
        ids, mark = loader.next()
        x = torch.from_numpy(ids.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        marks = torch.from_numpy(mark).to(device, non_blocking=True)
        m, asked = marks[:, 1:] == ANSWER, marks[:, :-1] == VALUE
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=cuda):
            loss, scorer = run(x[:, :-1], x[:, 1:], asked)
        weight = 1 + (planted(done)[1] - 1) * m
        ((loss * weight).sum() / weight.sum() + 0.05 * scorer).backward()
        if world > 1:
            average_gradients(model, world)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in opts:
            o.step()
            o.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + world * ids.shape[0] * stage.length
        if step % 50 == 0:
            seconds = time.time() - (start or time.time())
            answers = float((loss.detach() * m).sum() / m.sum().clamp(min=1))
            report(
                step=step, loss=round(float(loss.detach().mean()), 4), answers=round(answers, 4), grad=round(float(norm), 3),
                tokens=tokens, seconds=round(seconds, 1), gib=round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else 0,
            )  # fmt: skip
    evaluate(done)
    report(step=step, tokens=tokens, seconds=round(time.time() - (start or time.time()), 1), finished=True)
    if world > 1:
        dist.destroy_process_group()
    os._exit(0)  # the loader's processes are daemons; waiting for their queues would only take time


if __name__ == "__main__":
    main()
