"""The page as Gradio knows it."""

import inspect
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction

from interpret.tabs.page.components.inputs import NOT_UPLOADED, Refused


class Page(gr.Blocks):
    """Blocks with this app's queue from the start: Gradio makes all of its routes anew for one that is set later.

    What a caller gets wrong is refused by the name of the parameter, and is no accident for the log.
    """

    def queue(self, **options: Any) -> gr.Blocks:
        return super().queue(**{"max_size": 64, "default_concurrency_limit": 4, **options})

    async def preprocess_data(self, block_fn: BlockFunction, inputs: list[Any], *args: Any, **options: Any) -> Any:
        if len(inputs) < len(block_fn.inputs):
            problem = f"This takes {len(block_fn.inputs)} values, not {len(inputs)}."
            raise gr.Error(problem, title="Not possible", print_exception=False)
        try:
            return await super().preprocess_data(block_fn, inputs, *args, **options)
        except Refused as refusal:
            raise _by_name(refusal, block_fn) from refusal
        except ValueError as error:  # a file that is none of the caller's, or at an address that may not be asked
            raise gr.Error(NOT_UPLOADED, title="Not possible", print_exception=False) from error


def _by_name(refusal: Refused, function: BlockFunction) -> Refused:
    """Names the endpoint's parameter, if it is one that others may call."""
    if function.fn is None or function.api_visibility != "public":
        return refusal
    names = list(inspect.signature(function.fn).parameters)
    places = [each._id for each in function.inputs]
    parameter = names[places.index(refusal.component._id)]
    return Refused(refusal.component, refusal.problem, parameter)
