"""Say what this machine can do, and how to mend what is wrong."""

from __future__ import annotations

from facewright.jobs.commands.doctor.diagnosis import Diagnosis
from facewright.jobs.options import Runtime


def examine(*, runtime: Runtime | None = None) -> Diagnosis:
    """Report what this machine can do, and how to fix problems.

    Args:
        runtime: Which device to examine.

    Returns:
        Versions, device, precision, memory, weights, measured speed; and each problem with its fix.

    Raises:
        InputError: There is no such device.

    Examples:
        facewright doctor
        facewright doctor --device cpu --json
    """
    from facewright.device import pick_device
    from facewright.jobs.commands.doctor import machine, speed

    place, found = pick_device((runtime or Runtime()).device), Diagnosis()
    found.facts |= machine.list_versions()
    found.facts |= machine.list_extras()
    found.facts |= machine.describe_device(place)
    found.problems += machine.find_device_problems(place)
    speed.examine_weights(place, found)
    speed.examine_waiting(place, found)
    machine.examine_cache(found)
    return found
