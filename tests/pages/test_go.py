import pytest

from engine.go import journal, learner
from engine.go.replay import Position, one_game, write_games
from engine.go.settings import GoParams
from engine.params import knobs
from engine.store import open_store
from pages.go_feed import PREFIX, Feed, recordings
from tests.pages.opening import opened, the_run
from tests.waiting import until


@pytest.fixture
def page():
    return opened("go", scenario="analysis")


def number(run):
    return run.ask(lambda sim: sim.game.node.number)


def test_the_page_opens_with_a_game_that_is_thought_about(page):
    run = the_run()
    until(lambda: run.ask(lambda sim: sim.figures()["visits"]) > 1)
    assert page.query_params["run"] == run.token
    assert page.button(key="go.toggle").label == "Pause"


def test_every_knob_has_its_control(page):
    keys = {w.key for kind in ("slider", "select_slider", "toggle", "selectbox", "button_group")
            for w in page.get(kind)}
    seats = {"black", "white"}  # chosen together with the network
    missing = [k.name for k in knobs(GoParams)
               if f"go.param.{k.name}" not in keys and k.name not in seats]
    assert not missing
    assert {f"go.seat.{colour}" for colour in seats} <= keys


def test_a_live_knob_reaches_the_search(page):
    run = the_run()
    page.slider(key="go.param.c_puct").set_value(2.0).run()
    until(lambda: run.params.c_puct == 2.0)
    assert run.pending is None


def test_controls_that_were_out_of_sight_come_back_as_they_were(page):
    run = the_run()
    page.slider(key="go.param.c_puct").set_value(2.0).run()
    for view in ("Training", "Play"):
        page.button_group(key="go.view").set_value(view).run()
    assert page.slider(key="go.param.c_puct").value == 2.0
    assert page.button_group(key="go.param.size").value == "9"
    assert page.session_state["go.seed"] == run.seed
    page.slider(key="go.param.noise").set_value(0.25).run()
    until(lambda: run.params.noise == 0.25)
    assert run.params.c_puct == 2.0


def test_another_board_begins_another_game(page):
    run = the_run()
    run.command("play", {"vertex": "E5"})
    page.button_group(key="go.param.size").set_value("13").run()
    assert run.ask(lambda sim: (sim.game.size, sim.game.node.number)) == (13, 0)
    assert run.params.size == "13"


def test_a_seat_is_taken_by_a_network_and_given_back(page):
    run = the_run()
    page.selectbox(key="go.seat.white").set_value("none").run()
    until(lambda: run.params.white == "engine")
    assert run.ask(lambda sim: sim.networks["white"]) == "none"
    page.selectbox(key="go.seat.white").set_value("You").run()
    until(lambda: run.params.white == "you")


def test_the_network_that_explains_is_chosen_by_name(page):
    page.selectbox(key="go.network").set_value("none").run()
    assert not page.error
    assert the_run().ask(lambda sim: sim.networks["analysis"]) == "none"


def test_settings_of_the_next_game_wait_for_it(page):
    run = the_run()
    page.slider(key="go.param.komi").set_value(0.5).run()
    assert run.params.komi == 7.0
    assert any("Komi" in info.value for info in page.info)
    next(b for b in page.button if b.label == "New game").click().run()
    assert run.params.komi == 0.5


def test_handicap_stones_stand_in_the_next_game(page):
    run = the_run()
    page.slider(key="go.param.handicap").set_value(4).run()
    page.button(key="go.reset").click().run()
    assert run.ask(lambda sim: (sim.game.handicap, sim.game.to_play)) == (4, -1)


def paste(page, text):
    page.text_area(key="go.paste").set_value(text).run()
    next(b for b in page.button if b.label == "Open what was pasted").click().run()
    assert not page.exception


def test_a_pasted_record_is_opened_and_a_broken_one_refused(page):
    run = the_run()
    paste(page, "(;SZ[9];B[ee];W[cc])")
    assert number(run) == 2
    paste(page, "(;SZ[9];B[ee];W[ee])")
    assert "breaks the rules after move 1" in page.error[0].value
    assert number(run) == 2
    paste(page, "")
    assert "Nothing was pasted" in page.error[0].value


def test_an_uploaded_record_is_opened_whatever_its_encoding(page):
    run = the_run()
    data = "(;GM[1]SZ[9]CA[GB18030]PB[黑];B[ee])".encode("gb18030")
    page.file_uploader(key="go.sgf").set_value(("game.sgf", data, "text/plain"))
    page.run()
    assert number(run) == 1
    assert run.ask(lambda sim: sim.game.info["PB"]) == "黑"


def test_review_and_play_are_views_of_one_run(page):
    token = the_run().token
    page.button_group(key="go.view").set_value("Review").run()
    assert page.query_params["view"] == "review"
    assert the_run().token == token


def test_an_unknown_token_gets_a_notice_and_a_new_run():
    app = opened("go", scenario="analysis", run="forged")
    assert "has ended" in app.info[0].value


# ---- training ---------------------------------------------------------------------------------


@pytest.fixture
def lessons(tmp_path):
    """A learning run as its process leaves it: journal, standing and games."""
    folder = learner.runs_folder() / "night-1"
    with journal.Journal(folder) as book:
        for step in (50, 100, 150):
            book.note(step, {"loss.policy": 3.0 - step / 100, "loss.outcome": 0.6,
                             "selfplay.games_per_h": 3000.0 + step, "selfplay.games": step,
                             "selfplay.game_moves": 60.0})
        book.note(150, {"gate.win_rate": 0.6, "gate.elo": 70.0, "gate.taken": 1.0})
        book.state({"phase": "training", "generation": 1, "games": 150, "step": 150,
                    "ratings": [{"player": "00001", "elo": 70, "error": 40, "games": 40}]})
    game = one_game([Position(move) for move in (40, 20, 81, 81)], komi=7.0, score=-6.0,
                    owner=[0] * 81)
    (folder / "games").mkdir()
    write_games(folder / "games" / "games-00000-0000.npz", game)
    return folder


def test_without_a_learning_run_the_tab_invites_to_one():
    app = opened("go", scenario="analysis", view="training")
    assert "No network has been trained here yet" in app.info[0].value


def test_a_learning_run_is_shown_with_its_figures(lessons):
    app = opened("go", scenario="analysis", view="training")
    assert app.selectbox(key="go.training.run").value == "night-1"
    assert app.button(key="go.training.start").disabled, "its command is not known"
    drawn = [c.proto for c in app.get("plotly_chart")]
    assert len(drawn) >= 4
    assert any("▲ promoted" in str(frame.value) for frame in app.dataframe)


def test_a_run_whose_start_fails_is_explained(lessons):
    app = opened("go", scenario="analysis", view="training")
    app.text_input(key="go.new.name").set_value("../x").run()
    next(b for b in app.button if b.label == "Start").click().run()
    assert "no name for a run" in app.error[0].value
    app.text_input(key="go.new.name").set_value("night-1").run()
    next(b for b in app.button if b.label == "Start").click().run()
    assert "already" in app.error[0].value


def test_promoting_without_a_network_says_so(lessons):
    app = opened("go", scenario="analysis", view="training")
    next(b for b in app.button if b.label == "Promote the best network").click().run()
    assert "has no network yet" in app.error[0].value


def test_the_journal_reaches_the_store_once(lessons):
    store = open_store()
    feed = Feed(store)
    try:
        feed.turn()
        store.flush()
        (run,) = recordings("night-1")
        assert store.run(run).label == PREFIX + "night-1"
        assert store.summary(run, "loss.policy").n == 3
        with journal.Journal(lessons) as book:
            book.note(200, {"loss.policy": 0.5})
        feed.turn()
    finally:
        feed.close()
    again = Feed(store)
    try:
        again.turn()
        store.flush()
        counts = [store.summary(n, "loss.policy").n for n in recordings("night-1")]
        assert sum(counts) == 4
    finally:
        again.close()
