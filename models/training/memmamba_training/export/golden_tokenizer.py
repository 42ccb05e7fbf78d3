"""Writes the reference encodings of difficult inputs for the parity test of the engine's tokenizer.

    memmamba-golden-tokenizer --tokenizer ../memmamba-small/tokenizer.json --out ../../test/parity/tokenizer.golden.json
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

from memmamba_training.export.texts import TOKENIZER_TEXTS
from memmamba_training.tokens.tokenizer import SPECIALS, ByteTokenizer


def cases() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every case; random ones are seeded."""
    yield "empty", b""
    yield "every byte alone", bytes(range(256))
    yield "every byte between letters", b"a".join(bytes([b]) for b in range(256))
    yield "line ends", b"a\nb\r\nc\rd\n\re\r\n\r\n\n  f\r\n\tg \r\n \r\n"
    yield "tabs and blanks", b"\tif (x) {\n\t\treturn\t1;\n\t}\n\x0b\x0c \x0b\n\x0c x   y  \t z \t\t  "
    yield "blank before newline", b"x   \n\n   \n\t\n    y  \n"
    yield "contractions and identifiers", b"don't isn't snake_case camelCase HTTPServer2Go $jquery @decorator #private _x"
    yield "numbers", b"0 12 123 1234 12345678 3.14159e-10 0xDEADbeef 1_000_000 v1.2.3 2026-11-22T11:00:00Z"
    yield "symbols", b"=> === !== ?. ?? ... <T extends K[]>() => {};; //// /* */ --> <!-- -- && || ::<> #[a] $(b) ${c} ~`^%"
    yield "special names are only text", " ".join(SPECIALS).encode()
    yield "accents", "Ünïcödé naïve façade Straße — “quotes” … café".encode()
    yield "scripts", "日本語のテキスト 中文 한국어 Русский العربية עברית हिन्दी ไทย".encode()
    yield "emoji", "👍 👩‍👩‍👧‍👦 🇫🇷 ❤️ 🏳️‍🌈 a👍b 1👍2".encode()
    yield "astral letters", "𝕳𝖊𝖑𝖑𝖔 𐍈 𠜎𠜱 𝟘𝟙".encode()
    yield "byte order mark", b"\xef\xbb\xbfconst a = 1;\n"
    yield "lone surrogates as the editor sends them", "a\ufffdb \ufffd\ufffd".encode()
    yield "lone surrogates as bytes", "a\ud800b \udfff\udbff".encode("utf-8", "surrogatepass")
    yield "invalid UTF-8", b"ok \xff\xfe \xc0\xaf \xe2\x82 \xf0\x9f\x91 \xf5\x80\x80\x80 \x80\x81 \xed\xa0\x80 end \xe2"
    yield "UTF-16", "const x = 'é👍';\r\n".encode("utf-16")
    for what, unit in (("spaces", b" "), ("tabs", b"\t"), ("newlines", b"\n"), ("CRLF", b"\r\n"), ("letters", b"a"),
                       ("equal signs", b"="), ("digits", b"7"), ("slashes and stars", b"/*"), ("bytes 0xff", b"\xff")):
        for count in (2, 3, 47, 48, 49, 63, 64, 65, 66, 700):
            yield f"{count} {what}", b"x" + unit * count + b"y"
            yield f"{count} {what} at the end", unit * count
    rng = random.Random(20)
    for i in range(40):
        yield f"random bytes {i}", rng.randbytes(rng.randrange(1, 300))
    for i in range(40):
        alphabet = rng.sample([b" ", b"\n", b"\r", b"\t", b"\x0b", b"a", b"Z", b"0", b"9", b"_", b".", b"(", b"\xc3\xa9",
                               b"\x80", b"the", b"return ", b"    ", "👍".encode()], 5)
        yield f"random mixture {i}", b"".join(rng.choices(alphabet, k=rng.randrange(1, 200)))
    for i in range(6):
        yield f"random long word {i}", bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyzETAOIN", k=rng.randrange(65, 600)))
    for name, path in TOKENIZER_TEXTS.items():
        text = path.read_bytes()
        yield name, text
        yield f"{name} with CRLF", text[:3000].replace(b"\n", b"\r\n")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    reference = ByteTokenizer(args.tokenizer)
    lines = []
    for name, data in cases():
        ids = reference.encode_bytes(data)
        assert reference.decode_bytes(ids) == data, name
        lines.append(json.dumps({"name": name, "bytes": base64.b64encode(data).decode(), "ids": ids}, ensure_ascii=False))
    sha256 = hashlib.sha256(args.tokenizer.read_bytes()).hexdigest()
    body = ",\n".join(lines)
    args.out.write_text(f'{{"tokenizer": "{sha256}",\n"cases": [\n{body}\n]}}\n', encoding="utf-8")
    print(f"{len(lines)} cases, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
