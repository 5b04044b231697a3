"""The report in a real browser: clicks, keys, filters, narrow and dark screens, and a silent console."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import loaded_from_elsewhere

from hybridcodec.report import write_report
from hybridcodec.sources.reading import read_document


@pytest.fixture(scope="module")
def address(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_report(ledger, target)
    return target.as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, freshly opened; whatever a test does, the console stays silent and nothing but the page is loaded."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get_log("performance")
    browser.get(address)
    yield browser
    assert browser.get_log("browser") == []
    assert loaded_from_elsewhere(browser, address) == []


@pytest.fixture
def find(page: Any) -> Callable[[str], Any]:
    return lambda selector: page.find_element("css selector", selector)


def names(page: Any) -> list[str]:
    return list(page.execute_script("return [...document.querySelectorAll('#rows > tr > th')].map(e => e.textContent)"))


def column(page: Any, number: int) -> list[str]:
    script = "return [...document.querySelectorAll('#rows > tr')].map(e => e.children[arguments[0]].textContent)"
    return list(page.execute_script(script, number))


def heading(page: Any, name: str) -> Any:
    return page.find_element("xpath", f"//tr[@id='headings']//button[text()='{name}']")


def order_of(page: Any, name: str) -> str | None:
    found: str | None = heading(page, name).find_element("xpath", "..").get_attribute("aria-sort")
    return found


def test_table_opens_with_what_is_wrong_first_and_100_rows_a_page(page: Any, find: Callable[[str], Any]) -> None:
    assert names(page)[:3] == ["gone.hyc", "wrong.hyc", "odd.hyc"]
    assert len(names(page)) == 100
    assert find("#count").text == "253 of 253 files"
    find("#pages button:last-child").click()
    find("#pages button:last-child").click()
    assert len(names(page)) == 53
    assert "201 to 253 of 253" in find("#pages [role=status]").text
    assert not find("#pages button:last-child").is_enabled()
    find("#pages button:first-child").click()
    assert len(names(page)) == 100


def test_headings_sort_by_click_and_turn_round(page: Any) -> None:
    heading(page, "Output").click()
    assert order_of(page, "Output") == "ascending"
    first = column(page, 5)[:2]
    heading(page, "Output").click()
    assert order_of(page, "Output") == "descending"
    assert column(page, 5)[0] == "5 kB"
    assert first != column(page, 5)[:2]
    heading(page, "File").click()
    assert (order_of(page, "File"), order_of(page, "Output")) == ("ascending", "none")
    numbered = [name for name in names(page) if name.startswith("scan")]
    assert numbered[:3] == ["scan 0.hyc", "scan 1.hyc", "scan 2.hyc"]  # by number, not by letter


def test_what_is_unknown_comes_last_both_ways(page: Any, find: Callable[[str], Any]) -> None:
    for _ in range(2):
        heading(page, "Output").click()
        for _ in range(2):
            find("#pages button:last-child").click()
        assert names(page)[-1] == "odd.hyc"


def test_everything_works_with_the_keyboard(page: Any, find: Callable[[str], Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    def active() -> Any:
        return page.switch_to.active_element

    find("#search").send_keys("scan 24")
    assert set(names(page)) == {"scan 24.hyc", *(f"scan {number}.hyc" for number in range(240, 248))}
    active().send_keys(Keys.TAB)
    assert active().get_attribute("type") == "radio"
    active().send_keys(Keys.ARROW_RIGHT)
    assert active().get_attribute("value") == "proven"
    active().send_keys(Keys.TAB)
    assert active().get_attribute("id") == "kind"
    active().send_keys(Keys.TAB)
    while active().tag_name != "button":  # the scrolling box may take the focus first
        active().send_keys(Keys.TAB)
    assert active().text == "File"
    outline = page.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    active().send_keys(Keys.ENTER)
    assert order_of(page, "File") == "ascending"
    active().send_keys(Keys.SPACE)
    assert order_of(page, "File") == "descending"
    find("#rows tr button").send_keys(Keys.ENTER)
    assert active().get_attribute("aria-expanded") == "true"
    assert "Source SHA-256" in find("#rows tr.details").text
    active().send_keys(Keys.SPACE)
    assert page.find_elements("css selector", "#rows tr.details") == []


def test_filters_combine(page: Any, find: Callable[[str], Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    find("input[value=flagged]").click()
    assert names(page) == ["gone.hyc", "wrong.hyc"]
    find("#search").send_keys("WRONG")
    assert names(page) == ["wrong.hyc"]
    find("#search").send_keys("x")
    assert names(page) == []
    assert find("#count").text == "0 of 253 files"
    assert find("#pages").text == ""
    find("#search").send_keys(Keys.CONTROL, "a")
    find("#search").send_keys(Keys.BACKSPACE)
    assert len(names(page)) == 2
    find("input[value='']").click()
    find("#kind option[value=source-unreadable]").click()
    assert names(page) == ["odd.hyc"]
    find("#kind option[value='']").click()
    find("#search").send_keys("line two")
    assert names(page) == ["odd.hyc"]


def test_hostile_names_are_shown_as_they_are(page: Any, find: Callable[[str], Any]) -> None:
    find("#search").send_keys("onerror")
    assert names(page) == ["<img src=x onerror=alert(1)></script><script>alert(2)</script>.hyc"]
    find("#rows tr button").click()
    assert page.execute_script("return document.querySelectorAll('#rows img, #rows script').length") == 0


def test_flag_shows_both_pictures_in_one_place_and_the_box_around_what_differs(page: Any) -> None:
    cards = page.find_elements("css selector", "#wrong-list article")
    assert len(cards) == 3
    card = next(card for card in cards if "wrong.hyc" in card.text)
    stage, said = card.find_element("css selector", ".stage"), card.find_element("css selector", ".said")
    painted(page, card)
    page.execute_script("arguments[0].scrollIntoView({ block: 'center' })", stage)
    assert said.text.startswith("original: ")
    stage.click()
    assert said.text.startswith("decoded: ")
    scale = float(card.find_element("css selector", ".viewer").get_attribute("data-scale"))
    box = card.find_element("css selector", ".boxes .over")
    width, height = (float(box.get_attribute(name)) / scale for name in ("width", "height"))
    assert (width, height) == (6, 4)
    card.find_element("css selector", ".choices label:last-child").click()
    painted(page, card)
    assert card.find_element("css selector", ".gain select").get_attribute("value") == "16"
    assert lit(page, card) == pytest.approx(6 * 4 * scale**2, rel=0.01)
    other = next(card for card in cards if "gone.hyc" in card.text)
    assert "gone or unreadable" in other.text


def test_the_whole_picture_has_the_box_in_its_place(page: Any) -> None:
    svg = page.find_element("css selector", "#wrong-list figure svg")
    assert svg.get_attribute("aria-label").startswith("The whole picture, 100 x 80")
    box = svg.find_element("css selector", "rect.mark")
    x, y, width, height = (float(box.get_attribute(name)) for name in ("x", "y", "width", "height"))
    assert (x + width / 2, y + height / 2, width) == (53, 32, 6)


def painted(page: Any, card: Any) -> None:
    """Wait until a card's viewer has painted what it was asked for."""
    page.execute_async_script(
        "const [card, done] = arguments, look = () => requestAnimationFrame(() => requestAnimationFrame("
        "() => card.querySelector('.viewer').dataset.scale ? done() : look())); look();",
        card,
    )


def lit(page: Any, card: Any) -> int:
    """How many pixels of a card's viewer are not black."""
    url = page.execute_script("return arguments[0].querySelector('canvas').toDataURL()", card)
    found = read_document(base64.b64decode(url.partition(",")[2])).pictures[0].samples
    return int(found[..., :3].any(axis=2).sum())


def test_everything_that_can_be_used_has_a_name(page: Any) -> None:
    page.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    page.execute_cdp_cmd("Accessibility.disable", {})
    roles = {"button", "link", "searchbox", "radio", "combobox", "image", "table", "navigation", "region", "search"}
    used = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert len(used) > 100
    assert [node["role"]["value"] for node in used if not node.get("name", {}).get("value")] == []


@pytest.mark.parametrize("width", [390, 320])
def test_phone_needs_no_sideways_scrolling_even_with_details_open(page: Any, width: int) -> None:
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.execute_script("document.querySelectorAll('#rows button')[1].click()")
    wide = "return [document.documentElement.scrollWidth, document.getElementById('table').scrollWidth]"
    page_width, table_width = page.execute_script(wide)
    assert page_width <= width
    assert table_width <= width
    name_width = "return document.querySelector('#rows th').getBoundingClientRect().width"
    assert page.execute_script(name_width) > 60


def test_dark_and_light_have_readable_contrast(page: Any) -> None:
    contrast = """
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const back = light(getComputedStyle(document.body).backgroundColor);
    const coloured = ["body", ".quiet", ".headline", "a", "td.flagged", "td.failed", "td.proven", "figcaption"];
    return coloured.map((selector) => {
      const front = light(getComputedStyle(document.querySelector(selector)).color);
      return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    });
    """
    backs = set()
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        assert min(page.execute_script(contrast)) >= 4.5  # WCAG 2.2, 1.4.3
        backs.add(page.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert len(backs) == 2
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_policy_stops_what_somebody_adds(browser: Any, address: str) -> None:
    browser.get(address)
    added = """
    const script = document.createElement("script");
    script.textContent = "window.broken = true";
    document.body.append(script);
    document.body.setAttribute("style", "color: red");
    return [window.broken === true, getComputedStyle(document.body).color === "rgb(255, 0, 0)"];
    """
    assert browser.execute_script(added) == [False, False]
    assert len([entry for entry in browser.get_log("browser") if "Content Security Policy" in entry["message"]]) >= 2
