"""Training, evaluation and export of MemMamba models."""
