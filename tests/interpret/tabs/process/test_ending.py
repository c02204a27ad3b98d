"""A small page in a process of its own, which is told to end while it answers."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client.utils import Status

from tests.conftest import ROOT, client_of, wait_for_address

PAGE = """
import sys, time
from pathlib import Path
import gradio as gr
from interpret.tabs.process.ending import serve_until, told_to_end

def answer(file: str) -> str:
    while not Path(file).exists():
        time.sleep(0.02)
    return "answered"

with gr.Blocks() as demo:
    gr.api(answer)
told = told_to_end()
demo.launch(ssr_mode=False, prevent_thread_lock=True)
serve_until(told, demo, patience=float(sys.argv[1]))
"""
Page = tuple[subprocess.Popen[bytes], str]


@pytest.fixture(params=[60.0])
def page(request, tmp_path: Path) -> Iterator[Page]:
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-u", "-c", PAGE, str(request.param)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process, wait_for_address(process, tmp_path / "log")
    finally:
        process.kill()
        process.wait()


def asked(url: str, file: Path):
    job = client_of(url).submit(str(file), api_name="/answer")
    while job.status().code is not Status.PROCESSING:
        time.sleep(0.02)
    return job


def is_refused(url: str) -> bool:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) != 0


def test_what_runs_is_answered_what_comes_later_is_refused_and_the_status_is_0(page, tmp_path):
    process, url = page
    job = asked(url, tmp_path / "go")
    process.send_signal(signal.SIGTERM)
    while not is_refused(url):
        time.sleep(0.02)
    (tmp_path / "go").touch()
    assert job.result(timeout=60) == "answered"
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("page", [0.5], indirect=True)
def test_what_takes_too_long_is_not_waited_for(page, tmp_path):
    process, url = page
    asked(url, tmp_path / "never")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_a_second_signal_ends_it_at_once(page, tmp_path):
    process, url = page
    asked(url, tmp_path / "never")
    process.send_signal(signal.SIGINT)
    while not is_refused(url):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == -signal.SIGTERM


def test_it_may_be_told_as_soon_as_its_address_is_known(page):
    process, _ = page
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
