"""Fixtures of the end-to-end tests: the running instance, a person per test module, a session that goes by itself."""
import pytest

from support.instance import Helix
from support.settings import read_settings

def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="more repetitions, larger sizes, the long tests")


def pytest_collection_modifyitems(config, items):
    """Long tests are left out, not skipped: a skip is always news."""
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def settings():
    return read_settings()


@pytest.fixture(scope="session")
def helix(settings):
    instance = Helix(settings)
    instance.settle()
    return instance


@pytest.fixture(scope="module")
def alice(helix):
    """A person of the test module; what that person made goes with its last test."""
    helix.settle()
    person = helix.person("alice")
    yield person
    helix.people.remove(person)
    person.leave()


@pytest.fixture(scope="module")
def bob(helix):
    """Somebody else."""
    person = helix.person("bob")
    yield person
    helix.people.remove(person)
    person.leave()


@pytest.fixture(scope="module")
def session(alice):
    """A running session of the test module."""
    return alice.make_session()
