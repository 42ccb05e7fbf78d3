"""Questions and the definitions that answer them: data, loss and measure of the model's embedding.

A definition's embedding is the mean over its tokens, read in its file with all that stands before; a question's is the mean
over `<|question|> text`, read alone. Both normalised. A pair is a comment and its definition, with the comment mostly cut
out of the text and the name mostly left out of the question, or a question made from the words of a name; the other
definitions of the text and of the batch are what it must not be taken for.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from definitions import LANGUAGES, Definition, definitions
from model import MemMamba

SPANS, QUESTIONS = 16, 8  # definitions of a segment, the first of them with questions
QUESTION_TOKENS = 128  # one block
SHORTEST, LONGEST = 8, 600  # tokens of a definition
CUT, MASK, FROM_NAME = 0.75, 0.6, 0.25  # comments cut out; names left out of questions; questions made from names
TEMPLATES = (
    "where is the {0}?",
    "what does {0} default to?",
    "{0}",
    "how does it {0}?",
    "the code that handles {0}",
    "which function does {0}",
    "where do we {0}?",
    "what is the {0}",
)
FILE = re.compile(r"<\|path\|>([^\n]*)\n")


class Segment(NamedTuple):
    """A text with definitions to tell apart."""

    ids: np.ndarray  # (l)
    spans: np.ndarray  # (SPANS,2) int32 token ranges; empty = none
    questions: np.ndarray  # (QUESTIONS,QUESTION_TOKENS) uint16, padded; the first token is <|pad|> when there is none


def name_words(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def question(d: Definition, r: random.Random) -> str | None:
    """What somebody may ask who looks for this definition."""
    words = name_words(d.name)
    if d.comment and (r.random() >= FROM_NAME or len(words) < 2):
        text = d.comment
        if r.random() < MASK:
            text = re.sub(rf"(?<![\w]){re.escape(d.name)}(?![\w])(\(\))?", r.choice(("it", "this", "")), text)
        if r.random() < 0.3:
            text = re.split(r"(?<=[.;])\s", text)[0]
        return text[0].lower() + text[1:] if text and r.random() < 0.3 else text
    if len(words) < 2:
        return None
    if len(words) > 2 and r.random() < 0.3:
        words.pop(r.randrange(len(words)))
    return r.choice(TEMPLATES).format(" ".join(words))


class Pairs:
    """Makes segments with questions of real code."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.ask, self.pad = tokenizer.token_to_id("<|question|>"), tokenizer.token_to_id("<|pad|>")

    def encode_question(self, text: str) -> list[int]:
        ids = [self.ask, *self.tokenizer.encode(text, add_special_tokens=False).ids][:QUESTION_TOKENS]
        return ids + [self.pad] * (QUESTION_TOKENS - len(ids))

    def files(self, text: str, path: str) -> list[tuple[int, int, str]]:
        """(start, end, language) of the files in a text that begins inside the file `path`."""
        marks = [(0, 0, path)] + [(m.start(), m.end(), m[1]) for m in FILE.finditer(text)]
        ends = [m[0] for m in marks[1:]] + [len(text)]
        out = [(start, end, LANGUAGES.get(p.rsplit(".", 1)[-1])) for (_, start, p), end in zip(marks, ends, strict=True)]
        return [(start, end, language) for start, end, language in out if language is not None]

    def make(
        self, ids: np.ndarray, path: str, length: int, r: random.Random, cut: float = CUT, more: int = 0
    ) -> Segment | None:
        """A segment of `length` tokens from `ids` (longer, as comments are cut out), and `more` behind them in which
        no definition ends: they are only targets. None without any pair."""
        text = self.tokenizer.decode(ids.tolist(), skip_special_tokens=False)
        found: list[Definition] = []
        for start, end, language in self.files(text, path):
            for d in definitions(text[start:end].replace("<|eof|>", "       "), language):
                found.append(
                    d._replace(start=d.start + start, end=d.end + start, comment_start=d.comment_start + start, comment_end=d.comment_end + start)
                )  # fmt: skip
        gone = [d for d in found if d.comment and r.random() < cut]
        pieces, kept, at = [], [], 0  # kept: (where a cut ends in the old text, characters cut so far)
        for d in sorted(gone, key=lambda d: d.comment_start):
            if d.comment_start < at:
                continue
            pieces.append(text[at : d.comment_start])
            at = d.comment_end
            kept.append((at, sum(map(len, pieces))))
        pieces.append(text[at:])
        cuts, news = np.array([0] + [k for k, _ in kept]), np.array([0] + [n for _, n in kept])

        def moved(place: int) -> int:
            i = int(np.searchsorted(cuts, place, "right")) - 1
            return int(news[i] + place - cuts[i])

        e = self.tokenizer.encode("".join(pieces), add_special_tokens=False)
        if len(e.ids) < length + more:
            return None
        starts = np.array([a for a, _ in e.offsets])
        spans: list[tuple[int, int, Definition]] = []
        for d in found:
            a, b = (int(v) for v in np.searchsorted(starts, [moved(d.start), moved(d.end)]))
            if SHORTEST <= b - a <= LONGEST and b <= length:
                spans.append((a, b, d))
        r.shuffle(spans)
        spans.sort(key=lambda s: not s[2].comment)  # comments first
        asked: list[tuple[int, int]] = []
        others: list[tuple[int, int]] = []
        texts: list[list[int]] = []
        for a, b, d in spans:
            ask = question(d, r) if len(asked) < QUESTIONS else None
            if ask:
                asked.append((a, b))
                texts.append(self.encode_question(ask))
            elif len(others) < SPANS:
                others.append((a, b))
        if not asked:
            return None
        table = np.zeros((SPANS, 2), np.int32)
        table[: len(asked)] = asked
        rest = others[: SPANS - QUESTIONS]
        table[QUESTIONS : QUESTIONS + len(rest)] = np.array(rest, np.int32).reshape(-1, 2)
        questions = np.full((QUESTIONS, QUESTION_TOKENS), self.pad, np.uint16)
        questions[: len(texts)] = texts
        return Segment(np.array(e.ids[: length + more], np.uint16), table, questions)


def span_embeddings(embedding: Tensor, spans: Tensor) -> Tensor:
    """embedding [b,l,r], spans [b,s,2] -> [b,s,r], normalised."""
    total = F.pad(embedding.float().cumsum(1), (0, 0, 1, 0))  # (b,l+1,r)
    b, s, _ = spans.shape
    ends = total.gather(1, spans.reshape(b, 2 * s, 1).expand(-1, -1, total.shape[-1])).view(b, s, 2, -1)
    return F.normalize(ends[:, :, 1] - ends[:, :, 0], dim=-1)  # the mean's length does not matter


def question_embeddings(model: MemMamba, questions: Tensor, pad: int) -> Tensor:
    """questions [n,QUESTION_TOKENS] -> [n,r], normalised."""
    embedding = model.read(questions).embedding
    assert embedding is not None
    return F.normalize((embedding.float() * (questions != pad)[..., None]).sum(1), dim=-1)


def contrastive(spans: Tensor, exists: Tensor, questions: Tensor, asked: Tensor, log_scale: Tensor) -> tuple[Tensor, Tensor]:
    """InfoNCE in both directions. spans [b,SPANS,r] with exists [b,SPANS]; questions [b*QUESTIONS,r] with asked [b*QUESTIONS],
    in the order of the spans they ask for. Returns (loss, share of questions whose nearest span is the right one)."""
    b, s, _ = spans.shape
    row = torch.arange(b, device=spans.device)[:, None] * s
    target = (row + torch.arange(QUESTIONS, device=spans.device)).flatten()  # the span of each question
    with torch.autocast(spans.device.type, enabled=False):  # cosines need more than eight bits
        logits = log_scale.exp().clamp(max=100) * questions @ spans.flatten(0, 1).t()  # (questions, spans)
    to_span = logits.masked_fill(~exists.flatten(), -1e4)
    to_question = logits.t()[target].masked_fill(~asked, -1e4)  # (questions, questions)
    own = torch.arange(len(target), device=spans.device)
    n = asked.sum().clamp(min=1)
    losses = F.cross_entropy(to_span, target, reduction="none") + F.cross_entropy(to_question, own, reduction="none")
    right = ((to_span.argmax(-1) == target) & asked).sum() / n
    return (losses * asked).sum() / (2 * n), right


@torch.no_grad()
def mean_reciprocal_rank(
    model: MemMamba, pairs: Pairs, texts: list[tuple[np.ndarray, str]], length: int, count: int, device: str
) -> dict[str, float]:
    """Every question against `count` definitions of held-out texts (tokens, path of the first file), comments always cut out."""
    r = random.Random(5)
    spans: list[Tensor] = []
    asked: list[Tensor] = []
    for ids, path in texts:
        made = pairs.make(ids, path, length, r, cut=1.0)
        if made is None:
            continue
        embedding = model.read(torch.from_numpy(made.ids.astype(np.int64))[None].to(device)).embedding
        assert embedding is not None
        have = int((made.questions[:, 0] != pairs.pad).sum())
        table = torch.from_numpy(made.spans[:have].astype(np.int64))[None].to(device)
        spans.append(span_embeddings(embedding, table)[0])
        q = torch.from_numpy(made.questions[:have].astype(np.int64)).to(device)
        asked.append(question_embeddings(model, q, pairs.pad))
        if sum(map(len, spans)) >= count:
            break
    d, q = torch.cat(spans)[:count], torch.cat(asked)[:count]
    with torch.autocast(d.device.type, enabled=False):
        like = q @ d.t()  # (n,n)
    rank = (like > like.diagonal()[:, None]).sum(1) + 1
    return {"pairs": len(d), "mrr": round(float((1 / rank).mean()), 4), "first": round(float((rank == 1).float().mean()), 4)}
