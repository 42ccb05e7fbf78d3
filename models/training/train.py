"""Trains one model on one or several GPUs for a given time.

    python train.py --preset tiny --minutes 2.5 --tokens tokens --tokenizer tokenizer.json --out run-tiny
    torchrun --nproc-per-node 4 train.py --preset small --minutes 20 … [--resume run/last.pt [--goes-on]]

Every step reads one segment of --length tokens in each of --batch rows; texts of several segments carry their state over
(data.py). A file OUT/minutes changes the time while the run goes on. README.md has the run book.
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
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from config import PRESETS, ModelConfig
from data import Batch, Corpus, Loader, Mix
from evaluate import bits_per_byte, infilled_lines, recall, recall_banks, retrieval, token_bytes
from infill import Infill
from model import ASKED, REUSED, Linear, MemMamba, Quantize, State, unflatten
from needles import Needles
from recall import ANSWER, FAR, MIDDLE, SKIP, TEXT, VALUE
from recall import REUSED as REUSED_MARK
from retrieval import QUESTIONS, Spans, contrastive, question_embeddings, span_embeddings
from transformer import Transformer

WARMUP_STEPS = 100
SYNC_EVERY = 10  # steps between two looks at the clock
VALUE_WEIGHT = 0.1  # random values cannot be foreseen where they are defined
FAR_WEIGHT = 2.0
EVALUATED = ("passkey", "uuid", "signature", "keys32", "absent8")


def optimizers(model: torch.nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside layers, AdamW for the embedding, filters, gains and biases."""
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


def average_gradients(model: torch.nn.Module, world: int) -> None:
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    flat = _flatten_dense_tensors(grads)
    dist.all_reduce(flat)
    flat /= world
    for g, f in zip(grads, _unflatten_dense_tensors(flat, grads), strict=True):
        g.copy_(f)


def halved(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint; matrices in half precision: the file travels, and the shipped format is far coarser."""
    return {k: v.half() if v.ndim >= 2 else v.float() for k, v in model.state_dict().items()}


def save(model: MemMamba | Transformer, path: Path, step: int, tokens: int, done: float) -> None:
    tmp = path.with_suffix(".tmp")
    torch.save({"config": model.cfg.to_dict(), "model": halved(model), "step": step, "tokens": tokens, "done": done}, tmp)
    tmp.rename(path)


def weights_of(args: argparse.Namespace, done: float) -> tuple[float, float]:
    """(share of texts with planted facts, weight of answers): much at first, less once recall is learned."""
    t = 1.0 if args.resume else min(1.0, max(0.0, (done - 0.25) / 0.35))
    share, weight = args.planted_share, args.answer_weight
    return share[0] + (share[1] - share[0]) * t, weight[0] + (weight[1] - weight[0]) * t


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--preset", choices=sorted(PRESETS), default="small")
    ap.add_argument("--minutes", type=float, required=True, help="from when the first steps, with the compilation, are over")
    ap.add_argument("--steps", type=int, default=0, help="stop after so many steps, if the time allows (0 = by time only)")
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--resume", type=Path, help="begin with the weights of a checkpoint")
    ap.add_argument("--goes-on", action="store_true", help="with --resume: also where its schedule was; --minutes is what is left")
    ap.add_argument("--batch", type=int, default=16, help="rows per GPU and step")
    ap.add_argument("--length", type=int, default=4096, help="tokens of a segment: what is read in one step")
    ap.add_argument("--texts", type=int, nargs="+", default=[1, 1, 2, 4, 8, 16, 32], help="segments of a text; equal shares of the tokens")
    ap.add_argument("--quant-from", type=float, default=0.0, help="share of the time; above 0: a second compilation at the start")
    ap.add_argument("--lr", type=float, default=3e-3)
    ap.add_argument("--lr-end", type=float, default=0.03, help="share of --lr at the end")
    ap.add_argument("--decay", type=float, default=0.5, help="share of the time")
    ap.add_argument("--planted", type=int, default=6, help="tasks per 4,096 tokens of a text that has any")
    ap.add_argument("--planted-share", type=float, nargs=2, default=(1.0, 0.5), help="share of texts: at first, later or resumed")
    ap.add_argument("--answer-weight", type=float, nargs=2, default=(10.0, 4.0))
    ap.add_argument("--infill", type=float, default=0.5, help="share of segments with holes")
    ap.add_argument("--middle-weight", type=float, default=3.0, help="of the tokens that fill holes")
    ap.add_argument("--renamed", type=float, default=0.2, help="share of texts with renamed names")
    ap.add_argument("--retrieval", action=argparse.BooleanOptionalAction, default=True, help="train the embedding as well")
    ap.add_argument("--retrieval-every", type=int, default=3, help="steps")
    ap.add_argument("--retrieval-weight", type=float, default=0.4, help="against the loss of a step; cross entropy is about 1 to 2")
    ap.add_argument("--bank", type=int, default=12_000, help="facts per worker")
    ap.add_argument("--workers", type=int, default=12, help="processes per GPU that make batches")
    ap.add_argument("--eval-every", type=float, default=240, help="seconds")
    ap.add_argument("--save-every", type=float, default=60, help="seconds")
    ap.add_argument("--eval-lengths", type=int, nargs="*", default=[4096, 16384])
    ap.add_argument("--eval-tokens", type=int, default=131_072, help="for bits per byte, per length")
    ap.add_argument("--eval-documents", type=int, default=6, help="per kind and length, five questions each")
    ap.add_argument("--eval-holes", type=int, default=200, help="0 = do not measure")
    ap.add_argument("--eval-pairs", type=int, default=500, help="0 = do not measure")
    ap.add_argument("--needles", type=Path, help="development questions to measure the embedding with (needles.py)")
    ap.add_argument("--loss-chunks", type=int, default=1, help="more: less memory, logits made twice")
    ap.add_argument("--attend-in-parts", action="store_true", help="the same sums in another order; try whether it is faster")
    ap.add_argument("--compile-mode", choices=["default", "max-autotune-no-cudagraphs"], default="default")
    ap.add_argument("--compile-parts", action="store_true", help="each sort of layer instead of the whole: sooner, perhaps slower")
    ap.add_argument("--compile-cache", type=Path, help="read if it is there, else written: what was compiled, for the next process")
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--seed", type=int, default=0)
    return ap.parse_args(argv)


def begin(args: argparse.Namespace) -> tuple[MemMamba | Transformer, int, float]:
    """(model, tokens it has seen, share of the schedule that is behind it)"""
    cfg, saved = PRESETS[args.preset], None
    if args.resume:
        saved = torch.load(args.resume, map_location="cpu", weights_only=True)
        cfg = ModelConfig.from_dict(saved["config"])
    if not args.retrieval:
        cfg = replace(cfg, embedding_width=0)
    elif not cfg.embedding_width and not cfg.transformer:
        cfg = replace(cfg, embedding_width=128, embedding_layer=cfg.default_embedding_layer)
    torch.manual_seed(args.seed)
    model = Transformer(cfg) if cfg.transformer else MemMamba(cfg)
    if saved is not None:
        model.load(saved["model"])
    model.loss_chunks = args.loss_chunks
    for layer in model.notes.values() if isinstance(model, MemMamba) else ():
        layer.in_parts = args.attend_in_parts
    return model, saved["tokens"] if saved else 0, saved.get("done", 0.0) if saved and args.goes_on else 0.0


def compile_parts(model: MemMamba, backend: str = "inductor") -> None:
    """Compiles one layer of each sort for all of them: in a quarter of the time that the whole takes (EXPERIMENTS.md, 14)."""
    torch._dynamo.config.recompile_limit = 64  # shapes, with and without gradients: more than the usual eight
    for part in (*model.mixers, *model.notes.values()):
        part.compile(backend=backend, dynamic=False)


class Trainer:
    """Everything that one step needs."""

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
        self.spans: Spans | None = None  # of the last segments with definitions
        if isinstance(model, Transformer) and max(args.texts) > 1:
            raise SystemExit("the transformer carries nothing over: --texts 1")

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.cuda)

    def losses(self, batch: Batch, answer_weight: float) -> dict[str, torch.Tensor]:
        """Reads one batch: its `total` loss, and figures for the log. Carries the state over."""
        args, device = self.args, self.device
        x = torch.from_numpy(batch.ids.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        marks = torch.from_numpy(batch.mark.astype("int64")).to(device, non_blocking=True)
        fresh = torch.from_numpy(batch.fresh).to(device)
        wanted = ASKED * (marks[:, :-1] == VALUE) + REUSED * (marks[:, :-1] == REUSED_MARK)
        table = torch.ones(7, device=device)
        for mark, w in ((ANSWER, answer_weight), (VALUE, VALUE_WEIGHT), (MIDDLE, args.middle_weight), (SKIP, 0.0), (FAR, FAR_WEIGHT)):
            table[mark] = w
        weight, target = table[marks[:, 1:]], marks[:, 1:]
        with self.autocast():
            state = self.state.carry(fresh, self.model.cfg).flat() if isinstance(self.model, MemMamba) else None
            loss, scorer, embedding, after = self.run(x[:, :-1], x[:, 1:], wanted, state)
            self.state = self.state if after is None else unflatten(after)
            total = (loss * weight).sum() / weight.sum() + 0.05 * scorer
            mean = lambda m: (loss.detach() * (target == m)).sum() / (target == m).sum().clamp(min=1)  # noqa: E731
            out = {"loss": mean(TEXT), "answers": mean(ANSWER), "middles": mean(MIDDLE)}
            if batch.spans is not None and embedding is not None:
                assert isinstance(self.model, MemMamba) and self.model.retrieval is not None and batch.questions is not None
                spans = torch.from_numpy(batch.spans.astype("int64")).to(device)  # (b,SPANS,2)
                questions = torch.from_numpy(batch.questions.astype("int64")).to(device).flatten(0, 1)  # (b*QUESTIONS,t)
                found = Spans(span_embeddings(embedding, spans), spans[..., 1] > 0)
                asking = question_embeddings(self.model, questions, self.pad)  # few tokens: not compiled
                asked = (questions[:, 0] != self.pad) & found.exist[:, :QUESTIONS].flatten()
                before = self.spans or Spans(found.embeddings.detach(), torch.zeros_like(found.exist))
                contrast, right, right_near = contrastive(found, before, asking, asked, self.model.retrieval.log_scale)
                self.spans = Spans(found.embeddings.detach(), found.exist)
                total = total + args.retrieval_weight * contrast
                out |= {"contrast": contrast.detach(), "found": right, "found_near": right_near}
        return out | {"total": total}

    def update(self, lr: float, world: int) -> torch.Tensor:
        """One step of the optimizers; returns the gradient's norm."""
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


def main() -> None:
    args = arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available()
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if cuda else "cpu"
    torch.set_float32_matmul_precision("high")
    tk = Tokenizer.from_file(str(args.tokenizer))
    corpus, held_out = Corpus(args.tokens, "train"), Corpus(args.tokens, "val")
    infill = Infill(tk, args.infill)
    every = args.retrieval_every if args.retrieval else 0
    mix = Mix(args.batch, args.length, tuple(args.texts), args.planted, args.renamed, every)
    loader = Loader(corpus, tk, infill, args.bank, mix, args.seed * 100 + rank + 1, args.workers)  # forks: before CUDA starts
    sizes, banks = token_bytes(tk), recall_banks(tk) if rank == 0 else {}
    needles = Needles.load(args.needles, tk) if args.needles and rank == 0 else None
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    if args.compile_cache and args.compile_cache.exists():
        torch.compiler.load_cache_artifacts(args.compile_cache.read_bytes())

    model, tokens, behind = begin(args)
    model.to(device)
    trainer = Trainer(args, model, tk.token_to_id("<|pad|>"), device)
    args.out.mkdir(parents=True, exist_ok=True)
    log = open(args.out / "log.jsonl", "a", encoding="utf-8") if rank == 0 else None

    def report(**values: object) -> None:
        if log:
            log.write(json.dumps(values) + "\n")
            log.flush()
            print(json.dumps(values), flush=True)

    @torch.no_grad()
    def evaluate(done: float) -> None:
        out: dict[str, object] = {}

        def measure(name: str, figure: Callable[[], object]) -> None:
            try:
                out[name] = figure()
            except Exception as error:  # a figure that cannot be had must not end the run
                traceback.print_exc()
                out[name] = f"failed: {error}"

        if rank == 0:
            model.eval()
            with trainer.autocast():
                for n in args.eval_lengths:
                    windows = max(2, args.eval_tokens // n)
                    measure(f"bpb_{n}", lambda: bits_per_byte(model, held_out, sizes, n, windows, device))
                    for kind in EVALUATED if args.eval_documents else ():
                        measure(f"{kind}_{n}", lambda: recall(model, held_out, banks, infill.line, kind, n, args.eval_documents, device))
                for shown in (0, 16, 48, 128) if args.eval_holes else ():
                    measure(f"lines_{shown}", lambda: infilled_lines(model, held_out, infill, args.eval_holes, device, shown))
                if args.eval_pairs and model.retrieval is not None:
                    measure("retrieval", lambda: retrieval(model, held_out, tk, args.eval_pairs, device))
                if needles and isinstance(model, MemMamba):
                    measure("needles", lambda: needles.measure(model, device))
            report(step=step, done=round(done, 3), **out)
            model.train()
        if world > 1:
            dist.barrier()

    parameters = sum(p.numel() for p in model.parameters())
    report(preset=args.preset, parameters=parameters, world=world, corpus=corpus.tokens, seed=args.seed, args=vars(args) | {
        k: str(v) for k, v in vars(args).items() if isinstance(v, Path)})  # fmt: skip
    step, done, minutes, quantize = 0, behind, args.minutes, "none"

    def quantized(done: float) -> Quantize:
        return "full" if done >= args.quant_from else "none"

    began = time.time()
    if 0 < args.quant_from < 1:  # compile what comes later now, off the clock
        model.set_quantize("full")
        trainer.losses(loader.next(), 1.0)["total"].backward()
        model.zero_grad(set_to_none=True)
        trainer.state = State.empty(model.cfg, args.batch, device)
    start: float | None = None  # set when the first steps, with the compilation, are over
    last_eval = last_save = time.time()
    clock = torch.zeros(2, device=device)
    figures: dict[str, torch.Tensor] = {}
    while done < 1 and not (args.steps and step >= args.steps):
        if step % SYNC_EVERY == 0:
            if step == SYNC_EVERY:
                start = last_eval = last_save = time.time()
                report(step=step, compiled=round(start - began, 1))
                if args.compile_cache and rank == 0 and not args.compile_cache.exists():
                    made = torch.compiler.save_cache_artifacts()
                    if made is not None:
                        args.compile_cache.write_bytes(made[0])
            override = args.out / "minutes"
            if override.exists():
                minutes = float(override.read_text() or minutes)
            elapsed = 0.0 if start is None else (time.time() - start) / (60 * minutes)
            clock[0] = behind + (1 - behind) * max(elapsed, step / args.steps if args.steps else 0.0)
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
            loader.plant(weights_of(args, done)[0])
        waited = time.time()
        batch = loader.next()
        waited = time.time() - waited
        losses = trainer.losses(batch, weights_of(args, done)[1])
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
