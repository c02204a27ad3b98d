import tempfile

import pytest

from interpret.tabs.process.starting import StartError, check_folders


def test_a_folder_for_files_is_made_and_left_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "new" / "gradio"))
    check_folders()
    assert list((tmp_path / "new" / "gradio").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file" / "gradio"))
    sentence = (
        rf"^Files cannot be kept in {tmp_path}/file/gradio: Not a directory\. Name another folder in GRADIO_TEMP_DIR\.$"
    )
    with pytest.raises(StartError, match=sentence):
        check_folders()


def test_where_no_temporary_folder_can_be_written_that_is_said(monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)

    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(StartError, match=r"^No usable temporary directory found in .*\. Name .* in TMPDIR\.$"):
        check_folders()
