"""Names of files are bytes, and a ledger keeps them as such: a command reads them alike whatever the locale says."""

import os
import sys


def read_names_as_utf8() -> None:
    """Start this command again in Python's UTF-8 mode, where the locale gives the names of files another encoding.

    In that mode every name is a text that gives back the same bytes, on every machine. Otherwise a name in a ledger
    that was written elsewhere would be no name here. What is printed keeps the encoding of the locale.
    """
    if os.name != "posix" or sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8" or not sys.executable:
        return
    environment = dict(os.environ)
    encoding = next((stream.encoding for stream in (sys.stdout, sys.stderr) if stream is not None), "ascii")
    environment.setdefault("PYTHONIOENCODING", f"{encoding}:backslashreplace")
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)  # noqa: S606
