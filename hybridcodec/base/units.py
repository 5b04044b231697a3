"""What integers mean in every base coder: strides of latents, steps of means and samples, bins of scales."""

from typing import Final

STRIDE: Final = 16
"""Pixels per latent `y` along one axis."""
HYPER_STRIDE: Final = 64
"""Pixels per hyper-latent `z` along one axis."""
SCALES: Final = 32
"""Number of scale bins, a geometric series from SMALLEST_SCALE to LARGEST_SCALE quantisation steps."""
SMALLEST_SCALE: Final = 0.11
LARGEST_SCALE: Final = 64.0
SAMPLE_STEPS: Final = 16
"""Generators end in units of 1 / SAMPLE_STEPS sample steps, relative to mid-gray."""
MID_GRAY: Final = 128
PIXELS_PER_UNIT: Final = 64
"""Samples enter float networks and leave them as (sample - MID_GRAY) / PIXELS_PER_UNIT."""
SHARED: Final = 256
"""Latents whose work is worth dividing among threads: a picture of 256x256."""
