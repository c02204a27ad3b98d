from app import build_page


def test_nothing_about_errors_is_asked_when_the_page_opens_but_whether_its_address_names_a_list(served):
    config = build_page(served).config
    names = {each["id"]: (each["props"].get("elem_id") or "") for each in config["components"]}
    shown = {"misclassified-gallery", "opened-picture", "confused-margin", "compared-gallery"}
    asked = [
        {names.get(output, "") for output in each["outputs"]} & shown
        for each in config["dependencies"]
        if any(event == "load" for _, event in each["targets"])
    ]
    assert asked and not any(asked)


def test_every_endpoint_of_the_tab_is_offered_once(served):
    names = [
        each["api_name"] for each in build_page(served).config["dependencies"] if each["api_visibility"] == "public"
    ]
    for name in ("misclassified", "confusion", "error", "confused", "export_errors", "compared"):
        assert names.count(name) == 1
