"""The page in a real browser: it plays, seeks, filters, asks nobody, and survives hostile text."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
import views_support as support
from playwright.sync_api import expect

from unsaid.views.html import render
from unsaid.views.wording import visible

CURRENT = "[...document.querySelectorAll('.card.is-current')].map(card => card.dataset.flag).join()"


def test_it_plays_and_lights_the_word_being_spoken(open_page) -> None:
    opened = open_page(support.small())
    page = opened.page
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.locator("#play").click()
    opened.wait("document.querySelector('#audio').currentTime > 0.9")
    opened.wait("document.querySelectorAll('.w.is-lit').length === 1")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    assert page.locator("#playhead").get_attribute("x1") not in {"0", "0%"}
    page.locator("#play").click()
    opened.wait("document.querySelector('#audio').paused")
    lit = page.locator(".w.is-lit")
    assert (
        float(lit.get_attribute("data-start")) <= opened.time() <= float(lit.get_attribute("data-end")) + 0.5
    )
    assert opened.errors == []


def test_a_click_on_a_word_is_heard_from_there(open_page) -> None:
    opened = open_page(support.small())
    word = opened.page.locator(".w", has_text="minute,")
    start_s = float(word.get_attribute("data-start"))
    word.click()
    opened.wait(f"document.querySelector('#audio').currentTime > {start_s + 0.1}")
    assert opened.time() < start_s + 10
    opened.wait("!document.querySelector('#audio').paused")


def test_a_click_on_the_waveform_seeks(open_page) -> None:
    opened = open_page(support.small(), peaks=[0.1, 0.9, 0.4] * 50)
    wave = opened.page.locator(".wave")
    box = wave.bounding_box()
    duration_s = opened.page.evaluate("document.querySelector('#audio').duration")
    # At a place where no flag's letter stands.
    opened.page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + 10)
    opened.wait("document.querySelector('#audio').currentTime > 1")
    assert opened.time() == pytest.approx(duration_s * 0.9, abs=duration_s * 0.01)


def test_words_are_reached_and_heard_by_keyboard(open_page) -> None:
    opened = open_page(support.small())
    page = opened.page
    page.locator(".w").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    focused = page.locator(".w:focus")
    assert focused.text_content() == "have"
    assert focused.get_attribute("role") == "button"
    assert page.locator(".w[tabindex]").count() == 1
    start_s = float(focused.get_attribute("data-start"))
    page.keyboard.press("Enter")
    opened.wait(f"document.querySelector('#audio').currentTime > {start_s}")


def test_keys_play_pause_and_go_from_flag_to_flag(open_page) -> None:
    opened = open_page(support.small())
    page = opened.page
    starts_s = [flag.start_s for flag in support.small().flags]
    page.keyboard.press("j")
    assert page.evaluate(CURRENT) == "1"
    assert opened.time() == pytest.approx(starts_s[0] - 2, abs=0.1)
    page.keyboard.press("j")
    assert page.evaluate(CURRENT) == "2"
    assert opened.time() == pytest.approx(starts_s[1] - 2, abs=0.1)
    expect(page.locator("#status")).to_have_text("Flag 2 of 5: D2, unexplained choice")
    page.keyboard.press("k")
    assert page.evaluate(CURRENT) == "1"
    page.keyboard.press("k")
    assert page.evaluate(CURRENT) == "1"
    for _ in range(9):
        page.keyboard.press("j")
    assert page.evaluate(CURRENT) == "5"
    page.keyboard.press("Space")
    opened.wait("!document.querySelector('#audio').paused")
    page.keyboard.press("Space")
    opened.wait("document.querySelector('#audio').paused")
    assert page.evaluate("scrollY") < 400, "space must not scroll the page as well"


def test_space_plays_after_a_button_or_link_was_clicked(open_page) -> None:
    opened = open_page(support.small())
    for clicked in ("#next", ".chip[data-family=A]", "#s2 .badge"):
        opened.page.locator(clicked).click()
        opened.page.keyboard.press("Space")
        opened.wait("!document.querySelector('#audio').paused")
        opened.page.keyboard.press("Space")
        opened.wait("document.querySelector('#audio').paused")
        if clicked.startswith(".chip"):
            opened.page.locator(clicked).click()


def test_help_opens_and_closes_by_key(open_page) -> None:
    opened = open_page(support.small())
    opened.page.keyboard.press("?")
    expect(opened.page.locator("#help")).to_be_visible()
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator("#help")).to_be_hidden()


def test_a_family_is_filtered_out_and_stepped_over(open_page) -> None:
    opened = open_page(support.small())
    page = opened.page
    button = page.locator(".chip[data-family=A]")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_contain_text("2")
    assert page.locator(".card:visible").count() == 5
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.locator(".card:visible").count() == 3
    assert page.locator(".badge.fA:visible, .tick-link.fA:visible").count() == 0
    plain = "rgba(0, 0, 0, 0)"
    assert page.locator("mark.fA").first.evaluate("e => getComputedStyle(e).backgroundColor") == plain
    assert page.locator("mark.fU").first.evaluate("e => getComputedStyle(e).backgroundColor") != plain
    # A word in two quotes keeps the mark of the family that is still shown.
    assert page.locator("mark.fD.fA").evaluate("e => getComputedStyle(e).backgroundColor") != plain
    page.locator("#next").click()
    assert page.evaluate(CURRENT) == "2"
    for family in "DU":
        page.locator(f".chip[data-family={family}]").click()
    expect(page.locator("#all-hidden")).to_be_visible()
    button.click()
    expect(page.locator("#all-hidden")).to_be_hidden()
    assert page.locator(".card:visible").count() == 2


def test_a_flags_time_is_heard_from_two_seconds_before(open_page) -> None:
    opened = open_page(support.small())
    start_s = support.small().flags[3].start_s
    opened.page.locator("#flag-4 .where").click()
    opened.wait(f"document.querySelector('#audio').currentTime > {start_s - 2}")
    assert opened.page.evaluate(CURRENT) == "4"


def test_it_asks_nobody(open_page) -> None:
    opened = open_page(support.small())
    opened.page.locator("#play").click()
    opened.wait("document.querySelector('#audio').currentTime > 0.2")
    folder = opened.path.parent.as_uri() + "/"
    assert {url.removeprefix(folder) for url in opened.requests if not url.startswith("data:")} == {
        "report.html",
        "answer.flac",
    }


def test_its_policy_stops_what_is_not_its_own(open_page) -> None:
    opened = open_page(support.small())
    opened.page.evaluate(
        """() => {
          const image = new Image(); image.src = "http://127.0.0.1:9/x.png"; document.body.append(image);
          const script = document.createElement("script"); script.textContent = "window.foreign = 1";
          document.body.append(script);
          const style = document.createElement("style"); style.textContent = "body { display: none }";
          document.body.append(style);
        }"""
    )
    assert opened.page.evaluate("window.foreign === undefined")
    expect(opened.page.locator("body")).to_be_visible()
    assert len([error for error in opened.errors if "Content Security Policy" in error]) >= 3


@pytest.mark.parametrize("script", [True, False])
def test_hostile_text_is_shown_and_not_obeyed(open_page, script: bool) -> None:
    audit = support.build(
        [(1.2, "Fine so far.", []), (0.1, support.HOSTILE, [("D1", "</script>")])],
        prompt=support.HOSTILE,
        notes=(support.HOSTILE,),
        message=support.HOSTILE,
        evidence=(support.HOSTILE,),
        rewrite=support.HOSTILE,
        name=support.HOSTILE,
    )
    opened = open_page(audit, title=support.HOSTILE, java_script_enabled=script)
    assert opened.errors == []
    assert len(opened.page.title()) > 50
    assert "owned" not in opened.page.title().split("'")[0]
    said = visible(support.HOSTILE)
    # Marks stand between the words; without them the sentence is what was said.
    told = opened.page.locator("#s2 p").evaluate if script else None
    if told:
        without_badges = told(
            "p => { const c = p.cloneNode(true); c.querySelectorAll('.badge').forEach(b => b.remove());"
            " return c.textContent }"
        )
        assert without_badges.split() == said.split()
    assert opened.page.locator(".message").first.text_content() == said
    assert opened.page.locator("body img, body a[href^=http]").count() == 0
    source = opened.path.read_text(encoding="utf-8")
    assert not set(source) & set("\x1b\x07\u202e\u202c")
    assert source.count("<script") == 2


def test_it_is_legible_without_javascript(open_page) -> None:
    opened = open_page(support.small(), java_script_enabled=False, peaks=[0.5] * 40)
    page = opened.page
    for sentence in support.small().sentences:
        assert sentence.text.split()[0] in page.locator(f"#s{sentence.index + 1}").inner_text()
    assert page.locator(".card:visible").count() == 5
    assert page.locator(".measures dd:visible").count() == 6
    expect(page.locator(".wave path.sound")).to_be_visible()
    expect(page.locator("audio")).to_be_visible()
    assert page.locator(".needs-js:visible").count() == 0
    page.locator("#s2 .badge").click()
    assert page.url.endswith("#flag-1")
    expect(page.locator("#flag-1")).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_need_not_scroll_sideways(open_page, width: int) -> None:
    long = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
    audits = [support.small(), support.build([(5, f"I'd take {long}.", [("D1", long)])], prompt=long)]
    for audit in audits:
        page = open_page(audit, viewport={"width": width, "height": 720}, has_touch=True).page
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("j")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_transcript_without_sound_has_no_player(open_page) -> None:
    opened = open_page(support.small(), sound=False)
    page = opened.page
    assert page.locator("audio, #play").count() == 0
    page.locator(".w").nth(3).click()
    page.keyboard.press("Space")
    page.keyboard.press("j")
    assert page.evaluate(CURRENT) == "1"
    assert page.locator(".wave rect.sound").count() == 7
    assert opened.errors == []


def test_a_text_without_times_shows_none(open_page) -> None:
    opened = open_page(support.small("none"), sound=False)
    assert not re.search(r"\d:\d\d", opened.page.locator("body").inner_text())
    assert opened.page.locator("#timeline, .gap").count() == 0
    expect(opened.page.locator("#s2 .at")).to_have_text("2")
    opened.page.keyboard.press("j")
    assert opened.page.evaluate(CURRENT) == "1"
    assert opened.errors == []


def test_with_times_of_segments_a_sentence_is_clicked_and_lit(open_page) -> None:
    opened = open_page(support.small("segment"))
    page = opened.page
    assert page.locator(".w").count() == 0
    start_s = float(page.locator("#s3").get_attribute("data-start"))
    page.locator("#s3 p").click(position={"x": 8, "y": 12})
    opened.wait(f"document.querySelector('#audio').currentTime > {start_s}")
    opened.wait("document.querySelector('#s3').classList.contains('is-lit')")


def test_a_recording_inside_the_page_plays_and_seeks(open_page, tmp_path: Path) -> None:
    sound = tmp_path / "inside.flac"
    audit = support.small()
    support.tone(sound, audit.transcript.duration_s)
    address = "data:audio/flac;base64," + base64.b64encode(sound.read_bytes()).decode()
    opened = open_page(audit, audio_url=address)
    word = opened.page.locator(".w", has_text="burst")
    word.click()
    opened.wait(f"document.querySelector('#audio').currentTime > {float(word.get_attribute('data-start'))}")
    assert all(url.startswith(("file:", "data:")) for url in opened.requests)


def test_a_missing_recording_is_said(open_page, tmp_path: Path) -> None:
    path = tmp_path / "gone.html"
    path.write_text(render(support.small(), title="T", audio_url="gone.flac"), encoding="utf-8")
    page = open_page(support.small()).page
    page.goto(path.as_uri())
    expect(page.locator("#status")).to_have_text("The recording could not be loaded.")


def test_the_theme_can_be_turned_round_and_is_kept(open_page) -> None:
    opened = open_page(support.small(), color_scheme="light")
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").click()
    assert page.evaluate(ground) != light
    page.reload()
    assert page.evaluate(ground) != light
    page.emulate_media(color_scheme="dark")
    page.locator("#theme").click()
    assert page.evaluate(ground) == light


def test_an_hour_opens_and_finds_its_words(open_page) -> None:
    words = "I would keep the counters close to the servers because that saves a round trip"
    audit = support.build(
        [(0.4, f"{words} {n}.", [("D1", "keep")] if n % 6 == 0 else []) for n in range(600)]
    )
    opened = open_page(audit, peaks=[0.5] * 1200)
    page = opened.page
    assert page.locator(".w").count() == 600 * 16
    page.locator(".w").nth(9000).evaluate("word => word.click()")
    start_s = float(page.locator(".w").nth(9000).get_attribute("data-start"))
    opened.wait(f"document.querySelector('#audio').currentTime > {start_s}")
    opened.wait("document.querySelectorAll('.w.is-lit').length === 1")
    expect(page.locator(".w.is-lit")).to_be_in_viewport()
    assert opened.errors == []


def test_the_sample_answer_has_its_flags_on_the_page(open_page) -> None:
    audit = support.sample()
    opened = open_page(audit, audio_url=(support.SAMPLE / "answer.flac").as_uri())
    assert opened.page.locator(".card").count() == len(audit.flags)
    assert opened.page.evaluate("document.querySelector('#audio').duration") == pytest.approx(
        audit.transcript.duration_s, abs=0.05
    )


def test_it_prints_everything_in_one_column(open_page) -> None:
    page = open_page(support.small()).page
    page.emulate_media(media="print")
    assert page.locator("audio:visible, .filter:visible, #play:visible").count() == 0
    assert page.locator(".card:visible").count() == 5
    assert page.locator(".flags ol").evaluate("e => getComputedStyle(e).overflowY") == "visible"


def test_cards_stand_by_cost_and_keys_go_by_time_whatever_the_numbers(open_page) -> None:
    audit = support.ranked()
    opened = open_page(audit)
    page = opened.page
    cards = page.locator(".card")
    assert [cards.nth(i).get_attribute("data-flag") for i in range(cards.count())] == ["4", "1", "7"]
    assert page.locator("#flag-7 h3").inner_text().lower().endswith("less sure")
    said = page.locator("#flags").inner_text()
    assert "1 more, less sure: --all shows it." in said and "1 dismissed." in said
    assert page.locator("#flag-5, #flag-8").count() == 0
    for number, flag in zip(("1", "7", "4"), audit.flags, strict=True):
        page.keyboard.press("j")
        assert page.evaluate(CURRENT) == number
        assert opened.time() == pytest.approx(flag.start_s - 2, abs=0.1)
    expect(page.locator("#status")).to_have_text("Flag 4, 3 of 3: D3, unexplained choice")
    page.keyboard.press("k")
    assert page.evaluate(CURRENT) == "7"
    page.locator("#flag-4 .where").click()
    opened.wait(f"document.querySelector('#audio').currentTime >= {audit.flags[2].start_s - 2.1}")
    assert page.evaluate(CURRENT) == "4"
    page.locator('.chip[data-family="A"]').click()
    assert page.locator("#status").inner_text() == "2 of 3 flags shown"
    assert opened.errors == []
