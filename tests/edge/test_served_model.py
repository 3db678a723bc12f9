import os

import pytest

from edge.errors import LocalizerError
from edge.outputs import Outputs
from edge.request import Request
from edge.served_model import asked, serve, stamped
from edge.source_options import SourceOptions


def request(model, **options):
    return Request(SourceOptions(), Outputs(), camera="auto", model=model, **options)


def test_a_model_is_proved_and_told_before_it_serves(golden_model):
    told = []
    model = serve(request(golden_model, threads=1), told.append)
    assert "named by --model" in told[0] and "golden: 6 of 6" in told[1]
    assert model.size == (32, 32) and model.threads == 1
    assert model.asked == asked(request(golden_model, threads=1))
    assert model.stamp == stamped(model.files)
    model.close()


def test_the_threads_that_were_asked_for_win_over_those_of_the_model_before(golden_model):
    wanted = request(golden_model, threads=1)
    assert serve(wanted, lambda _: None, threads=2).threads == 1
    assert serve(request(golden_model), lambda _: None, threads=2).threads == 2


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "model").write_text("garbage")
    with pytest.raises(LocalizerError, match="model is not a TFLite model"):
        serve(request(tmp_path / "model"), lambda _: None)


def test_a_stamp_sees_a_link_that_leads_elsewhere_and_a_file_that_was_written_over(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text("same")
        os.utime(tmp_path / name, ns=(0, 0))
    link = tmp_path / "model"
    link.symlink_to("one")
    first = stamped([link])
    assert stamped([link]) == first
    link.unlink()
    assert stamped([link]) == (None,)
    link.symlink_to("two")
    second = stamped([link])
    assert second != first
    (tmp_path / "two").write_text("else")
    assert stamped([link]) != second
