from interpret.explanation import Question, Style, explain
from interpret.tabs.gradcam.export import document
from interpret.tabs.page.served import serve
from model.choice import Choice
from tests.conftest import EXAMPLES
from tests.strength import with_strength


def test_an_export_says_what_the_colours_of_its_overlays_mean(release):
    served = serve(Choice(with_strength(release, 1_000.0), "bundled"))
    question = Question(str(EXAMPLES / "cat.png"))
    colours = document(served, question, explain(served.explainer, question), Style(0.7, palette="viridis"))["colours"]
    assert colours == {"palette": "viridis", "low": 0, "high": 1_000, "opacity": 0.7}
