"""What ends a training command with one sentence instead of a traceback."""

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
# What torch and safetensors make of a full disk: errors without a number.
FULL_IN_WORDS = ("PytorchStreamWriter failed writing", "No space left on device", "os error 28")


class TrainingError(Exception):
    """The user can mend this: the message says what is wrong, and what would help."""


def disk_is_full(error: BaseException | None) -> bool:
    """Whether an error, or one behind it, is that there is no space left on the disk."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, OSError) and each.errno in FULL:
            return True
        if any(words in str(each) for words in FULL_IN_WORDS):
            return True
        waiting += [each.__cause__, each.__context__]
    return False
