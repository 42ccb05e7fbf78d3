"""Questions and the definitions that answer them: data, loss and measure of the model's embedding.

A definition's embedding is the mean over its tokens, read in its file with all that stands before; a question's is the mean
over `<|question|> text`, read alone. Both normalised. A pair is a comment and its definition, with the comment mostly cut
out of the text and names mostly left out of the question, or a question made from the words of a name; the other
definitions of the text, of the texts read before in the same row, and of the batch are what it must not be taken for. Those of
the same text are the hard ones (`npm run bench -- ask` has 16k tokens of one package), so they get a softmax of their own.
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

from definitions import LANGUAGES, Definition, definitions, heads
from model import MemMamba

SPANS, QUESTIONS = 48, 12  # definitions of a segment, the first of them with questions
QUESTION_TOKENS = 128  # one block
SHORTEST, LONGEST = 8, 600  # tokens of a definition
CUT, MASK, FROM_NAME = 0.9, 0.75, 0.15  # comments cut out; names left out of questions; questions made from names
CODE_LIKE = re.compile(r"[_$(){}\[\]=:#]|[a-z][A-Z]|\w\.\w|^[A-Z]{2,}\w*$")
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


def masked(comment: str, name: str) -> str:
    """A comment without its names: the words that look like code, and those that are the definition's name."""
    kept = []
    for word in comment.split():
        bare = re.sub(r"^\W+|\W+$", "", word)
        if bare and not CODE_LIKE.search(bare) and bare.lower() != name.lower():
            kept.append(word)
    return " ".join(kept)


def question(d: Definition, r: random.Random) -> str | None:
    """What somebody may ask who looks for this definition."""
    words = name_words(d.name)
    if d.comment and (r.random() >= FROM_NAME or len(words) < 2):
        text = d.comment
        if r.random() < MASK:
            text = masked(text, d.name)
        if r.random() < 0.3:
            text = re.split(r"(?<=[.;])\s", text)[0]
        if len(text.split()) < 3:
            return None
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
            body = text[start:end].replace("<|eof|>", "       ")
            for d in heads(body, definitions(body, language)):
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
        said: set[str] = set()
        for a, b, d in spans:
            ask = question(d, r) if len(asked) < QUESTIONS else None
            if ask and ask not in said:  # overloads may share a comment: neither is the wrong answer
                said.add(ask)
                asked.append((a, b))
                texts.append(self.encode_question(ask))
            elif not ask:
                others.append((a, b))
        if not asked:
            return None
        table = np.zeros((SPANS, 2), np.int32)
        both = (asked + others)[:SPANS]
        table[: len(both)] = both
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


class Spans(NamedTuple):
    """The definitions of each row's segment."""

    embeddings: Tensor  # (b,SPANS,r), normalised
    exist: Tensor  # (b,SPANS)


def contrastive(
    spans: Spans, before: Spans, questions: Tensor, asked: Tensor, log_scale: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """InfoNCE three times: a question among the definitions of its own row and those read `before` there, among all of the batch,
    and a definition among all questions. questions [b*QUESTIONS,r] with asked [b*QUESTIONS], in the order of the spans they ask for.
    Returns (loss, share of questions whose nearest span of the batch is the right one, and of its own row)."""
    b, s, _ = spans.embeddings.shape
    row = torch.arange(b, device=questions.device)
    target = (row[:, None] * s + torch.arange(QUESTIONS, device=questions.device)).flatten()  # the span of each question
    every = torch.cat([spans.embeddings, before.embeddings]).flatten(0, 1)  # (2*b*s,r)
    exist, owner = torch.cat([spans.exist, before.exist]).flatten(), row.repeat(2).repeat_interleave(s)
    with torch.autocast(questions.device.type, enabled=False):  # cosines need more than eight bits
        logits = log_scale.exp().clamp(max=100) * questions @ every.t()  # (questions, spans)
    to_span = logits.masked_fill(~exist, -1e4)
    to_own = to_span.masked_fill(owner != row.repeat_interleave(QUESTIONS)[:, None], -1e4)
    to_question = logits.t()[target].masked_fill(~asked, -1e4)  # (questions, questions)
    own = torch.arange(len(target), device=questions.device)
    n = asked.sum().clamp(min=1)
    losses = sum(F.cross_entropy(x, y, reduction="none") for x, y in ((to_span, target), (to_own, target), (to_question, own)))
    assert isinstance(losses, Tensor)
    right = [((x.argmax(-1) == target) & asked).sum() / n for x in (to_span, to_own)]
    return (losses * asked).sum() / (3 * n), right[0], right[1]


@torch.no_grad()
def mean_reciprocal_rank(
    model: MemMamba, pairs: Pairs, texts: list[tuple[np.ndarray, str]], length: int, count: int, device: str
) -> dict[str, float]:
    """Every question against `count` definitions of held-out texts (tokens, path of the first file), comments always cut out;
    `same text`: against all definitions of its own text only, which are more alike."""
    r = random.Random(5)
    spans: list[Tensor] = []
    asked: list[Tensor] = []
    near: list[float] = []
    for ids, path in texts:
        made = pairs.make(ids, path, length, r, cut=1.0)
        if made is None:
            continue
        embedding = model.read(torch.from_numpy(made.ids.astype(np.int64))[None].to(device)).embedding
        assert embedding is not None
        have = int((made.questions[:, 0] != pairs.pad).sum())
        table = torch.from_numpy(made.spans.astype(np.int64))[None].to(device)
        found = span_embeddings(embedding, table)[0][: int((made.spans[:, 1] > 0).sum())]
        q = question_embeddings(model, torch.from_numpy(made.questions[:have].astype(np.int64)).to(device), pairs.pad)
        near += reciprocal_ranks(q, found)
        spans.append(found[:have])
        asked.append(q)
        if sum(map(len, spans)) >= count:
            break
    d, q = torch.cat(spans)[:count], torch.cat(asked)[:count]
    ranks = reciprocal_ranks(q, d)
    figures = {"mrr": ranks, "same text": near}
    out = {name: round(sum(v) / len(v), 4) for name, v in figures.items()}
    return {"pairs": len(d), **out, "first in same text": round(sum(v == 1 for v in near) / len(near), 4)}


def reciprocal_ranks(questions: Tensor, spans: Tensor) -> list[float]:
    """questions [n,r], spans [m,r], m >= n: the first n are the right ones, in order."""
    with torch.autocast(spans.device.type, enabled=False):
        like = questions @ spans.t()  # (n,m)
    return (1 / ((like > like.diagonal()[:, None]).sum(1) + 1)).tolist()
