from interpret.tabs.page.components.results import drawn_confidences, result_picture, thumbnail_gallery


def test_a_confidence_is_drawn_as_long_as_it_is_and_never_rounded_up_to_certainty():
    drawn = drawn_confidences({"cat": 0.997, "<dog>": 0.003})
    assert '--share: 0.997"><span>cat</span><b>over 99%</b>' in drawn
    assert '--share: 0.003"><span>&lt;dog&gt;</span><b>0%</b>' in drawn


def test_pictures_go_out_without_loss():
    assert result_picture("Map", "map").format == "png"
    assert thumbnail_gallery("Errors", "errors", columns=5).format == "png"


def test_a_chart_is_told_from_pixels_that_stay_sharp():
    assert result_picture("Map", "map", chart=True).elem_classes == ["pixels", "chart"]
    assert result_picture("Map", "map").elem_classes == ["pixels"]
    assert thumbnail_gallery("Errors", "errors", "thumbnails", columns=5).elem_classes == ["pixels", "thumbnails"]
