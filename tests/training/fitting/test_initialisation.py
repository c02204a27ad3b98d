import pytest
import torch
from torch.nn import functional as F

from model.images import to_tensor
from model.network import CifarResNet
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.data.datamodule import Cifar10DataModule
from training.fitting.initialisation import whiten_first_convolution_, whitening_filters
from training.fitting.module import CifarLitModule
from training.fitting.run_folder import RunFolder
from training.fitting.trainer import build_trainer
from training.recipe import Recipe


def images_of_subset() -> torch.Tensor:
    return CifarResNet().normalise(to_tensor(load_cifar10(SUBSET)[0].images))


def test_the_outputs_of_the_filters_are_uncorrelated_and_their_variance_is_at_most_one():
    images = images_of_subset()
    outputs = F.conv2d(images, whitening_filters(images).view(27, 3, 3, 3)).transpose(0, 1).flatten(1).double()
    covariance = torch.cov(outputs)
    variances = covariance.diagonal()
    torch.testing.assert_close(covariance - covariance.diag().diag(), torch.zeros(27, 27).double(), atol=1e-3, rtol=0)
    assert (variances < 1).all() and (variances > 0).all()
    assert variances.max() > 0.99  # the directions that vary much more than epsilon


def test_one_dimensional_patches_are_scaled_as_worked_out_by_hand():
    """Grey images of independent pixels of variance v: 9 directions of variance 3v, 18 of none."""
    generator = torch.Generator().manual_seed(0)
    grey = torch.randn(64, 1, 32, 32, generator=generator).expand(-1, 3, -1, -1)
    norms = whitening_filters(grey).norm(dim=1).sort().values
    torch.testing.assert_close(norms[:9], torch.full((9,), (3 + 0.01) ** -0.5), rtol=0.1, atol=0)
    torch.testing.assert_close(norms[9:], torch.full((18,), 0.01**-0.5), rtol=1e-3, atol=0)


def test_the_first_convolution_combines_the_filters_as_its_own_weights_said():
    images = load_cifar10(SUBSET)[0].images
    network = CifarResNet()
    combinations = network.prep_layer[0].weight.detach().flatten(1).clone()
    whiten_first_convolution_(network, images)
    filters = whitening_filters(images_of_subset()).view(27, 3, 3, 3)
    whitened = F.conv2d(images_of_subset(), filters, padding=1)
    expected = F.conv2d(whitened, combinations[:, :, None, None])
    found = F.conv2d(images_of_subset(), network.prep_layer[0].weight, padding=1)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("count", [0, 10])
def test_a_run_starts_from_whitened_patches_if_its_recipe_says_so(tmp_path, count):
    recipe = Recipe(epochs=1, batch_size=50, validation_images=20, max_lr=1e-12, whitening_images=count)
    torch.manual_seed(0)
    data = Cifar10DataModule(*load_cifar10(SUBSET), recipe, (0.5, 0.5, 0.5))
    module, expected = CifarLitModule(recipe, len(data.batches)), CifarResNet()
    expected.load_state_dict(module.network.state_dict())
    if count:
        whiten_first_convolution_(expected, data.train.images[:count])
    build_trainer(
        RunFolder(tmp_path), recipe, steps_per_epoch=len(data.batches), accelerator="cpu", precision="32-true"
    ).fit(module, data)
    torch.testing.assert_close(module.network.prep_layer[0].weight, expected.prep_layer[0].weight)
