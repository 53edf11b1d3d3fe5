"""Two sandboxes, five sessions, two owners: spread, limits, and nobody sees another's."""
import threading
from collections import Counter

import pytest

from support.waiting import wait_for


@pytest.fixture(scope="module")
def crowd(helix, alice, bob):
    """Five sessions, started at once: three of alice's, two of bob's."""
    assert len(helix.sandbox_names()) >= 2, f"this instance has too few sandboxes: {helix.sandbox_names()}"
    people = [alice, bob, alice, bob, alice]
    sessions = [person.make_session(wait=False) for person in people]
    for session in sessions:
        session.wait_running(limit=120)
    return sessions


def placed(helix):
    """How many sessions each sandbox has, counted from the sessions of everybody."""
    everything = helix.admin.expect(200, "GET", "/sessions?all=true")["sessions"]
    return Counter(session["sandbox_id"] for session in everything)


def test_placement_spreads(helix, crowd):
    counts = placed(helix)
    assert len(counts) == len(helix.sandbox_names()) and max(counts.values()) - min(counts.values()) <= 1, counts


def test_capacity_is_counted_from_the_sessions(helix, crowd):
    counts = placed(helix)
    for sandbox in helix.admin.sandboxes():
        assert sandbox["sessions"] == counts[sandbox["id"]], sandbox
        assert sandbox["sessions"] <= sandbox["max_sessions"], sandbox


def test_nobody_sees_anothers_session(crowd, alice, bob):
    for person, other in ((alice, bob), (bob, alice)):
        own = {session.id for session in crowd if session.person is person}
        foreign = {session.id for session in crowd if session.person is other}
        assert {session["id"] for session in person.api.sessions()} == own
        assert {session["id"] for session in person.cli.json("session", "list")["sessions"]} == own
        for session_id in foreign:
            assert person.api.get(f"/sessions/{session_id}").status == 404
            assert person.api.delete(f"/sessions/{session_id}").status == 404
            assert person.api.post(f"/sessions/{session_id}/stop").status == 404
            denied = person.cli.try_run("exec", session_id, "--", "true")
            assert denied.status not in (0, 255) and "Traceback" not in denied.err, str(denied)


def test_admin_sees_all_when_asked(helix, crowd):
    everything = helix.admin.expect(200, "GET", "/sessions?all=true")["sessions"]
    assert {session.id for session in crowd} <= {session["id"] for session in everything}
    assert not {session.id for session in crowd} & {session["id"] for session in helix.admin.sessions()}


def test_names_are_unique_per_owner(crowd, alice, bob):
    name = crowd[0].show()["name"]
    taken = alice.api.post("/sessions", {"name": name})
    assert taken.status == 409, str(taken)


def free_places(helix):
    return sum(s["max_sessions"] - s["sessions"] for s in helix.admin.sandboxes() if s["state"] == "online")


def test_two_creates_for_the_last_place(helix, crowd, alice, bob):
    """One gets it, the other 409, whoever comes first."""
    fillers = []
    assert free_places(helix) <= 4, "start the instance under test with MAX_SANDBOXES=4: this would make too many sessions"
    while free_places(helix) > 1:
        fillers.append(bob.make_session(wait=False))
    wait_for("one place is left", lambda: free_places(helix) == 1, 10)
    answers = []
    threads = [threading.Thread(target=lambda person=person: answers.append(person.api.post("/sessions", {})))
               for person in (alice, bob)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [201, 409], "\n".join(map(str, answers))
    (refused,) = [answer for answer in answers if answer.status == 409]
    assert "full" in refused.json()["detail"], str(refused)
    (made,) = [answer.json()["id"] for answer in answers if answer.status == 201]
    helix.admin.expect(204, "DELETE", f"/sessions/{made}")
    for session in fillers:
        session.delete()
    wait_for("the places are free again", lambda: free_places(helix) == 1 + len(fillers), 30)


def test_place_of_a_deleted_session_is_free_at_once(helix, crowd, alice):
    """Deleted and made again in one breath, with every other place taken: the new session waits for the old container."""
    fillers = [alice.make_session(wait=False) for _ in range(free_places(helix))]
    for session in fillers:
        session.wait_running(120)
    gone, *others = fillers

    gone.delete()
    again = alice.make_session()

    assert again.show()["state"] == "running"
    for session in [again, *others]:
        session.delete()


def test_drained_sandbox_gets_no_session(helix, alice, crowd):
    first, *rest = helix.sandbox_names()
    helix.admin.expect(200, "POST", f"/sandboxes/{first}/drain")
    try:
        session = alice.make_session(wait=False)
        assert session.show()["sandbox_id"] in rest
        session.delete()
    finally:
        shown = helix.admin.expect(200, "POST", f"/sandboxes/{first}/drain", {"draining": False})
    assert shown["state"] == "online", shown
