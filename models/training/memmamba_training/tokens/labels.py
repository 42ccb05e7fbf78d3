"""What each token of a training text is: decides its weight in the loss and its importance to the note scorer (train/trainer.py)."""

TEXT = 0  # ordinary text
ANSWER = 1  # the value that a query asks for
VALUE = 2  # the value of a planted fact where it is defined: random, so it cannot be predicted, but it should become a note
MIDDLE = 3  # missing text that is to be filled in
SKIP = 4  # a marker whose place cannot be predicted
REUSED = 5  # first occurrence of a renamed identifier, which is used again far away: it should become a note
FAR = 6  # such an identifier, far from its previous occurrence
LABELS = 7
