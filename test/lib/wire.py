# SPDX-License-Identifier: Apache-2.0
"""Two serial ports with a wire between them: pseudo terminals for programs that must each
open a port by its path."""
import os
import threading
import tty


def _copy(source, sink):
    try:
        while data := os.read(source, 4096):
            os.write(sink, data)
    except OSError:
        pass  # the test is over


def wire():
    """The paths of the two ports; both stay until this process ends."""
    near, near_port = os.openpty()
    far, far_port = os.openpty()
    for port in (near_port, far_port):
        tty.setraw(port)
        os.fchmod(port, 0o666)
    for source, sink in ((near, far), (far, near)):
        threading.Thread(target=_copy, args=(source, sink), daemon=True).start()
    return os.ttyname(near_port), os.ttyname(far_port)
