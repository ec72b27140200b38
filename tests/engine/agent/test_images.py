"""Pictures over the images API: both ways to send one, what goes wrong, and what it costs."""

import base64
import json
import threading
import time

import pytest

from engine.agent.budget import Limits
from engine.agent.conversation import Conversation
from engine.agent.house.lookup import lookup_tools
from engine.agent.images import MODEL, ImageService, image_service
from engine.agent.loop import Agent, Settings
from engine.agent.messages import Assistant, ToolCall, ToolResult, User
from engine.agent.model import ModelError, Reply
from engine.agent.openai_model import Endpoint
from engine.agent.tools import Toolbox
from engine.errors import InvalidInput
from tests.engine.agent.scripted import Scripted
from tests.engine.agent.strict_server import Drop, Hang, Status, closed_port, serving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG, WEBP = b"\xff\xd8\xff\xe0" + bytes(64), b"RIFF\x10\x00\x00\x00WEBP" + bytes(64)


def b64(content=PNG, **more):
    return Status(200, {"created": 1, "data": [
        {"b64_json": base64.b64encode(content).decode()}], **more})


def link(url):
    return Status(200, {"created": 1, "data": [{"url": url}]})


def service(script, price=0.04):
    return ImageService(Endpoint("painter", script.url, "secret-key"), price)


def make(script, seconds=10.0, stop=None):
    return service(script).make("a red robot", stop or threading.Event(), seconds)


@pytest.mark.parametrize(("content", "media"), [
    (PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_a_picture_comes_in_the_answer(content, media):
    with serving(b64(content, usage={"input_tokens": 10, "output_tokens": 1056,
                                     "total_tokens": 1066, "input_tokens_details": {
                                         "image_tokens": 0, "text_tokens": 10}})) as script:
        made = make(script)
    assert (made.picture.content, made.picture.media, made.tokens) == (content, media, 1066)
    assert script.requests == [{"model": "painter", "prompt": "a red robot", "n": 1,
                                "size": "1024x1024"}]
    assert not script.complaints


def test_a_picture_lies_at_an_address_of_the_same_server():
    with serving(Hang()) as script:
        home = script.url.removesuffix("/v1")
        script.files["/out/1.png"] = PNG
        script.acts[:] = [link(f"{home}/out/1.png")]
        assert make(script).picture.content == PNG


@pytest.mark.parametrize(("where", "words"), [
    ("http://127.0.0.1:1/x.png", "not public"), ("http://169.254.169.254/latest", "not public"),
    ("file:///etc/passwd", "no web address"), ("{home}/none.png", "status 404"),
    ("{home}/away.png", "not public"), ("{home}/page.html", "no PNG"), ("{home}/big.png", "12 MB")])
def test_an_address_that_leads_elsewhere_is_not_followed(where, words):
    with serving(Hang()) as script:
        home = script.url.removesuffix("/v1")
        script.files |= {"/away.png": "http://127.0.0.1:1/secret", "/page.html": b"<script>",
                         "/big.png": PNG + bytes(12_000_000)}
        script.acts[:] = [link(where.format(home=home))]
        made = make(script)
    assert made.picture is None
    assert words in made.problem


@pytest.mark.parametrize("body", [
    {"created": 1, "data": []}, {"created": 1}, {"created": 1, "data": [{}]},
    {"created": 1, "data": [{"b64_json": "!!!"}]}])
def test_an_answer_without_a_picture_is_said(body):
    with serving(Status(200, body)) as script:
        made = make(script)
    assert "ATRIUM_IMAGE_MODEL" in made.problem


def error(message, code=None):
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}


@pytest.mark.parametrize(("act", "words"), [
    (Status(400, error("no", "moderation_blocked")), "declined to draw"),
    (Status(400, error("no", "content_policy_violation")), "declined to draw"),
    (Status(401, error("bad secret-key")), "OPENAI_API_KEY"), (Status(404), "knows no model"),
    (Status(429, error("quota", "insufficient_quota")), "no credit"), (Status(429), "no more"),
    (Status(500), "status 500"), (Drop(), "cannot be reached"),
    (Status(200, b"<html>"), "")])
def test_what_goes_wrong_is_said_in_a_sentence(act, words):
    with serving(act) as script:
        try:
            said = make(script).problem
        except ModelError as problem:
            said = str(problem)
    assert said
    assert words in said
    assert "secret-key" not in said
    assert len(script.requests) == 1  # money is not spent twice


def test_a_service_that_is_down_or_silent_is_bounded():
    down = ImageService(Endpoint("painter", closed_port()), 0.04)
    with pytest.raises(ModelError, match="cannot be reached"):
        down.make("x", threading.Event(), 5.0)
    with serving(Hang()) as script:
        begun = time.monotonic()
        with pytest.raises(ModelError, match="within"):
            make(script, seconds=0.3)
        stop = threading.Event()
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(InvalidInput, match="stopped"):
            make(script, stop=stop)
    assert time.monotonic() - begun < 5


def reply(images, money=1.0, changes="allow", turns=1):
    call = Reply(Assistant("", (ToolCall("c", "generate_image", json.dumps({"prompt": "a cat"})),),
                           "tool_calls"))
    talk, told = Conversation(), []
    talk.say(User("Draw a cat."))
    agent = Agent(Scripted([*[(call,)] * turns, (Reply(Assistant("There.")),)]),
                  Toolbox(lookup_tools(images=images)),
                  Settings(limits=Limits(money=money), changes=changes))
    ended = agent.reply(talk, threading.Event(), told.append)
    return ended, [m for m in talk.messages() if isinstance(m, ToolResult)]


def test_it_costs_its_price_and_is_asked_for():
    with serving(b64()) as script:
        ended, results = reply(service(script))
        assert (ended.how, ended.dollars, results[0].ok) == ("answered", 0.04, True)
        assert "b64" not in results[0].content  # the model does not read the picture
        ended, results = reply(service(script), changes="ask")  # and nobody is there to ask
        assert (ended.dollars, results[0].ok) == (0.0, False)
        assert len(script.requests) == 1


def test_the_budget_of_a_reply_holds_for_pictures():
    with serving(b64()) as script:
        ended, results = reply(service(script), money=0.1, turns=4)
    assert [r.ok for r in results] == [True, True, False, False]
    assert "Raise the budget" in results[-1].content
    assert ended.dollars == pytest.approx(0.08)


def test_a_failure_costs_nothing_and_a_lost_picture_costs_its_price():
    with serving(Status(500)) as script:
        ended, results = reply(service(script))
        assert (ended.dollars, results[0].ok) == (0.0, False)
        script.acts[:] = [link("http://127.0.0.1:1/x.png")]
        ended, results = reply(service(script))
        assert ended.dollars == 0.04
        assert "cannot be fetched" in results[0].content


def test_without_a_key_it_is_drawn_here_and_says_so(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ATRIUM_IMAGE_MODEL", raising=False)
    assert image_service(0.04) is None
    ended, results = reply(None, changes="never")
    assert ended.dollars == 0
    assert "not a picture by a model" in results[0].content
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert image_service(0.04).name == MODEL
    monkeypatch.setenv("ATRIUM_IMAGE_MODEL", "other")
    assert image_service(0.04).name == "other"
