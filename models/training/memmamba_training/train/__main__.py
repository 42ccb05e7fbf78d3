"""`python -m memmamba_training.train`, for torchrun."""

from memmamba_training.train.run import main

main()
