"""Create or update a Space from this repository: `python deploy.py --help`."""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # a transport of its own, which keeps to no deadline

from huggingface_hub import HfApi, SpaceCard, SpaceHardware

from model.hub import Target, check_target, limit_waiting, push_files, repository_name
from model.hub_commits import FIRST_DIGITS, resolve
from model.hub_errors import HubError, is_transient, worded
from model.release import OPTIONAL_FILES, SERVED_FILES
from model.retry import retry

ROOT = Path(__file__).resolve().parent
FOLDERS = ("model", "interpret", "examples", "training", "benchmarks", "tests", "docs", "notebooks")
TOP_LEVEL = (
    "app.py", "deploy.py", "requirements.txt", "requirements-dev.txt", "requirements.lock", "pyproject.toml",
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE",
)  # fmt: skip
KINDS = {
    ".py", ".md", ".txt", ".json", ".png", ".jpg", ".parquet", ".safetensors", ".js", ".css", ".html", ".ipynb", ".csv",
    ".bin", ".lock",
}  # fmt: skip
CARD, THUMBNAIL = "README.md", "docs/thumbnail.png"
SPACE_NAME = "cifar-xray"
PATIENCE = 60.0
logger = logging.getLogger("deploy")


@dataclass(frozen=True)
class DeployOptions:
    """Where the Space is, what it serves, and on which hardware; None: as it was, or the default of `--help`."""

    space_id: str | None
    repo_id: str | None
    revision: str
    hardware: str | None
    private: bool


def parse_arguments(arguments: list[str] | None = None) -> DeployOptions:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--space-id", metavar="USER/NAME", help=f"the Space (default: <the token's user>/{SPACE_NAME})")
    add("--repo-id", metavar="USER/NAME", help="the release to serve (default: the bundled one, or as it was)")
    add("--revision", help="the release's branch, tag or commit, with --repo-id (default: main)")
    add("--hardware", choices=[each.value for each in SpaceHardware], metavar="NAME",
        help="such as cpu-basic, zero-a10g or t4-small (default: cpu-basic, or as it was)")  # fmt: skip
    add("--private", action="store_true", help="create the Space as a private one (default: public)")
    options = parser.parse_args(arguments)
    if options.revision and not options.repo_id:
        parser.error("--revision belongs to --repo-id")
    return DeployOptions(
        space_id=options.space_id,
        repo_id=repository_name(options.repo_id) or None,
        revision=options.revision or "main",
        hardware=options.hardware,
        private=options.private,
    )


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the Hub client's transport tells of every request
    logging.getLogger("huggingface_hub").propagate = False  # it has a handler of its own
    limit_waiting()
    try:
        deploy(options)
    except HubError as error:
        sys.exit(f"deploy.py: {error}")


def deploy(options: DeployOptions) -> None:
    """Checks everything, then commits once, then sets variables and hardware. Raises HubError."""
    options = with_whole_commit(options)
    repo_id, revision = options.repo_id, options.revision
    public = public_files(repo_id, revision) if repo_id else []
    target = check_target(
        options.space_id,
        default_name=SPACE_NAME,
        private=options.private,
        repo_type="space",
        creation={"space_sdk": "gradio"},
    )
    files = repository_files()
    if not repo_id:
        repo_id, revision = served_so_far(target)
        public = public_files(repo_id, revision) if repo_id else []
    files[CARD] = card_of(target, repo_id, revision, public).encode()
    commit = push_files(target, files, "Deploy CIFAR X-Ray", is_ours=lambda path: path.split("/")[0] in FOLDERS)
    logger.info("%s holds this repository (commit %s)", target.url, commit[:7])
    for what, setting in settings(target, options).items():
        with worded(f"The code is up, but {what} could not be set", hint=" Run this again."):
            retry(setting, is_transient)
        logger.info("%s is set", what)
    if repo_id and not public:
        logger.info("%s is private: give the Space a secret HF_TOKEN that may read it.", repo_id)


def with_whole_commit(options: DeployOptions) -> DeployOptions:
    """The options with all digits of the commit, if its first ones were given: what builds a Space knows no others.

    Raises HubError.
    """
    if not options.repo_id or not FIRST_DIGITS.fullmatch(options.revision):
        return options
    with worded(f"{options.repo_id} at {options.revision} cannot be served"):
        commit = resolve(options.repo_id, options.revision, time.monotonic() + PATIENCE)
    return replace(options, revision=commit)


def public_files(repo_id: str, revision: str) -> list[str]:
    """The files of a release that a Space serves, if its repository is public; none if it is private.

    Raises HubError if it is not there, or holds no release.
    """
    with worded(f"{repo_id} at {revision} cannot be served"):
        info = retry(partial(HfApi().model_info, repo_id, revision=revision), is_transient)
    present = {each.rfilename for each in info.siblings or ()}
    if missing := sorted(set(SERVED_FILES) - present):
        raise HubError(f"{repo_id} at {revision} cannot be served: it has no {', '.join(missing)}.")
    if info.private or info.gated:
        return []
    return [*SERVED_FILES, *(name for name in OPTIONAL_FILES if name in present)]


def served_so_far(target: Target) -> tuple[str | None, str]:
    """The release that the Space's variables name. Raises HubError if they cannot be read."""
    with worded(f"The variables of {target.repo_id} could not be read"):
        found = retry(partial(HfApi().get_space_variables, target.repo_id), is_transient)
    variables = {key: each.value for key, each in found.items()}
    return variables.get("MODEL_REPO_ID"), variables.get("MODEL_REVISION") or "main"


def repository_files() -> dict[str, Path | bytes]:
    """What belongs to the Space, by its path there: what git tracks, else files of the kinds that it holds."""
    git = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if git.returncode == 0 and git.stdout:
        paths = [Path(name) for name in git.stdout.split("\0") if name]
    else:
        nested = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
        paths = [Path(name) for name in TOP_LEVEL] + [path for path in nested if path.suffix in KINDS]
    return {
        path.as_posix(): ROOT / path
        for path in sorted(paths)
        if (ROOT / path).is_file() and not any(part.startswith(".") for part in path.parts)
    }


def card_of(target: Target, repo_id: str | None, revision: str, preload: list[str]) -> str:
    """The Space's card. It names the thumbnail where this Space has it, and the release that it serves, if that is not
    the bundled one, and has that loaded when the Space is built."""
    card = SpaceCard((ROOT / CARD).read_text())
    card.data["thumbnail"] = f"{target.url}/resolve/{target.branch}/{THUMBNAIL}"
    if repo_id:
        card.data["models"] = [repo_id]
    if preload:
        card.data["preload_from_hub"] = [
            f"{repo_id} {','.join(preload)}" + (f" {revision}" if revision != "main" else "")
        ]
    return str(card)


def settings(target: Target, options: DeployOptions) -> dict[str, Callable[[], object]]:
    """The Space's variables and hardware, as far as the options say."""
    api = HfApi()
    variables = {"MODEL_REPO_ID": options.repo_id, "MODEL_REVISION": options.revision} if options.repo_id else {}
    wanted: dict[str, Callable[[], object]] = {
        f"the variable {key}": partial(api.add_space_variable, target.repo_id, key, value)
        for key, value in variables.items()
    }
    if options.hardware:
        wanted["the hardware"] = partial(api.request_space_hardware, target.repo_id, SpaceHardware(options.hardware))
    return wanted


if __name__ == "__main__":
    main()
