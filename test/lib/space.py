# SPDX-License-Identifier: Apache-2.0
"""Each group of cases in a network and mount namespace of its own, so that groups
run at once on the same loopback addresses and nothing of them stays behind.

Where namespaces cannot be had, groups share the machine's loopback and must run one
after another: is_private() says so."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess

FLAG = "JIZHU_SPACE"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def can_separate():
    if not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True,
                          check=False).returncode == 0


def words(command, separate):
    """The command line that runs `command` in namespaces of its own."""
    return ["unshare", "-n", "-m", *command] if separate else list(command)


def environment(separate):
    return {**os.environ, FLAG: "own" if separate else "shared"}


def is_private():
    return os.environ.get(FLAG) == "own"


def enter():
    """Called by a group before its first case: a fresh namespace has its loopback down."""
    if not is_private():
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def die_with_parent():
    """For children: a test that is killed leaves no process behind."""
    pr_set_pdeathsig, sigkill = 1, 9
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, sigkill)
