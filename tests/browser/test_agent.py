"""The chat as a person uses it, in a real Chromium."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.waiting import until

pytestmark = pytest.mark.browser
START = "start the small warehouse with 30 robots"
PAINTED = """() => {
  const find = (root) => { for (const e of root.querySelectorAll("*")) {
    if (e.matches(".thumb canvas")) return e;
    const inner = e.shadowRoot && find(e.shadowRoot);
    if (inner) return inner; } };
  const canvas = find(document);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set(new Uint32Array(data.buffer));
  return canvas.width > 100 && colours.size > 3;
}"""


def facts(window: Window) -> dict:
    return window.page.evaluate("() => window.__atrium?.chat?.facts() ?? {}")


def ready(window: Window, url: str) -> Page:
    window.open(url)
    window.page.wait_for_selector("textarea.ask", timeout=60_000)
    until(lambda: facts(window).get("label"), 60)
    return window.page


def ask(window: Window, text: str) -> None:
    before = len(facts(window)["items"])
    window.page.fill("textarea.ask", text)
    window.page.press("textarea.ask", "Enter")
    until(lambda: len(facts(window)["items"]) > before, 60)


def done(window: Window) -> None:
    until(lambda: not facts(window)["busy"], 90)


def approve(window: Window, yes: bool) -> None:
    window.page.locator(".approval").wait_for(timeout=60_000)
    button = window.page.locator(".approval button", has_text="Approve" if yes else "Deny")
    until(button.is_enabled, 10)
    button.click()


@pytest.mark.parametrize("window", [{"theme": "dark"}, {"theme": "light"}], indirect=True)
def test_a_question_is_asked_approved_and_answered(window, app):
    page = ready(window, app + "/agent")
    assert "not a language model" in page.locator(".banner").inner_text()
    ask(window, START)
    approve(window, yes=True)
    done(window)
    page.locator(".step[data-state=done]", has_text="start_run").wait_for()
    assert "Robots 30" in page.locator("article.agent").last.inner_text()
    link = page.locator("a.run-link").first.get_attribute("href")
    assert link.startswith("/warehouse?run=")
    assert "warehouse" in page.locator(".thumb figcaption").inner_text()
    # the run goes on, and its small picture with it
    step = page.locator(".thumb figcaption .muted")
    until(lambda: step.inner_text().startswith("step "), 60)
    first = step.inner_text()
    until(lambda: step.inner_text() != first, 60)
    assert page.evaluate(PAINTED)
    page.locator(".step summary").first.click()
    assert '"robots": 30' in page.locator(".step-body").first.inner_text()
    assert page.locator(".span").count() >= 4
    until(lambda: "—" not in page.locator(".kpi").first.inner_text())


def test_a_denial_changes_nothing_and_deny_has_the_focus(window, app):
    page = ready(window, app + "/agent")
    ask(window, START)
    page.locator(".approval").wait_for(timeout=60_000)
    assert page.locator(".approval button", has_text="Approve").is_disabled()
    until(lambda: page.evaluate(
        "() => { let a = document.activeElement;"
        " while (a?.shadowRoot?.activeElement) a = a.shadowRoot.activeElement;"
        " return a?.textContent; }") == "Deny", 10)
    page.keyboard.press("Enter")
    done(window)
    assert facts(window)["runs"] == []
    page.locator(".step[data-state=failed]").wait_for()


def test_a_reply_is_stopped_and_what_was_said_stays(window, app):
    page = ready(window, app + "/agent")
    ask(window, START)
    approve(window, yes=True)
    done(window)
    ask(window, "tell me when the throughput is above 900000")
    page.locator(".step[data-state=running]").wait_for(timeout=60_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    done(window)
    assert "Stopped" in facts(window)["notice"]
    ask(window, "what is 17 * 23")
    done(window)
    page.locator("article.agent", has_text="391").wait_for()


def test_an_edit_is_a_branch_and_a_reload_keeps_the_chat(window, app):
    page = ready(window, app + "/agent")
    ask(window, "what is 2 + 3")
    done(window)
    page.locator("article.you").first.get_by_role("button", name="Edit").click()
    page.locator(".edit textarea").fill("what is 2 + 5")
    page.get_by_role("button", name="Ask this instead").click()
    until(lambda: facts(window)["items"][0]["text"] == "what is 2 + 5", 60)
    done(window)
    page.locator("article.agent", has_text="7").wait_for()
    page.locator("article.you").get_by_role("button", name="Earlier version").click()
    page.locator("article.agent", has_text="5").wait_for()
    page.reload()
    window.settle()
    page.locator("article.you", has_text="what is 2 + 3").wait_for(timeout=60_000)
    page.get_by_role("button", name="New chat").click()
    until(lambda: not facts(window)["items"], 30)
    page.locator(".chat-row").first.click()
    page.locator("article.you", has_text="what is 2 + 3").wait_for(timeout=30_000)


def test_what_a_model_says_never_becomes_markup(window, app):
    page = ready(window, app + "/agent")
    ask(window, "what is <img src=x onerror=alert(1)> **bold**")
    done(window)
    assert page.locator("article.you img").count() == 0
    assert "<img" in page.locator("article.you").first.inner_text()
    shown = page.evaluate("""async () => {
      const base = document.querySelector("[data-testid=stApp]") && performance.getEntriesByType(
        "resource").map((e) => e.name).find((n) => n.endsWith("/player/agent/markdown.js"));
      const { blocks } = await import(base);
      const box = document.createElement("div");
      box.append(...blocks("[x](https://evil.example) ![p](https://evil.example/p.png) <b>h</b> " +
        "[run](/warehouse?run=1) [js](javascript:alert(1)) `code <i>` **bold**"));
      return box.innerHTML;
    }""")
    assert "evil.example" in shown
    assert "<img" not in shown
    assert 'href="https' not in shown
    assert 'href="javascript' not in shown
    assert 'href="/warehouse?run=1"' in shown
    assert "&lt;b&gt;h&lt;/b&gt;" in shown
    assert "<b>bold</b>" in shown


def test_a_message_that_is_too_long_is_refused_and_kept(window, app):
    page = ready(window, app + "/agent")
    page.evaluate("""() => { const f = window.__atrium.chat.field();
      f.value = "x".repeat(1_000_000); f.dispatchEvent(new Event("input")); }""")
    page.locator("textarea.ask").press("Enter")
    assert "at most 100,000" in page.locator(".problem").inner_text()
    assert len(page.locator("textarea.ask").input_value()) == 1_000_000


def test_limits_stay_when_who_answers_and_the_view_change(window, app):
    page = ready(window, app + "/agent")
    page.get_by_text("Never", exact=True).click()
    window.settle()
    page.get_by_text("Evaluation", exact=True).click()
    page.get_by_text("No suite has been run here yet").wait_for(timeout=60_000)
    page.get_by_text("Chat", exact=True).click()
    page.wait_for_selector("textarea.ask", timeout=60_000)
    until(lambda: facts(window).get("label"), 60)
    window.settle()
    page.locator("[data-testid=stPopoverButton]:visible", has_text="Limits").click()
    turns = page.get_by_role("slider", name="Turns at most")
    turns.wait_for(timeout=30_000)
    assert turns.input_value() == "10"
    page.keyboard.press("Escape")
    ask(window, START)
    done(window)
    page.locator(".step[data-state=failed]", has_text="switched off").wait_for(timeout=30_000)
