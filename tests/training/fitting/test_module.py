import math

import pytest
import pytorch_lightning as pl
import torch
from torch.nn import functional as F

from model.network import CifarResNet
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.module import CifarLitModule, NonFiniteLossError
from training.judging.evaluation import figures_of, logits_of
from training.recipe import Recipe


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return images, torch.randint(0, 10, (8,), generator=generator)


def module_with_optimizer(recipe: Recipe) -> tuple[CifarLitModule, torch.optim.Optimizer]:
    torch.manual_seed(0)
    module = CifarLitModule(recipe, steps_per_epoch=10).double()
    return module, module.configure_optimizers()["optimizer"]  # type: ignore[index,return-value]


def test_starting_fc_smaller_equals_multiplying_the_logits(batch):
    """Three steps of SGD with logits x 1/8, against the scaled start, rate and decay of `fc`."""
    recipe = Recipe(max_lr=0.01, warmup=0, muon_lr_ratio=0)
    module, optimizer = module_with_optimizer(recipe)
    torch.manual_seed(0)
    reference = CifarResNet().double()
    plain = torch.optim.SGD(
        reference.parameters(), lr=recipe.max_lr, momentum=0.9, weight_decay=recipe.weight_decay, nesterov=True
    )
    images = batch[0].double() / 255
    for _ in range(3):
        for network, scale, each in ((module.network, 1.0, optimizer), (reference, recipe.logit_scale, plain)):
            each.zero_grad()
            F.cross_entropy(scale * network(images), batch[1]).backward()
            each.step()
    for ours, theirs in (
        (module.network.fc.weight, recipe.logit_scale * reference.fc.weight),
        (module.network.prep_layer[0].weight, reference.prep_layer[0].weight),
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)  # float64, three steps


@pytest.mark.parametrize("muon_lr_ratio", [0, 0.1])
def test_every_parameter_is_trained_once(muon_lr_ratio):
    module, optimizer = module_with_optimizer(Recipe(muon_lr_ratio=muon_lr_ratio))
    optimised = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(optimised) == sorted(id(parameter) for parameter in module.network.parameters())


def test_muon_trains_every_convolution_but_the_first():
    module, optimizer = module_with_optimizer(Recipe(max_lr=0.4, muon_lr_ratio=0.1, muon_momentum=0.7))
    (group,) = [group for group in optimizer.param_groups if group.get("muon")]
    convolutions = [each.weight for each in module.network.modules() if isinstance(each, torch.nn.Conv2d)]
    assert [id(each) for each in group["params"]] == [id(each) for each in convolutions[1:]]
    assert (group["initial_lr"], group["momentum"]) == (pytest.approx(0.04), 0.7)


def test_it_takes_the_same_logits_from_bytes_as_the_app_does_from_pixels(batch):
    from model.images import to_tensor

    module = CifarLitModule(Recipe(), steps_per_epoch=10).eval()
    pixels = batch[0].permute(0, 2, 3, 1).numpy()
    assert torch.equal(module(batch[0]), module.network(to_tensor(pixels)))


def test_lightnings_own_test_loop_agrees_with_the_evaluation_of_a_release():
    data = Cifar10DataModule(*load_cifar10(SUBSET), Recipe(batch_size=25, validation_images=20), (0.5, 0.5, 0.5))
    torch.manual_seed(0)
    module = CifarLitModule(data.recipe, len(data.batches))
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
    (reported,) = trainer.test(module, data, verbose=False)
    figures = figures_of(logits_of(module.network.eval(), data.test), data.test.labels, temperature=1.0)
    assert reported["test/accuracy"] == pytest.approx(figures.accuracy)
    assert reported["test/loss"] == pytest.approx(figures.loss, rel=1e-4)


def test_a_loss_that_is_not_a_number_stops_the_run_and_says_at_which_step(batch, monkeypatch):
    module = CifarLitModule(Recipe(), steps_per_epoch=10)
    monkeypatch.setattr(module, "_step", lambda *_, **__: torch.tensor(float("nan")))
    with pytest.raises(NonFiniteLossError, match=r"step 0 .* --max-lr"):
        module.training_step(batch, 0)


def test_a_gpu_s_losses_are_read_together_and_the_first_bad_one_is_named():
    module = CifarLitModule(Recipe(), steps_per_epoch=10)
    module._unchecked_losses = [(step, torch.tensor(math.inf if step > 5 else 1.0)) for step in range(8)]
    with pytest.raises(NonFiniteLossError, match=r"The loss is inf at step 6 "):
        module.on_train_epoch_end()
