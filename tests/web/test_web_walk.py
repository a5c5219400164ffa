"""The review page as a user walks through it: by mouse, by keyboard, in two windows, with the server away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_support import AWAY, FAILS, PASSES, OpenReview, Window
from playwright.sync_api import Browser, expect
from web_support import Client, PageServer

from made_session import hum, made, spoken
from unsaid.model import Pause, Segment, Transcript
from unsaid.shortlist import REASONS


@pytest.fixture
def review(page_server: PageServer, open_review: OpenReview) -> Window:
    """A window on the sample."""
    return open_review(page_server)


# The whole walk


def test_the_whole_walk(page_server: PageServer, open_review: OpenReview) -> None:
    review = open_review(page_server)
    page = review.page

    # It plays, and a click on a word is heard from there.
    page.locator("#play").click()
    review.until("document.querySelector('#audio').currentTime > 0.3")
    page.locator("#play").click()
    word = page.locator(".w", has_text="counters").first
    start_s = float(word.get_attribute("data-start") or "nan")
    word.click()
    review.until(f"document.querySelector('#audio').currentTime > {start_s + 0.1}")
    assert review.time() < start_s + 10
    page.locator("#play").click()

    # The first moment is put aside with a reason, the second kept.
    assert review.badge() == "1D1"
    page.locator("#dismiss").click()
    page.locator("#reasons").get_by_role("button", name="not worth it").click()
    assert review.badge() == "2A2"
    page.locator("#keep").click()
    assert review.badge() == "3D2"
    review.see("#progress", "1 of 7 settled")

    # A mark of her own, by dragging over some words.
    review.drag_over(2, 2, 4)
    expect(page.locator("#popover")).to_be_visible()
    page.locator("#popover").get_by_role("button", name="missing assumption").click()
    assert review.badge() == "Aown"
    review.see("#progress", "1 of 8 settled")
    expect(page.locator("#s2")).to_have_class("line own fA")

    # A rewrite that fails the check, and why; then one that passes.
    page.locator(".row", has_text="1D1").click()
    page.locator("#text").fill(FAILS)
    review.see("#check", "Still missing")
    review.see("#check-lines", "a listener has to guess why")
    page.locator("#keep-text").click()
    review.see("#card-verdict", "dismissed: not worth it")
    page.locator("#reopen").click()
    review.see("#card-verdict", "does not pass yet")
    page.locator("#text").fill(PASSES)
    review.see("#check", "It passes")
    page.keyboard.press("Enter")
    review.see("#card-verdict", "passes")
    review.see("#saved", "saved ")

    # Undo takes the last change back, and the one before; the page says what.
    page.locator("#undo").click()
    review.see("#status", "Undone: the rewrite")
    expect(page.locator("#text")).to_have_value(FAILS)
    page.locator("#text").fill(PASSES)
    page.keyboard.press("Enter")
    review.see("#card-verdict", "passes")

    # All of it is there after the page was loaded anew, and in another window.
    page.reload()
    review.ready()
    for window in (review, open_review(page_server, beside=review)):
        window.see("#progress", "1 of 8 settled")
        window.page.locator(".row", has_text="1D1").click()
        expect(window.page.locator("#text")).to_have_value(PASSES)
        window.see("#check", "It passes")
        expect(window.page.locator(".row", has_text="2A2")).to_contain_text("kept")
        expect(window.page.locator(".row", has_text="Aown")).to_contain_text("marked")

    # Before and after.
    page.locator("#finish").click()
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible()
    review.see("#end-shares", "Decisions with an audible reason")
    decisions, *_ = page_server.client().state()["shares"]
    assert decisions["after"] == decisions["before"] + 1
    review.see("#end-shares", f"{decisions['before']} of {decisions['total']}, now {decisions['after']} of")
    review.see("#end-pairs", "I'd go with a token bucket.")
    review.see("#end-pairs", PASSES)
    review.see("#end-rest", "fifty thousand requests")
    review.see("#end-written", "written anew")
    assert PASSES.split(",")[0] in (page_server.session / "report.md").read_text(encoding="utf-8")
    page.locator("#end-back").click()
    expect(page.locator("#card")).to_be_visible()


def test_everything_by_keyboard_alone(review: Window, page_server: PageServer) -> None:
    page = review.page
    # Hear it: from two seconds before, slower, earlier, longer; again stops.
    start_s = page.evaluate("JSON.parse(document.querySelector('#data').textContent).state.moments[0].start")
    page.evaluate(
        """() => {
          window.seeks = [];
          const audio = document.querySelector("#audio");
          audio.addEventListener("seeking", () => seeks.push(audio.currentTime));
        }"""
    )

    def heard_from(time_s: float) -> None:
        review.until(f"Math.abs(seeks.at(-1) - {time_s}) < 0.01 && !document.querySelector('#audio').paused")

    review.press("Space")
    heard_from(start_s - 2)
    review.press("Space")
    review.until("document.querySelector('#audio').paused")
    review.press("s")
    assert page.evaluate("document.querySelector('#audio').playbackRate") == 0.75
    assert page.evaluate("document.querySelector('#audio').preservesPitch") is True
    review.press("s", "s", ",")
    heard_from(start_s - 3)
    review.press("l")
    heard_from(start_s - 5)
    review.press(".")
    heard_from(start_s - 4)
    review.press("Space")

    # Dismiss: escape leaves it, a figure gives the reason; then enter gives none.
    review.press("d", "Escape")
    expect(page.locator("#reasons")).to_be_hidden()
    review.see("#card-verdict", "open")
    review.press("d", "2", "d", "Enter")
    assert review.badge() == "3D2"
    review.press("b", "b")
    review.see("#card-verdict", f"dismissed: {REASONS[1]}")
    review.press("n")
    expect(page.locator("#card-verdict")).to_have_text("✕ dismissed")
    review.press("o")
    review.see("#card-verdict", "open")

    # Another family, and keeping.
    review.press("f", "u")
    review.see("#card-family", "filed under unbounded uncertainty")
    review.press("k")
    assert review.badge() == "3D2"

    # A rewrite: enter goes from blank to blank, then keeps it.
    review.press("w")
    page.keyboard.type("because every request passes there")
    box = page.locator("#text")
    assert "because every request passes there" in box.input_value()
    box.press("ControlOrMeta+a")
    page.keyboard.type("I'd put it in the ___ because ___.")
    review.see("#enter-words", "next blank")
    review.press("Enter")
    page.keyboard.type("gateway")
    review.press("Enter")
    page.keyboard.type("every request passes there anyway")
    expect(box).to_have_value("I'd put it in the gateway because every request passes there anyway.")
    review.see("#enter-words", "enter keeps it")
    review.press("Enter")
    review.see("#card-verdict", "kept, passes")
    review.press("Escape")
    assert page.evaluate("document.activeElement.id") == "card"
    review.press("x")
    review.see("#card-verdict", "kept")
    review.press("u")
    review.see("#card-verdict", "kept, passes")

    # A mark of her own: the arrows choose the sentence.
    review.press("m", "ArrowDown", "ArrowDown", "ArrowUp", "d")
    assert review.badge() == "Down"
    assert page.evaluate("document.querySelector('.line.own').id") == "s16"
    review.press("d")
    expect(page.locator(".line.own")).to_have_count(0)
    review.press("u")
    expect(page.locator(".line.own")).to_have_count(1)

    # Help, and the end.
    review.press("?")
    expect(page.locator("#help")).to_be_visible()
    review.press("Escape", "e")
    expect(page.locator("#end")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "end"
    review.see("#end-pairs", "every request passes there anyway")
    review.press("b")
    expect(page.locator("#card")).to_be_visible()
    review.until("document.querySelector('#saved').textContent.startsWith('saved ')")
    rows = page_server.review()
    assert [row["reason"] for row in rows["dismissed"]] == [REASONS[1]]
    assert [row["family"] for row in rows["marks"]] == ["D"]


def test_every_control_is_reached_by_tab_and_none_holds_it(review: Window) -> None:
    """Once through the page and out again: each stop can be seen, and the long lists are one stop each."""
    stops = []
    for _ in range(80):
        review.press("Tab")
        stop = review.page.evaluate(
            """() => {
              const at = document.activeElement;
              if (at === document.body) return null;
              const seen = getComputedStyle(at);
              return {
                id: at.id || at.className, key: at.getAttribute("aria-keyshortcuts"),
                seen: seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) >= 1,
                name: (at.ariaLabel || at.innerText || at.title || at.labels?.[0]?.innerText || "").trim(),
              };
            }"""
        )
        if stop is None or (stops and stop == stops[0]):
            break
        stops.append(stop)
    else:
        raise AssertionError(f"Tab does not come to an end: {stops[-3:]}")
    names = [stop["id"] for stop in stops]
    for wanted in (
        "play",
        "undo",
        "finish",
        "hear",
        "keep",
        "dismiss",
        "family",
        "text",
        "keep-text",
        "say",
        "next",
    ):
        assert wanted in names or wanted == "undo", wanted
    assert names.count("row-button") == 1 and names.count("at") == 1
    assert sum(1 for name in names if name.split(" ")[0] == "w") == 1
    assert [stop for stop in stops if not stop["seen"]] == []
    assert [stop for stop in stops if not stop["name"]] == []


def test_letters_can_be_switched_off(review: Window) -> None:
    review.press("?")
    review.page.locator("#letters").uncheck()
    review.press("Escape", "k", "d")
    assert review.badge() == "1D1"
    expect(review.page.locator("#reasons")).to_be_hidden()
    review.page.reload()
    review.ready()
    review.press("k")
    assert review.badge() == "1D1"
    review.see("#card-verdict", "open")
    review.page.locator("#help-open").click()
    review.page.locator("#letters").check()
    review.press("Escape", "k")
    assert review.badge() == "2A2"


# Sound


def test_a_moment_is_heard_alone(review: Window) -> None:
    page = review.page
    review.press("n", "s", "s")
    m = page.evaluate("JSON.parse(document.querySelector('#data').textContent).state.moments[1]")
    page.evaluate("document.querySelector('#audio').playbackRate = 8")
    review.press("Space")
    review.until("!document.querySelector('#audio').paused")
    review.see("#hear-words", "Stop")
    review.until("document.querySelector('#audio').paused")
    assert review.time() == pytest.approx(m["end"] + 0.5, abs=0.5)
    review.see("#hear-words", "Hear it")
    assert page.locator(".stretch").get_attribute("class") == "stretch fA"


def test_the_waveform_seeks_and_its_flags_lead_to_their_moments(review: Window) -> None:
    page = review.page
    box = page.locator(".wave").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.97, box["y"] + 12)
    review.until("document.querySelector('#audio').currentTime > 100")
    page.locator(".tick-link.fU").first.click()
    assert review.badge() == "5U1"
    assert page.locator(".tick-link").count() == 7


def test_without_sound_all_but_hearing_works(serve_page, open_review: OpenReview) -> None:
    review = open_review(serve_page("--no-audio"))
    assert review.page.locator("audio, #play, #hear").count() == 0
    review.press("Space", ",", "l", "s", "p", "k")
    assert review.badge() == "2A2"
    review.see("#saved", "saved ")
    review.drag_over(1, 1, 3)
    expect(review.page.locator("#popover")).to_be_visible()
    review.press("d")
    assert review.badge() == "Down"


def test_an_answer_with_times_of_sentences_alone_can_be_reviewed(
    workspace: Path, demo: Path, serve_page, open_review: OpenReview
) -> None:
    told = spoken(["So I have to build it.", "I'll use a hash map here.", "It is done."])
    segments = tuple(Segment(s.start_s, s.end_s, s.text) for s in told.segments)
    heard = Transcript(segments, told.duration_s, (Pause(2.0, 3.5),), language="en", timing="segment")
    session = made(workspace / "sessions", "coarse", heard, hum(told.duration_s))
    review = open_review(serve_page(session=session))
    review.page.locator("#s2 p").click(position={"x": 10, "y": 10})
    review.until("!document.querySelector('#audio').paused")
    review.press("Space", "m", "a")
    review.see("#card-name", "your own mark")


# Two windows


def test_another_windows_work_appears_and_disturbs_nothing(
    review: Window, page_server: PageServer, open_review: OpenReview
) -> None:
    other = open_review(page_server, beside=review)
    review.page.locator("#text").fill("I am still writing this")
    other.press("k")
    other.page.locator(".row", has_text="1D1").click()
    other.page.locator("#text").fill(PASSES)
    other.press("Enter")
    other.see("#card-verdict", "kept, passes")
    # The same moment, while something else is typed at it here.
    review.see("#card-notice", "Changed in another window: kept")
    review.see("#card-notice", "Your own text is still in the box")
    expect(review.page.locator("#text")).to_have_value("I am still writing this")
    review.see("#progress", "1 of 7 settled")
    # Its undo is its own.
    expect(review.page.locator("#undo")).to_be_disabled()
    review.page.locator("#drop").click()
    review.see("#card-verdict", "kept")
    other.see("#card-notice", "the rewrite was dropped")
    # A mark that is taken away there gives way here to what is in its place.
    review.press("Escape", "m", "d")
    other.page.locator(".row", has_text="Down").click()
    assert review.badge() == other.badge() == "Down"
    other.press("d")
    review.see("#status", "Another window took this moment away")
    expect(review.page.locator("#card")).to_be_visible()
    assert "own" not in review.badge()
    # Both say something of other moments: nothing is lost.
    review.page.locator(".row", has_text="3D2").click()
    other.page.locator(".row", has_text="4A4").click()
    review.press("d", "1")
    other.press("d", "3")
    for window in (review, other):
        expect(window.page.locator(".row.is-dismissed")).to_have_count(2)
    assert {row["reason"] for row in page_server.review()["dismissed"]} == {REASONS[0], REASONS[2]}


def test_the_terminals_work_appears_as_well(review: Window, client: Client) -> None:
    ids = [m["id"] for m in client.state()["moments"]]
    client.act("dismiss", moment=ids[6], reason="wrong words")
    expect(review.page.locator(".row.is-dismissed")).to_have_count(1)
    client.act("mark", sentence=3, letter="U")
    expect(review.page.locator("#s4")).to_have_class("line own fU")


# Nothing that was typed is lost


def test_the_server_killed_and_started_again_while_typing(serve_page, open_review: OpenReview) -> None:
    first = serve_page()
    review = open_review(first)
    page = review.page
    page.locator("#text").fill("I'd go with a token bucket because")
    first.kill()
    page.locator("#text").press_sequentially(" it lets short bursts through")
    review.see("#trouble", "Not saved: unsaid does not answer")
    review.see("#trouble", f"--web --port {first.port}")
    review.press("Enter", "Escape", "n", "k")
    review.see("#saved", "not saved")
    # It is started again at the same port: the link in a second tab gives this one its cookie back.
    second = serve_page("--port", str(first.port))
    review.see("#trouble", "this page belongs to an earlier run")
    other = open_review(second, beside=review)
    page.locator("#try").click()
    expect(page.locator("#trouble")).to_be_hidden()
    review.see("#saved", "saved ")
    other.page.locator(".row", has_text="1D1").click()
    expect(other.page.locator("#text")).to_have_value(
        "I'd go with a token bucket because it lets short bursts through"
    )
    expect(other.page.locator(".row", has_text="2A2")).to_contain_text("kept")
    for window in (review, other):
        window.forgive(AWAY, "403")


def test_what_waits_to_be_saved_outlives_a_reload(serve_page, open_review: OpenReview) -> None:
    first = serve_page()
    review = open_review(first)
    first.kill()
    review.press("d", "4", "w")
    review.page.keyboard.press("ControlOrMeta+a")
    review.page.keyboard.type("half a sentence, never kept")
    review.see("#saved", "not saved")
    review.page.on("dialog", lambda dialog: dialog.accept())
    second = serve_page("--port", str(first.port))
    review.open(second.url)
    review.see("#saved", "saved ")
    expect(review.page.locator("#text")).to_have_value("half a sentence, never kept")
    review.see("#enter-words", "not kept yet")
    assert review.badge() == "2A2"
    assert [row["reason"] for row in second.review()["dismissed"]] == [REASONS[3]]
    review.forgive(AWAY, "403")


def test_what_is_typed_stays_with_its_moment(review: Window) -> None:
    box = review.page.locator("#text")
    frame = box.input_value()
    box.fill("the first thought")
    review.press("Escape", "n")
    box.fill("another one")
    review.press("Escape", "b")
    expect(box).to_have_value("the first thought")
    review.page.reload()
    review.ready()
    expect(box).to_have_value("the first thought")
    review.press("x")
    expect(box).to_have_value(frame)
    review.press("n")
    expect(box).to_have_value("another one")


def test_what_the_server_refuses_is_said_and_stays_in_the_box(review: Window) -> None:
    box = review.page.locator("#text")
    box.fill("word " * 500)
    review.see("#check", "characters are too many: 2000 at most")
    review.press("Enter")
    assert box.input_value() == "word " * 500
    box.fill("I say one thing. And then I say another thing.")
    review.see("#check", "These are 2 sentences")


def test_a_damaged_file_is_told_and_what_was_done_waits(review: Window, page_server: PageServer) -> None:
    review.press("k")
    review.see("#saved", "saved ")
    path = page_server.session / "review.json"
    good = path.read_text(encoding="utf-8")
    path.write_text(good[:50], encoding="utf-8")
    review.press("k")
    review.see("#trouble", "review.json")
    path.write_text(good, encoding="utf-8")
    expect(review.page.locator("#trouble")).to_be_hidden()
    assert len(page_server.review()["kept"]) == 2
    review.forgive("409")


# The filter


def test_the_filter_narrows_the_list_the_timeline_and_the_steps(review: Window) -> None:
    page = review.page
    page.locator(".chip[data-family=A]").click()
    review.see("#moments-title", "5 of 7 moments")
    assert page.locator(".tick-link").count() == 5
    review.press("n")
    assert review.badge() == "3D2"
    review.press("k")
    page.locator("#verdicts").select_option("open")
    assert review.badge() == "5U1"
    expect(page.locator(".row")).to_have_count(4)
    page.locator("#verdicts").select_option("kept")
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".chip[data-family=D]").click()
    expect(page.locator("#filtered")).to_be_visible()


# Saying it aloud


@pytest.fixture
def speaking(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose microphone hears one sentence of the sample, and then nothing."""
    import numpy as np
    import soundfile

    root = Path(__file__).parents[2] / "sessions" / "sample"
    samples, rate_hz = soundfile.read(root / "answer.flac", dtype="int16")
    script = json.loads((root / "script.json").read_text(encoding="utf-8"))
    said = next(s for s in script["sentences"] if "shared store" in s["text"])
    words = samples[int((said["start_s"] - 0.2) * rate_hz) : int((said["end_s"] + 0.3) * rate_hz)]
    still = np.zeros(rate_hz // 2, "int16")
    soundfile.write(tmp_path / "said.wav", np.concatenate([still, words, np.tile(still, 120)]), rate_hz)
    path = next(p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name)))
    other = browser.browser_type.launch(
        executable_path=path,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={tmp_path / 'said.wav'}%noloop",
        ],
    )
    yield other
    other.close()


def test_a_rewrite_is_said_aloud_heard_and_played_after_the_first_take(
    speaking: Browser, page_server: PageServer
) -> None:
    page = speaking.new_page(viewport={"width": 1440, "height": 900})
    review = Window(page, page_server).open()
    page.locator("#say").click()
    expect(page.locator("#aloud-words")).to_contain_text("Say it in one sentence")
    review.until("document.querySelector('#aloud-level').value > 0.3")
    review.until("document.querySelector('#aloud-time').textContent.startsWith('0:06')")
    review.press("Enter")
    expect(page.locator("#text")).to_have_value(
        "I'd keep them in a shared store, because any server may get the next request.", timeout=60_000
    )
    review.see("#status", "Heard: ")
    review.see("#check", "It passes")
    (row,) = page_server.review()["rewrites"]
    assert (page_server.session / str(row["recording"])).is_file()
    # First take, then the new one.
    page.evaluate("document.querySelector('#audio').playbackRate = 8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    review.press("h")
    review.until("!document.querySelector('#audio').paused")
    review.until("document.querySelector('#audio').paused")
    review.until(
        "document.querySelector('#then-now') !== null && document.querySelector('.hear.is-playing') !== null"
    )
    assert any("/said/" in url for url in asked)
    page.context.close()


def test_a_microphone_that_is_refused_leaves_a_way_on(review: Window) -> None:
    review.page.locator("#say").click()
    review.see("#aloud", "microphone")
    review.see("#aloud", "type the sentence")
    review.press("Escape")
    expect(review.page.locator("#aloud")).to_be_hidden()
    review.press("w")
    assert review.page.evaluate("document.activeElement.id") == "text"


# Small screens, paper, and text that means harm


@pytest.mark.parametrize("width", [320, 390, 720])
def test_a_small_screen_need_not_scroll_sideways(
    page_server: PageServer, open_review: OpenReview, width: int
) -> None:
    """720 is a screen of 1440 at 200 %."""
    review = open_review(page_server, viewport={"width": width, "height": 700}, has_touch=width < 700)
    page = review.page
    for keys in ((), ("d",), ("Escape", "f"), ("Escape", "m"), ("u", "?"), ("Escape", "e")):
        review.press(*keys)
        assert review.overflow() <= 0, keys
    review.press("b")
    if width < 700:
        small = page.evaluate(
            """() => [...document.querySelectorAll(":is(#card, .tools, #moments) :is(button, select), #play")]
              .filter((each) => each.offsetParent)
              .map((each) => [each.id || each.className, each.getBoundingClientRect()])
              .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
              .map(([name]) => name)"""
        )
        assert small == []
    expect(page.locator("#next")).to_be_in_viewport()


def test_on_paper_it_is_a_sheet_of_rewrites(review: Window) -> None:
    review.page.locator("#text").fill(PASSES)
    review.press("Enter")
    review.see("#card-verdict", "passes")
    review.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    review.page.emulate_media(media="print")
    expect(review.page.locator("#end-pairs")).to_be_visible()
    assert review.page.locator("#card:visible, .deck:visible, #end-back:visible").count() == 0
    review.see("#end-pairs", PASSES)


HOSTILE = (
    "<script>document.title='owned'</script> </script><img src=x onerror=alert(1)> 'q' \"qq\" {{7*7}} &amp; "
    "\u202eevil\u202c \x1b[31mred\x1b[0m\x07 --> ]]>"
)


def test_hostile_text_is_shown_and_not_obeyed(
    workspace: Path, demo: Path, serve_page, open_review: OpenReview
) -> None:
    told = spoken(
        [f"I'll use a hash map {HOSTILE} here.", "I'd take " + "x" * 1_000_000 + " for it.", "It is done."]
    )
    session = made(workspace / "sessions", "hostile", told, hum(told.duration_s), prompt=HOSTILE)
    review = open_review(serve_page(session=session))
    page = review.page
    review.press("m", "d")
    review.press("w")
    page.locator("#text").fill(f"I {HOSTILE.replace(chr(27), '')} because I can")
    review.press("ControlOrMeta+Enter")
    review.see("#saved", "saved ")
    page.reload()
    review.ready()
    assert "owned" not in page.title() and page.title().startswith("hostile")
    said = page.locator("body").inner_text()
    assert "<script>document.title='owned'</script>" in said and "⟨U+202E⟩evil" in said and "{{7*7}}" in said
    assert not set(page.content()) & set("\x1b\x07\u202e\u202c")
    assert page.locator("img").count() == 0
    for row in range(page.locator(".row").count()):
        page.locator(".row").nth(row).click()
        assert review.overflow() <= 0
    page.locator("#finish").click()
    assert review.overflow() <= 0
    review.see("#end", "because I can")
    review.press("b", "k")
    review.see("#saved", "saved ")


def test_an_hour_is_there_at_once_and_finds_its_words(
    workspace: Path, demo: Path, serve_page, open_review: OpenReview
) -> None:
    import numpy as np

    from benchmarks import answers
    from unsaid.formats import read_file

    written = workspace / "hour.json"
    written.write_text(answers.transcript(1), encoding="utf-8")
    heard = read_file(written)
    sound = np.resize(hum(20), int(heard.duration_s * 16_000))
    session = made(workspace / "sessions", "hour", heard, sound)
    review = open_review(serve_page(session=session))
    page = review.page
    assert page.locator(".w").count() > 8_900
    page.locator("#list .row-button").last.click()
    line = page.evaluate("document.querySelector('mark.is-current').closest('.line').id")
    expect(page.locator(f"#{line}")).to_be_in_viewport()
    review.press("k")
    review.see("#saved", "saved ")
