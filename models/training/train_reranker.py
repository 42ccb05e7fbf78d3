"""Trains the reader that looks again at the best places of a search (reranker.py). The model itself is only read.

    python train_reranker.py --model restored.pt --minutes 5 --tokens tokens --tokenizer tokenizer.json --out run
    torchrun --nproc-per-node 2 train_reranker.py …

Each step reads segments with definitions and questions as `train.py` does, finds the places that the embedding takes for the right
ones, and lets the reader tell these apart. A file OUT/minutes changes the time while the run goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import traceback
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist
from tokenizers import Tokenizer

from config import ModelConfig
from data import Batch, Corpus, Loader, Mix
from infill import Infill
from model import MemMamba, State, unflatten
from needles import Needles
from reranker import Places, fits, hard_places, lower_part, ranking_loss, texts
from retrieval import QUESTIONS, question_embeddings, span_embeddings
from train import average_gradients, optimizers, save

WARMUP_STEPS = 100
SYNC_EVERY = 10  # steps between two looks at the clock


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", type=Path, required=True, help="a checkpoint of the model whose embedding finds the places")
    ap.add_argument("--resume", type=Path, help="a reader to go on with; else it begins as the model's lower part")
    ap.add_argument("--minutes", type=float, required=True, help="from when the first steps, with the compilation, are over")
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--batch", type=int, default=16, help="rows per GPU and step: segments that are read")
    ap.add_argument("--length", type=int, default=4096, help="tokens of a segment")
    ap.add_argument("--texts", type=int, nargs="+", default=[1, 2, 4], help="segments of a text; equal shares of the tokens")
    ap.add_argument("--asked", type=int, default=96, help="questions per GPU and step that are learned from")
    ap.add_argument("--wrong", type=int, default=4, help="wrong places of a question")
    ap.add_argument("--among", type=int, default=8, help="the most alike, of which they are")
    ap.add_argument("--tries", type=int, default=2, help="texts made for one that is taken: the one with most questions")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--decay", type=float, default=0.8, help="share of the time in which the rate falls to nothing")
    ap.add_argument("--renamed", type=float, default=0.1, help="share of texts with renamed names")
    ap.add_argument("--workers", type=int, default=13, help="processes per GPU that make batches")
    ap.add_argument("--needles", type=Path, help="questions to measure with (needles.py)")
    ap.add_argument("--eval-every", type=float, default=150, help="seconds")
    ap.add_argument("--save-every", type=float, default=60, help="seconds")
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--seed", type=int, default=0)
    return ap.parse_args()


def compile_parts(model: MemMamba) -> None:
    """Compiles one layer of each sort for all of them: in a fifth of the time that the whole takes, and almost as fast."""
    torch._dynamo.config.recompile_limit = 64
    for part in (*model.mixers, *model.notes.values()):
        part.compile(dynamic=False)


class Trainer:
    """Everything that one step needs."""

    def __init__(self, args: argparse.Namespace, model: MemMamba, reader: MemMamba, pad: int, device: str) -> None:
        self.args, self.model, self.reader, self.pad, self.device = args, model, reader, pad, device
        model.requires_grad_(False)
        self.cuda = device.startswith("cuda")
        # Questions are read from the beginning, where a pool has nothing: with room for a few notes only they take far less time.
        self.asker = MemMamba(replace(model.cfg, pool_size=model.cfg.block_size))
        self.asker.load_state_dict(model.state_dict(keep_vars=True), assign=True)
        self.asker.set_quantize("full")
        self.asker.requires_grad_(False)
        for m in () if args.no_compile else (model, self.asker, reader):
            compile_parts(m)
        self.optimizers = optimizers(reader, args.lr)
        self.state = State.empty(model.cfg, args.batch, device)

    @torch.no_grad()
    def places(self, batch: Batch) -> tuple[Places, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Reads one batch -> (its places, and of the questions that are learned from: tokens [n,t], the right place of each [n] and
        embeddings [n,r]). Carries the state over."""
        assert batch.spans is not None and batch.questions is not None
        device = self.device
        x = torch.from_numpy(batch.ids.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        spans = torch.from_numpy(batch.spans.astype("int64")).to(device)  # (b,s,2)
        questions = torch.from_numpy(batch.questions.astype("int64")).to(device).flatten(0, 1)  # (b*QUESTIONS,t)
        ids = x[:, :-1].contiguous()
        carried = self.state.carry(torch.from_numpy(batch.fresh).to(device), self.model.cfg).flat()
        reading = self.model.read(ids, unflatten(carried))
        assert reading.embedding is not None
        self.state = reading.state
        places = Places(ids, spans, span_embeddings(reading.embedding, spans))
        b, s, _ = spans.shape
        target = (torch.arange(b, device=device)[:, None] * s + torch.arange(QUESTIONS, device=device)).flatten()
        asked = (questions[:, 0] != self.pad) & (spans[:, :QUESTIONS, 1] > 0).flatten()
        chosen = (torch.rand(len(asked), device=device) + asked.float()).topk(self.args.asked).indices  # those that ask come first
        like = question_embeddings(self.asker, questions, self.pad)[chosen]
        return places, questions[chosen], torch.where(asked[chosen], target[chosen], -1), like

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The loss of one batch, and figures for the log."""
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.cuda):
            places, questions, target, like = self.places(batch)
            with torch.autocast(self.device.split(":")[0], enabled=False):
                index, there = hard_places(like.float(), target.clamp(min=0), places, self.args.wrong, self.args.among)
            s = places.spans.shape[1]
            row, spans = index // s, places.spans.flatten(0, 1)[index]
            text, is_code = texts(questions, places.ids, row, spans, self.pad)
            n, k, _ = text.shape
            number = fits(self.reader, text.flatten(0, 1), is_code.flatten(0, 1)).view(n, k)
        cosine = (like[:, None].float() * places.embeddings.flatten(0, 1)[index]).sum(-1)
        loss, right, alone = ranking_loss(number, cosine, there)
        is_asked = (target >= 0).float()
        return {"rank": (loss * is_asked).sum() / is_asked.sum().clamp(min=1), "right": right, "alone": alone, "asked": is_asked.mean()}

    def update(self, lr: float, world: int) -> torch.Tensor:
        """One step of the optimizers; returns the gradient's norm."""
        for o in self.optimizers:
            for group in o.param_groups:
                group["lr"] = lr
        if world > 1:
            average_gradients(self.reader, world)
        norm = torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        for o in self.optimizers:
            o.step()
            o.zero_grad(set_to_none=True)
        return norm


def load(path: Path) -> tuple[MemMamba, dict[str, object]]:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    return model, saved


def main() -> None:
    args = arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available()
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if cuda else "cpu"
    torch.set_float32_matmul_precision("high")
    tk = Tokenizer.from_file(str(args.tokenizer))
    corpus = Corpus(args.tokens, "train")
    mix = Mix(args.batch, args.length, tuple(args.texts), 0, args.renamed, 1, args.tries)
    loader = Loader(corpus, tk, Infill(tk, 0.0), 200, mix, args.seed * 100 + rank + 1, args.workers)  # forks: before CUDA starts
    loader.plant(0.0)
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    torch.manual_seed(args.seed)
    model, saved = load(args.model)
    reader = load(args.resume)[0] if args.resume else lower_part(model)
    torch.manual_seed(args.seed * 100 + rank)
    for m in (model, reader):
        m.to(device)
        m.set_quantize("full")
    pad = tk.token_to_id("<|pad|>")
    trainer = Trainer(args, model, reader, pad, device)
    needles = Needles.load(args.needles, tk) if args.needles and rank == 0 else None
    args.out.mkdir(parents=True, exist_ok=True)
    log = open(args.out / "log.jsonl", "a", encoding="utf-8") if rank == 0 else None

    def report(**values: object) -> None:
        if log:
            log.write(json.dumps(values) + "\n")
            log.flush()
            print(json.dumps(values), flush=True)

    @torch.no_grad()
    def evaluate(done: float) -> None:
        if rank == 0 and needles:
            out: dict[str, object] = {}
            try:
                with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=cuda):
                    out["needles"] = needles.reranked(reader, device)
            except RuntimeError as error:  # a figure that cannot be had, as for want of memory, must not end the run
                traceback.print_exc()
                out["failed"] = str(error)
            report(step=step, done=round(done, 3), **out)
        if world > 1:
            dist.barrier()

    report(parameters=sum(p.numel() for p in reader.parameters()), world=world, corpus=corpus.tokens, args={
        k: str(v) if isinstance(v, Path) else v for k, v in vars(args).items()})  # fmt: skip
    step, done, minutes = 0, 0.0, args.minutes
    evaluate(done)
    began, start = time.time(), None  # start is set when the first steps, with the compilation, are over
    last_eval = last_save = time.time()
    clock = torch.zeros(2, device=device)
    while done < 1:
        if step % SYNC_EVERY == 0:
            if step == SYNC_EVERY:
                start = last_eval = last_save = time.time()
                report(step=step, compiled=round(start - began, 1))
            override = args.out / "minutes"
            if override.exists():
                minutes = float(override.read_text() or minutes)
            clock[0] = 0.0 if start is None else (time.time() - start) / (60 * minutes)
            clock[1] = float(time.time() - last_eval > args.eval_every and start is not None)
            if world > 1:
                dist.broadcast(clock, 0)
            done = float(clock[0])
            if rank == 0 and time.time() - last_save > args.save_every:
                save(reader, args.out / "last.pt", step, 0, done)
                last_save = time.time()
            if clock[1]:
                evaluate(done)
                last_eval = time.time()
        waited = time.time()
        batch = loader.next()
        waited = time.time() - waited
        losses = trainer.losses(batch)
        losses["rank"].backward()
        lr = args.lr * min(1.0, (step + 1) / WARMUP_STEPS) * min(1.0, max(0.0, 1 - done) / args.decay)
        norm = trainer.update(lr, world)
        step += 1
        if step % 50 == 1:
            report(
                step=step, **{k: round(float(v.detach()), 4) for k, v in losses.items()}, grad=round(float(norm), 3),
                seconds=round(time.time() - (start or time.time()), 1), waited=round(waited, 3),
                gib=round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else 0,
            )  # fmt: skip
    if rank == 0:
        save(reader, args.out / "last.pt", step, 0, done)  # first: an evaluation may be cut short
    evaluate(done)
    report(step=step, seconds=round(time.time() - (start or time.time()), 1), finished=True)
    if world > 1:
        dist.destroy_process_group()
    os._exit(0)  # the loader's processes are daemons; waiting for their queues would only take time


if __name__ == "__main__":
    main()
