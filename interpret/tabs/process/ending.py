"""How the app ends: what was asked before is answered, and what comes after is refused."""

import signal
import threading
import time
from types import FrameType

import gradio as gr

from interpret.tabs.process.health import is_busy

PATIENCE, LAST_WORDS = 7.0, 2.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def told_to_end() -> threading.Event:
    """What SIGTERM or SIGINT sets from now on. A second signal ends the process at once."""
    told = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        told.set()

    for number in SIGNALS:
        signal.signal(number, end)
    return told


def serve_until(told: threading.Event, demo: gr.Blocks, patience: float = PATIENCE) -> None:
    """Serves until it is told to end: then takes no more connections, and lets what runs and waits end, for at most
    `patience` seconds. `demo` was launched with `prevent_thread_lock=True`."""
    told.wait()
    server, deadline = demo.server, time.monotonic() + patience
    server.should_exit = True
    while is_busy(demo) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)  # the last answer is on its way
    # Pages that are open are let go now; some clients hold on to their connections all the same.
    too_long = threading.Timer(LAST_WORDS, setattr, (server, "force_exit", True))
    too_long.daemon = True
    too_long.start()
    demo.close(verbose=False)
