#!/usr/bin/env python3
"""Makes deploy/seccomp/helix.json, the profile of every container that runs a dockerd.

It starts from what Docker's default profile becomes for a container with our capabilities, as runc gets it, lifts the
denial of the two calls that a nested dockerd needs, and takes away what SYS_ADMIN would open besides.

  docker run -d --cap-add SYS_ADMIN --cap-add NET_ADMIN IMAGE sleep 60       # on the newest dockerd at hand
  make_profile.py < …/io.containerd.runtime.v2.task/moby/<id>/config.json > deploy/seccomp/helix.json
  make_profile.py --check deploy/seccomp/helix.json                          # what the lint runs
"""
import json
import sys

# runc joins a session keyring and pivots into the new root: without these no container starts inside.
NEEDED = {"keyctl", "pivot_root"}

# Never allowed, whatever the default profile derives from SYS_ADMIN: they act on the whole machine, or look out of the
# container.
DENIED = {
    "acct", "add_key", "bpf", "clock_settime", "clock_settime64", "delete_module", "finit_module", "init_module",
    "ioperm", "iopl", "kexec_file_load", "kexec_load", "lookup_dcookie", "open_by_handle_at", "perf_event_open", "reboot",
    "request_key", "settimeofday", "stime", "swapoff", "swapon", "userfaultfd", "vhangup",
}

# Answered with "no such call", so that C libraries fall back to clone, whose flags a filter can see.
ENOSYS = {"clone3": 38}

ARCHES = [
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
]


def make(config):
    plain, conditional = set(NEEDED), []
    for rule in config["linux"]["seccomp"]["syscalls"]:
        if rule["action"] != "SCMP_ACT_ALLOW":
            continue
        if rule.get("args"):
            conditional.append({"names": rule["names"], "action": "SCMP_ACT_ALLOW", "args": rule["args"]})
        else:
            plain.update(rule["names"])
    plain -= DENIED | set(ENOSYS)
    absent = [{"names": [name], "action": "SCMP_ACT_ERRNO", "errnoRet": number} for name, number in ENOSYS.items()]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": ARCHES,
        "syscalls": [{"names": sorted(plain), "action": "SCMP_ACT_ALLOW"}, *conditional, *absent],
    }


def check(profile):
    """Returns what is wrong with a profile, one line each."""
    allowed = {n for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for n in rule["names"]}
    wrong = [f"allows {name}" for name in sorted(allowed & (DENIED | set(ENOSYS)))]
    wrong += [f"does not allow {name}" for name in sorted(NEEDED - allowed)]
    if profile["defaultAction"] != "SCMP_ACT_ERRNO":
        wrong.append("does not deny by default")
    return wrong


def main():
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as file:
            wrong = check(json.load(file))
        for line in wrong:
            print(f"{sys.argv[2]}: {line}")
        sys.exit(1 if wrong else 0)
    json.dump(make(json.load(sys.stdin)), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
