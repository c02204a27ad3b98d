"""Stands in for the package of that name: what ZeroGPU does to a handler, without a GPU.

Work runs in a forked child, arguments and results are pickled, and nothing but a gr.Error keeps its message. The
network must not run anywhere else, since only the child has a GPU.
"""

import contextlib
import functools
import inspect
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
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
        def once(*arguments: Any, **options: Any) -> Any:
            (result,) = _results(handler, arguments, options)
            return result

        @functools.wraps(handler)
        def in_steps(*arguments: Any, **options: Any) -> Iterator[Any]:
            yield from _results(handler, arguments, options)

        return in_steps if inspect.isgeneratorfunction(handler) else once

    return decorate


def _results(handler: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Iterator[Any]:
    receiver, sender = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_work, args=(handler, pickle.dumps((arguments, options)), sender))
    child.start()
    sender.close()
    with contextlib.suppress(EOFError):
        while True:
            result = pickle.loads(receiver.recv_bytes())
            if isinstance(result, gr.Error):
                raise result
            yield result
    child.join()


def _work(handler: Callable[..., Any], request: bytes, sender: Any) -> None:
    arguments, options = pickle.loads(request)
    try:
        results = handler(*arguments, **options)
        for result in results if inspect.isgeneratorfunction(handler) else [results]:
            sender.send_bytes(pickle.dumps(result))
    except gr.Error as error:
        sender.send_bytes(pickle.dumps(error))
    except Exception as error:
        sender.send_bytes(pickle.dumps(gr.Error(type(error).__name__, title="ZeroGPU worker error")))
    sender.close()
