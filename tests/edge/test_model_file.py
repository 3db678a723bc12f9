import pytest

from edge.errors import LocalizerError
from edge.model_file import find_model


@pytest.fixture
def places(tmp_path):
    """A file in each place where a model may be, and the arguments that look there."""
    files = {}
    for place in ("named", "variable", "here", "installed"):
        folder = tmp_path / place
        folder.mkdir()
        files[place] = folder / "model.tflite"
        files[place].touch()
    return files


def found(places, named=True, variable=True):
    return find_model(
        places["named"] if named else None,
        {"EDGE_MODEL": str(places["variable"])} if variable else {},
        places["here"].parent,
        places["installed"],
    )


def test_the_named_file_comes_first(places):
    assert found(places) == (places["named"], "named by --model")


def test_then_the_variable(places):
    assert found(places, named=False) == (places["variable"], "named by EDGE_MODEL")


def test_then_the_current_folder(places):
    assert found(places, False, False) == (places["here"], "in the current folder")


def test_then_the_installed_model(places):
    places["here"].unlink()
    assert found(places, False, False) == (places["installed"], "installed")


def test_an_empty_variable_counts_as_none(places):
    path, _ = find_model(None, {"EDGE_MODEL": ""}, places["here"].parent, places["installed"])
    assert path == places["here"]


def test_a_named_file_that_is_absent_is_an_error(places):
    places["named"].unlink()
    with pytest.raises(LocalizerError, match=r"--model names .*named/model.tflite, which is not"):
        found(places)


def test_a_variable_that_names_an_absent_file_is_an_error(places):
    places["variable"].unlink()
    with pytest.raises(LocalizerError, match=r"EDGE_MODEL names .*, which is not a file; give"):
        found(places, named=False)


def test_a_place_where_nobody_may_look_is_no_absent_model(places, tmp_path):
    # as /var/lib/edge-run of a service is for other users; the name is one that root meets too
    locked = tmp_path / (256 * "x") / "model.tflite"
    places["here"].unlink()
    with pytest.raises(LocalizerError, match="tflite cannot be looked at: File name too long"):
        find_model(None, {}, places["here"].parent, locked)


def test_nothing_anywhere_is_told_also_where_the_current_folder_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(LocalizerError, match=r"neither model\.tflite nor .*none exists; give"):
        find_model(None, {}, installed=tmp_path / "none")


def test_nothing_anywhere_says_where_it_looked(places):
    places["here"].unlink()
    places["installed"].unlink()
    with pytest.raises(LocalizerError) as caught:
        found(places, False, False)
    for part in ("--model", "EDGE_MODEL", str(places["here"]), str(places["installed"])):
        assert part in str(caught.value)
