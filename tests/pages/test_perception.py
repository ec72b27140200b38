import io
import json

import numpy as np
import pytest
from PIL import Image

from engine.params import knobs
from engine.perception import fleet_runs
from engine.perception.clips import Clip, ClipStore
from engine.perception.live_params import DriveParams
from engine.perception.picture import jpeg
from engine.perception.rounds import MEASURES
from engine.store import open_store
from pages.perception_feed import Feed, recordings
from pages.perception_labels import Shown
from pages.perception_rounds import progress_of
from tests.pages.opening import opened, the_run
from tests.waiting import until


@pytest.fixture
def page():
    return opened("perception")


def test_the_page_opens_with_a_drive(page):
    run = the_run()
    until(lambda: run.step_count > 1, 60)
    assert page.query_params["run"] == run.token
    assert page.button(key="perception.toggle").label == "Pause"


def test_every_knob_has_its_control(page):
    keys = {w.key for kind in ("slider", "toggle", "selectbox", "button_group")
            for w in page.get(kind)}
    chosen_with_its_town = {"scenario"}
    missing = [k.name for k in knobs(DriveParams)
               if f"perception.param.{k.name}" not in keys and k.name not in chosen_with_its_town]
    assert not missing
    assert "perception.begin-scenario" in keys


def test_a_camera_is_knocked_out_and_a_live_knob_turned(page):
    run = the_run()
    page.toggle(key="perception.lost.rear").set_value(True).run()
    assert not run.ask(lambda sim: sim.eyes.working[3])
    page.slider(key="perception.param.noise_percent").set_value(5.0).run()
    until(lambda: run.params.noise_percent == 5.0)
    assert run.pending is None


def test_a_scenario_begins_with_its_own_town_and_keeps_what_is_seen(page):
    run = the_run()
    page.slider(key="perception.param.least_score").set_value(0.5).run()
    until(lambda: run.params.least_score == 0.5)
    page.selectbox(key="perception.begin-scenario").set_value("construction zone").run()
    assert run.params.scenario == "construction zone"
    assert run.params.least_score == 0.5
    assert run.label == "Construction zone"


def test_controls_that_were_out_of_sight_come_back_as_they_were(page):
    run = the_run()
    page.slider(key="perception.param.comfort_weight").set_value(2.0).run()
    for view in ("Training", "Drive"):
        page.button_group(key="perception.view").set_value(view).run()
    assert page.slider(key="perception.param.comfort_weight").value == 2.0
    page.slider(key="perception.param.noise_percent").set_value(3.0).run()
    until(lambda: run.params.noise_percent == 3.0)
    assert run.params.comfort_weight == 2.0
    assert run.ask(lambda sim: sim.planner.weights.comfort) == 2.0


def test_a_link_opens_its_scenario():
    opened("perception", scenario="cut-in")
    assert the_run().params.scenario == "cut-in"


def test_training_shows_a_run_as_it_learns(tmp_path):
    folder = tmp_path / "perception" / "runs" / "night"
    folder.mkdir(parents=True)
    rows = [{"step": s, "at": f"2026-01-01T00:0{s // 100}:00+00:00", "loss.total": 3.0 - s / 300,
             "loss.depth": 1.0, "rate": 0.001} for s in range(0, 300, 10)]
    rows.append({"step": 300, "val.ap50": 0.42, "val.ap50_by_class": {"car": 0.7, "sign": None},
                 "val.abs_rel": 0.1})
    (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    app = opened("perception", view="training")
    assert app.selectbox(key="perception.training.run").options == ["night"]
    assert app.button(key="perception.training.pause").disabled, "it belongs to a shell"
    kept = app.session_state["perception.training.figures"][1]
    assert kept.last("val.ap50_by_class.car") == 0.7
    assert kept.last("loss.total") == rows[-2]["loss.total"]


def test_what_a_training_run_notes_reaches_the_store_once(tmp_path):
    folder = tmp_path / "perception" / "runs" / "night"
    folder.mkdir(parents=True)

    def note(*rows):
        with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(r) + "\n" for r in rows)

    note({"step": 10, "loss.total": 3.0}, {"step": 20, "loss.total": 2.5})
    store = open_store()
    feed = Feed(store)
    try:
        feed.turn()
        # validation comes after the losses of its step; what is not a number is left out
        note({"step": 20, "val.ap50": 0.4, "val.abs_rel": float("nan"),
              "val.ap50_by_class": {"traffic light": 0.3, "sign": None}})
        feed.turn()
    finally:
        feed.close()
    store.flush()
    again = Feed(store)
    try:
        note({"step": 30, "loss.total": 2.0})
        again.turn()
        store.flush()
    finally:
        again.close()
    both = recordings("night")
    assert sum(store.summary(n, "loss.total").n for n in both if "loss.total"
               in store.series_names([n])) == 3
    names = {name for n in both for name in store.series_names([n])}
    assert names == {"loss.total", "val.ap50", "val.ap50_by_class.traffic_light"}


def test_training_says_what_to_do_where_nothing_was_trained():
    app = opened("perception", view="training")
    assert "New run" in app.info[0].value
    app.text_input(key="perception.new.name").set_value("no name!").run()
    app.button(key="perception.new.begin").click().run()
    assert "no name for a run" in app.error[0].value


def test_shadow_shows_what_a_fleet_found_and_what_to_do_without_one(tmp_path):
    app = opened("perception", view="shadow")
    assert "Send out a fleet" in app.info[0].value
    folder = tmp_path / "perception" / "fleet" / "night"
    folder.mkdir(parents=True)
    (folder / "command.json").write_text('["shadow"]', "utf-8")
    pair = {"production": 2.0, "candidate": 1.0, "difference": -1.0, "interval": [-1.5, -0.5]}
    (folder / "facts.json").write_text(json.dumps(
        {"of": 8, "vehicles": 8, "looks": 80, "driven_again": 2, "false_positives": pair,
         "disagreements_percent": {"value": 3.0, "interval": [1.0, 5.0]}}), "utf-8")
    app.run()
    assert not app.exception
    assert app.selectbox(key="perception.shadow.run").value == "night"
    assert app.button(key="perception.shadow.on").disabled, "all of its vehicles have driven"
    (table,) = app.dataframe
    assert table.value["Difference"].tolist() == ["−1.000"]


def png(seed):
    image = np.random.default_rng(seed).integers(0, 255, (96, 160, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def test_own_pictures_are_looked_at_and_kept(tmp_path):
    app = opened("perception", view="your-video")
    assert "Outside its training domain" in app.warning[0].value
    files = [(f"{k}.png", png(k), "image/png") for k in range(2)]
    app.file_uploader(key="perception.video.files").set_value(files).run()
    app.button(key="perception.video.look").click().run()
    assert not app.exception
    assert not app.error
    seen = app.session_state["perception.video.seen"]
    assert [f.time_s for f in seen.frames] == [0.0, 0.5]
    assert all(shown.startswith(b"\xff\xd8") for shown in seen.shown)
    app.button(key="perception.video.keep").click().run()
    assert len(list((tmp_path / "perception" / "clips").glob("*.clip"))) == 1


def test_a_broken_picture_is_explained():
    app = opened("perception", view="your-video")
    app.file_uploader(key="perception.video.files").set_value(
        [("holiday.png", b"no picture", "image/png")]).run()
    app.button(key="perception.video.look").click().run()
    assert "holiday.png" in app.error[0].value
    assert "perception.video.seen" not in app.session_state


def test_the_data_engine_shows_what_was_kept():
    app = opened("perception", view="data-engine")
    assert any("Keep for the data engine" in c.value for c in app.caption)
    run = the_run()
    until(lambda: run.step_count > 0, 60)
    run.command("keep", {}, 30)
    app.run()
    (clip,) = ClipStore().clips()
    app.button(key=f"perception.clip.{clip.id}").click().run()
    assert not app.exception
    assert not app.error
    app.selectbox(key="perception.clip.view").set_value(3).run()
    app.button(key="perception.clip.delete").click().run()
    assert not app.exception
    assert ClipStore().clips() == []


def fleet_run(tmp_path, kind, facts, rows, recipe=None):
    folder = tmp_path / "perception" / "fleet" / f"{kind}-1"
    folder.mkdir(parents=True)
    (folder / "command.json").write_text(json.dumps([kind]), "utf-8")
    (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
    (folder / "recipe.json").write_text(json.dumps(recipe or {}), "utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    return folder


def part(app, name):
    app.button_group(key="perception.data.part").set_value(name).run()
    assert not app.exception
    return app


def test_each_part_of_the_data_engine_says_what_to_do_where_nothing_was_done():
    app = opened("perception", view="data-engine")
    for name, start in (("Collect", "Start a collection"), ("Auto-labels", "Measure auto-labels"),
                        ("Retraining", "Start rounds")):
        part(app, name)
        assert start in app.info[0].value
    app.text_input(key="perception.round.name").set_value("no name!").run()
    app.button(key="perception.round.begin").click().run()
    assert "no name for a run" in app.error[0].value


def test_a_collection_shows_its_triggers_what_fired_and_the_clips(tmp_path):
    quality = {"events": 4, "caught": 3, "fired": 5, "right": 4, "precision": 0.8, "recall": 0.75,
               "f1": 0.774}
    fired = [{"trigger": "cut-in", "time_s": t, "score": 2.0, "value": 0.5, "why": f"track {t}"}
             for t in (1.0, 2.0)]
    fleet_run(tmp_path, "collect", {
        "of": 8, "vehicles": 8, "kept": 1, "clips": 1, "bytes": 2**20, "quota": 2**28,
        "triggers": {"cut-in": quality}, "together": quality, "mean_f1": 0.774},
        [{"number": 0, "scenario": "cut-in", "fault": None, "fired": fired}])
    ClipStore().add(Clip("v1-0010-cut-in", "cut-in", 0.5, {"scenario": "cut-in"},
                         [np.zeros((2, 192, 320, 3), np.uint8)]))
    app = part(opened("perception", view="data-engine"), "Collect")
    triggers, lately = app.dataframe
    assert triggers.value["F1"].tolist() == ["0.77"]
    assert lately.value["What"].tolist() == ["track 2.0", "track 1.0"]
    assert app.button(key="perception.collect.on").disabled, "all of its vehicles have driven"


def test_auto_labels_are_shown_in_figures_and_pictures(tmp_path):
    fleet_run(tmp_path, "autolabel", {
        "of": 1, "vehicles": 1, "pairs": 9, "online_error_m": 2.0, "offline_error_m": 1.5,
        "change_percent": -25.0, "interval": [-40.0, -5.0], "online_recall": 0.6,
        "offline_recall": 0.7, "online_precision": 0.8, "offline_precision": 0.85},
        [{"number": 1, "scenario": "cut-in", "style": "Harbour", "both": 9, "online_error_m": 18.0,
          "offline_error_m": 13.5}],
        {"params": {"vehicles": 1, "first_seed": 70_000}, "network": "gone.safetensors"})
    app = part(opened("perception", view="data-engine"), "Auto-labels")
    assert "error −25 %" in app.selectbox(key="perception.autolabel.vehicle").options[0]
    app.button(key="perception.autolabel.show").click().run()
    assert not app.exception
    assert "no network" in app.error[0].value, "the run's network is not there any more"
    picture = jpeg(np.zeros((192, 320, 3), np.uint8))
    app.session_state["perception.autolabel.shown"] = Shown(
        ("autolabel-1", 1), [0.0, 0.2], [picture, picture], [None, 2.0], [None, 1.5])
    app.run()
    app.slider(key="perception.autolabel.look").set_value(1).run()
    assert not app.exception


def test_rounds_show_their_gain_and_how_far_the_present_one_is(tmp_path):
    scores = dict.fromkeys(MEASURES, 0.5)
    folder = fleet_run(tmp_path, "round", {
        "of": 2, "rounds": 1, "phase": "round 2 collects", "gains": [], "done": False},
        [{"round": 1, "clips": 7, "pictures": 70, "before": scores,
          "after": {**scores, "ap50": 0.52}, "gain": {**scores, "ap50": 0.02, "ap75": None}}],
        {"params": {"vehicles": 24, "steps": 120}})
    (folder / "collect-1").mkdir()
    (folder / "collect-1" / "facts.json").write_text('{"vehicles": 12}', "utf-8")
    app = part(opened("perception", view="data-engine"), "Retraining")
    (table,) = app.dataframe
    assert table.value["AP50"].tolist() == ["+0.020"]
    assert table.value["AP75"].tolist() == [""]
    share, said = progress_of(fleet_runs.look("round-1"))
    assert share == pytest.approx((1 + 0.25) / 2)
    assert said == "1 of 2 rounds · Round 2 collects, 12 of 24 vehicles"
