"""Visitors by the dozen: what they ask, how long they wait, and whether they get what one alone would get."""

import asyncio
import base64
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from gradio_client import Client
from PIL import Image

from interpret.tabs.page.files import png
from tests.answers import CAT
from tests.conftest import EXAMPLES, client_of

Question = tuple[str, dict[str, Any]]
QUESTIONS: tuple[Question, ...] = (
    ("/predict", {"image": CAT}),
    ("/gradcam", {"image": CAT, "against": "dog"}),
    ("/gradcam", {"image": CAT, "layer": "prep_layer", "method": "layer_cam"}),
    ("/evidence", {"image": CAT}),
    ("/erase", {"image": CAT, "cells": ["B2", "C3"]}),
    ("/feature_maps", {"image": CAT, "layer": "custom_block3"}),
    ("/cell", {"image": CAT, "row": 3, "column": 4}),
    ("/kernels", {"layer": "prep_layer"}),
    ("/misclassified", {"count": 5}),
    ("/confusion", {}),
)
PROBE_EVERY = 0.2
QUICK: Question = ("/gradcam", {"image": CAT})
SLOW = "score_cam"


@dataclass
class Load:
    """What visitors met: seconds that each answer took, answers that differ from the serial ones, and errors."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def fingerprint(answer: Any) -> Any:
    """An answer by its content: files are the same if they hold the same bytes, wherever they lie."""
    if isinstance(answer, dict):
        return {key: fingerprint(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [fingerprint(each) for each in answer]
    if isinstance(answer, str) and answer.startswith("/") and Path(answer).is_file():
        return hashlib.sha256(Path(answer).read_bytes()).hexdigest()
    return answer


def ask(client: Client, question: Question) -> Any:
    name, arguments = question
    return fingerprint(client.predict(**arguments, api_name=name))


def serial_answers(url: str) -> tuple[list[Any], float]:
    """What one visitor alone is answered, and how many answers a second: asked twice, timed the second time."""
    client = client_of(url)
    answers = [ask(client, question) for question in QUESTIONS]
    started = time.perf_counter()
    assert [ask(client, question) for question in QUESTIONS] == answers
    return answers, len(QUESTIONS) / (time.perf_counter() - started)


def many_visitors(url: str, count: int, seconds: float, right: list[Any]) -> Load:
    """`count` visitors who each ask one question after another, in an order of their own, for so long."""
    load, clients = Load(), [client_of(url) for _ in range(count)]
    end = time.monotonic() + seconds

    def visit(number: int) -> None:
        order = random.Random(number)
        while time.monotonic() < end:
            at, started = order.randrange(len(QUESTIONS)), time.perf_counter()
            try:
                if ask(clients[number], QUESTIONS[at]) != right[at]:
                    load.wrong.append(QUESTIONS[at][0])
                load.seconds.append(time.perf_counter() - started)
            except Exception as error:
                load.errors.append(f"{QUESTIONS[at][0]}: {error}")

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return load


@contextmanager
def meanwhile(do: Callable[[], None]) -> Iterator[None]:
    """Does it again and again, with pauses, until the block ends, which raises what it raised."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(PROBE_EVERY):
            do()

    with ThreadPoolExecutor(1) as pool:
        repeating = pool.submit(repeat)
        try:
            yield
        finally:
            over.set()
        repeating.result()


@contextmanager
def page_watched(url: str) -> Iterator[list[float]]:
    """The seconds that the page and its configuration took, asked for again and again in the meantime."""
    found: list[float] = []
    with httpx.Client(base_url=url, timeout=60) as http:

        def look() -> None:
            for path in ("/", "/config"):
                started = time.perf_counter()
                http.get(path).raise_for_status()
                found.append(time.perf_counter() - started)

        with meanwhile(look):
            yield found


@contextmanager
def quick_visitor(url: str) -> Iterator[list[float]]:
    """The seconds after which one visitor more had a Grad-CAM, asked for again and again in the meantime; those who
    were told that the queue is full are not counted."""
    found: list[float] = []
    client = client_of(url)

    def visit() -> None:
        started = time.perf_counter()
        try:
            ask(client, QUICK)
        except Exception as error:
            if "Queue is full" not in str(error):
                raise
        else:
            found.append(time.perf_counter() - started)

    with meanwhile(visit):
        yield found


def pictures(count: int) -> list[str]:
    """So many pictures, each of another content, as addresses: the example, shifted."""
    with Image.open(EXAMPLES / "cat.png") as opened:
        pixels = np.asarray(opened.convert("RGB"))
    found = []
    for number in range(count):
        encoded = png(np.roll(pixels, divmod(number, pixels.shape[1]), axis=(0, 1)))
        found.append("data:image/png;base64," + base64.b64encode(encoded).decode())
    return found


async def burst(url: str, images: list[str]) -> list[str]:
    """What visitors are told who ask for Score-CAMs of these in the same moment: "answered", or why not."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as http:

        async def visit(image: str) -> str:
            body = {"image": {"url": image, "meta": {"_type": "gradio.FileData"}}, "method": SLOW}
            joined = await http.post("/gradio_api/call/v2/gradcam", json=body)
            if joined.status_code != 200:
                return joined.text
            said = (await http.get(f"/gradio_api/call/gradcam/{joined.json()['event_id']}")).text
            return "answered" if "event: complete" in said else said.partition("data:")[2].strip()

        return await asyncio.gather(*(visit(each) for each in images))
