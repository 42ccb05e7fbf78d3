"""Texts for golden files. They never change, so that golden files stay comparable."""

from pathlib import Path

FOLDER = Path(__file__).parent
GOLDEN_TEXT = FOLDER / "golden.txt"  # export.py: golden.json
RETRIEVAL_TEXT = FOLDER / "retrieval.txt"  # golden_retrieval.py: retrieval.json
TOKENIZER_TEXTS = {"model.py": FOLDER / "tokenizer-1.txt", "tokenizer.py": FOLDER / "tokenizer-2.txt"}  # golden_tokenizer.py
