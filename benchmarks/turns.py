"""Processes that take turns: each stands still while another works, so that all are measured in the same conditions."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import IO


def pause() -> None:
    """Stops this process, at the end of its start-up and of each turn, until it is continued."""
    os.kill(os.getpid(), signal.SIGSTOP)


def take_turns(commands: dict[str, list[str]], turns: int) -> dict[str, str]:
    """What each process printed, by name, after it took so many turns. Exits with its output if one fails."""
    with ExitStack() as stack:
        runners = [stack.enter_context(_Runner(name, command)) for name, command in commands.items()]
        for _ in range(turns):
            for each in runners:
                each.take_turn()
        return {each.name: each.finish() for each in runners}


class _Runner:
    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.output: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by __exit__
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT, text=True)
        self._wait_until_it_pauses()

    def __enter__(self) -> "_Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.output.close()

    def take_turn(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self._wait_until_it_pauses()

    def finish(self) -> str:
        self.process.send_signal(signal.SIGCONT)
        if self.process.wait():
            self._give_up()
        return self._printed()

    def _wait_until_it_pauses(self) -> None:
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self._give_up()

    def _give_up(self) -> None:
        sys.exit(f"{self.name} failed:\n{self._printed()}")

    def _printed(self) -> str:
        self.output.seek(0)
        return self.output.read()
