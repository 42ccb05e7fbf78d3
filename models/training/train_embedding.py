"""Trains the embedding alone: everything else of the model stays as it is, and so do its states, its completions and its recall.

    python train_embedding.py --resume grown.pt --minutes 5 --tokens tokens --tokenizer tokenizer.json --out run
    torchrun --nproc-per-node 4 train_embedding.py …

`grow.py --encoder 2` gives the model an encoder to train (embedding.py). Texts are read without gradients, so a step costs a third of
one of `train.py`; every segment carries definitions and questions. A file OUT/minutes changes the time while the run goes on.
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
from evaluate import retrieval
from infill import Infill
from layers import Linear
from model import MemMamba, State, unflatten
from needles import Needles
from retrieval import QUESTIONS, REMEMBERED, Spans, contrastive, question_embeddings, span_embeddings
from train import average_gradients, save

WARMUP_STEPS = 100
SYNC_EVERY = 10  # steps between two looks at the clock


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--resume", type=Path, required=True, help="a checkpoint: its weights are what is trained on")
    ap.add_argument("--minutes", type=float, required=True, help="from when the first steps, with the compilation, are over")
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--batch", type=int, default=16, help="rows per GPU and step")
    ap.add_argument("--length", type=int, default=4096, help="tokens of a segment: what is read in one step")
    ap.add_argument("--texts", type=int, nargs="+", default=[1, 2, 4, 8], help="segments of a text; equal shares of the tokens")
    ap.add_argument("--tries", type=int, default=3, help="texts made for one that is taken: the one with most questions")
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--decay", type=float, default=0.8, help="share of the time in which the rate falls to nothing")
    ap.add_argument("--renamed", type=float, default=0.1, help="share of texts with renamed names")
    ap.add_argument("--workers", type=int, default=14, help="processes per GPU that make batches")
    ap.add_argument("--needles", type=Path, help="questions to measure with (needles.py)")
    ap.add_argument("--eval-every", type=float, default=120, help="seconds")
    ap.add_argument("--eval-pairs", type=int, default=400)
    ap.add_argument("--save-every", type=float, default=60, help="seconds")
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--seed", type=int, default=0)
    return ap.parse_args()


def of_other_gpus(spans: Spans) -> Spans | None:
    """What the other processes found in the same step, without gradients."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return None
    embeddings, exist = ([torch.empty_like(x) for _ in range(dist.get_world_size())] for x in spans)
    dist.all_gather(embeddings, spans.embeddings.contiguous())
    dist.all_gather(exist, spans.exist.contiguous())
    del embeddings[dist.get_rank()], exist[dist.get_rank()]
    return Spans(torch.cat(embeddings), torch.cat(exist))


class Trainer:
    """Everything that one step needs."""

    def __init__(self, args: argparse.Namespace, model: MemMamba, pad: int, device: str) -> None:
        assert model.retrieval is not None, "this model has no embedding: see grow.py"
        self.model, self.head, self.pad, self.device = model, model.retrieval, pad, device
        self.cuda = device.startswith("cuda")
        # Questions are read from the beginning, where a pool has nothing: with room for a few notes only they take far less time.
        cfg = replace(model.cfg, pool_size=model.cfg.block_size)
        self.asker = MemMamba(cfg)
        self.asker.load_state_dict(model.state_dict(keep_vars=True), assign=True)
        self.asker.set_quantize("full")
        model.requires_grad_(False)  # only now: the loading above sets it
        self.head.requires_grad_(True)
        run = (lambda f: f) if args.no_compile else (lambda f: torch.compile(f, dynamic=False))
        self.reader, self.ask = run(self.read), run(lambda questions: question_embeddings(self.asker, questions, pad))
        matrices = [m.weight for m in self.head.modules() if isinstance(m, Linear)]
        ids = {id(p) for p in matrices}
        rest = [p for p in self.head.parameters() if id(p) not in ids]
        self.optimizers = [
            torch.optim.Muon(matrices, lr=args.lr, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=args.lr, betas=(0.9, 0.95), weight_decay=0.0),
        ]
        self.state = State.empty(model.cfg, args.batch, device)
        self.spans: list[Spans] = []  # of the last segments

    def read(self, ids: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """ids [b,l] -> (embedding [b,l,r], flat state after)"""
        reading = self.model.read(ids, unflatten(state))
        assert reading.embedding is not None
        return reading.embedding, reading.state.flat()

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Reads one batch: its loss `contrast`, and figures for the log. Carries the state over."""
        assert batch.spans is not None and batch.questions is not None
        device = self.device
        x = torch.from_numpy(batch.ids.astype("int64")).to(device, non_blocking=True)  # (b,l+1)
        spans = torch.from_numpy(batch.spans.astype("int64")).to(device)  # (b,SPANS,2)
        questions = torch.from_numpy(batch.questions.astype("int64")).to(device).flatten(0, 1)  # (b*QUESTIONS,t)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=self.cuda):
            carried = self.state.carry(torch.from_numpy(batch.fresh).to(device), self.model.cfg).flat()
            embedding, after = self.reader(x[:, :-1].contiguous(), carried)
            self.state = unflatten(after)
            found = Spans(span_embeddings(embedding, spans), spans[..., 1] > 0)
            asked = (questions[:, 0] != self.pad) & found.exist[:, :QUESTIONS].flatten()
            asking = self.ask(questions)
            seen = Spans(found.embeddings.detach(), found.exist)
            nothing = Spans(seen.embeddings[:, :0], seen.exist[:, :0])
            before = Spans.joined([nothing, *self.spans])
            loss, right, near = contrastive(found, before, asking, asked, self.head.log_scale, of_other_gpus(seen))
            self.spans = [*self.spans, seen][-REMEMBERED:]
        return {"contrast": loss, "found": right, "found_near": near, "asked": asked.float().mean()}

    def update(self, lr: float, world: int) -> torch.Tensor:
        """One step of the optimizers; returns the gradient's norm."""
        for o in self.optimizers:
            for group in o.param_groups:
                group["lr"] = lr
        if world > 1:
            average_gradients(self.head, world)
        norm = torch.nn.utils.clip_grad_norm_(self.head.parameters(), 1.0)
        for o in self.optimizers:
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
    mix = Mix(args.batch, args.length, tuple(args.texts), 0, args.renamed, 1, args.tries)
    loader = Loader(corpus, tk, Infill(tk, 0.0), 200, mix, args.seed * 100 + rank + 1, args.workers)  # forks: before CUDA starts
    loader.plant(0.0)
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    saved = torch.load(args.resume, map_location="cpu", weights_only=True)
    torch.manual_seed(args.seed)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    model.to(device)
    model.set_quantize("full")
    trainer = Trainer(args, model, tk.token_to_id("<|pad|>"), device)
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
        if rank == 0:
            out: dict[str, object] = {}
            try:
                with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=cuda):
                    out["retrieval"] = retrieval(model, held_out, tk, args.eval_pairs, device)
                    if needles:
                        out["needles"] = needles.measure(model, device)
            except RuntimeError as error:  # a figure that cannot be had, as for want of memory, must not end the run
                traceback.print_exc()
                out["failed"] = str(error)
            report(step=step, done=round(done, 3), **out)
        if world > 1:
            dist.barrier()

    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    report(parameters=sum(p.numel() for p in model.parameters()), trained=trained, world=world, corpus=corpus.tokens, args={
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
                save(model, args.out / "last.pt", saved["step"], saved["tokens"], done)
                last_save = time.time()
            if clock[1]:
                evaluate(done)
                last_eval = time.time()
        waited = time.time()
        batch = loader.next()
        waited = time.time() - waited
        losses = trainer.losses(batch)
        losses["contrast"].backward()
        lr = args.lr * min(1.0, (step + 1) / WARMUP_STEPS) * min(1.0, max(0.0, 1 - done) / args.decay)
        norm = trainer.update(lr, world)
        step += 1
        if step % 50 == 1:
            report(
                step=step, **{k: round(float(v.detach()), 4) for k, v in losses.items()}, grad=round(float(norm), 3),
                scale=round(float(trainer.head.log_scale.detach().exp()), 1), tokens=step * world * args.batch * args.length,
                seconds=round(time.time() - (start or time.time()), 1), waited=round(waited, 3),
                gib=round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else 0,
            )  # fmt: skip
    if rank == 0:
        save(model, args.out / "last.pt", saved["step"], saved["tokens"], done)  # first: an evaluation may be cut short
    evaluate(done)
    report(step=step, seconds=round(time.time() - (start or time.time()), 1), finished=True)
    if world > 1:
        dist.destroy_process_group()
    os._exit(0)  # the loader's processes are daemons; waiting for their queues would only take time


if __name__ == "__main__":
    main()
