"""MemMamba-base: the teacher's embedding, feed-forward parts and norms, frozen, and other ways to look back.

Of the teacher's 24 attention layers some are replaced by state-space layers (`Mixer`), the others see a window and the
first tokens of the text. What is trained are the mixers, the gains of the norms, and additions of low rank to the frozen
matrices (`Adapter`), which whoever makes the trunk adds in before it is quantized: they cost nothing when it runs.

Every layer's look back takes u [B, T, width], the normed input, and gives what is added to the residual stream.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import recurrence
import torch
import torch.nn.functional as F
from config import Config
from teacher import Weights
from torch import Tensor, nn

Turns = tuple[Tensor, Tensor]
Look = Callable[[Tensor, Tensor, Tensor], Tensor]
"""q [B, heads, T, head], k and v [B, shared heads, T, head], turned -> [B, heads, T, head]."""
IDENTITY_GATE = 1.2785  # where SiLU is 1


def norm(x: Tensor, gain: Tensor, epsilon: float = 1e-6) -> Tensor:
    return F.rms_norm(x, (x.shape[-1],), gain.to(x.dtype), epsilon)


def turns(T: int, c: Config, device: torch.device) -> Turns:
    """Cosines and sines [T, 1, head] of the rotary embedding, halves side by side as in the teacher."""
    rate = c.rope_base ** (-torch.arange(0, c.head, 2, device=device).float() / c.head)
    angle = torch.outer(torch.arange(T, device=device).float(), rate)
    angle = torch.cat([angle, angle], -1)[:, None]
    return angle.cos(), angle.sin()


def turned(x: Tensor, by: Turns) -> Tensor:
    """x [B, T, heads, head], each turned by its place."""
    a, b = x.chunk(2, -1)
    return x * by[0].to(x.dtype) + torch.cat([-b, a], -1) * by[1].to(x.dtype)


class Linear(nn.Module):
    """A matrix [out, in] kept in float32 and used in the input's type."""

    def __init__(self, i: int, o: int, bias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i) * 0.02)
        self.bias = nn.Parameter(torch.zeros(o)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype), None if self.bias is None else self.bias.to(x.dtype))


class Mixer(nn.Module):
    """A state-space layer that begins as a linear form of the attention it replaces.

    q, k, v and out are the teacher's (its keys and values repeated for every query head); the convolution begins as the
    identity, decays are spread from 0.001 to 0.3 a token, the output gate is open.
    """

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.q, self.k, self.v = (Linear(c.width, c.width, bias=True) for _ in range(3))
        self.gate, self.out = Linear(c.width, c.width), Linear(c.width, c.width)
        self.decay = Linear(c.width, c.heads)
        self.write = Linear(c.width, c.heads) if c.update == "gated_delta" else None
        self.taps = nn.Parameter(torch.zeros(3 * c.width, c.kernel))
        self.norm = nn.Parameter(torch.full((c.head,), 0.3))
        self.skip = nn.Parameter(torch.zeros(c.heads))
        self.gate_bias = nn.Parameter(torch.full((c.width,), IDENTITY_GATE))
        self.write_bias = nn.Parameter(torch.full((c.heads,), 0.0))
        rate = torch.exp(torch.linspace(math.log(0.001), math.log(0.3), c.heads))
        self.decay_bias = nn.Parameter(rate + torch.log(-torch.expm1(-rate)))
        with torch.no_grad():
            self.taps[:, -1] = 1
            self.gate.weight.mul_(0.1)
            self.decay.weight.mul_(0.5)

    @torch.no_grad()
    def take(self, w: Weights, layer: int) -> None:
        """Begin from the teacher's attention of that layer."""
        c = self.c

        def repeat(t: Tensor) -> Tensor:
            return t.view(c.shared_heads, c.head, *t.shape[1:]).repeat_interleave(c.heads // c.shared_heads, 0).reshape(c.width, *t.shape[1:])

        for mine, name, form in ((self.q, "attn_q", lambda t: t), (self.k, "attn_k", repeat), (self.v, "attn_v", repeat)):
            mine.weight.copy_(form(w[f"blk.{layer}.{name}.weight"]))
            mine.bias.copy_(form(w[f"blk.{layer}.{name}.bias"]))
        self.out.weight.copy_(w[f"blk.{layer}.attn_output.weight"])

    def forward(self, u: Tensor, by: Turns | None = None) -> Tensor:
        c = self.c
        B, T, _ = u.shape
        x = torch.cat([self.q(u), self.k(u), self.v(u)], -1)
        padded, taps = F.pad(x, (0, 0, c.kernel - 1, 0)), self.taps.to(u.dtype)
        x = sum(padded[:, i : i + T] * taps[:, i] for i in range(c.kernel))  # type: ignore[assignment]
        q, k, v = (t.view(B, T, c.heads, c.head) for t in x.chunk(3, -1))
        q, k = F.normalize(q.float(), dim=-1).to(u.dtype), F.normalize(k.float(), dim=-1).to(u.dtype)
        if c.rotary and by is not None:
            q, k = turned(q, by), turned(k, by)
        g = -F.softplus(self.decay(u).float() + self.decay_bias)
        b = None if self.write is None else torch.sigmoid(self.write(u).float() + self.write_bias)
        y, _ = recurrence.run(q, k, v, g, b)
        y = norm(y + v * self.skip.to(u.dtype)[:, None], self.norm)
        return self.out(y.reshape(B, T, c.width) * F.silu(self.gate(u) + self.gate_bias.to(u.dtype)))


class Adapter(nn.Module):
    """An addition of low rank to a frozen matrix [out, in], nothing at first."""

    def __init__(self, i: int, o: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, i) / math.sqrt(i))
        self.up = nn.Parameter(torch.zeros(o, rank))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))


class Block(nn.Module):
    """One layer. The teacher's matrices are buffers; `mixer`, the gains and the adapters are what is trained."""

    def __init__(self, c: Config, w: Weights, layer: int, device: torch.device) -> None:
        super().__init__()
        self.c, self.layer = c, layer

        def frozen(name: str, *tensors: Tensor) -> None:
            self.register_buffer(name, torch.cat(tensors).to(device, torch.bfloat16 if device.type == "cuda" else torch.float32), persistent=False)

        at = f"blk.{layer}."
        frozen("qkv", *(w[f"{at}attn_{n}.weight"] for n in "qkv"))
        frozen("qkv_bias", *(w[f"{at}attn_{n}.bias"] for n in "qkv"))
        frozen("out", w[at + "attn_output.weight"])
        frozen("gate_up", w[at + "ffn_gate.weight"], w[at + "ffn_up.weight"])
        frozen("down", w[at + "ffn_down.weight"])
        frozen("teacher_gain", w[at + "attn_norm.weight"])
        frozen("teacher_gain_forward", w[at + "ffn_norm.weight"])
        self.gain = nn.Parameter(w[at + "attn_norm.weight"].clone())
        self.gain_forward = nn.Parameter(w[at + "ffn_norm.weight"].clone())
        self.mixer: Mixer | None = None
        self.adapters = nn.ModuleDict()

    def adapt(self, attention: bool) -> None:
        """Room for additions to the frozen matrices: to the feed-forward output, and to attention where it stays."""
        c, shared = self.c, self.c.shared_heads * self.c.head
        if c.adapter:
            self.adapters["down"] = Adapter(c.feed_forward, c.width, c.adapter)
            if attention:
                self.adapters["qkv"] = Adapter(c.width, c.width + 2 * shared, c.adapter)
                self.adapters["out"] = Adapter(c.width, c.width, c.adapter)

    def attend(self, u: Tensor, by: Turns, look: Look, adapted: bool) -> Tensor:
        c = self.c
        B, T, _ = u.shape
        x = F.linear(u, self.qkv, self.qkv_bias)
        if adapted and "qkv" in self.adapters:
            x = x + self.adapters["qkv"](u)
        q, k, v = (t.view(B, T, -1, c.head) for t in x.split([c.width, c.shared_heads * c.head, c.shared_heads * c.head], -1))
        y = look(turned(q, by).transpose(1, 2), turned(k, by).transpose(1, 2), v.transpose(1, 2)).transpose(1, 2).reshape(B, T, c.width)
        out = F.linear(y, self.out)
        return out + self.adapters["out"](y) if adapted and "out" in self.adapters else out

    def forward_part(self, x: Tensor, gain: Tensor, adapted: bool) -> Tensor:
        gate, up = F.linear(norm(x, gain), self.gate_up).chunk(2, -1)
        hidden = F.silu(gate) * up
        x = x + F.linear(hidden, self.down)
        return x + self.adapters["down"](hidden) if adapted and "down" in self.adapters else x


def full(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)


def windowed(T: int, c: Config, device: torch.device, flexible: bool = False) -> Look:
    """Attention to the last `window` tokens and the first `sinks`. `flexible` takes kernels that leave out what is masked (GPU, compiled)."""

    def seen(i: Tensor, j: Tensor) -> Tensor:
        return (j <= i) & ((j > i - c.window) | (j < c.sinks))

    if flexible:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        mask = create_block_mask(lambda b, h, i, j: seen(i, j), None, None, T, T, device=device)
        return lambda q, k, v: flex_attention(q, k, v, block_mask=mask, enable_gqa=True)  # type: ignore[return-value]
    place = torch.arange(T, device=device)
    dense = seen(place[:, None], place[None])
    return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=dense, enable_gqa=True)


class Base(nn.Module):
    """Teacher and student over the same frozen matrices.

    `forward(ids)` is the student, `forward(ids, teacher=True)` the teacher; both give the normed last hidden states
    [B, T, width], whose logits are products with `embedding` [rows, width].
    """

    def __init__(self, c: Config, w: Weights, device: torch.device, mixers: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.c, self.device = c, device
        kind = torch.bfloat16 if device.type == "cuda" else torch.float32
        rows = F.pad(w["embedding"], (0, 0, 0, c.rows - w["embedding"].shape[0]))
        self.register_buffer("embedding", rows.to(device, kind), persistent=False)
        self.register_buffer("teacher_gain", w["output_norm.weight"].to(device, kind), persistent=False)
        self.gain = nn.Parameter(w["output_norm.weight"].clone())
        self.blocks = nn.ModuleList(Block(c, w, i, device) for i in range(c.layers))
        self.replaced = set(c.mixers if mixers is None else mixers)
        """The layers that have a mixer: for alignment all of them, until `keep`."""
        for i in self.replaced:
            self.blocks[i].mixer = Mixer(c)
            self.blocks[i].mixer.take(w, i)
        if mixers is None:
            for i, block in enumerate(self.blocks):
                block.adapt(attention=i not in self.replaced)
        self.looks: dict[tuple[int, bool], Look] = {}
        self.flexible = False
        """Attention by kernels that skip what is masked: for compiled parts on a GPU."""
        self.plain = self.parts = (teacher_part, mixer_part, attention_part, align_part)
        self.to(device)

    def compile_parts(self, dense: bool = False) -> None:
        """Compiles one layer of each kind; all layers of the kind share it. `dense`: windows as a mask, for kernels that fail."""
        self.parts = tuple(torch.compile(part, dynamic=False) for part in self.parts)  # type: ignore[assignment]
        self.flexible = self.device.type == "cuda" and not dense

    def look(self, T: int) -> Look:
        """How attention layers look back in texts of T tokens."""
        key = (T, self.flexible)
        if key not in self.looks:
            self.looks[key] = windowed(T, self.c, self.device, self.flexible)
        return self.looks[key]

    def embed(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.embedding)

    def forward(self, ids: Tensor, teacher: bool = False, replaced: set[int] | None = None, look: Look | None = None) -> Tensor:
        """ids [B, T]. For measurements, `replaced` and `look` say which layers are mixers and how the others look back."""
        x, by = self.embed(ids), turns(ids.shape[1], self.c, self.device)
        teacher_layer, mixer_layer, attention_layer, _ = self.parts
        if teacher:
            for block in self.blocks:
                x = teacher_layer(block, x, by)
            return norm(x, self.teacher_gain)
        look = look or self.look(ids.shape[1])
        replaced = self.replaced if replaced is None else replaced
        for i, block in enumerate(self.blocks):
            x = mixer_layer(block, x, by) if i in replaced else attention_layer(block, x, by, full if i in self.c.wide else look)
        return norm(x, self.gain)

    def keep(self, attention: tuple[int, ...]) -> None:
        """Drops the mixers of the layers that stay attention, and makes room for additions to the frozen matrices."""
        self.c = self.c.replace(attention=attention)
        self.replaced = set(self.c.mixers)
        for i, block in enumerate(self.blocks):
            block.c = self.c
            if i not in self.replaced:
                block.mixer = None
            block.adapt(attention=i not in self.replaced)
        self.to(self.device)


def teacher_part(block: Block, x: Tensor, by: Turns) -> Tensor:
    x = x + block.attend(norm(x, block.teacher_gain), by, full, adapted=False)
    return block.forward_part(x, block.teacher_gain_forward, adapted=False)


def mixer_part(block: Block, x: Tensor, by: Turns) -> Tensor:
    x = x + block.mixer(norm(x, block.gain), by)
    return block.forward_part(x, block.gain_forward, adapted=True)


def attention_part(block: Block, x: Tensor, by: Turns, look: Look) -> Tensor:
    x = x + block.attend(norm(x, block.gain), by, look, adapted=True)
    return block.forward_part(x, block.gain_forward, adapted=True)


def align_part(mixer: Mixer, u: Tensor, y: Tensor, by: Turns) -> Tensor:
    """How far the mixer is from the attention's output y, as a share of y's square."""
    return (mixer(u, by).float() - y.float()).square().mean() / y.float().square().mean()
