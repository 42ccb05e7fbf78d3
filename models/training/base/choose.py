"""Which layers stay attention: measured, by putting mixers in place of attention and looking at what that costs.

In rounds. In each, every layer that is still attention gets its mixer alone, beside those replaced before; the cost is the bits
per byte on held-out windows plus COPY times the bits per token of copied code. The cheapest `step` of them are replaced. So
layers that make up for each other are not both given away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import measure
from measure import Windows
from model import Base, full, windowed

COPY = 0.02


def choose(model: Base, rows: Windows, keep: int, say: Callable[..., None], step: int = 4) -> tuple[int, ...]:
    """The `keep` layers that stay attention. Needs windows; without, every second layer."""
    layers = range(model.c.layers)
    if not rows:
        return tuple(i for i in layers if i % 2)[:keep]
    replaced: set[int] = set()

    def cost(which: set[int]) -> tuple[float, float, float]:
        def hidden(ids: Any) -> Any:
            return model(ids, replaced=which, look=full)

        b, copy = measure.bits(hidden, model.embedding, rows[::2])["all"], measure.copying(hidden, model.embedding, rows)
        return b + COPY * copy, b, copy

    with measure.measuring(model):
        say(choosing="teacher", cost=cost(set()))
        while len(replaced) < len(layers) - keep:
            found = {i: cost(replaced | {i}) for i in layers if i not in replaced}
            order = sorted(found, key=lambda i: found[i][0])
            replaced |= set(order[: min(step, len(layers) - keep - len(replaced))])
            say(choosing={i: [round(v, 4) for v in found[i]] for i in order}, replaced=sorted(replaced))
        attention = tuple(i for i in layers if i not in replaced)
        for name, which in (("chosen", replaced), ("odd layers", {i for i in layers if i % 2})):
            window = windowed(measure.WINDOW, model.c, model.device)
            say(choosing=name, full=cost(which), windows=measure.bits(lambda ids: model(ids, replaced=which, look=window), model.embedding, rows)["all"])
    return attention
