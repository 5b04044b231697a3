"""Makes `benchmarks` importable: it lives in the repository's root and is not installed with the library.

The root goes last, so that an installed library is tested, not the one in the root.
"""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
