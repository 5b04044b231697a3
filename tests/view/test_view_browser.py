"""The viewer in a real browser: toggled, divided, subtracted and enlarged, by mouse, keys and fingers."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import loaded_from_elsewhere
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.image import Layer, Picture
from hybridcodec.sources.reading import read_document
from hybridcodec.view import view_file, view_folder


@pytest.fixture(scope="module")
def address(folder: Path) -> str:
    view_file(folder / "photo.hyc", folder / "browser.html", folder / "photo.png")
    return (folder / "browser.html").as_uri()


def settled(browser: Any) -> None:
    """Wait until what was asked for is painted."""
    browser.execute_async_script(
        "const done = arguments[0], look = () => requestAnimationFrame(() => requestAnimationFrame("
        "() => ready(document.querySelector('.viewer')) ? done() : look()));"
        "const ready = (viewer) => viewer.dataset.scale && !viewer.classList.contains('waiting'); look();"
    )


def opened(browser: Any, address: str, width: int = 1280, height: int = 900, **features: str) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
    browser.get(address)
    settled(browser)


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, freshly opened; whatever a test does, the console stays silent and nothing but the page is loaded."""
    browser.get_log("performance")
    opened(browser, address)
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert browser.get_log("browser") == []
    assert loaded_from_elsewhere(browser, address) == []


@pytest.fixture
def find(page: Any) -> Callable[[str], Any]:
    return lambda selector: page.find_element("css selector", selector)


def press(page: Any, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    for key in keys:
        ActionChains(page).send_keys(key).perform()
        settled(page)


def shown(page: Any) -> str:
    return str(page.execute_script("return document.querySelector('.said strong').textContent"))


def pixels(page: Any) -> NDArray[np.uint8]:
    """What the canvas has, (h, w, 3)."""
    settled(page)
    url = page.execute_script("return document.querySelector('.stage canvas').toDataURL()")
    found: NDArray[np.uint8] = read_document(base64.b64decode(url.partition(",")[2])).pictures[0].samples[..., :3]
    return found


def enlarged(samples: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    return samples.repeat(times, 0).repeat(times, 1)


def middle_of(stage: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of the stage where a picture stands that is smaller, or of the picture where it is larger."""
    h, w = (min(a, b) for a, b in zip(stage.shape[:2], picture.shape[:2], strict=True))
    y, x = (stage.shape[0] - h + 1) // 2, (stage.shape[1] - w + 1) // 2
    return stage[y : y + h, x : x + w]


def test_click_and_space_toggle_in_place(page: Any, find: Callable[[str], Any]) -> None:
    assert shown(page) == "original"
    find(".stage").click()
    assert shown(page) == "base"
    assert find(".tag").text.startswith("base\na lossy picture made by a learned decoder")
    press(page, " ")
    assert shown(page) == "original"
    press(page, "2", " ")
    assert shown(page) == "original"
    press(page, " ")
    assert shown(page) == "exact"
    assert page.execute_script("return document.activeElement.className") == "stage"


def test_pixels_are_those_of_the_layer_from_one_to_one_on(
    page: Any, samples: NDArray[np.uint8], lossless: bytes
) -> None:
    base = codec.decode(lossless, layer=Layer.PERCEPTUAL)
    for key, layer in (("2", samples), ("3", base)):
        press(page, key)
        scale = int(page.execute_script("return Number(document.querySelector('.viewer').dataset.scale)"))
        assert scale > 4  # a small picture is enlarged by a whole number
        wanted = enlarged(layer, scale)
        assert np.array_equal(middle_of(pixels(page), wanted), wanted)
    press(page, "p")
    assert np.array_equal(middle_of(pixels(page), base), base)


def test_error_map_is_black_where_nothing_differs_and_amplified_elsewhere(
    page: Any, find: Callable[[str], Any], samples: NDArray[np.uint8], lossless: bytes
) -> None:
    press(page, "p", "e")
    error = np.abs(codec.decode(lossless, layer=Layer.PERCEPTUAL).astype(int) - samples)
    assert shown(page) == "error of base"
    assert np.array_equal(middle_of(pixels(page), error), np.minimum(4 * error, 255))
    find(".gain option[value='1']").click()
    assert np.array_equal(middle_of(pixels(page), error), error)
    find(".choices label:nth-child(2)").click()  # the field has the keys
    press(page, "e")
    assert shown(page) == "error of exact"
    assert not middle_of(pixels(page), error).any()


def test_slider_shows_two_layers_and_moves_by_keys_and_by_dragging(
    page: Any, find: Callable[[str], Any], samples: NDArray[np.uint8], lossless: bytes
) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    base = codec.decode(lossless, layer=Layer.PERCEPTUAL)
    press(page, "3", "p", "s")
    seen = middle_of(pixels(page), base)
    assert np.array_equal(seen[:, :42], base[:, :42])
    assert np.array_equal(seen[:, 42:], samples[:, 42:])
    divider = find(".divider")
    assert divider.get_attribute("aria-valuenow") == "50"
    divider.send_keys(Keys.ARROW_LEFT)
    settled(page)
    assert divider.get_attribute("aria-valuenow") == "48"
    assert divider.get_attribute("aria-valuetext") == "base left, original right, 48 %"
    ActionChains(page).drag_and_drop_by_offset(divider, 21, 0).perform()
    settled(page)
    assert 70 <= int(divider.get_attribute("aria-valuenow")) <= 75
    press(page, Keys.HOME)
    assert np.array_equal(middle_of(pixels(page), base), samples)


def test_what_is_larger_than_its_frame_is_dragged_and_does_not_toggle(page: Any, find: Callable[[str], Any]) -> None:
    from selenium.webdriver import ActionChains

    press(page, "+", "+", "+")
    before = pixels(page)
    ActionChains(page).drag_and_drop_by_offset(find(".stage"), -90, -40).perform()
    after = pixels(page)
    assert shown(page) == "original"
    assert np.array_equal(after[:-40, :-90], before[40:, 90:])
    find(".zoom button:nth-child(2)").click()
    settled(page)
    assert "larger" not in find(".stage").get_attribute("class")


def test_two_fingers_enlarge_and_one_tap_toggles(page: Any, find: Callable[[str], Any]) -> None:
    box = find(".stage").rect
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x + dx, "y": y + dy, "id": number} for number, (dx, dy) in enumerate(places)]
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        settled(page)

    before = float(find(".viewer").get_attribute("data-scale"))
    touch("touchStart", (-30, 0), (30, 0))
    for apart in (40, 50, 60):
        touch("touchMove", (-apart, 0), (apart, 0))
    touch("touchEnd")
    assert float(find(".viewer").get_attribute("data-scale")) == pytest.approx(2 * before, rel=0.1)
    assert shown(page) == "original"
    touch("touchStart", (0, 0))
    touch("touchEnd")
    assert shown(page) == "base"


def test_everything_works_with_the_keyboard_and_shows_where_it_is(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    def active(script: str) -> Any:
        return page.execute_script(f"const e = document.activeElement; return {script}")

    seen = []
    for _ in range(14):
        press(page, Keys.TAB)
        if active("e === document.body"):
            break
        seen.append(active("e.getAttribute('aria-label') || e.textContent || e.type"))
        ring = "(e.type === 'radio' ? e.nextSibling : e.className === 'divider' ? e : e)"
        assert active(f"getComputedStyle({ring}).outlineStyle") == "solid", seen[-1]
    assert seen[0] == "radio"
    assert {"Slider", "Blink", "All of it (0)", "Keys"} <= set(seen)
    press(page, "?", "x", Keys.ARROW_DOWN)  # mean nothing, and break nothing


def test_radio_buttons_are_chosen_by_arrows(page: Any, find: Callable[[str], Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    find(".choices input").send_keys(Keys.ARROW_RIGHT)
    assert shown(page) == "exact"
    press(page, " ")
    assert shown(page) == "original"


def test_everything_that_can_be_used_has_a_name(page: Any) -> None:
    page.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    page.execute_cdp_cmd("Accessibility.disable", {})
    roles = {"button", "radio", "radiogroup", "combobox", "slider", "image", "table", "region"}
    used = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert len(used) > 12
    assert [node["role"]["value"] for node in used if not node.get("name", {}).get("value")] == []


@pytest.mark.parametrize("width", [400, 320])
def test_narrow_screens_need_no_sideways_scrolling(page: Any, address: str, width: int) -> None:
    opened(page, address, width, 850)
    press(page, "s")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_dark_and_light_have_readable_contrast(page: Any, address: str) -> None:
    contrast = """
    const canvas = document.createElement("canvas"), on = canvas.getContext("2d", { willReadFrequently: true });
    const light = (colour) => {
      on.fillStyle = colour;
      on.fillRect(0, 0, 1, 1);
      const [r, g, b] = [...on.getImageData(0, 0, 1, 1).data].map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (front, back) => (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    const back = light(style("body").backgroundColor);
    const chosen = style(".choices input:checked + span");
    const coloured = [".said", ".quiet", ".mark", ".layers small", ".facts dt", "summary"];
    return coloured.map((name) => ratio(light(style(name).color), back))
      .concat(ratio(light(chosen.color), light(chosen.backgroundColor)));
    """
    backs = set()
    for scheme in ("light", "dark"):
        opened(page, address, prefers_color_scheme=scheme)
        assert min(page.execute_script(contrast)) >= 4.5  # WCAG 2.2, 1.4.3
        backs.add(page.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert len(backs) == 2


def test_nothing_blinks_for_who_wants_less_motion(page: Any, address: str, find: Callable[[str], Any]) -> None:
    assert find(".tools button:nth-of-type(2)").is_displayed()
    opened(page, address, prefers_reduced_motion="reduce")
    assert not find(".tools button:nth-of-type(2)").is_displayed()


def test_an_album_has_a_strip_of_pictures(page: Any, samples: NDArray[np.uint8], tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    (tmp_path / "album.hyc").write_bytes(codec.encode_album([Picture.of(samples + 50 * n) for n in range(3)]))
    view_file(tmp_path / "album.hyc", tmp_path / "album.html")
    opened(page, (tmp_path / "album.html").as_uri())
    page.get_log("performance")
    strip = page.find_elements("css selector", ".strip button")
    assert [button.text for button in strip] == ["0", "1", "2"]
    strip[2].click()
    press(page, "p", Keys.PAGE_UP)
    assert strip[1].get_attribute("aria-current") == "true"
    assert page.find_element("css selector", ".place").text == "picture 1 of 0 to 2, 84 x 60, 8-bit RGB"
    wanted = samples + 50
    assert np.array_equal(middle_of(pixels(page), wanted), wanted)


@pytest.fixture(scope="module")
def gallery(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four files: one is cut off, one lies deeper."""
    made = tmp_path_factory.mktemp("gallery")
    data = (folder / "photo.hyc").read_bytes()
    (made / "deeper").mkdir()
    for name, kept in (("a.hyc", None), ("b.hyc", -1), ("c.hyc", None), ("deeper/d.hyc", None)):
        (made / name).write_bytes(data[:kept])
    view_folder(made, made / "index.html")
    return (made / "index.html").as_uri()


def cards(page: Any) -> list[Any]:
    return [card for card in page.find_elements("css selector", ".cards a") if card.is_displayed()]


def test_a_gallery_opens_files_in_place_and_comes_back(browser: Any, gallery: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(gallery)
    assert [card.text.split("\n")[0] for card in cards(browser)] == ["a.hyc", "b.hyc", "c.hyc", "deeper/d.hyc"]
    cards(browser)[0].click()
    settled(browser)
    dialog = browser.find_element("css selector", "dialog")
    assert dialog.find_element("css selector", "h2").text == "a.hyc"
    press(browser, " ")
    assert shown(browser) == "base"
    press(browser, Keys.PAGE_DOWN)
    assert "cannot be shown: the file ends" in dialog.text
    assert not dialog.find_element("css selector", ".stage").is_displayed()
    press(browser, Keys.PAGE_DOWN)
    assert browser.execute_script("return location.hash") == "#f2"
    assert dialog.find_element("css selector", ".stage").is_displayed()
    press(browser, Keys.ESCAPE)
    assert not dialog.is_displayed()
    assert browser.execute_script("return location.hash") == ""
    assert browser.execute_script("return document.activeElement.hash") == "#f2"
    browser.execute_script("location.hash = '#f3'")
    settled(browser)
    assert dialog.find_element("css selector", "h2").text == "deeper/d.hyc"
    browser.back()
    settled(browser)
    assert not dialog.is_displayed()
    assert browser.get_log("browser") == []


def test_a_gallery_is_filtered_by_name(browser: Any, gallery: str) -> None:
    browser.get(gallery)
    browser.find_element("css selector", "#search").send_keys("DEEP")
    assert [card.text.split("\n")[0] for card in cards(browser)] == ["deeper/d.hyc"]
    assert browser.find_element("css selector", "#count").text == "1 of 4 files"


def test_without_scripts_the_figures_are_the_page(browser: Any, address: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        captions = [found.text for found in browser.find_elements("css selector", "figcaption") if found.is_displayed()]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert len(captions) == 3
    assert "made by a learned decoder" in captions[2]
