"""The model card: the README.md of a release."""

from typing import Any

from model.network import NetworkConfig
from training.cifar10 import HUB_DATASET

FRONT_MATTER = """---
license: mit
library_name: pytorch
pipeline_tag: image-classification
tags: [image-classification, interpretability, grad-cam, cifar-10, resnet]
datasets: [{dataset}]
metrics: [accuracy]
model-index:
- name: CifarResNet
  results:
  - task: {{type: image-classification, name: Image classification}}
    dataset: {{type: {dataset}, name: CIFAR-10, split: test}}
    metrics:
    - {{type: accuracy, value: {accuracy}, name: Test accuracy}}
    - {{type: expected_calibration_error, value: {ece:.4f}, name: "Test ECE, 15 bins"}}
---
"""

BODY = """
# CifarResNet

[David Page's](https://github.com/davidcpage/cifar10-fast) small residual network ({parameters:,} parameters) for 32x32
pictures of ten things, trained by the repository of CIFAR X-Ray, an app that shows why it decides as it does.

| split | pictures | accuracy | loss (nats) | ECE |
| --- | --- | --- | --- | --- |
{table}

One training run, seed {seed}; all figures are those of the stored float16 weights, single view. Confidences are
softmax(logits / {temperature}); the temperature was fitted on the validation pictures. The test pictures chose nothing.

## Use

In a checkout of the repository, with this folder as `release`:

```python
from pathlib import Path
from interpret.prediction import predict
from model.images import prepare, to_tensor
from model.release import load_release

logits, probabilities = predict(load_release(Path("release")).network, to_tensor(prepare("cat.png")[None]))
```

## Training

{epochs} epochs of one-cycle SGD (peak {max_lr}, batch {batch_size}, label smoothing {label_smoothing}) on
{trained_on:,} pictures with reflect-padded random crops, flips and {cutout_size}x{cutout_size} cutout; {minutes:.0f}
minutes on {hardware}, precision {precision}.

![Training curves](figures/training_curves.png)
{range_test}
## Limits

It knows ten classes and will call everything one of them. It sees 32x32 pixels. Per class:

| class | accuracy |
| --- | --- |
{class_table}

![Confusion matrix](figures/confusion_matrix.png)
![Reliability diagram](figures/reliability.png)

Its most confident errors; all {errors} are in `misclassified.parquet`:

![Most confident errors](figures/contact_sheet.png)
"""


def model_card(metrics: dict[str, Any], config: NetworkConfig, parameters: int, has_range_test: bool) -> str:
    """The card in Markdown, with the Hub's YAML front matter."""
    test, recipe = metrics["test"], metrics["recipe"]
    rows = [
        f"| {name} | {each['count']:,} | {each['accuracy']:.2%} | {each['loss']:.4f} | {each['ece']:.2%} |"
        for name in ("validation", "test")
        if (each := metrics.get(name))
    ]
    per_class = zip(config.class_names, test["class_accuracy"], strict=True)
    front = FRONT_MATTER.format(dataset=HUB_DATASET, accuracy=test["accuracy"], ece=test["ece"])
    return front + BODY.format(
        parameters=parameters,
        range_test="![Learning-rate range test](figures/learning_rate_range.png)\n" if has_range_test else "",
        table="\n".join(rows),
        seed=metrics["seed"],
        temperature=config.temperature,
        trained_on=metrics["training_images"],
        minutes=metrics["seconds"] / 60,
        hardware=metrics["hardware"],
        precision=metrics["precision"],
        class_table="\n".join(f"| {name} | {accuracy:.1%} |" for name, accuracy in per_class),
        errors=test["errors"],
        **{key: recipe[key] for key in ("epochs", "max_lr", "batch_size", "label_smoothing", "cutout_size")},
    )
