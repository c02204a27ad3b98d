from datetime import timedelta

import pytest
import pytorch_lightning as pl
import torch

from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.checkpoints import WholeCheckpoints
from training.fitting.module import CifarLitModule
from training.fitting.run_folder import RunFolder
from training.fitting.trainer import build_trainer
from training.recipe import Recipe
from training.releasing.figures import read_curves


def fit(
    folder: RunFolder,
    recipe: Recipe,
    stop_at: int | None = None,
    resume: bool = False,
    checkpoint_every: timedelta = timedelta(0),
) -> dict[str, torch.Tensor]:
    """Trains; stops with an exception after `stop_at` steps, as a kill would, the last checkpoint being on disk."""

    class Stop(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            if trainer.global_step == stop_at:
                raise InterruptedError

    pl.seed_everything(recipe.seed)
    data = Cifar10DataModule(*load_cifar10(SUBSET), recipe, (0.5, 0.5, 0.5))
    module = CifarLitModule(recipe, len(data.batches))
    trainer = build_trainer(
        folder,
        recipe,
        steps_per_epoch=len(data.batches),
        accelerator="cpu",
        precision="32-true",
        checkpoint_every=checkpoint_every,
    )
    trainer.callbacks.append(Stop())  # type: ignore[attr-defined]
    if stop_at is None:
        trainer.fit(module, data, ckpt_path=folder.last_checkpoint if resume else None)
    else:
        with pytest.raises(InterruptedError):
            trainer.fit(module, data)
    return {name: tensor.clone() for name, tensor in module.network.state_dict().items()}


@pytest.mark.parametrize("stop_at", [1, 4, 5], ids=["in the first epoch", "between epochs", "in the second epoch"])
def test_an_interrupted_run_resumes_to_the_same_weights_bit_for_bit(tmp_path, stop_at):
    recipe = Recipe(epochs=2, batch_size=25, validation_images=20)
    whole = fit(RunFolder(tmp_path / "whole"), recipe)
    folder = RunFolder(tmp_path / "interrupted")
    fit(folder, recipe, stop_at=stop_at)
    resumed = fit(folder, recipe, resume=True)
    assert all(torch.equal(whole[name], tensor) for name, tensor in resumed.items())
    curves, whole_curves = (read_curves(each.metrics_csvs) for each in (folder, RunFolder(tmp_path / "whole")))
    assert curves["lr-MuonSGD/rest"][0] == [3, 7]
    assert all(curves[name] == whole_curves[name] for name in ("train/loss", "train/accuracy", "val/loss"))


def test_a_checkpoint_replaces_the_one_before_it_only_when_it_is_whole(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"step": 1}, path)
    with pytest.raises(Exception, match="pickle"):
        WholeCheckpoints().save_checkpoint({"step": lambda: 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}


def test_the_last_checkpoint_is_written_after_every_epoch_even_if_validation_grew_worse(tmp_path):
    recipe = Recipe(epochs=3, batch_size=50, validation_images=20, max_lr=1e-9)  # nothing improves
    folder = RunFolder(tmp_path)
    fit(folder, recipe, checkpoint_every=timedelta(hours=1))
    assert torch.load(folder.last_checkpoint, weights_only=True)["global_step"] == 6
