"""What the stand-in Hub stores, and its rules: repositories, commits, branches, tags, permissions."""

import functools
import hashlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from huggingface_hub.repocard_data import model_index_to_eval_results

LARGE = (".safetensors", ".parquet", ".bin", ".pt", ".ckpt")
TOKENS = {"hf_writer": ("ada", "write"), "hf_reader": ("ada", "read"), "hf_other": ("bob", "write")}


class RefusalError(Exception):
    """An answer with an error status. `code` is the Hub's X-Error-Code."""

    def __init__(self, status: int, message: str, code: str | None = None, **body: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.body = status, code, {"error": message, **body}


@dataclass(frozen=True)
class Commit:
    sha: str
    parent: str | None
    files: dict[str, bytes]
    message: str


@dataclass
class Repository:
    """Branches and tags name commits; nothing is ever removed."""

    kind: str
    name: str
    private: bool = False
    gated: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    hardware: str = "cpu-basic"

    def commit(self, files: dict[str, bytes], message: str, branch: str = "main") -> Commit:
        parent = self.refs.get(branch)
        seed = f"{self.name}{len(self.commits)}{message}{parent}"
        commit = Commit(hashlib.sha1(seed.encode()).hexdigest(), parent, files, message)
        self.commits[commit.sha] = commit
        self.refs[branch] = commit.sha
        return commit

    def at(self, revision: str) -> Commit:
        """A commit is known by all 40 digits only, as on the Hub."""
        found = self.refs.get(revision) or self.tags.get(revision) or revision
        if found not in self.commits:
            raise RefusalError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[found]

    def history(self, revision: str) -> Iterator[Commit]:
        """The commit that a revision names, and all before it, the newest first."""
        sha: str | None = self.at(revision).sha
        while sha:
            yield self.commits[sha]
            sha = self.commits[sha].parent

    @property
    def files(self) -> dict[str, bytes]:
        """As they stand on main."""
        return self.at("main").files


class Repositories:
    """All that the stand-in Hub holds. Requests come from several threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.all: dict[tuple[str, str], Repository] = {}
        self.large_files: dict[str, bytes] = {}
        self.renamed: dict[tuple[str, str], str] = {}

    def create(self, kind: str, name: str, **properties: Any) -> Repository:
        if (kind, name) in self.all:
            raise RefusalError(409, "You already created this repo", url=name)
        self.renamed.pop((kind, name), None)
        repository = self.all[kind, name] = Repository(kind, name, **properties)
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"}, "initial commit")
        return repository

    def rename(self, kind: str, name: str, new: str) -> None:
        """The old name leads to the new one from now on, unless somebody creates a repository of that name."""
        repository = self.all[kind, new] = self.all.pop((kind, name))
        repository.name = new
        self.renamed[kind, name] = new

    def find(self, kind: str, name: str, token: str | None, *, write: bool = False, read: bool = True) -> Repository:
        """The repository, if the token may do that. Raises RefusalError as the Hub refuses."""
        user, role = TOKENS.get(token or "", (None, None))
        if token and user is None:
            raise RefusalError(401, "Invalid credentials in Authorization header")
        repository = self.all.get((kind, name))
        is_owner = user is not None and name.startswith(f"{user}/")
        if repository is None or (repository.private and not is_owner):
            raise RefusalError(404 if user else 401, "Repository not found", "RepoNotFound")
        if read and repository.gated and not is_owner:
            raise RefusalError(403, "Access to this model is restricted", "GatedRepo")
        if write and not (is_owner and role == "write"):
            raise RefusalError(403, "You don't have the rights to write here")
        return repository

    def apply(self, repository: Repository, branch: str, operations: list[dict[str, Any]]) -> Commit:
        """One commit from the lines of a commit request, whole or not at all."""
        (header,) = [each["value"] for each in operations if each["key"] == "header"]
        head = repository.at(branch)
        if header.get("parentCommit") not in (None, head.sha):
            raise RefusalError(412, "A commit has happened since. Please refresh and try again.")
        files = dict(head.files)
        for operation in operations:
            value = operation["value"]
            match operation["key"]:
                case "file":
                    files[value["path"]] = value["content"]
                case "lfsFile" if value["oid"] in self.large_files:
                    files[value["path"]] = self.large_files[value["oid"]]
                case "lfsFile":
                    raise RefusalError(400, f"LFS pointer points to a file that does not exist: {value['path']}")
                case "deletedFile" if value["path"] not in files:
                    raise RefusalError(404, "A file with this name doesn't exist", "EntryNotFound")
                case "deletedFile":
                    del files[value["path"]]
        if not header["summary"] or files == head.files:
            raise RefusalError(400, "Nothing to commit")
        return repository.commit(files, header["summary"], branch)


def is_large(path: str) -> bool:
    return path.endswith(LARGE)


@functools.lru_cache(maxsize=256)
def hash_of(path: str, content: bytes) -> str:
    """SHA-256 of a large file, git's blob id of a small one."""
    if is_large(path):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LICENCES = {"mit", "apache-2.0", "bsd-3-clause", "cc-by-4.0", "cc0-1.0", "other", "unknown"}


def problems_of_card(content: str, kind: str) -> list[str]:
    """What the Hub's rules for a README's metadata object to, as its documentation states them."""
    if not content.startswith("---\n") or "\n---\n" not in content[4:]:
        return ["there is no metadata between lines of ---"]
    try:
        card = yaml.safe_load(content[4:].split("\n---\n", 1)[0])
    except yaml.YAMLError as error:
        return [f"the metadata is no YAML: {error}"]
    problems = [f'"{key}" must be a list of strings' for key in ("tags", "datasets", "models", "metrics")
                if not all(isinstance(each, str) for each in _as_list(card.get(key, [])))]  # fmt: skip
    if card.get("license") not in LICENCES:
        problems.append('"license" must be one of the Hub\'s list')
    if "model-index" in card:
        try:
            name, results = model_index_to_eval_results(card["model-index"])
            if not name or not results:
                problems.append('"model-index" must have a name and results')
            problems += [f'"{each.metric_type}" has no value' for each in results if each.metric_value is None]
        except (KeyError, TypeError) as error:
            problems.append(f'"model-index" lacks {error}')
    if kind == "space":
        problems += [f'"{key}" must be one of {sorted(COLOURS)}' for key in ("colorFrom", "colorTo")
                     if card.get(key) not in COLOURS]  # fmt: skip
        if card.get("sdk") not in ("gradio", "docker", "static"):
            problems.append('"sdk" must be gradio, docker or static')
        if len(card.get("short_description", "")) > 60:
            problems.append('"short_description" must have at most 60 characters')
        problems += [f'"{key}" must be a string' for key in ("sdk_version", "python_version", "app_file")
                     if not isinstance(card.get(key, ""), str)]  # fmt: skip
    return problems


def _as_list(value: Any) -> list[Any]:
    return list(itertools.chain(value if isinstance(value, list) else [value]))
