"""The methods that explain a score: what each is called, its unit, its source, and what its cells add up to."""

from dataclasses import dataclass

from interpret.attribution.rules import (
    Rule,
    eigen_cam_rule,
    eigen_grad_cam_rule,
    grad_cam_plus_plus_rule,
    grad_cam_rule,
    hires_cam_rule,
    layer_cam_rule,
    random_cam_rule,
    shared_credit_rule,
    xgrad_cam_rule,
)
from interpret.choices import ChoiceError, check_name
from model.network import STAGE_NAMES

EXACT, GRADIENTS, MEASURED, CONTROLS = (
    "adds up exactly",
    "by gradients",
    "measured by running again",
    "control: of no class",
)
GROUPS = (EXACT, GRADIENTS, MEASURED, CONTROLS)


@dataclass(frozen=True)
class Method:
    """One way to explain a score: what the page and the API call it, its unit, and its source.

    `rule` is None for the methods that run the network again. Those that are `of_pixels` erase cells of the image
    itself, so that their maps are the same at every layer; the others weigh a layer's channels.
    """

    name: str
    title: str
    group: str
    unit: str
    idea: str
    paper: str | None = None
    rule: Rule | None = None
    signed: bool = False
    of_class: bool = True
    of_pixels: bool = False
    last_layer_only: bool = False
    sums_gradient: bool = False  # cells add up to gradient x activation: at the last layer, to the score
    shares_logit: bool = False  # weights are shares of the logit: where it is negative, they change sign

    @property
    def link(self) -> str | None:
        """Where its paper is."""
        return self.paper and (self.paper if "/" in self.paper else f"https://arxiv.org/abs/{self.paper}")


LOGITS, ACTIVATION, COMPONENT = "logits per cell", "weighted activation", "along the component"
METHODS = (
    Method(
        "grad_cam",
        "Grad-CAM",
        GRADIENTS,
        "logits, by mean gradient",
        "mean gradient of each channel; its cells do not add up to the score",
        "1610.02391",
        grad_cam_rule,
    ),
    Method(
        "grad_cam_plus_plus",
        "Grad-CAM++",
        GRADIENTS,
        ACTIVATION,
        "positive gradients, places weighted alike",
        "1710.11063",
        grad_cam_plus_plus_rule,
    ),
    Method(
        "hires_cam",
        "HiResCAM",
        EXACT,
        LOGITS,
        "gradient × activation, cell by cell; at the last layer it adds up to the score, and each channel counts only "
        "where it is strongest",
        "2011.08891",
        hires_cam_rule,
        signed=True,
        sums_gradient=True,
    ),
    Method(
        "xgrad_cam",
        "XGrad-CAM",
        GRADIENTS,
        LOGITS,
        "gradients averaged where the channel is active",
        "2008.02312",
        xgrad_cam_rule,
    ),
    Method(
        "layer_cam",
        "LayerCAM",
        GRADIENTS,
        LOGITS,
        "positive gradient × activation, cell by cell",
        "2106.14440",
        layer_cam_rule,
    ),
    Method(
        "eigen_cam",
        "Eigen-CAM",
        CONTROLS,
        COMPONENT,
        "where the activations vary most, whatever the class",
        "2008.00299",
        eigen_cam_rule,
        of_class=False,
    ),
    Method(
        "eigen_grad_cam",
        "EigenGrad-CAM",
        GRADIENTS,
        COMPONENT,
        "where gradient × activation varies most",
        "2008.00299",
        eigen_grad_cam_rule,
    ),
    Method(
        "score_cam",
        "Score-CAM",
        MEASURED,
        ACTIVATION,
        "the score of the picture seen through each channel's map; however weak, its weights add up to 1",
        "1910.01279",
    ),
    Method(
        "ablation_cam",
        "Ablation-CAM",
        MEASURED,
        ACTIVATION,
        "the share of the score lost without each channel; of a negative score, bright areas speak against the class",
        "https://doi.org/10.1109/WACV45572.2020.9093360",
        shares_logit=True,
    ),
    Method(
        "random_cam",
        "RandomCAM",
        CONTROLS,
        ACTIVATION,
        "random weights; it knows nothing",
        rule=random_cam_rule,
        of_class=False,
    ),
    Method(
        "shared_credit",
        "Shared credit",
        EXACT,
        LOGITS,
        "of the last layer: each channel counts where it is strongest, and cells that come close share the credit "
        "fairly (exact Shapley values); they add up to the score",
        "https://doi.org/10.1287/mnsc.20.3.370",
        shared_credit_rule,
        signed=True,
        last_layer_only=True,
        sums_gradient=True,
    ),
    Method(
        "shapley",
        "Measured Shapley",
        MEASURED,
        LOGITS,
        "what the score really loses when cells of the picture are erased in random orders, on average; it adds up to "
        "the score minus that of the blank picture",
        "https://doi.org/10.1016/j.cor.2008.04.004",
        signed=True,
        of_pixels=True,
    ),
    Method(
        "occlusion",
        "Occlusion",
        MEASURED,
        LOGITS,
        "what the score really loses when one cell of the picture is erased; it does not add up",
        "1311.2901",
        signed=True,
        of_pixels=True,
    ),
)
METHOD_NAMES = tuple(method.name for method in METHODS)
BY_GROUP = tuple(method for group in GROUPS for method in METHODS if method.group == group)
DEFAULT_METHOD = "grad_cam"
# What a visitor sees first: of the methods that answer at once, the most faithful one that adds up to the score.
FIRST_METHOD = "shared_credit"


def method_named(name: str) -> Method:
    """Raises ChoiceError, which lists the methods there are."""
    return METHODS[METHOD_NAMES.index(check_name("method", name, METHOD_NAMES))]


def methods_at(stage_name: str) -> tuple[Method, ...]:
    """The methods that can be asked about a stage."""
    return tuple(each for each in METHODS if stage_name == STAGE_NAMES[-1] or not each.last_layer_only)


def check_method_at(method: Method, stage_name: str) -> None:
    """Raises ChoiceError if the method cannot be asked about that stage."""
    if method not in methods_at(stage_name):
        raise ChoiceError(
            f"{method.title} exists at {STAGE_NAMES[-1]} only, the last layer, where the score is a sum of maxima; "
            f"choose that layer, or another method than {method.name!r}."
        )
