import pytest

from interpret.tabs.page.served import chosen
from model.images import ImageError


def test_a_picture_that_is_no_longer_on_the_server_is_asked_for_again(tmp_path):
    with pytest.raises(ImageError, match="no longer on the server; choose or upload it again"):
        chosen(str(tmp_path / "gone.png"))
