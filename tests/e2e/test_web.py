"""The web UI in a real browser: driven by web/e2e's own script against the instance under test."""
import shutil
import subprocess

from support.settings import REPO


def test_a_person_in_a_browser(helix, alice, tmp_path):
    """Logs in, creates a session, follows its URL, stops, starts and deletes it; the script's own words tell what failed."""
    assert shutil.which("chromium") and shutil.which("node"), "chromium and node are not on this machine"
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "HELIX_URL": helix.url, "HELIX_API_KEY": alice.api.key}
    done = subprocess.run(["node", REPO / "web" / "e2e" / "session.mjs"], capture_output=True, text=True, timeout=240, env=environment)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
