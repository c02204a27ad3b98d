"""The warning above the GradCAM tab's answer: probably none of the ten classes."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from interpret.drawing.words import describe_reliability, describe_warning
from interpret.explanation import Question
from interpret.out_of_distribution import detector_of
from interpret.prediction import predict
from interpret.tabs.page.events import MODEL_QUEUE, latest_wins
from interpret.tabs.page.picture import PicturePanel
from interpret.tabs.page.served import ServedRelease, chosen


def warning_endpoint(served: ServedRelease) -> Callable[..., Any]:
    """The handler of `/out_of_distribution`."""
    detector = detector_of(served.release.metrics)

    @(served.answers_on_gpu if detector else served.answers)
    def out_of_distribution(image: str | None, squaring: str = Question.resize_mode) -> tuple[str, dict[str, Any]]:
        """Whether a picture probably shows none of the classes that the network knows.

        Returns:
            The warning, empty if there is none to give; and its numbers: warns, score, value (higher for what the
            network knows), threshold, false_alarm_rate (a share of the test pictures); all null if the release has no
            such warning.
        """
        if detector is None:
            return "", dict.fromkeys(("warns", "score", "value", "threshold", "false_alarm_rate"))
        _, images = served.explainer.preprocess(chosen(image), squaring)
        logits, _ = predict(served.explainer.network, images)
        temperature = served.release.config.temperature
        value = float(detector.score_of(logits, temperature))
        warns = value < detector.threshold
        numbers = {
            "warns": warns,
            "score": detector.score,
            "value": value,
            "threshold": detector.threshold,
            "false_alarm_rate": detector.false_alarms.rate,
        }
        pictures = served.release.metrics.pictures
        return describe_warning(detector, len(served.class_names), pictures) if warns else "", numbers

    return out_of_distribution


def warning_line(served: ServedRelease, panel: PicturePanel) -> None:
    """Builds the line, which is empty unless there is something to warn of, and its endpoint."""
    warning = gr.Markdown(elem_id="warning")
    if detector := detector_of(served.release.metrics):
        # The style sheet hides it while there is no warning.
        with gr.Accordion("How reliable is this warning?", open=False, elem_id="reliability"):
            gr.Markdown(describe_reliability(detector))
    latest_wins(
        [panel.seen.change],
        warning_endpoint(served),
        [panel.picture, panel.resize_mode],
        [warning, gr.JSON(visible=False)],
        opens_with=panel.opens_with,
        api_name="out_of_distribution",
        **MODEL_QUEUE,
    )
