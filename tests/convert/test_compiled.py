"""The Edge TPU package in a compiled file, built here as libedgetpu's sources describe it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("flatbuffers", reason="flatbuffers is not installed")

from convert.compiled import read_package
from edge.errors import LocalizerError


def test_a_package_tells_what_it_wants(package) -> None:
    found = read_package(package(13, "15.0.340273435"))
    assert (found.minimal_runtime, found.compiler) == (13, "15.0.340273435")


def test_an_absent_version_is_zero_as_the_runtime_reads_it(package) -> None:
    assert read_package(package(0)).minimal_runtime == 0


def test_another_package_is_refused(package) -> None:
    with pytest.raises(LocalizerError, match="starts with b'ABCD', not b'DWN1'"):
        read_package(package(14, identifier=b"ABCD"))


@given(st.binary(max_size=64))
def test_other_options_say_that_the_version_is_unknown(options) -> None:
    with pytest.raises(LocalizerError, match="minimal runtime version is unknown"):
        read_package(options)
