# SPDX-License-Identifier: Apache-2.0
"""A bad line between this network namespace and another: real TCP/IP of the kernel on both
sides, and between them two TUN devices whose packets this process carries, loses, delays and
lets overtake one another, as the seed says. Needs no queueing discipline that a kernel may be
without.

Story: need_line() skips the case where such a line cannot be had; Line(seed); what runs on the
far side is started with far_words() in front; cut() takes the link of one side down, mend() up
again; close()."""
import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time

import space
from tap import Skip, until

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
# So that an address of IPv6 stays when its link is cut, as one of IPv4 does.
KEEP = "/proc/sys/net/ipv6/conf/all/keep_addr_on_down"
NAMES = ("line-near", "line-far")
NEAR, FAR = "10.77.0.1", "10.77.0.2"
NEAR6, FAR6 = "fd77::1", "fd77::2"
PACKET = 65536
LOSS, LATE = 0.05, 0.10  # of packets
DELAY_S, LATE_S = 0.004, 0.004


def need_line():
    if not space.is_private():
        raise Skip("network namespaces are not allowed here")
    for tool in ("ip", "nsenter", "unshare"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not here")
    if not os.access(KEEP, os.W_OK):
        raise Skip(f"{KEEP} is not here or not to be written")
    try:
        os.close(device(NAMES[0]))
    except OSError as why:
        raise Skip(f"{TUN}: {why.strerror}") from None


def device(name):
    fd = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError:
        os.close(fd)
        raise
    return fd


class Line:
    def __init__(self, seed):
        self.dice = random.Random(f"{seed} line")
        self.holder = subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL,
                                       preexec_fn=space.die_with_parent)
        mine = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != mine, 10, "a namespace")
        self.ends = [device(name) for name in NAMES]
        self.ip(0, "link", "set", NAMES[1], "netns", str(self.holder.pid))
        for side, addresses in enumerate(((NEAR, NEAR6), (FAR, FAR6))):
            self.words(side, "sh", "-c", f"echo 1 > {KEEP}")
            self.ip(side, "link", "set", NAMES[side], "up")
            self.ip(side, "addr", "add", f"{addresses[0]}/24", "dev", NAMES[side])
            self.ip(side, "addr", "add", f"{addresses[1]}/64", "dev", NAMES[side], "nodad")
        self.carried = self.lost = self.overtaken = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def far_words(self):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "--"]

    def words(self, side, *words):
        subprocess.run([*(self.far_words() if side else []), *words], check=True)

    def ip(self, side, *words):
        self.words(side, "ip", *words)

    def cut(self, side):
        self.ip(side, "link", "set", NAMES[side], "down")

    def mend(self, side):
        self.ip(side, "link", "set", NAMES[side], "up")

    def carry(self):
        way = []
        while not self.done.is_set():
            wait = way[0][0] - time.monotonic() if way else 0.2
            ready, _, _ = select.select(self.ends, [], [], max(0, wait))
            for fd in ready:
                self.take(fd, way)
            now = time.monotonic()
            while way and way[0][0] <= now:
                _, _, fd, packet = heapq.heappop(way)
                self.give(fd, packet)

    def take(self, fd, way):
        try:
            packet = os.read(fd, PACKET)
        except OSError:  # its side was cut meanwhile
            return
        self.carried += 1
        if self.dice.random() < LOSS:
            self.lost += 1
            return
        due = time.monotonic() + DELAY_S
        if self.dice.random() < LATE:
            self.overtaken += 1
            due += self.dice.random() * LATE_S
        heapq.heappush(way, (due, self.carried, self.ends[fd == self.ends[0]], packet))

    def give(self, fd, packet):
        try:
            os.write(fd, packet)
        except OSError:  # that side is cut: the packet is lost
            self.lost += 1

    def close(self):
        self.done.set()
        self.thread.join(10)
        for fd in self.ends:
            os.close(fd)
        self.holder.stdin.close()
        self.holder.wait()
