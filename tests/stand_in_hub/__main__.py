"""`python -m tests.stand_in_hub [PORT]`: a Hub to try things out on, with the tokens hf_writer (ada), hf_reader and
hf_other (bob)."""

import sys
import threading

from .server import stand_in_hub

with stand_in_hub(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as hub:
    print(f"export HF_ENDPOINT={hub.url} HF_HUB_DISABLE_XET=1 HF_TOKEN=hf_writer", flush=True)  # noqa: T201
    threading.Event().wait()
