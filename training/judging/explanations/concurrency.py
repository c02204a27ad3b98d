"""Whether a shared network answers concurrent requests as it answers them one by one, and is left as it was."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from interpret.attribution.cam import Cam, class_activation_maps
from interpret.attribution.methods import METHOD_NAMES, methods_at
from model.network import STAGE_NAMES, CifarResNet

STATUS = Path("/proc/self/statm")


def wrong_answers(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    threads: int = 8,
    methods: Sequence[str] = METHOD_NAMES,
    stages: Sequence[str] = STAGE_NAMES,
) -> tuple[int, int]:
    """How many maps differ by even a bit when every method, at every stage that it knows, is asked for in each of
    `threads` threads at once, and how many were compared. Each thread asks in an order of its own."""
    questions = [(stage, each.name) for stage in stages for each in methods_at(stage) if each.name in methods]

    def answer(question: tuple[str, str]) -> Cam:
        return class_activation_maps(network, image, question[0], (None, 0), question[1])

    expected = {question: answer(question) for question in questions}

    def ask_all(first: int) -> int:
        order = [*questions[first:], *questions[:first]]
        return sum(not _same(answer(question), expected[question]) for question in order)

    starts = [number * len(questions) // threads for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(ask_all, starts)), threads * len(questions)


def _same(one: Cam, other: Cam) -> bool:
    return (
        torch.equal(one.maps, other.maps)
        and torch.equal(one.logits, other.logits)
        and one.class_indices == other.class_indices
    )


def traces_left(network: CifarResNet) -> list[str]:
    """What explanations must not leave behind on the network: hooks, gradients, modules in training mode."""
    traces = []
    for name, module in network.named_modules():
        if any(getattr(module, hooks) for hooks in vars(module) if hooks.endswith("_hooks")):
            traces.append(f"hooks on {name or 'the network'}")
        if module.training:
            traces.append(f"{name or 'the network'} is in training mode")
    return traces + [f"a gradient on {name}" for name, each in network.named_parameters() if each.grad is not None]


def memory_growth(
    network: CifarResNet, image: Float[Tensor, "1 3 32 32"], calls: int, methods: Sequence[str] = METHOD_NAMES
) -> int:
    """By how many bytes the process grows in the second half of `calls` maps, by each method in turn; the first half
    warms up. Linux only."""
    page = os.sysconf("SC_PAGE_SIZE")
    resident = []
    for _ in range(2):
        for number in range(calls // 2):
            method = methods[number % len(methods)]
            class_activation_maps(network, image, STAGE_NAMES[-1], (None,), method)
        resident.append(int(STATUS.read_text().split()[1]) * page)
    return resident[1] - resident[0]
