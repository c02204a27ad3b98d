"""The calls of the documents, made: Python's as they stand there, and curl's lines as the requests that they are."""

import base64
import inspect
import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from model.release import load_release
from tests.conftest import EXAMPLES, ROOT, upload
from tests.docs import DOCS, DOCUMENTS, README, blocks, name_of

HERE = "http://127.0.0.1:7860"
REPO = "ada/cifar-xray"
PYTHON = [(name_of(document), code) for document in DOCUMENTS for code in blocks(document, "python")]


def python_with(words: str) -> list[str]:
    return [code for _, code in PYTHON if words in code]


@pytest.mark.parametrize("document", [README, DOCS / "api.md"], ids=name_of)
def test_calling_the_app_from_python_works_as_written(document, app, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = [code for code in blocks(document, "python") if "handle_file" in code]
    names: dict = {}
    exec(code.replace(HERE, app.url), names)
    assert names["label"]["label"] == "cat" and "evidence" in names["sentence"]
    assert Path(names["overlay"]).suffix == ".png"


def test_explaining_without_a_page_works_as_written(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = [code for code in blocks(DOCS / "api.md", "python") if "explainer_for" in code]
    names: dict = {}
    exec(code, names)
    assert "evidence for cat" in capsys.readouterr().out
    assert names["overlay"].shape == names["other"].shape == (320, 320, 3)


def test_the_python_of_the_document_on_explanations_works(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = blocks(DOCS / "explanations.md", "python")
    names: dict = {}
    exec(code, names)
    said = capsys.readouterr().out
    assert "Score of cat: " in said and "**Enough:**" in said and "Shared credit" in said


def test_a_release_is_loaded_from_python_as_written(hub, small_releases, cat, capsys):
    upload(hub, REPO, small_releases[0])
    release = load_release(small_releases[0])
    one, whole = (code.replace("<user>/cifar-xray", REPO) for code in blocks(DOCS / "releases.md", "python"))
    names: dict = {"images": cat}
    exec(one, names)
    assert names["logits"].tolist() == release.network(cat).tolist()
    exec(whole, names)
    assert capsys.readouterr().out.split() == [str(release.test_accuracy), "6", release.identifier]


def test_duplicating_is_written_as_the_client_takes_it():
    (code,) = python_with("Client.duplicate(")
    ((given,),) = [re.findall(r"Client\.duplicate\((.+)\)", code)]
    bound = eval(f"bind({given})", {"bind": inspect.signature(Client.duplicate).bind})
    assert {"hardware", "private"} <= set(bound.arguments)


def test_no_python_of_a_document_is_left_out():
    made = ("handle_file", "explainer_for", "from_pretrained", "fetch_release", "Client.duplicate(")
    assert [where for where, code in PYTHON if not any(words in code for words in made)] == []


def requests() -> list[list[str]]:
    """The words of each of curl's lines, in order."""
    lines = "".join(blocks(DOCS / "api.md", "bash")).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines]


def asked(http: httpx.Client, words: list[str], replaced: dict[str, str]) -> httpx.Response:
    """The request that a line of curl is."""
    address = next(word for word in words if word.startswith(HERE)).removeprefix(HERE)
    for name, value in replaced.items():
        address = address.replace(name, value)
    if "-F" in words:
        field, _, file = words[words.index("-F") + 1].partition("=@")
        return http.post(address, files={field: (Path(file).name, (ROOT / file).read_bytes())})
    if "-d" in words:
        content = words[words.index("-d") + 1]
        for name, value in replaced.items():
            content = content.replace(name, value)
        json.loads(content)
        header = words[words.index("-H") + 1].split(": ")
        return http.post(address, content=content, headers=[tuple(header)])
    return http.get(address)


def test_every_line_of_curl_is_answered(app):
    answers = []
    replaced = {"BASE64": base64.b64encode((EXAMPLES / "cat.png").read_bytes()).decode()}
    with httpx.Client(base_url=app.url, timeout=120) as http:
        for words in requests():
            assert words[0] == "curl" and set(words[1:]) & {"-s", "-sN"}
            answer = asked(http, words, replaced)
            assert answer.status_code == 200, words
            if "-F" in words:
                (replaced["PATH"],) = answer.json()
            elif "-d" in words:
                replaced["EVENT_ID"] = answer.json()["event_id"]
            else:
                answers.append(answer.text)
    assert len(answers) == 2
    assert all(answer.startswith("event: complete") and '"label": "cat"' in answer for answer in answers)


def test_a_call_with_the_picture_alone_is_answered_by_the_defaults_and_one_that_does_not_fit_by_a_sentence(app):
    picture = {"url": f"data:image/png;base64,{base64.b64encode((EXAMPLES / 'cat.png').read_bytes()).decode()}"}
    with httpx.Client(base_url=app.url, timeout=120) as http:
        event = http.post("/gradio_api/call/gradcam", json={"data": [picture]}).json()["event_id"]
        answer = http.get(f"/gradio_api/call/gradcam/{event}").text
        refused = http.post("/gradio_api/call/cell", json={"data": [picture, "crop"] * 9})
    assert answer.startswith("event: complete") and '"label": "cat"' in answer
    assert refused.status_code == 422 and refused.json()["error"].startswith("cell takes ")
