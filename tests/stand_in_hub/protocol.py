"""What the stand-in Hub answers to each request of the protocol."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .repositories import TOKENS, RefusalError, hash_of, is_large, problems_of_card

if TYPE_CHECKING:
    from .server import StandInHub


@dataclass
class Ask:
    """A request: who asks, and what for."""

    token: str | None
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(document: Any, status: int = 200) -> "Answer":
        return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def whoami(hub: "StandInHub", ask: Ask) -> Answer:
    if ask.token not in TOKENS:
        raise RefusalError(401, "Invalid credentials in Authorization header")
    name, role = TOKENS[ask.token]
    return Answer.of({"type": "user", "name": name, "orgs": [], "auth": {"accessToken": {"role": role}}})


def create(hub: "StandInHub", ask: Ask) -> Answer:
    wanted = ask.document
    user, role = TOKENS.get(ask.token or "", (None, None))
    kind, name = wanted.get("type", "model"), f"{wanted.get('organization') or user}/{wanted['name']}"
    url = f"{hub.url}/{'' if kind == 'model' else kind + 's/'}{name}"
    if role != "write" or not name.startswith(f"{user}/"):
        raise RefusalError(403, "You don't have the rights to create a repository here")
    if (kind, name) in hub.repositories.all:
        raise RefusalError(409, "You already created this repo", url=url)
    variables = {each["key"]: each["value"] for each in wanted.get("variables", [])}
    hub.repositories.create(
        kind, name, private=wanted.get("visibility") == "private", variables=variables,
        hardware=wanted.get("hardware", "cpu-basic"),
    )  # fmt: skip
    return Answer.of({"url": url})


def validate_yaml(hub: "StandInHub", ask: Ask) -> Answer:
    wanted = ask.document
    problems = [{"message": each} for each in problems_of_card(wanted["content"], wanted["repoType"])]
    return Answer.of({"errors": problems, "warnings": []}, 400 if problems else 200)


def info(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str = "main") -> Answer:
    if renamed := hub.repositories.renamed.get((kind, name)):
        return Answer(307, b"", {"Location": f"{hub.url}/api/{kind}s/{renamed}"})
    repository = hub.repositories.find(kind, name, ask.token, read=False)
    commit = repository.at(rev)
    siblings = [{"rfilename": path} for path in commit.files]
    about = {"id": name, "sha": commit.sha, "private": repository.private, "gated": repository.gated}
    if kind == "space":
        about["host"] = hub.host_of_spaces
    return Answer.of({**about, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0})


def commits(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str) -> Answer:
    repository = hub.repositories.find(kind, name, ask.token)
    return Answer.of([
        {"id": each.sha, "title": each.message, "message": "", "authors": [], "date": "2026-01-01T00:00:00.000Z"}
        for each in repository.history(rev)
    ])  # fmt: skip


def refs(hub: "StandInHub", ask: Ask, kind: str, name: str) -> Answer:
    repository = hub.repositories.find(kind, name, ask.token)
    named = {
        group: [{"name": each, "ref": f"refs/{group}/{each}", "targetCommit": sha} for each, sha in found.items()]
        for group, found in (("branches", repository.refs), ("tags", repository.tags))
    }
    return Answer.of({**named, "converts": []})


def tree(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str) -> Answer:
    files = hub.repositories.find(kind, name, ask.token).at(rev).files
    return Answer.of([
        {"type": "file", "path": path, "size": len(content), "oid": hash_of(path, content)}
        | ({"lfs": {"oid": hash_of(path, content), "size": len(content), "pointerSize": 130}} if is_large(path) else {})
        for path, content in files.items()
    ])  # fmt: skip


def auth_check(hub: "StandInHub", ask: Ask, kind: str, name: str) -> Answer:
    hub.repositories.find(kind, name, ask.token, write=True)
    return Answer()


def preupload(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str) -> Answer:
    files = hub.repositories.find(kind, name, ask.token, write=True).at(rev).files
    paths = [each["path"] for each in ask.document["files"]]
    return Answer.of({"files": [
        {
            "path": path,
            "uploadMode": "lfs" if is_large(path) else "regular",
            "shouldIgnore": False,
            "oid": hash_of(path, files[path]) if path in files else None,
        }
        for path in paths
    ]})  # fmt: skip


def lfs_batch(hub: "StandInHub", ask: Ask, name: str, place: str | None) -> Answer:
    hub.repositories.find(kind_at(place), name, ask.token, write=True)
    objects = ask.document["objects"]
    for each in objects:
        if each["oid"] not in hub.repositories.large_files:
            each["actions"] = {"upload": {"href": f"{hub.url}/large-files/{each['oid']}"}}
    return Answer.of({"transfer": "basic", "objects": objects})


def lfs_put(hub: "StandInHub", ask: Ask, oid: str) -> Answer:
    if hashlib.sha256(ask.body).hexdigest() != oid:
        raise RefusalError(400, "The content does not have the hash that was announced")
    hub.repositories.large_files[oid] = ask.body
    return Answer()


def commit(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str) -> Answer:
    repository = hub.repositories.find(kind, name, ask.token, write=True)
    operations = [json.loads(line) for line in ask.body.splitlines()]
    for operation in operations:
        if operation["key"] == "file":
            operation["value"]["content"] = base64.b64decode(operation["value"]["content"])
    made = hub.repositories.apply(repository, rev, operations)
    place = "" if kind == "model" else f"{kind}s/"
    return Answer.of({"commitUrl": f"{hub.url}/{place}{name}/commit/{made.sha}", "commitOid": made.sha})


def branch(hub: "StandInHub", ask: Ask, kind: str, name: str, branch: str) -> Answer:
    repository = hub.repositories.find(kind, name, ask.token, write=True)
    if branch in repository.refs:
        raise RefusalError(409, "Reference already exists")
    repository.refs[branch] = repository.refs["main"]
    return Answer()


def tag(hub: "StandInHub", ask: Ask, kind: str, name: str, rev: str) -> Answer:
    repository = hub.repositories.find(kind, name, ask.token, write=True)
    wanted = ask.document["tag"]
    if wanted in repository.tags:
        raise RefusalError(409, "Tag already exists")
    repository.tags[wanted] = repository.at(rev).sha
    return Answer()


def resolve(hub: "StandInHub", ask: Ask, name: str, rev: str, path: str, place: str | None) -> Answer:
    found = hub.repositories.find(kind_at(place), name, ask.token).at(rev)
    headers = {"X-Repo-Commit": found.sha}
    if path not in found.files:
        raise RefusalError(404, "Entry not found", "EntryNotFound")
    content = found.files[path]
    etag = etag_of(path, content)
    if is_large(path):  # large files lie elsewhere
        hub.repositories.large_files[hash_of(path, content)] = content
        another_host = hub.url.replace("127.0.0.1", "localhost")
        elsewhere = {"Location": f"{another_host}/large-files/{hash_of(path, content)}"}
        return Answer(302, b"", headers | elsewhere | {"X-Linked-ETag": etag, "X-Linked-Size": str(len(content))})
    return Answer(200, content, headers | {"ETag": etag})


def etag_of(path: str, content: bytes) -> str:
    return f'"{hash_of(path, content)}"'


def large_file(hub: "StandInHub", ask: Ask, oid: str) -> Answer:
    return Answer(200, hub.repositories.large_files[oid])


def variables(hub: "StandInHub", ask: Ask, name: str) -> Answer:
    space = hub.repositories.find("space", name, ask.token, write=True)
    if ask.body:
        space.variables[ask.document["key"]] = ask.document["value"]
    return Answer.of({key: {"key": key, "value": value} for key, value in space.variables.items()})


def runtime(hub: "StandInHub", ask: Ask, name: str) -> Answer:
    space = hub.repositories.find("space", name, ask.token)
    if ask.body:
        space.hardware = ask.document["flavor"]
    return Answer.of({"stage": "RUNNING", "hardware": {"current": space.hardware, "requested": space.hardware}})


def duplicate(hub: "StandInHub", ask: Ask, name: str) -> Answer:
    """Copies files and variables, not secrets: as the Hub does."""
    space, wanted = hub.repositories.find("space", name, ask.token), ask.document
    copy = hub.repositories.create(
        "space", wanted["repository"], private=wanted.get("visibility") == "private",
        variables=dict(space.variables), hardware=wanted.get("hardware") or space.hardware,
    )  # fmt: skip
    copy.commit(dict(space.files), "Duplicate")
    return Answer.of({"url": f"{hub.url}/spaces/{copy.name}"})


def kind_at(place: str | None) -> str:
    return "space" if place else "model"


PLACE = r"(?P<place>spaces/)?"
NAME, KIND = r"(?P<name>[\w.-]+/[\w.-]+)", r"(?P<kind>model|space)s"
ROUTES: dict[tuple[str, str], Callable[..., Answer]] = {
    ("GET", r"/api/whoami-v2"): whoami,
    ("POST", r"/api/repos/create"): create,
    ("POST", r"/api/validate-yaml"): validate_yaml,
    ("GET", rf"/api/{KIND}/{NAME}"): info,
    ("GET", rf"/api/{KIND}/{NAME}/revision/(?P<rev>[^/]+)"): info,
    ("GET", rf"/api/{KIND}/{NAME}/commits/(?P<rev>[^/]+)"): commits,
    ("GET", rf"/api/{KIND}/{NAME}/refs"): refs,
    ("GET", rf"/api/{KIND}/{NAME}/tree/(?P<rev>[^/]+)"): tree,
    ("GET", rf"/api/{KIND}/{NAME}/auth-check/write"): auth_check,
    ("POST", rf"/api/{KIND}/{NAME}/preupload/(?P<rev>[^/]+)"): preupload,
    ("POST", rf"/{PLACE}{NAME}\.git/info/lfs/objects/batch"): lfs_batch,
    ("PUT", r"/large-files/(?P<oid>\w+)"): lfs_put,
    ("GET", r"/large-files/(?P<oid>\w+)"): large_file,
    ("POST", rf"/api/{KIND}/{NAME}/commit/(?P<rev>[^/]+)"): commit,
    ("POST", rf"/api/{KIND}/{NAME}/branch/(?P<branch>[^/]+)"): branch,
    ("POST", rf"/api/{KIND}/{NAME}/tag/(?P<rev>[^/]+)"): tag,
    ("HEAD", rf"/{PLACE}{NAME}/resolve/(?P<rev>[^/]+)/(?P<path>.+)"): resolve,
    ("GET", rf"/{PLACE}{NAME}/resolve/(?P<rev>[^/]+)/(?P<path>.+)"): resolve,
    ("POST", rf"/api/spaces/{NAME}/variables"): variables,
    ("GET", rf"/api/spaces/{NAME}/variables"): variables,
    ("POST", rf"/api/spaces/{NAME}/hardware"): runtime,
    ("GET", rf"/api/spaces/{NAME}/runtime"): runtime,
    ("POST", rf"/api/spaces/{NAME}/duplicate"): duplicate,
}
