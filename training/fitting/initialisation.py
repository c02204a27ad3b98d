"""How the network starts: its first convolution can see decorrelated colours and edges from the first step on."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from model.images import to_tensor
from model.network import CifarResNet

EPSILON = 1e-2


def whitening_filters(images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "27 27"]:
    """Filters, one in each row, whose outputs on 3x3 patches of these images are uncorrelated, of variance 1 or less.

    B = (Lambda + epsilon)^(-1/2) V^T, where V Lambda V^T is the covariance of the patches. Directions of hardly any
    variance, which are noise, stay small by `EPSILON`. Source: D. Page, https://github.com/davidcpage/cifar10-fast
    (the "bag of tricks"), there as a frozen layer of its own.
    """
    patches = F.unfold(images, kernel_size=3).transpose(1, 2).reshape(-1, 27).double()
    patches = patches - patches.mean(dim=0)
    variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
    return ((variances + EPSILON).rsqrt()[:, None] * directions.T).to(images.dtype)


def whiten_first_convolution_(network: CifarResNet, images: UInt8[np.ndarray, "count 32 32 3"]) -> None:
    """Composes the first convolution's weights with whitening filters of these (training) images.

    A frozen whitening layer followed by a linear 1x1 convolution is one 3x3 convolution: its kernels are random
    combinations of the whitening filters, and training may change them.
    """
    normalised = network.normalise(to_tensor(images).to(network.mean.device))
    convolution = network.prep_layer[0]
    assert isinstance(convolution, torch.nn.Conv2d)
    with torch.no_grad():
        combinations = convolution.weight.flatten(1)
        convolution.weight.copy_((combinations @ whitening_filters(normalised)).view_as(convolution.weight))
