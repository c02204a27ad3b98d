"""Memory that a step of training on the CPU frees, kept for the next step."""

import ctypes

# Names and numbers from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
MEBIBYTE = 2**20


def keep_freed_memory() -> bool:
    """Makes this process's malloc keep what is freed; whether it could, which takes glibc.

    By default glibc maps each activation of a batch afresh and gives it back at once, so that every step pays for
    millions of page faults. Kept, the same pages serve every step. The process never shrinks afterwards.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 256 * MEBIBYTE))
    return all(mallopt(*setting) == 1 for setting in settings)
