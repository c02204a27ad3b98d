"""How the app ends: what was asked before is answered, and what comes after is refused."""

import signal
import threading
import time
from types import FrameType

import gradio as gr

from interpret.tabs.process.health import is_busy

PATIENCE, LAST_WORDS = 8.0, 0.3
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def serve_until_told_to_end(demo: gr.Blocks, patience: float = PATIENCE) -> None:
    """Returns after SIGTERM or SIGINT: takes no more connections, and lets what runs and waits end, for at most
    `patience` seconds. A second signal ends the process at once.

    `demo` was launched with `prevent_thread_lock=True`.
    """
    told = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        told.set()

    for number in SIGNALS:
        signal.signal(number, end)
    told.wait()
    server = demo.server
    too_long = threading.Timer(patience, setattr, (server, "force_exit", True))
    too_long.daemon = True
    too_long.start()
    server.should_exit = True
    while is_busy(demo) and not server.force_exit:
        time.sleep(0.05)
    time.sleep(LAST_WORDS)  # the last answer is on its way
    demo.close(verbose=False)  # which lets pages that are open go: their connections would stay for ever
