import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from interpret.attribution.cam import class_activation_maps, class_indices_of, resize_map
from interpret.attribution.methods import methods_at
from interpret.choices import ChoiceError
from model.network import STAGE_NAMES, STAGES, CifarResNet
from training.judging.explanations.concurrency import traces_left


@pytest.mark.parametrize("stage", STAGES)
def test_a_map_has_the_resolution_of_its_stage(network, cat, stage):
    assert class_activation_maps(network, cat, stage.name).maps.shape == (1, stage.resolution, stage.resolution)


def test_its_logits_are_those_of_a_plain_forward_pass(network, cat):
    assert torch.equal(class_activation_maps(network, cat, "custom_block2").logits, network(cat)[0])


def test_by_default_it_explains_the_predicted_class(network, cat):
    assert class_activation_maps(network, cat, "resnet_block3").class_indices == (int(network(cat).argmax()),)


def test_several_classes_in_one_call_equal_single_calls(network, cat):
    together = class_activation_maps(network, cat, "custom_block3", (3, 5, None)).maps
    single = [class_activation_maps(network, cat, "custom_block3", (index,)).maps[0] for index in (3, 5, None)]
    assert torch.equal(together, torch.stack(single))


def test_magnitude_is_kept_and_not_stretched(network, cat):
    """Doubling the last layer's weights doubles every logit, and so the evidence."""
    doubled = CifarResNet(network.config)
    doubled.load_state_dict(network.state_dict())
    doubled.eval().requires_grad_(False).fc.weight.mul_(2)
    once, twice = (class_activation_maps(each, cat, "resnet_block3", (3,)).maps for each in (network, doubled))
    torch.testing.assert_close(twice, 2 * once)
    assert once.max() > 0


def test_concurrent_calls_give_exactly_the_serial_results(network):
    images = torch.rand(3, 1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    jobs = [
        (image, stage, number % 10, method)
        for number, image in enumerate(images)
        for stage in STAGE_NAMES
        for method in (each.name for each in methods_at(stage))
        if method not in ("score_cam", "ablation_cam", "shapley") or (number == 0 and stage == "prep_layer")
    ]
    barrier = threading.Barrier(8)

    def explain(job):
        image, stage, class_index, method = job
        return class_activation_maps(network, image, stage, (class_index,), method).maps

    serial = [explain(job) for job in jobs]
    with ThreadPoolExecutor(8, initializer=barrier.wait) as pool:
        concurrent = list(pool.map(explain, jobs))
    assert all(torch.equal(one, other) for one, other in zip(serial, concurrent, strict=True))


def test_it_leaves_the_shared_network_as_it_was(network, cat):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for method in (each.name for each in methods_at("prep_layer")):
        class_activation_maps(network, cat, "prep_layer", (1, 2), method)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert traces_left(network) == []


def test_an_unknown_layer_is_answered_with_the_layers_there_are(network, cat):
    with pytest.raises(ChoiceError, match="prep_layer, custom_block1"):
        class_activation_maps(network, cat, "layer4")


def test_an_unknown_class_is_answered_with_the_classes_there_are(network):
    with pytest.raises(ChoiceError, match="predicted, airplane, automobile"):
        class_indices_of(("tiger",), network.config.class_names)


def test_the_cells_stay_flat_squares_unless_smoothing_is_asked_for():
    cam = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    cells = resize_map(cam, 4, smooth=False)
    assert cells.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    smooth = resize_map(cam, 4, smooth=True)
    assert smooth[0].tolist() == [0, 0.25, 0.75, 1]  # bilinear between cell centres
