import errno

import pytest

from edge.errors import LocalizerError, remedy


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EACCES, "name another folder"),
        (errno.EROFS, "name another folder"),
    ],
)
def test_room_is_asked_for_only_where_there_is_none(number, way_out):
    cause = OSError(number, "as the system says it")
    assert remedy(cause, "name another folder") == way_out
    error = LocalizerError("a.jpg cannot be written")
    error.__cause__ = cause
    assert remedy(error, "name another folder") == way_out


def test_an_error_of_no_system_asks_for_no_room():
    assert remedy(LocalizerError("a picture cannot be encoded"), "use PNG") == "use PNG"
