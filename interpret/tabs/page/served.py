"""The release that the page serves, and how its handlers answer: errors in words, pictures as files, on a lent GPU."""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from interpret.attribution.steps import finish
from interpret.choices import ChoiceError
from interpret.explainer import Explainer, explainer_for
from interpret.tabs.computing.threads import ComputingThreads
from interpret.tabs.computing.zero_gpu import ON_ZERO_GPU, lend_gpu
from interpret.tabs.page.files import in_files
from interpret.tabs.page.settings import documentation
from model.choice import Choice
from model.images import ImageError
from model.release import Release

Inputs = ParamSpec("Inputs")
Answer = TypeVar("Answer")
Step = TypeVar("Step")

NO_PICTURE = "Choose a picture first: drop one on the picture panel, paste it, or click an example."
GONE = "The picture is no longer on the server; choose or upload it again."


def chosen(image: str | bytes | None) -> str | bytes:
    """The picture that the visitor chose. Raises ImageError if there is none, or if Gradio, which empties its cache of
    uploads once a day, has removed it."""
    if image is None:
        raise ImageError(NO_PICTURE)
    if isinstance(image, str) and not Path(image).exists():
        raise ImageError(GONE)
    return image


@dataclass(frozen=True)
class ServedRelease:
    """The chosen release, why it was chosen, and what explains with it. Nothing in it changes while the app runs."""

    choice: Choice
    explainer: Explainer
    threads: ComputingThreads = field(default_factory=ComputingThreads, repr=False, compare=False)

    @property
    def release(self) -> Release:
        return self.choice.release

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.explainer.class_names

    @property
    def description(self) -> str:
        """Which release this is, and why it is not the one that was asked for if it is not."""
        which = f"release {self.release.identifier} ({self.choice.origin})"
        return f"{which}, because {self.choice.problem}" if self.choice.problem else which

    def about(self) -> dict[str, Any]:
        """Which release answers, at which commit, from where and why, how good it is, and on which device it runs.

        Returns:
            release, origin, commit (null if not from the Hub), problem (null if it is the release that was asked for),
            test_accuracy (a share), test_count, temperature, class_names and device; and how the app is doing:
            uptime_seconds, queue_length and answered_last_minute (of the questions asked in it).
        """
        return {
            "release": self.release.identifier,
            "origin": self.choice.origin,
            "commit": self.choice.commit,
            "problem": self.choice.problem,
            "test_accuracy": self.release.test_accuracy,
            "test_count": self.release.metrics.test.count,
            "temperature": self.release.config.temperature,
            "class_names": list(self.class_names),
            "device": self.explainer.device.type,
        }

    def answers(self, handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
        """Turns the library's own errors into Gradio's, whose message reaches the visitor and the API unmasked, and
        pictures into files that stay whole.

        The documentation of the endpoint then names the release; so does every error if it is not the one asked for.
        """
        note = f" (Answered by {self.description}.)" if self.choice.problem else ""

        @contextmanager
        def worded() -> Iterator[None]:
            try:
                yield
            except (ImageError, ChoiceError) as error:
                raise gr.Error(f"{error}{note}", title="Not possible", print_exception=False) from error

        @functools.wraps(handler)
        def once(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Answer:
            with worded():
                return in_files(handler(*args, **kwargs))

        @functools.wraps(handler)
        def in_steps(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Any:
            with worded():
                for answer in handler(*args, **kwargs):  # type: ignore[attr-defined]
                    yield in_files(answer)

        wrapped = in_steps if inspect.isgeneratorfunction(handler) else once
        wrapped.__doc__ = documentation(handler, f"Answered by {self.description}.")
        return wrapped

    def answers_on_gpu(self, handler: Callable[Inputs, Answer]) -> Callable[Inputs, Answer]:
        """As `answers`, for handlers that run the network: on ZeroGPU they run where a GPU is lent, and elsewhere in
        threads that give way to the web server."""
        if ON_ZERO_GPU:
            return lend_gpu(self.answers(handler))
        return self.threads.computing(self.answers(handler))

    def answers_in_steps(self, handler: Callable[Inputs, Generator[Any, None, Answer]]) -> Callable[Inputs, Answer]:
        """As `answers_on_gpu`, for handlers that may take long and return their answer after steps, between which
        others are answered. Nobody hears of the steps themselves."""

        @functools.wraps(handler)
        def whole(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Answer:
            steps = _in_files_at_the_end(handler(*args, **kwargs))
            return finish(steps if ON_ZERO_GPU else self.threads.step_by_step(steps))

        answering = self.answers(whole)
        return lend_gpu(answering) if ON_ZERO_GPU else answering


def _in_files_at_the_end(steps: Generator[Step, None, Answer]) -> Generator[Step, None, Answer]:
    """The same steps; the pictures become files in the last one, wherever that is computed."""
    return in_files((yield from steps))


def serve(choice: Choice) -> ServedRelease:
    """The chosen release on the GPU if there is one, else on the CPU."""
    return ServedRelease(choice, explainer_for(choice.release))
