"""What ends a training command with one sentence instead of a traceback."""


class TrainingError(Exception):
    """The user can mend this: the message says what is wrong, and what would help."""
