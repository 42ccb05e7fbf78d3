"""The reader that looks again at the few best places of a search: question and code in one text, and one number for how well they fit.

An embedding is made of a span that knows no question and of a question that knows no code. Here every token of the code has read the
question (a cross-encoder: Nogueira & Cho, arXiv 1901.04085), which tells apart what an embedding finds alike; it is affordable for a
few places only. It is the lower part of the shipped model, trained further on its own: its text is `<|question|> question code`, one
block, from the beginning, so it keeps no state; its number is the mean over the code's tokens of an embedding of width 1.

It learns what the embedding does not know: places are the right one and those that the embedding finds most alike, and its number is
added to the embedding's cosine.

Shapes in comments: b rows, s spans, n questions, k places of a question, t tokens, l tokens of a segment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from config import ModelConfig
from model import MemMamba

LAYERS = 12  # of the model that is shipped, from below
BLOCK = 256  # tokens of a question and a place, at most
QUESTION_TOKENS, CODE_TOKENS = 80, 160  # what is longer is cut
HIDDEN = 384
COSINE_SCALE = 20.0  # how much the embedding's cosine counts beside the number, in training


def reranker_config(cfg: ModelConfig) -> ModelConfig:
    """The shapes of a reader made of a model's lower part."""
    return replace(
        cfg, layers=LAYERS, notes_per_block=8, pool_size=8, protected_blocks=0, archive_size=0,
        note_layers=tuple(i for i in cfg.note_layers if i < LAYERS), cross_layers=(),
        embedding_width=1, embedding_layer=LAYERS - 1, embedding_hidden=HIDDEN, embedding_hidden_layer=LAYERS - 1, embedding_encoder_layers=0,
    )  # fmt: skip


def lower_part(model: MemMamba) -> MemMamba:
    """A reader that begins with a model's weights and with a number that is always 0."""
    reader = MemMamba(reranker_config(model.cfg))
    mine, theirs = reader.state_dict(), model.state_dict()
    reader.load_state_dict({n: v if n.startswith("retrieval.") else theirs[n] for n, v in mine.items()})
    assert reader.retrieval is not None
    torch.nn.init.zeros_(reader.retrieval.proj.weight)
    return reader


class Places(NamedTuple):
    """Spans of some segments."""

    ids: Tensor  # (b,l) tokens of the segments
    spans: Tensor  # (b,s,2) token ranges; empty = none
    embeddings: Tensor  # (b,s,r), normalised


def texts(questions: Tensor, ids: Tensor, row: Tensor, spans: Tensor, pad: int) -> tuple[Tensor, Tensor]:
    """Questions [n,q] (padded) before the code of their places: row [n,k] of ids [b,l], spans [n,k,2] -> (texts [n,k,BLOCK], padded;
    which of their tokens are code [n,k,BLOCK])."""
    n, k = row.shape
    asked = (questions[:, :QUESTION_TOKENS] != pad).sum(1)[:, None, None]  # (n,1,1)
    code = (spans[..., 1] - spans[..., 0]).clamp(max=CODE_TOKENS)[..., None]  # (n,k,1)
    at = torch.arange(BLOCK, device=ids.device).view(1, 1, -1)
    is_code = (at >= asked) & (at < asked + code)
    place = (spans[..., :1] + at - asked).clamp(0, ids.shape[1] - 1)  # (n,k,BLOCK)
    from_code = ids[row[..., None].expand_as(place), place]
    from_question = questions[:, None, :].expand(n, k, -1).gather(2, at.expand(n, k, -1).clamp(max=questions.shape[1] - 1))
    return torch.where(is_code, from_code, torch.where(at < asked, from_question, pad)), is_code


def fits(reader: MemMamba, text: Tensor, is_code: Tensor) -> Tensor:
    """The number of each text: text [m,BLOCK], is_code [m,BLOCK] -> [m]."""
    embedding = reader.read(text).embedding
    assert embedding is not None
    return (embedding.float()[..., 0] * is_code).sum(1) / is_code.sum(1).clamp(min=1)


def hard_places(questions: Tensor, target: Tensor, places: Places, wrong: int, among: int) -> tuple[Tensor, Tensor]:
    """For questions [n,r] with the right span each (target [n] of b*s): the right one and `wrong` of the `among` others that are most
    like the question -> (index [n,1+wrong] of b*s, whether it is there at all [n,1+wrong])."""
    like = questions @ places.embeddings.flatten(0, 1).t()  # (n,b*s)
    exists = (places.spans[..., 1] > 0).flatten()
    like = like.masked_fill(~exists, -2).scatter(1, target[:, None], -2)
    best = like.topk(among, 1)
    pick = torch.rand_like(best.values).topk(wrong, 1).indices  # without those that are always the same
    index = torch.cat([target[:, None], best.indices.gather(1, pick)], 1)
    there = torch.cat([torch.ones_like(target[:, None], dtype=torch.bool), best.values.gather(1, pick) > -1.5], 1)
    return index, there


def ranking_loss(number: Tensor, cosine: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """number, cosine, there [n,k], the right place first -> (cross entropy [n], share that is right, share by the cosine alone)."""
    logits = (number + COSINE_SCALE * cosine).masked_fill(~there, -1e4)
    loss = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device), reduction="none")
    alone = cosine.masked_fill(~there, -2)
    return loss, (logits.argmax(1) == 0).float().mean(), (alone.argmax(1) == 0).float().mean()
