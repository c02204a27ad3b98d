"""What clients are told of the API, as `tests/data/api.json` records it: `python -m tests.docs.api` records it anew.

Whoever changes the API on purpose does so, and reads the difference.
"""

import json
import re
import tempfile
from pathlib import Path

from gradio_client import Client

from tests.conftest import ROOT, client_of, running_app

RECORD = ROOT / "tests" / "data" / "api.json"


def description(client: Client) -> str:
    """All that `client` is told, as JSON. Gradio counts all components in a name like `value_17`, those that nobody
    sees too, so every such number is N."""
    told = json.dumps(client.view_api(print_info=False, return_format="dict"), indent=1, ensure_ascii=False)
    return re.sub(r"\bvalue_\d+\b", "value_N", told) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        RECORD.write_text(description(client_of(app.url)))


if __name__ == "__main__":
    main()
