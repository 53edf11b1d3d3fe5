"""Everything a session can leave on a sandbox, as a value that is compared before and after."""


def _lines(place, *argv):
    return sorted(place.run(*argv).split("\n"))


def of_sandbox(place):
    """Containers, volumes, networks, directories and network devices of one sandbox."""
    return {
        "containers": _lines(place, "docker", "ps", "-a", "--format", "{{.Names}}"),
        "volumes": _lines(place, "docker", "volume", "ls", "-q"),
        "networks": _lines(place, "docker", "network", "ls", "--format", "{{.Name}}"),
        "directories": _lines(place, "find", "/data", "-maxdepth", "3", "-type", "d", "-path", "*ses_*"),
        "devices": [line for line in _lines(place, "sh", "-c", "ls /sys/class/net") if not line.startswith("veth")],
        "veths": place.run("sh", "-c", "ls -d /sys/class/net/veth* 2>/dev/null | wc -l").strip(),
    }


def of_host(place, instance):
    """What the instance itself holds on the machine; other people's things may come and go beside it."""
    def own(*argv):
        return [line for line in _lines(place, *argv) if line.startswith(f"{instance}-")]
    return {
        "containers": own("docker", "ps", "-a", "--format", "{{.Names}}"),
        "volumes": own("docker", "volume", "ls", "-q"),
        "networks": own("docker", "network", "ls", "--format", "{{.Name}}"),
    }


def difference(before, after):
    """What changed, in words; empty when nothing did."""
    changes = []
    for kind in before:
        if before[kind] != after[kind]:
            changes.append(f"{kind}: before {before[kind]}, after {after[kind]}")
    return "\n".join(changes)
