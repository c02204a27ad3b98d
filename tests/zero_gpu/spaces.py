"""Stands in for the package of that name: what ZeroGPU does to a handler, without a GPU.

Work runs in a forked child, arguments and results are pickled, and nothing but a gr.Error keeps its message. The
network must not run anywhere else, since only the child has a GPU.
"""

import functools
import multiprocessing
import os
import pickle
from collections.abc import Callable
from typing import Any

import gradio as gr
import torch

if (child := os.fork()) == 0:
    os._exit(int(torch.cuda._is_in_bad_fork()))
if os.waitpid(child, 0)[1]:
    raise RuntimeError("CUDA has been initialized before importing the spaces package")
FORK = multiprocessing.get_context("fork")
parent = os.getpid()
convolve = torch.conv2d


def convolve_in_children_only(*arguments: Any, **options: Any) -> Any:
    if os.getpid() == parent:
        raise RuntimeError("the network ran outside of ZeroGPU's child")
    return convolve(*arguments, **options)


torch.nn.functional.conv2d = convolve_in_children_only


def GPU(*, duration: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: N802 - the package's name
    assert duration <= 60

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def in_child(*arguments: Any, **options: Any) -> Any:
            receiver, sender = FORK.Pipe(duplex=False)
            child = FORK.Process(target=_work, args=(handler, pickle.dumps((arguments, options)), sender))
            child.start()
            sender.close()
            result = pickle.loads(receiver.recv_bytes())
            child.join()
            if isinstance(result, gr.Error):
                raise result
            return result

        return in_child

    return decorate


def _work(handler: Callable[..., Any], request: bytes, sender: Any) -> None:
    arguments, options = pickle.loads(request)
    try:
        result = handler(*arguments, **options)
    except gr.Error as error:
        result = error
    except Exception as error:
        result = gr.Error(type(error).__name__, title="ZeroGPU worker error")
    sender.send_bytes(pickle.dumps(result))
    sender.close()
