"""What the model card says: its metadata and its sections, stated from a release's metrics."""

import re
from collections.abc import Mapping
from typing import Any

from interpret.drawing.words import describe_detections
from interpret.out_of_distribution import detector_of
from model.metrics import CIFAR10, EXCERPT, OWN, CheckpointFigures, DataFigures, FurtherFigures, Metrics
from model.network import CifarResNet, NetworkConfig
from training.data.cifar10 import HUB_DATASET

FIGURES = "figures"
ALTERNATIVE_TEXTS = {
    "training_curves": "Training curves",
    "learning_rate_range": "Learning-rate range test",
    "reliability": "Reliability diagram",
    "confusion_matrix": "Confusion matrix",
    "contact_sheet": "Most confident errors",
}


class CardError(ValueError):
    """A card cannot be written, or not without losing what people wrote."""


class MissingFigureError(CardError):
    """The metrics lack a figure that the card states. `name` is its field's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the metrics lack {name!r}, which the card states")
        self.name = name


def data_of(metrics: Metrics) -> DataFigures:
    """What the network was trained on; earlier releases, which do not say, on CIFAR-10."""
    return metrics.data or DataFigures(CIFAR10, "CIFAR-10")


def metadata_of(metrics: Metrics) -> dict[str, Any]:
    """The card's metadata, by the rules of the Hub. Raises MissingFigureError."""
    test = metrics.test
    figures = [
        {"type": "accuracy", "value": test.accuracy, "name": "Test accuracy"},
        {"type": "expected_calibration_error", "value": round(_stated(test, "ece"), 4), "name": "Test ECE, 15 bins"},
        {"type": "negative_log_likelihood", "value": round(_stated(test, "loss"), 4), "name": "Test loss, nats"},
    ]
    data = data_of(metrics)
    own = data.kind == OWN
    kind = re.sub(r"[^a-z0-9]+", "-", data.name.lower()).strip("-") or "pictures" if own else HUB_DATASET
    name = f"an excerpt of {data.name}" if data.kind == EXCERPT else data.name
    tags = [
        "image-classification",
        "interpretability",
        "grad-cam",
        *([] if own else ["cifar-10"]),
        "resnet",
        "safetensors",
    ]
    result = {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {"type": kind, "name": name, "split": "test"},
        "metrics": figures,
    }
    return {
        "license": "unknown" if own or metrics.checkpoint else "mit",  # of others' pictures and weights
        "library_name": "pytorch",
        "pipeline_tag": "image-classification",
        "tags": tags,
        "datasets": [] if own else [HUB_DATASET],
        "metrics": ["accuracy"],
        "model-index": [{"name": "CifarResNet", "results": [result]}],
    }


def body_of(metrics: Metrics, config: NetworkConfig, figures: list[str], repo_id: str) -> str:
    """The card's sections in Markdown. Raises MissingFigureError."""
    return "\n\n".join([
        _introduction(metrics, config),
        _usage(config, repo_id),
        _training(metrics, figures),
        _calibration(metrics, config, figures),
        _limits(metrics, config, figures),
    ])  # fmt: skip


def _stated(figures: object, name: str) -> Any:
    """A field of figures, or of a mapping. Raises MissingFigureError if it is missing, or None."""
    value = figures.get(name) if isinstance(figures, Mapping) else getattr(figures, name)
    if value is None:
        raise MissingFigureError(name)
    return value


def _introduction(metrics: Metrics, config: NetworkConfig) -> str:
    parameters = sum(parameter.numel() for parameter in CifarResNet(config).parameters())
    side, classes = config.input_size, len(config.class_names)
    rows = [
        f"| {name} | {each.count:,} | {each.accuracy:.2%} | {_stated(each, 'loss'):.4f} | {_stated(each, 'ece'):.2%} |"
        for name, each in (("validation", metrics.validation), ("test", metrics.test))
        if each
    ]
    licence = "unknown" if metrics.checkpoint or data_of(metrics).kind == OWN else "MIT"
    if metrics.checkpoint:
        origin = f"The weights are those of `{metrics.checkpoint.file}`"
    else:
        origin = f"One training run, seed {_stated(metrics, 'seed')}"
    things = "ten things" if classes == 10 else f"{classes} things"
    trained = "judged" if metrics.checkpoint else "trained"
    return f"""# CifarResNet

[David Page's](https://github.com/davidcpage/cifar10-fast) small residual network for 32x32 pictures of {things},
{trained} by the repository of CIFAR X-Ray, an app that shows why it decides as it does.

| parameters | input | output | weights | licence |
| --- | --- | --- | --- | --- |
| {parameters:,} | {side}x{side} RGB in [0, 1] | {classes} logits | safetensors, float16 | {licence} |

| split | pictures | accuracy | loss (nats) | ECE |
| --- | --- | --- | --- | --- |
{chr(10).join(rows)}

{origin}; all figures are those of the stored weights, single view. The test pictures
chose nothing.{_further(metrics)}{_data(metrics)}"""


def _data(metrics: Metrics) -> str:
    """What the figures are not, if the data is not the whole of CIFAR-10."""
    data = data_of(metrics)
    if data.kind == EXCERPT:
        return f"""

**Trained and judged on an excerpt of {data.name}:** the figures cannot be compared with those on the whole of it."""
    if data.kind != OWN:
        return ""
    how = f", of which {data.test_share:.0%} of each class were held out as test pictures" if data.test_share else ""
    return f"""

The pictures are not CIFAR-10's but the trainer's own, *{data.name}*{how}; all were resized to 32x32."""


def _further(metrics: Metrics) -> str:
    further = metrics.further_test_figures or FurtherFigures()
    sentences = []
    if further.accuracy_flip_tta is not None:
        sentences.append(f"Averaged with each picture's mirror image: {further.accuracy_flip_tta:.2%}.")
    if further.accuracy_without_rejected_labels is not None:
        accuracy, count = further.accuracy_without_rejected_labels, _stated(further, "rejected_labels")
        source = "[Northcutt et al. 2021](https://arxiv.org/abs/2103.14749)"
        sentences.append(f"Without the {count} test pictures whose label people rejected ({source}): {accuracy:.2%}.")
    return "".join(f"\n{sentence}" for sentence in sentences)


def _usage(config: NetworkConfig, repo_id: str) -> str:
    return f"""## Use

In the folder of CIFAR X-Ray's repository, the weights verified by their hash:

```python
from interpret.prediction import predict
from model.images import prepare, to_tensor
from model.network import CifarResNet

network = CifarResNet.from_pretrained("{repo_id}")
logits, probabilities = predict(network, to_tensor(prepare("examples/cat.png")[None]))
```

Without it, from the safetensors alone:

```python
import torch
import torch.nn.functional as F
from huggingface_hub import hf_hub_download
from safetensors.torch import load_file

stored = load_file(hf_hub_download("{repo_id}", "model.safetensors"))
w = {{name: each.float() for name, each in stored.items()}}
mean = torch.tensor({list(config.mean)}).view(1, 3, 1, 1)
std = torch.tensor({list(config.std)}).view(1, 3, 1, 1)


def layer(x, conv, norm, pool=1):
    x = F.max_pool2d(F.conv2d(x, w[f"{{conv}}.weight"], padding=1), pool)
    norms = ("running_mean", "running_var", "weight", "bias")
    return F.relu(F.batch_norm(x, *(w[f"{{norm}}.{{each}}"] for each in norms)))


def residual(x, block):
    return x + layer(layer(x, f"{{block}}.0", f"{{block}}.1"), f"{{block}}.3", f"{{block}}.4")


def logits_of(images):  # (N, 3, 32, 32), RGB in [0, 1]
    x = layer((images - mean) / std, "prep_layer.0", "prep_layer.1")
    x = residual(layer(x, "custom_block1.0", "custom_block1.2", pool=2), "resnet_block1")
    x = layer(x, "custom_block2.0", "custom_block2.2", pool=2)
    x = residual(layer(x, "custom_block3.0", "custom_block3.2", pool=2), "resnet_block3")
    return F.max_pool2d(x, 4).flatten(1) @ w["fc.weight"].T
```

The classes, in order: {", ".join(config.class_names)}."""


def _training(metrics: Metrics, figures: list[str]) -> str:
    if metrics.checkpoint:
        return _training_elsewhere(metrics.checkpoint)
    recipe = _stated(metrics, "recipe")
    start = "the first convolution starting from whitened patches, " if recipe.get("whitening_images") else ""
    crops = "reflect-padded random crops, " if _stated(recipe, "crop_padding") else ""
    side = _stated(recipe, "cutout_size")
    hole = f" and {side}x{side} cutout" if side else ""
    preset = f"The preset `{metrics.preset}`: " if metrics.preset else ""
    muon = f", Muon for the convolutions at {recipe['muon_lr_ratio']} of that" if recipe.get("muon_lr_ratio") else ""
    return f"""## Training

{preset}{_stated(recipe, "epochs")} epochs of one-cycle SGD (peak {_stated(recipe, "max_lr")}{muon}; batch
{_stated(recipe, "batch_size")}, label smoothing {_stated(recipe, "label_smoothing")}) on \
{_stated(metrics, "training_images"):,} pictures
with {crops}flips{hole}; {start.strip()}
{_stated(metrics, "seconds") / 60:.0f} minutes on {_stated(metrics, "hardware")}, \
precision {_stated(metrics, "precision")}.
`metrics.json` holds the whole recipe, the library versions and the commit of the code.
{_images(figures, "training_curves", "learning_rate_range")}"""


def _training_elsewhere(checkpoint: CheckpointFigures) -> str:
    return f"""## Training

The network was trained elsewhere, nothing here says how. Its weights were taken from `{checkpoint.file}`
(SHA-256 `{checkpoint.sha256}`) and judged like those that this repository trains. If it was trained on the
validation pictures too, its figures on them are better than they should be, and its temperature is too low."""


def _calibration(metrics: Metrics, config: NetworkConfig, figures: list[str]) -> str:
    test = metrics.test
    fitted = "was fitted on the validation pictures" if metrics.validation else "is 1: there were no pictures to fit it"
    return f"""## Calibration

Confidences are softmax(logits / {config.temperature}); the temperature {fitted}. On the test pictures it takes the
expected calibration error (15 bins) from {_stated(test, "ece_at_temperature_1"):.2%} to {_stated(test, "ece"):.2%}, \
and the loss from
{_stated(test, "loss_at_temperature_1"):.4f} to {_stated(test, "loss"):.4f} nats.
{_images(figures, "reliability")}"""


def _limits(metrics: Metrics, config: NetworkConfig, figures: list[str]) -> str:
    per_class = zip(config.class_names, _stated(metrics.test, "class_accuracy"), strict=True)
    table = "\n".join(f"| {name} | {accuracy:.1%} |" for name, accuracy in per_class)
    known = "ten" if len(config.class_names) == 10 else len(config.class_names)
    return f"""## Where it fails

It knows {known} classes and will call everything one of them. It sees 32x32 pixels.{_warning(metrics)}

Per class:

| class | test accuracy |
| --- | --- |
{table}
{_images(figures, "confusion_matrix")}

Its most confident errors; all {metrics.test.errors:,} are in `misclassified.parquet`:
{_images(figures, "contact_sheet")}"""


def _warning(metrics: Metrics) -> str:
    if (detector := detector_of(metrics)) is None:
        return ""
    detections = describe_detections(detector)
    finds = f"; it finds {detections}" if detections else ""
    return f"""

A {detector.score.replace("_", " ")} of the logits below {detector.threshold:.2f} warns of what is probably none of
them. Both were chosen without the test pictures, of which the warning is wrong about
{detector.false_alarms.rate:.1%}{finds}."""


def _images(figures: list[str], *names: str) -> str:
    present = [(name, f"{FIGURES}/{name}.png") for name in names if f"{FIGURES}/{name}.png" in figures]
    return "".join(f"\n![{ALTERNATIVE_TEXTS[name]}]({path})" for name, path in present)
