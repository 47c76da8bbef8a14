# SPDX-License-Identifier: Apache-2.0
"""Running the program as somebody who may do little."""
import os
import shutil

from jizhu import NOBODY
from tap import Skip


def without_rights():
    """A wrapper that starts a program as an ordinary user without capabilities."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        raise Skip("setpriv cannot be had here")
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
