"""Checks that training does what it says, in a minute on a CPU, on the text of this folder.

    python check_training.py ../memmamba-small/tokenizer.json
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from config import PRESETS, ModelConfig
from data import Composer, Corpus, Mix, rows_of
from definitions import definitions, heads
from evaluate import KINDS, bits_per_byte, infilled_lines, recall, recall_banks, retrieval, token_bytes
from infill import BACK, SPECIALS, Infill
from mined import mine, signature, template
from model import ASKED, REUSED, MemMamba, State, unflatten
from needles import Needles
from recall import ANSWER, FAR, MIDDLE, SKIP, TEXT, VALUE, Bank, insert
from recall import REUSED as REUSED_MARK
from rename import rename
from retrieval import QUESTION_TOKENS, QUESTIONS, SPANS, Pairs, Spans, contrastive, masked, question_embeddings, span_embeddings
from tokenizer import SPLIT_BYTES, ByteTokenizer
from train import compile_parts
from transformer import Transformer

HERE = Path(__file__).resolve().parent
SMALL = ModelConfig(
    vocab_size=512, d_model=128, layers=3, pool_size=24, notes_per_block=8, note_layers=(1, 2), cross_layers=(2,),
    embedding_width=16, embedding_layer=1, embedding_hidden=24, embedding_hidden_layer=2,
)  # fmt: skip


def close(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-4) -> None:
    error = float(((a - b).abs().max() / b.abs().max().clamp(min=1e-6)).detach())
    assert error < tolerance, f"relative error {error:.1e}"


def random_ids(cfg: ModelConfig, b: int, l: int) -> torch.Tensor:
    return torch.randint(0, cfg.vocab_size, (b, l), generator=torch.Generator().manual_seed(1))


def segments_are_the_whole() -> None:
    """With a pool that overflows, for both ways to make room, without a pool, and for the transformer."""
    for cfg in (SMALL, replace(SMALL, replacement="fifo"), replace(SMALL, protected_blocks=2), replace(SMALL, pool_size=0, cross_layers=())):
        torch.manual_seed(0)
        model, ids = MemMamba(cfg), random_ids(cfg, 2, 128 * 9)
        for layer in model.notes.values():
            layer.score.weight.data *= 20  # scores as far apart as trained ones
        with torch.no_grad():
            whole, state, got = model.read(ids), None, []
            for a, b in ((0, 1), (1, 4), (4, 5), (5, 9)):
                got.append(model.read(ids[:, a * 128 : b * 128], state))
                state = got[-1].state
        close(torch.cat([g.hidden for g in got], 1), whole.hidden)
        close(torch.cat([g.embedding for g in got], 1), whole.embedding)  # type: ignore[misc,arg-type]
        close(state.ssm, whole.state.ssm)  # type: ignore[union-attr]
    baseline = Transformer(replace(SMALL, note_layers=(), cross_layers=(), transformer=96))
    with torch.no_grad():
        first = baseline.read(ids[:, :256])
        close(torch.cat([first.hidden, baseline.read(ids[:, 256:], first.state).hidden], 1), baseline.read(ids).hidden)


def a_fresh_row_forgets() -> None:
    torch.manual_seed(0)
    model, ids = MemMamba(SMALL), random_ids(SMALL, 2, 512)
    with torch.no_grad():
        carried = model.read(ids).state.carry(torch.tensor([True, False]), SMALL)
        after, alone = model.read(ids, carried).hidden, model.read(ids).hidden
    close(after[:1], alone[:1])
    assert (after[1] - alone[1]).abs().max() > 1e-2, "the other row must remember"


def gradients_agree() -> None:
    """Chunks of logits, softmax in parts, and compiled graphs, of the whole or of layers, change nothing; the whole has no breaks."""
    ids = random_ids(SMALL, 2, 257)
    wanted = torch.zeros(2, 256, dtype=torch.long)
    wanted[0, 40], wanted[1, 50] = ASKED, REUSED
    figures = []
    for chunks, in_parts, compiled in ((1, False, ""), (3, True, ""), (1, False, "whole"), (2, True, "whole"), (1, False, "parts")):
        torch.manual_seed(0)
        model = MemMamba(SMALL)
        model.loss_chunks = chunks
        for layer in model.notes.values():
            layer.in_parts = in_parts
        run = torch.compile(model, backend="aot_eager", fullgraph=True, dynamic=False) if compiled == "whole" else model
        if compiled == "parts":
            compile_parts(model, "aot_eager")
        loss, scorer, embedding, _ = run(ids[:, :-1], ids[:, 1:], wanted, State.empty(SMALL, 2, "cpu").flat())
        (loss.mean() + 0.05 * scorer + embedding.square().mean()).backward()  # type: ignore[union-attr]
        figures.append([loss] + [p.grad for p in model.parameters() if p.grad is not None])
    for other in figures[1:]:
        for a, b in zip(other, figures[0], strict=True):
            close(a, b, 1e-3)


def one_compilation_is_enough() -> None:
    """For the first segment and for those that go on, also with the questions of retrieval in between."""
    from torch._dynamo.testing import CompileCounterWithBackend

    torch.manual_seed(0)
    cfg = replace(SMALL, layers=2, note_layers=(0, 1), cross_layers=(1,))
    model, ids, counter = MemMamba(cfg), random_ids(cfg, 2, 257), CompileCounterWithBackend("aot_eager")
    model.set_quantize("full")
    run = torch.compile(model, backend=counter, dynamic=False)
    state, wanted = State.empty(cfg, 2, "cpu"), torch.zeros(2, 256, dtype=torch.long)
    for step in range(4):
        state = state.carry(torch.tensor([step == 0, step == 2]), cfg)
        loss, scorer, embedding, after = run(ids[:, :-1], ids[:, 1:], wanted, state.flat())
        total = loss.mean() + scorer
        if step % 2 == 0:
            total = total + question_embeddings(model, ids[:, :QUESTION_TOKENS], -1).sum() + embedding.sum()
        total.backward()
        model.zero_grad(set_to_none=True)
        state = unflatten(after)
        model.eval(), model.train()
    assert counter.frame_count == 1, f"compiled {counter.frame_count} times"


def checkpoints_load() -> None:
    headless = MemMamba(replace(SMALL, embedding_width=0))
    head = MemMamba(SMALL)
    head.load(headless.state_dict())
    close(head.embedding, headless.embedding)
    headless.load(head.state_dict())
    broken = {k: v for k, v in head.state_dict().items() if k != "final_norm.weight"}
    try:
        head.load(broken)
    except RuntimeError:
        return
    raise AssertionError("a checkpoint without a norm was taken")


def ablation_is_fair() -> None:
    def size(name: str) -> int:
        cfg = PRESETS[name]
        return sum(p.numel() for p in (Transformer(cfg) if cfg.transformer else MemMamba(cfg)).parameters())

    for name in PRESETS:
        if name.startswith("tiny-"):
            share = size(name) / size("tiny")
            assert abs(share - 1) < 0.02, f"{name} has {share:.3f} times the parameters"


class Text:
    """This folder's sources as a token stream."""

    def __init__(self, tokenizer: Path, folder: Path) -> None:
        self.path = tokenizer
        self.tk = Tokenizer.from_file(str(tokenizer))
        ids: list[int] = []
        starts: list[int] = []
        for _ in range(3):
            for file in sorted(HERE.glob("*.py")):
                starts.append(len(ids))
                body = self.tk.encode(f"{file.name}\n{file.read_text('utf-8')}".replace("<|", "<"), add_special_tokens=False).ids
                ids += [self.tk.token_to_id("<|path|>"), *body, self.tk.token_to_id("<|eof|>")]
        self.ids = np.array(ids, np.uint16)
        self.ids.tofile(folder / "train.bin")
        np.save(folder / "train.files.npy", np.array(starts))
        self.corpus = Corpus(folder, "train")
        self.infill, self.bank = Infill(self.tk, 1.0), Bank(self.tk, 400, 1)

    def decode(self, ids: object) -> str:
        return self.tk.decode(list(ids), skip_special_tokens=False)  # type: ignore[call-overload]

    def holes_close_again(self) -> None:
        """Put back, what was taken out gives the text as it was; holes begin where words begin."""
        reference, r = ByteTokenizer(self.path), random.Random(1)
        x = self.ids[:4096]
        y, mark, taken = self.infill.apply(x, np.zeros(len(x), np.uint8), 4000, r)
        assert len(y) == len(mark) == 4000 and 3800 < taken < 4000
        out, i, holes = [], 0, 0
        while i < len(y):
            if y[i] != self.infill.suffix:
                out.append(int(y[i]))
                i += 1
                continue
            ends = [np.flatnonzero(y[i:] == t) for t in (self.infill.prefix, self.infill.end)]
            if not all(map(len, ends)):
                break
            p, e = (i + int(v[0]) for v in ends)
            begin = int(np.flatnonzero(mark[p:] == MIDDLE)[0]) + p
            assert mark[i] == mark[i + 1] == mark[p] == SKIP and set(mark[begin : e + 1]) == {MIDDLE}
            assert set(mark[p + 1 : begin]) == {TEXT} and BACK[0] <= begin - p - 1 <= BACK[1]
            before = reference.decode_bytes([*out, *y[p + 1 : begin].tolist()])[-200:]
            missing = reference.decode_bytes(y[begin:e].tolist())
            words = {w.start() for w in SPLIT_BYTES.finditer(before + missing)}
            assert len(before) in words, f"a hole begins inside a word: {before[-20:]!r} | {missing[:20]!r}"
            out += [*y[p + 1 : e].tolist(), *y[i + 1 : p].tolist()]
            holes, i = holes + 1, e + 1
        assert holes > 5
        text = self.decode(out)
        assert len(text) > 1000 and self.decode(x).startswith(text[: int(len(text) * 0.9)]), "the text came back changed"

    def plants_are_marked(self) -> None:
        """Inserted between lines, in order, within what is free; taken out again, the text is as it was."""
        r, asked, absent = random.Random(2), 0, 0
        none = self.tk.token_to_id("<|none|>")
        free = [(1, 3000), (4097, 8000)]
        for _ in range(6):
            items, count = self.bank.plan(self.ids, free, r, 12)
            asked += count
            assert all(any(a <= i.at and i.at + len(i.ids) <= b for a, b in free) for i in items)
            source = self.ids[:8192]
            x, mark = insert(source, np.full(8192, FAR, np.uint8), items, self.infill.line, r)
            assert len(x) == 8192 + sum(len(i.ids) for i in items) and (x[mark == FAR] == source).all()
            text = self.decode(x[mark == VALUE])
            runs = np.flatnonzero(np.diff(np.concatenate([[0], mark == ANSWER, [0]])))
            for a, b in zip(runs[::2], runs[1::2], strict=True):
                answer = x[a:b].tolist()
                if none in answer:
                    absent += 1
                    continue
                value = self.decode(t for t in answer if t >= SPECIALS).strip(" \n")
                assert value.startswith("(") or value in text, f"{value!r} was asked for and stands nowhere"
        assert asked > 40 and absent > 2

    def lines_are_mined(self) -> None:
        assert template("  timeout: 5000, // {ms}") == "\n  {0}: {1}, // {{ms}}\n"
        assert template("const retries = 5") is None and template("const retries = 50;") == "\nconst {0} = {1};\n"
        assert template("expect(items.length).toBe(42)") == "\nexpect({0}.length).toBe({1})\n"
        assert template("static readonly size: number = 12") is None, "the bench's new dresses stay unseen"
        assert signature("  public size(of: Item, at: number): Promise<void> {") == ("\n  public {0}{1} {{\n", "(of: Item, at: number): Promise<void>")
        assert signature("func (c *Client) Send(ctx Context, n int) error {") == ("\nfunc (c *Client) {0}{1} {{\n", "(ctx Context, n int) error")
        for line in ("  return total(of, at);", "  add(first, second);", "  if (first && second) {", "  abstract size(of: Item): number;"):
            assert signature(line) is None, line
        mined = mine(self.corpus, self.tk, 60, random.Random(4))
        for templates in (mined.lines, [s.template for s in mined.signatures]):
            assert len(templates) > 20 and all(t.format("NAME", "VALUE").count("VALUE") >= 1 for t in templates)
        bank = Bank(self.tk, 400, 5, mined=mined)
        text = "".join(self.decode(i.definition) for i in bank.items)
        assert any(t.split("{0}")[1].split("{1}")[0] in text for t in mined.lines)
        assert sum(s.value in text for s in mined.signatures) > 5

    def names_are_renamed(self) -> None:
        source = "total_price_sum = 1\n" + "x = 2  # nothing here\n" * 80 + "print(total_price_sum)\n"
        ids, mark = rename(np.array(self.tk.encode(source).ids), self.tk, random.Random(1), per_kilobyte=9)
        text = self.decode(ids)
        assert "total_price_sum" not in text and text.count("# nothing here") == 80
        first, again = (self.decode(ids[mark == m]).strip(" (") for m in (REUSED_MARK, FAR))
        assert first and first == again and text.startswith(first), (first, again)

    def definitions_are_found(self) -> None:
        sources = {
            "script": "/** Adds two numbers. */\nexport function add(a, b) {\n  return a + b;\n}\nconst x = 1;\n",
            "python": 'def add(a, b):\n    """Adds two numbers."""\n    return a + b\n\n\nx = 1\n',
            "go": "// Adds two numbers.\nfunc (s *Sum) add(a int) int {\n\treturn a\n}\n",
            "rust": "/// Adds two numbers.\n#[inline]\npub fn add(a: u8) -> u8 {\n    a\n}\n",
            "java": "  /** Adds two numbers.\n   * @param a one */\n  @Override\n  public int add(int a) {\n    return a;\n  }\n",
            "c": "/* Adds two numbers. */\nstatic int add(int a)\n{\n  return a;\n}\n",
        }
        for language, source in sources.items():
            d = next(d for d in definitions(source, language) if d.name == "add")
            body = source[d.start : d.end]
            assert d.comment == "Adds two numbers." and "add" in body and "return a" in body + "return a" * (language == "rust"), (language, d)
            assert "x = 1" not in body and "Adds" in source[d.comment_start : d.comment_end], (language, body)

    def members_are_their_own(self) -> None:
        source = "class Sum {\n  total = 0;\n  /** Adds a number. */\n  add(a) {\n    return a;\n  }\n}\n"
        sum_, add = heads(source, [d for d in definitions(source, "script") if d.name in ("Sum", "add")])
        assert source[sum_.start : sum_.end] == "class Sum {\n  total = 0;" and "return a" in source[add.start : add.end]
        text = "Returns the `count` of fooBar items, as count_all() does; see a.b or NULL."
        assert masked(text, "Items") == "Returns the `count` of as does; see or", masked(text, "Items")
        assert masked("(Optional) methods: e.g. none.", "x") == "(Optional) methods: none.", masked("(Optional) methods: e.g. none.", "x")
        source = "function outer(a) {\n  const local = () => {\n    return a;\n  };\n  return local;\n}\nfunction other() {\n  return 1;\n}\n"
        assert [d.name for d in definitions(source, "script")] == ["outer", "local", "other"]
        assert [d.name for d in heads(source, definitions(source, "script"))] == ["outer", "other"]

    def pairs_lie_where_they_say(self) -> None:
        pairs, found = Pairs(self.tk), 0
        for ids, path in self.corpus.texts(5400, 5400, self.tk):
            made = pairs.make(ids, path, 4096, random.Random(1), cut=1.0)
            if made is None:
                continue
            for (a, b), q in zip(made.spans, made.questions):
                if b > 0 and q[0] != pairs.pad:
                    body, asked = self.decode(made.ids[a:b]), self.decode(q[q != pairs.pad][1:])
                    assert "def " in body or "class " in body, body
                    assert len(asked.split()) < 6 or asked not in body, "the comment is still there"
                    found += 1
                    # A definition that ends with the last target ends where nothing is read.
                    short = pairs.make(ids, path, int(b) - 1, random.Random(1), cut=1.0, more=1)
                    assert short is None or (len(short.ids) == b and short.spans.max() < b), (b, short)
        assert found > 10, found

    def texts_go_on(self) -> None:
        mix = Mix(3, 1024, (1, 2, 4), retrieval_every=3)
        compose = Composer(self.corpus, self.tk, self.infill, self.bank, mix, random.Random(3))
        before, seen = None, set()
        for step, batch in zip(range(24), rows_of(compose, 3, 0, [1.0])):  # type: ignore[call-overload]
            assert batch.ids.shape == batch.mark.shape == (3, 1025) and (batch.spans is not None) == (step % 3 == 0)
            assert before is not None or batch.fresh.all()
            for row in range(3) if before is not None else ():
                assert batch.fresh[row] or batch.ids[row, 0] == before.ids[row, -1]
            before = batch
            seen |= set(batch.mark.flatten().tolist())
        assert {TEXT, ANSWER, VALUE, MIDDLE, SKIP} <= seen, seen

    def everything_is_measured(self) -> None:
        """On random weights every figure can be had, and none of them is good."""
        torch.manual_seed(0)
        cfg = replace(SMALL, vocab_size=self.tk.get_vocab_size(), layers=2, note_layers=(0, 1), cross_layers=(1,))
        model, banks = MemMamba(cfg).eval(), recall_banks(self.tk, 128)
        assert all(b > 1 for b in bits_per_byte(model, self.corpus, token_bytes(self.tk), 512, 2, "cpu"))
        for kind in KINDS:
            right = recall(model, self.corpus, banks, self.infill.line, kind, 1024, 2, "cpu")
            assert len(right) in (1, 5) and max(right) < 0.5, (kind, right)
        assert infilled_lines(model, self.corpus, self.infill, 3, "cpu") == 0
        assert infilled_lines(model, self.corpus, self.infill, 3, "cpu", shown=0) == 0
        ranks = retrieval(model, self.corpus, self.tk, 12, "cpu")
        assert ranks["pairs"] > 4 and 0 < ranks["mrr"] < 0.9, ranks

    def needles_are_ranked(self) -> None:
        """Files of any length, several at once, have the embeddings of each alone; the best score is first, ties are not held against it."""
        torch.manual_seed(0)
        cfg = replace(SMALL, vocab_size=self.tk.get_vocab_size())
        model = MemMamba(cfg).eval()
        lengths, spans = [300, 70, 9000], [[[3, 20], [130, 290]], [], [[10, 4200], [8000, 9000]]]
        files = [{"ids": random_ids(cfg, 1, l)[0].tolist(), "spans": s} for l, s in zip(lengths, spans, strict=True)]
        candidates = [{"file": f, "span": s, "other": o, "right": o == 9} for f, s, o in ((0, 0, 0), (2, 1, 9), (2, 0, 1))]
        asked = {"question": "who opens it?", "describes": True, "candidates": candidates}
        needles = Needles([{"language": "go", "weights": {"embedding": 1, "description": 2}, "files": files, "needles": [asked]}], self.tk)
        with torch.no_grad():
            for file, found in zip(files, needles.embed(model, files, "cpu"), strict=True):
                ids = torch.tensor([file["ids"] + [needles.pairs.pad] * (-len(file["ids"]) % 128)])
                alone = model.read(ids).embedding
                assert alone is not None and len(found) == len(file["spans"])
                if len(found):
                    close(found, span_embeddings(alone, torch.tensor([file["spans"]]))[0])
        figures = needles.measure(model, "cpu")
        assert figures["with 0.5"] == figures["with 1.5"] == [1.0, 1.0], figures
        assert 0.25 <= figures["alone"][1] <= 1, figures
        asked["candidates"] = candidates[::2]
        assert needles.measure(model, "cpu")["alone"] == [0.0, 0.0], "the right one was not even a candidate"

    @staticmethod
    def nearest_is_right() -> None:
        torch.manual_seed(0)
        spans = torch.nn.functional.normalize(torch.randn(2, SPANS, 32), dim=-1)
        exist, none = torch.ones(2, SPANS, dtype=torch.bool), torch.zeros(2, SPANS, dtype=torch.bool)
        asked, scale = torch.ones(2 * QUESTIONS, dtype=torch.bool), torch.tensor(4.0)
        right, here = spans[:, :QUESTIONS].flatten(0, 1), Spans(spans, exist)
        loss, found, near = contrastive(here, Spans(spans, none), right, asked, scale)
        worse, lost, far = contrastive(here, Spans(spans, none), right.roll(1, 0), asked, scale)
        assert found == near == 1 and loss < 0.1 and lost == far == 0 and worse > 5, (loss, worse)
        twins, *_ = contrastive(here, Spans(spans, exist), right, asked, scale)
        assert twins > loss + 0.4, "definitions read before count as well"
        embedding = torch.randn(1, 9, 4)
        mean = torch.nn.functional.normalize(embedding[:, 2:5].mean(1), dim=-1)
        close(span_embeddings(embedding, torch.tensor([[[2, 5]]]))[:, 0], mean)


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        text = Text(Path(sys.argv[1]), Path(folder))
        checks: list[Callable[[], None]] = [
            segments_are_the_whole, a_fresh_row_forgets, gradients_agree, one_compilation_is_enough, checkpoints_load, ablation_is_fair, text.holes_close_again,
            text.plants_are_marked, text.lines_are_mined, text.names_are_renamed, text.definitions_are_found, text.members_are_their_own, text.pairs_lie_where_they_say, text.texts_go_on,
            text.nearest_is_right, text.everything_is_measured, text.needles_are_ranked,
        ]  # fmt: skip
        for check in checks:
            check()
            print(f"ok  {check.__name__.replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
