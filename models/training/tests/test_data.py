"""Training texts: infilling, renaming, definitions, questions, and how segments follow each other."""

from __future__ import annotations

import random

import numpy as np
import pytest
from conftest import SHIPPED
from tokenizers import Tokenizer

from memmamba_training.data.composer import Composer, Mix
from memmamba_training.data.definitions import definitions, retrieval_units
from memmamba_training.data.infill import DISTANCE, Infill
from memmamba_training.data.loader import batches
from memmamba_training.data.questions import QuestionMaker, masked
from memmamba_training.data.rename import rename
from memmamba_training.recall.bank import FactBank
from memmamba_training.tokens.labels import ANSWER, FAR, MIDDLE, REUSED, SKIP, TEXT, VALUE
from memmamba_training.tokens.stream import TokenStream
from memmamba_training.tokens.tokenizer import SPLIT_BYTES, ByteTokenizer


def test_middles_put_back_give_the_text(tokenizer: Tokenizer, stream: TokenStream, infill: Infill) -> None:
    """And middles start where words start."""
    reference, r = ByteTokenizer(SHIPPED / "tokenizer.json"), random.Random(1)
    x = np.asarray(stream.parts[0][0])[:4096]
    y, labels, taken = infill.apply(x, np.zeros(len(x), np.uint8), 4000, r)
    assert len(y) == len(labels) == 4000 and 3800 < taken < 4000
    out, i, middles = [], 0, 0
    while i < len(y):
        if y[i] != infill.suffix:
            out.append(int(y[i]))
            i += 1
            continue
        ends = [np.flatnonzero(y[i:] == t) for t in (infill.prefix, infill.end)]
        if not all(map(len, ends)):
            break
        p, e = (i + int(v[0]) for v in ends)
        start = int(np.flatnonzero(labels[p:] == MIDDLE)[0]) + p
        assert labels[i] == labels[i + 1] == labels[p] == SKIP and set(labels[start : e + 1]) == {MIDDLE}
        assert set(labels[p + 1 : start]) == {TEXT} and DISTANCE[0] <= start - p - 1 <= DISTANCE[1]
        before = reference.decode_bytes([*out, *y[p + 1 : start].tolist()])[-200:]
        middle = reference.decode_bytes(y[start:e].tolist())
        words = {w.start() for w in SPLIT_BYTES.finditer(before + middle)}
        assert len(before) in words, f"a middle starts inside a word: {before[-20:]!r} | {middle[:20]!r}"
        out += [*y[p + 1 : e].tolist(), *y[i + 1 : p].tolist()]
        middles, i = middles + 1, e + 1
    assert middles > 5
    text = tokenizer.decode(out, skip_special_tokens=False)
    assert len(text) > 1000
    assert tokenizer.decode(x, skip_special_tokens=False).startswith(text[: int(len(text) * 0.9)])


def test_identifiers_are_renamed_everywhere(tokenizer: Tokenizer) -> None:
    source = "total_price_sum = 1\n" + "x = 2  # nothing here\n" * 80 + "print(total_price_sum)\n"
    ids, labels = rename(np.array(tokenizer.encode(source).ids), tokenizer, random.Random(1), per_kilobyte=9)
    text = tokenizer.decode(ids, skip_special_tokens=False)
    assert "total_price_sum" not in text and text.count("# nothing here") == 80
    first, again = (tokenizer.decode(ids[labels == label]).strip(" (") for label in (REUSED, FAR))
    assert first and first == again and text.startswith(first), (first, again)


SOURCES = {
    "script": "/** Adds two numbers. */\nexport function add(a, b) {\n  return a + b;\n}\nconst x = 1;\n",
    "python": 'def add(a, b):\n    """Adds two numbers."""\n    return a + b\n\n\nx = 1\n',
    "go": "// Adds two numbers.\nfunc (s *Sum) add(a int) int {\n\treturn a\n}\n",
    "rust": "/// Adds two numbers.\n#[inline]\npub fn add(a: u8) -> u8 {\n    a\n}\n",
    "java": "  /** Adds two numbers.\n   * @param a one */\n  @Override\n  public int add(int a) {\n    return a;\n  }\n",
    "c": "/* Adds two numbers. */\nstatic int add(int a)\n{\n  return a;\n}\n",
}


@pytest.mark.parametrize(("language", "source"), SOURCES.items(), ids=SOURCES)
def test_definitions_are_found_with_their_comments(language: str, source: str) -> None:
    d = next(d for d in definitions(source, language) if d.name == "add")
    body = source[d.start : d.end]
    assert d.comment == "Adds two numbers." and "add" in body and ("return a" in body or language == "rust")
    assert "x = 1" not in body and "Adds" in source[d.comment_start : d.comment_end]


def test_members_are_units_of_their_own() -> None:
    source = "class Sum {\n  total = 0;\n  /** Adds a number. */\n  add(a) {\n    return a;\n  }\n}\n"
    sum_, add = retrieval_units(source, [d for d in definitions(source, "script") if d.name in ("Sum", "add")])
    assert source[sum_.start : sum_.end] == "class Sum {\n  total = 0;" and "return a" in source[add.start : add.end]
    source = "function outer(a) {\n  const local = () => {\n    return a;\n  };\n  return local;\n}\nfunction other() {\n  return 1;\n}\n"
    assert [d.name for d in definitions(source, "script")] == ["outer", "local", "other"]
    assert [d.name for d in retrieval_units(source, definitions(source, "script"))] == ["outer", "other"]


def test_questions_do_not_name_what_they_ask_for() -> None:
    text = "Returns the `count` of fooBar items, as count_all() does; see a.b or NULL."
    assert masked(text, "Items") == "Returns the `count` of as does; see or"
    assert masked("(Optional) methods: e.g. none.", "x") == "(Optional) methods: none."


def test_questions_belong_to_their_definitions(tokenizer: Tokenizer, stream: TokenStream) -> None:
    maker, found = QuestionMaker(tokenizer), 0
    for ids, path in stream.texts(5400, 5400, tokenizer):
        made = maker.make(ids, path, 4096, random.Random(1), cut_share=1.0)
        if made is None:
            continue
        for (a, b), q in zip(made.spans, made.questions):
            if b > 0 and q[0] != maker.pad:
                body, question = (tokenizer.decode(t, skip_special_tokens=False) for t in (made.ids[a:b], q[q != maker.pad][1:]))
                assert "def " in body or "class " in body, body
                assert len(question.split()) < 6 or question not in body, "the comment is still there"
                found += 1
                # A definition that ends with the last target ends after what is read.
                short = maker.make(ids, path, int(b) - 1, random.Random(1), cut_share=1.0, targets=1)
                assert short is None or (len(short.ids) == b and short.spans.max() < b), (b, short)
        if found > 20:
            break
    assert found > 10, found


def test_segments_of_a_text_follow_each_other(tokenizer: Tokenizer, stream: TokenStream, infill: Infill, bank: FactBank) -> None:
    mix = Mix(3, 1024, (1, 2, 4), retrieval_every=3)
    composer = Composer(stream, tokenizer, infill, bank, mix, random.Random(3))
    before, seen = None, set()
    for step, batch in zip(range(24), batches(composer, 3, 0, [1.0])):
        assert batch.ids.shape == batch.labels.shape == (3, 1025) and (batch.spans is not None) == (step % 3 == 0)
        assert before is not None or batch.new_text.all()
        for row in range(3) if before is not None else ():
            assert batch.new_text[row] or batch.ids[row, 0] == before.ids[row, -1]
        before = batch
        seen |= set(batch.labels.flatten().tolist())
    assert {TEXT, ANSWER, VALUE, MIDDLE, SKIP} <= seen, seen
