"""The model: reading in segments, compilation, checkpoints, parameters of the ablation."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from conftest import SMALL, assert_close, random_ids

from memmamba_training.data.questions import QUESTION_TOKENS
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.embeddings import Spans, contrastive_loss, question_embeddings, span_embeddings
from memmamba_training.model.memmamba import QUERIED, REUSED, MemMamba, State, unflatten
from memmamba_training.model.presets import PRESETS
from memmamba_training.model.transformer import Transformer
from memmamba_training.train.trainer import compile_parts

VARIANTS = {
    "priority": SMALL,
    "fifo": replace(SMALL, replacement="fifo"),
    "protected": replace(SMALL, protected_blocks=2),
    "no pool": replace(SMALL, pool_size=0, cross_layers=()),
}


@pytest.mark.parametrize("cfg", VARIANTS.values(), ids=VARIANTS)
@torch.no_grad()
def test_reading_in_segments_equals_reading_at_once(cfg: ModelConfig) -> None:
    torch.manual_seed(0)
    model, ids = MemMamba(cfg), random_ids(cfg, 2, 128 * 9)  # overflows the pool
    for layer in model.notes.values():
        layer.score.weight.data *= 20  # scores as far apart as trained ones
    whole, state, outputs = model.read(ids), None, []
    for a, b in ((0, 1), (1, 4), (4, 5), (5, 9)):
        outputs.append(model.read(ids[:, a * 128 : b * 128], state))
        state = outputs[-1].state
    assert_close(torch.cat([o.hidden for o in outputs], 1), whole.hidden)
    assert_close(torch.cat([o.embedding for o in outputs], 1), whole.embedding)
    assert_close(state.ssm, whole.state.ssm)


@torch.no_grad()
def test_the_transformer_reads_in_segments_as_well() -> None:
    ids = random_ids(SMALL, 2, 512)
    model = Transformer(replace(SMALL, note_layers=(), cross_layers=(), feed_forward=96))
    first = model.read(ids[:, :256])
    assert_close(torch.cat([first.hidden, model.read(ids[:, 256:], first.state).hidden], 1), model.read(ids).hidden)


@torch.no_grad()
def test_a_new_text_starts_from_an_empty_state() -> None:
    torch.manual_seed(0)
    model, ids = MemMamba(SMALL), random_ids(SMALL, 2, 512)
    carried = model.read(ids).state.carry(torch.tensor([True, False]), SMALL)
    after, alone = model.read(ids, carried).hidden, model.read(ids).hidden
    assert_close(after[:1], alone[:1])
    assert (after[1] - alone[1]).abs().max() > 1e-2, "the other row must keep its state"


def test_faster_ways_to_compute_give_the_same_gradients() -> None:
    """Chunks of logits, attention in parts, and compilation of the whole model (without graph breaks) or of its layers."""
    ids = random_ids(SMALL, 2, 257)
    importance = torch.zeros(2, 256, dtype=torch.long)
    importance[0, 40], importance[1, 50] = QUERIED, REUSED
    results = []
    for chunks, in_parts, compiled in ((1, False, ""), (3, True, ""), (2, True, "whole"), (1, False, "parts")):
        torch.manual_seed(0)
        model = MemMamba(SMALL)
        model.loss_chunks = chunks
        for layer in model.notes.values():
            layer.in_parts = in_parts
        run = torch.compile(model, backend="aot_eager", fullgraph=True, dynamic=False) if compiled == "whole" else model
        if compiled == "parts":
            compile_parts(model, "aot_eager")
        loss, scorer, embedding, _ = run(ids[:, :-1], ids[:, 1:], importance, State.empty(SMALL, 2, "cpu").flat())
        (loss.mean() + 0.05 * scorer + embedding.square().mean()).backward()
        results.append([loss] + [p.grad for p in model.parameters() if p.grad is not None])
    for other in results[1:]:
        for a, b in zip(other, results[0], strict=True):
            assert_close(a, b, 1e-3)


def test_one_compilation_serves_all_segments() -> None:
    """The first one and later ones, also with the questions of retrieval in between."""
    from torch._dynamo.testing import CompileCounterWithBackend

    torch.manual_seed(0)
    cfg = replace(SMALL, layers=2, note_layers=(0, 1), cross_layers=(1,), embedding_layer=0, embedding_hidden_layer=1)
    model, ids, counter = MemMamba(cfg), random_ids(cfg, 2, 257), CompileCounterWithBackend("aot_eager")
    model.set_quantize("full")
    run = torch.compile(model, backend=counter, dynamic=False)
    state, importance = State.empty(cfg, 2, "cpu"), torch.zeros(2, 256, dtype=torch.long)
    for step in range(4):
        state = state.carry(torch.tensor([step == 0, step == 2]), cfg)
        loss, scorer, embedding, after = run(ids[:, :-1], ids[:, 1:], importance, state.flat())
        total = loss.mean() + scorer
        if step % 2 == 0:
            total = total + question_embeddings(model, ids[:, :QUESTION_TOKENS], -1).sum() + embedding.sum()
        total.backward()
        model.zero_grad(set_to_none=True)
        state = unflatten(after)
        model.eval(), model.train()
    assert counter.frame_count == 1


def test_checkpoints_with_and_without_a_retrieval_head_load() -> None:
    headless, model = MemMamba(replace(SMALL, embedding_width=0)), MemMamba(SMALL)
    model.load(headless.state_dict())
    assert_close(model.embedding, headless.embedding)
    headless.load(model.state_dict())
    with pytest.raises(RuntimeError):
        model.load({k: v for k, v in model.state_dict().items() if k != "final_norm.weight"})


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("tiny-")])
def test_arms_of_the_ablation_have_equally_many_parameters(name: str) -> None:
    def parameters(name: str) -> int:
        cfg = PRESETS[name]
        return sum(p.numel() for p in (Transformer(cfg) if cfg.feed_forward else MemMamba(cfg)).parameters())

    assert parameters(name) == pytest.approx(parameters("tiny"), rel=0.02)


def test_the_contrastive_loss_prefers_the_right_definition() -> None:
    torch.manual_seed(0)
    s, n = 48, 12
    spans = torch.nn.functional.normalize(torch.randn(2, s, 32), dim=-1)
    exist, none = torch.ones(2, s, dtype=torch.bool), torch.zeros(2, s, dtype=torch.bool)
    valid, scale = torch.ones(2 * n, dtype=torch.bool), torch.tensor(4.0)
    right, own = spans[:, :n].flatten(0, 1), Spans(spans, exist)
    loss, found, found_in_row = contrastive_loss(own, Spans(spans, none), right, valid, scale)
    wrong_loss, lost, lost_in_row = contrastive_loss(own, Spans(spans, none), right.roll(1, 0), valid, scale)
    assert found == found_in_row == 1 and loss < 0.1 and lost == lost_in_row == 0 and wrong_loss > 5
    twins, *_ = contrastive_loss(own, Spans(spans, exist), right, valid, scale)
    assert twins > loss + 0.4, "definitions of the previous segment are negatives as well"


def test_a_span_embedding_is_the_mean_of_its_tokens() -> None:
    torch.manual_seed(0)
    embedding = torch.randn(1, 9, 4)
    mean = torch.nn.functional.normalize(embedding[:, 2:5].mean(1), dim=-1)
    assert_close(span_embeddings(embedding, torch.tensor([[[2, 5]]]))[:, 0], mean)
