"""The picture of the viewer in README.md: a page of a photograph, its slider between what is exact and what is learned.

    python -m benchmarks.view_picture ../shared/data/train/photos/budgie_136.webp docs/view.png

A headless Chromium (Debian's chromium and chromium-driver; the extra `browser`) paints the page; few colours keep the
file small.
"""

import io
import tempfile
from pathlib import Path

import click
from PIL import Image

from hybridcodec.files import EncodeSettings, encode_file
from hybridcodec.view import view_file

_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
_WIDTH, _HEIGHT, _COLOURS = 800, 680, 256
_PAINTED = """
const done = arguments[0], look = () => requestAnimationFrame(
  () => document.querySelector(".viewer").dataset.scale ? requestAnimationFrame(() => done(true)) : look());
look();
"""


def painted(page: Path) -> bytes:
    """Return the page with its slider open, as a browser paints it: a PNG."""
    from selenium import webdriver  # an extra of its own
    from selenium.webdriver import ActionChains

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in _OPTIONS:
        options.add_argument(argument)
    browser = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        size = {"width": _WIDTH, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(page.as_uri())
        browser.execute_async_script(_PAINTED)
        ActionChains(browser).send_keys("2", "s").perform()
        browser.execute_async_script(_PAINTED)
        png: bytes = browser.get_screenshot_as_png()
        return png
    finally:
        browser.quit()


@click.command()
@click.argument("photograph", type=click.Path(exists=True, path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def command(photograph: Path, target: Path) -> None:
    """Encode PHOTOGRAPH, view it, and write what a browser paints into TARGET, a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        coded, page = Path(folder) / "photo.hyc", Path(folder) / "photo.html"
        encode_file(photograph, coded, EncodeSettings())
        view_file(coded, page)
        png = painted(page)
    with Image.open(io.BytesIO(png)) as opened:
        plain = opened.convert("RGB")
        palette = plain.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=5)
        plain.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(target, "PNG", optimize=True)
        print(f"{target}: {opened.width} x {opened.height}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    command()
