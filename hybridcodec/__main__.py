"""`python -m hybridcodec` is the `hybridcodec` command.

Python has put the current folder on the search path before this runs, and may have loaded parts of the standard library
from there: in a folder of pictures use the command, or `python -P -m hybridcodec`.
"""

from hybridcodec.isolation import leave_current_folder

if __name__ == "__main__":
    leave_current_folder()

    from hybridcodec.cli import main

    main()
