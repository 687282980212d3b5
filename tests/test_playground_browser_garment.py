"""The playground in a real browser: what a visitor does with a garment."""

import re
import time
from pathlib import Path
from typing import Any

import browsing
import pytest
from browsing import MARKS, PHONE, drag, draw_a_line, draw_a_spot, expect, sideways
from PIL import Image

from deconv.playground.reading import LARGEST_BODY, NO_PICTURE

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")

address, browser = browsing.address, browsing.browser
visit, windows = browsing.visit, browsing.windows
pytestmark = MARKS


def test_every_slider_changes_what_comes_back(visit, address):
    page = visit("?model=handmade")
    score = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    asked: dict[str, Any] = {"models": ["handmade"]}
    for name, value in (("image", 3), ("blur", 1.5), ("down", -3), ("right", 5), ("noise", 0.25)):
        said = f"move {name}" if name in ("down", "right") else name
        page.get_by_role("slider", name=said, exact=True).fill(str(value))
        page.wait_for_url(f"**{name}={value}*")
        asked[name] = value
        (result,) = page.request.post(f"{address}/api/reconstruct", data=asked).json()["results"]
        expect(score).to_contain_text(f"PSNR {result['psnr']:.2f} dB, SSIM {result['ssim']:.4f}")


def test_drawing_changes_what_comes_back(visit):
    page = visit("", PHONE, has_touch=True)
    before = page.locator("#results figcaption").all_text_contents()
    assert len(before) >= 2
    drag(page, "right")  # which is for menus
    expect(page.locator("#image-value")).to_have_text("0")
    draw_a_line(page)
    expect(page.locator("#results figcaption").nth(1)).not_to_have_text(before[1])
    draw_a_spot(page)


def test_latent_channels_can_be_switched_off_and_on(visit):
    page = visit("?model=handmade")
    score = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    before = score.text_content()
    channel = page.get_by_label("latent channel 0", exact=True)
    channel.focus()
    page.keyboard.press("Space")
    expect(channel).to_have_attribute("aria-pressed", "false")
    expect(score).not_to_have_text(before)
    page.wait_for_url("**off=0*")
    page.locator("#all-on").click()
    expect(score).to_have_text(re.compile(re.escape(before.split()[-1])))
    # The layer writes its address before the garment is read.
    page = visit("?noise=0.2&off=3", routes={"**/api/arithmetic": late})
    expect(page.locator("#garment-noise")).to_have_value("0.2")
    expect(page.get_by_label("latent channel 3", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )


def late(route: Any) -> None:
    time.sleep(0.3)
    route.continue_()


def test_a_framework_comes_after_numpy_and_may_fail(visit):
    held: list[Any] = []

    def hold(route: Any) -> None:
        if route.request.post_data_json.get("framework"):
            held.append(route)
        else:
            route.continue_()

    routes = {"**/api/choices": with_a_framework, "**/api/reconstruct": hold}
    page = visit("?framework=pytorch", routes=routes)
    score, compared = page.locator("#results figcaption").nth(1), page.locator("#compared")
    expect(compared).to_contain_text("PyTorch computes")
    before = score.text_content()
    assert "dB" in before
    page.locator("#garment-noise").fill("0.2")  # while it is being loaded
    expect(score).not_to_have_text(before)
    old = next_of(held, page)
    expect(page.locator("#scores")).to_contain_text("Computed by NumPy")
    after = score.text_content()
    first = page.request.post(f"{page.url.partition('?')[0]}api/reconstruct", data={"image": 0})
    old.fulfill(response=first)  # to the question before the noise
    new = next_of(held, page)
    expect(score).to_have_text(after)
    new.fulfill(status=400, json={"error": "PyTorch has stopped"})
    expect(page.locator("#garment-problem")).to_have_text("PyTorch has stopped")
    expect(compared).to_be_hidden()
    expect(page.locator("#scores")).to_contain_text("Computed by NumPy")
    page.locator("#garment-noise").fill("0")
    next_of(held, page).fulfill(response=first)
    expect(compared).to_have_text("No pixel differs from NumPy's by more than 0.00 grey levels.")
    expect(page.locator("#scores")).to_contain_text("Computed by PyTorch")


def next_of(held: list[Any], page: Any) -> Any:
    """The request that the page makes next, and that nobody has answered."""
    for _ in range(500):
        if held:
            return held.pop()
        page.wait_for_timeout(20)
    raise AssertionError("the page asked nothing")


def with_a_framework(route: Any) -> None:
    """Say that PyTorch is there, whether it is or not."""
    choices = route.fetch().json()
    choices["frameworks"]["pytorch"] = "PyTorch"
    route.fulfill(json=choices)


def test_a_file_is_opened_and_a_bad_one_says_why(visit, tmp_path: Path):
    page = visit()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text(NO_PICTURE)
    good = tmp_path / "good.png"
    Image.new("RGB", (50, 40), (200, 0, 0)).save(good)
    page.locator("#file").set_input_files(good)
    expect(page.locator("#file-problem")).to_be_hidden()
    expect(page.locator("#image-value")).to_have_text("your own")


def test_a_late_answer_leaves_what_was_said_of_a_file(visit, tmp_path: Path):
    page = visit()
    held: list[Any] = []
    page.route("**/api/reconstruct", lambda route: held.append(route))
    page.locator("#garment-noise").fill("0.2")
    late = next_of(held, page)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text(NO_PICTURE)
    expect(page.locator("#file")).to_have_value("")  # the same file, mended, can be chosen again
    late.continue_()
    page.wait_for_url("**noise=0.2*")
    expect(page.locator("#file-problem")).to_have_text(NO_PICTURE)


def drop(page: Any, path: Path) -> None:
    """Drop a file on the picture as a visitor does: Chromium makes the events itself."""
    page.locator("#drawing").scroll_into_view_if_needed()
    box = page.locator("#drawing").bounding_box()
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    event = {"x": box["x"] + 50, "y": box["y"] + 50, "data": data}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **event})


def test_files_are_dropped_on_a_phone_s_width_and_bad_ones_say_why(visit, tmp_path: Path):
    page = visit("", PHONE)
    bad, large, good = (tmp_path / f"{name}.png" for name in ("bad", "large", "good"))
    bad.write_bytes(b"no picture")
    large.write_bytes(bytes(LARGEST_BODY + 1))
    Image.new("L", (28, 28), 200).save(good)
    moving, report = tmp_path / "moving.gif", tmp_path / "report.json"
    Image.new("L", (28, 28), 200).save(moving)
    report.write_text("{}")
    for path, sentence in (
        (bad, NO_PICTURE),
        (moving, NO_PICTURE),
        (report, NO_PICTURE),
        (large, "a request or a picture may have 1,048,576 bytes at most"),
    ):
        drop(page, path)
        expect(page.locator("#file-problem")).to_have_text(sentence)
        expect(page.locator("#image-value")).to_have_text("0")
    page.evaluate("[window.was, window.fetch] = [fetch, () => Promise.reject(new Error('none'))]")
    drop(page, good)
    expect(page.locator("#file-problem")).to_have_text("no answer: none")
    page.evaluate("void (window.fetch = window.was)")
    drop(page, good)
    expect(page.locator("#image-value")).to_have_text("your own")
    expect(page.locator("#file-problem")).to_be_hidden()
    assert sideways(page) == 0
