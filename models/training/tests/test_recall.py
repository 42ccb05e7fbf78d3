"""Planted facts: templates from real code, and where facts are planted."""

from __future__ import annotations

import random

import numpy as np
import pytest
from tokenizers import Tokenizer

from memmamba_training.data.infill import SPECIALS, Infill
from memmamba_training.recall.bank import FactBank
from memmamba_training.recall.extracted import extract, line_template, signature_template
from memmamba_training.recall.planting import Planner, insert
from memmamba_training.tokens.labels import ANSWER, FAR, VALUE
from memmamba_training.tokens.stream import TokenStream


def test_facts_are_inserted_where_there_is_room(tokenizer: Tokenizer, stream: TokenStream, infill: Infill, bank: FactBank) -> None:
    """In order, within the free ranges, and the text around them stays as it is; what is asked for was defined."""
    r, queries, absent = random.Random(2), 0, 0
    none = tokenizer.token_to_id("<|none|>")
    ids = np.asarray(stream.parts[0][0])
    free = [(1, 3000), (4097, 8000)]
    for _ in range(6):
        planner = Planner(bank, ids, free, r)
        insertions = planner.plan(12)
        queries += planner.queries
        assert all(any(a <= i.at and i.at + len(i.ids) <= b for a, b in free) for i in insertions)
        source = ids[:8192]
        x, labels = insert(source, np.full(8192, FAR, np.uint8), insertions, infill.line_start, r)
        assert len(x) == 8192 + sum(len(i.ids) for i in insertions) and (x[labels == FAR] == source).all()
        values = tokenizer.decode(x[labels == VALUE], skip_special_tokens=False)
        runs = np.flatnonzero(np.diff(np.concatenate([[0], labels == ANSWER, [0]])))
        for a, b in zip(runs[::2], runs[1::2], strict=True):
            answer = x[a:b].tolist()
            if none in answer:
                absent += 1
                continue
            value = tokenizer.decode([t for t in answer if t >= SPECIALS], skip_special_tokens=False).strip(" \n")
            assert value.startswith("(") or value in values, f"{value!r} is asked for but not defined"
    assert queries > 40 and absent > 2


@pytest.mark.parametrize(
    ("line", "template"),
    [
        ("  timeout: 5000, // {ms}", "\n  {0}: {1}, // {{ms}}\n"),
        ("const retries = 50;", "\nconst {0} = {1};\n"),
        ("expect(items.length).toBe(42)", "\nexpect({0}.length).toBe({1})\n"),
        ("const retries = 5", None),
        ("static readonly size: number = 12", None),  # held out for the bench
    ],
)
def test_lines_become_templates(line: str, template: str | None) -> None:
    assert line_template(line) == template


def test_declarations_become_templates() -> None:
    method = signature_template("  public size(of: Item, at: number): Promise<void> {")
    assert method == ("\n  public {0}{1} {{\n", "(of: Item, at: number): Promise<void>")
    function = signature_template("func (c *Client) Send(ctx Context, n int) error {")
    assert function == ("\nfunc (c *Client) {0}{1} {{\n", "(ctx Context, n int) error")
    for line in ("  return total(of, at);", "  add(first, second);", "  if (first && second) {", "  abstract size(of: Item): number;"):
        assert signature_template(line) is None, line


def test_facts_use_extracted_templates(tokenizer: Tokenizer, stream: TokenStream) -> None:
    extracted = extract(stream, tokenizer, 60, random.Random(4))
    for templates in (extracted.lines, [s.template for s in extracted.signatures]):
        assert len(templates) > 20 and all(t.format("NAME", "VALUE").count("VALUE") >= 1 for t in templates)
    bank = FactBank(tokenizer, 400, 5, extracted=extracted)
    text = "".join(tokenizer.decode(fact.definition, skip_special_tokens=False) for fact in bank.singles)
    assert any(t.split("{0}")[1].split("{1}")[0] in text for t in extracted.lines)
    assert sum(s.value in text for s in extracted.signatures) > 5
