import pytest

from model.release import BUNDLED
from training.releasing.card import model_card


@pytest.fixture(scope="session")
def card(release) -> str:
    """The card that the bundled release would have in a repository."""
    figures = [f"figures/{path.name}" for path in sorted((BUNDLED / "figures").iterdir())]
    return model_card(release.metrics, release.config, figures, "ada/cifar-xray")
