"""A process whose children are there to be killed: for each line that it reads, `push FOLDER` or `start REPOSITORY`, it
forks one, prints its pid, and then how it ended. Nothing slow is left for a child to import."""

import os
import sys
from pathlib import Path

from model.choice import choose_release
from model.hub import check_target
from training.releasing.publish import load_verified_release, publish


def work(what: str, argument: str) -> None:
    if what == "push":
        publish(load_verified_release(Path(argument)), check_target("ada/cifar-xray", default_name=""))
    else:
        assert choose_release(argument, patience=120).problem is None


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    say("ready")
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            what, argument = line.strip().split(maxsplit=1)
            work(what, argument)
            os._exit(0)
        say(child)
        say(os.waitpid(child, 0)[1])
