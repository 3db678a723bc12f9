import pytest

from edge.address import Address
from edge.web.guard import Hosts


@pytest.mark.parametrize("asked", ["localhost:1", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
def test_the_machine_itself_is_known_whatever_the_port_of_a_tunnel(asked):
    assert Hosts(Address("127.0.0.1", 8080), lambda: "pi").known(asked)


@pytest.mark.parametrize("asked", ["pi.local", "192.168.1.4", "evil.example", "", "127.0.0.1.x"])
def test_alone_it_is_known_by_no_name_of_the_network(asked):
    assert not Hosts(Address("127.0.0.1", 8080), lambda: "pi").known(asked)


@pytest.mark.parametrize("asked", ["192.168.1.4:80", "[fe80::1]", "pi", "pi.local:80", "pi.lan."])
def test_on_the_network_addresses_and_its_own_names_are_known(asked):
    assert Hosts(Address("0.0.0.0", 80), lambda: "pi.example").known(asked)


@pytest.mark.parametrize(
    "asked", ["evil.example", "pi.evil.example", "pi.example", "a b", "pi.local:80:80", "pi/"]
)
def test_a_name_that_somebody_else_can_register_is_not(asked):
    assert not Hosts(Address("0.0.0.0", 80), lambda: "pi.example").known(asked)


def test_the_name_it_listens_at_is_known():
    assert Hosts(Address("cam.example", 80), lambda: "pi").known("cam.example:80")
