import errno

import pytest

from edge.address import Address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_the_machine_itself_is_told_from_the_network(host):
    assert Address(host, 80).only_here
    assert not Address(host, 80).everywhere


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "kitchen", "localhost.example"])
def test_any_other_host_is_the_network(host):
    assert not Address(host, 80).only_here
    assert Address(host, 80).everywhere is (host in ("0.0.0.0", "::"))


def test_it_reads_what_it_prints():
    for text in ("[fe80::1]:81", "kitchen:80"):
        assert str(Address.parsed(text)) == text


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "give another port, or end the"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "name an address of this machine, or"),
        (UnicodeError("label empty or too long"), "name an address of this machine, or leave"),
    ],
)
def test_why_nobody_can_listen_there_is_told_with_what_mends_it(error, way_out):
    told = str(Address("a..b", 80).refused("--web", error))
    assert told.startswith("--web cannot listen at a..b:80: ")
    assert f"; {way_out}" in told and "None" not in told
