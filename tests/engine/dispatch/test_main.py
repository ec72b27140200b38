from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.dispatch.__main__ import main
from tests.engine.dispatch.towns import town

ROOT = Path(__file__).parents[3]
SHORT = ["--hours", "0.05", "--drivers", "60", "--trips-per-day", "20000"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The town as FleetPy files, with node numbers of its own, and requests on it."""
    net = town().network
    tail = np.repeat(np.arange(len(net.x)), np.diff(net.first))
    nodes = [f"{n + 1000},False,{690_000 + x},{5_330_000 + y}"
             for n, (x, y) in enumerate(zip(net.x.tolist(), net.y.tolist(), strict=True))]
    (tmp_path / "nodes.csv").write_text("\n".join(["node_index,is_stop_only,pos_x,pos_y", *nodes]))
    edges = [f"{a + 1000},{b + 1000},{m},{s},{i}" for i, (a, b, m, s) in enumerate(zip(
        tail.tolist(), net.head.tolist(), net.length_m.tolist(), net.free_s.tolist(),
        strict=True))]
    (tmp_path / "edges.csv").write_text("\n".join(
        ["from_node,to_node,distance,travel_time,source_edge_id", *edges]))
    (tmp_path / "crs.info").write_text("EPSG:32632")
    rng = np.random.default_rng(1)
    rows = [f"{30 * k},{1000 + a},{1000 + (a + 31) % 144},{k}"
            for k, a in enumerate(rng.integers(0, 144, 30).tolist())]
    (tmp_path / "requests.csv").write_text("\n".join(["rq_time,start,end,request_id", *rows]))
    return tmp_path


def test_a_run_prints_one_summary_as_a_user_runs_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine.dispatch", "run", "--city", "default", *SHORT,
               "--events", str(tmp_path / "log.csv")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    facts = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert facts["city"] == "Arnehaven"
    assert facts["drivers"] == 60
    log = (tmp_path / "log.csv").read_text().splitlines()
    assert log[0] == "time_s,event,rider,driver,value"
    assert sum(",ask," in row for row in log) == facts["counts"]["asked"] > 0


def test_a_network_and_its_requests_are_driven_to_the_end(folder: Path, capsys) -> None:
    network = folder / "network"
    network.mkdir()
    for name in ("nodes.csv", "edges.csv", "crs.info"):
        (folder / name).rename(network / name)
    assert main(["run", "--network", str(network), "--requests", str(folder / "requests.csv"),
                 "--vehicles", "20", "--policy", "optimal batch", "--seed", "3", "--bound",
                 "--no-surge"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["nodes"] == 144
    assert facts["counts"]["completed"] == 30
    assert facts["fleet"]["rides"] == 30
    assert facts["figures"]["matched_percent"] == 100.0


def test_scenarios_policies_and_designs_are_commands(folder: Path, capsys) -> None:
    (folder / "requests.csv").unlink()
    there = ["--network", str(folder), "--drivers", "40", "--trips-per-day", "20000"]
    assert main(["run", "--scenario", "match", *SHORT]) == 0
    assert json.loads(capsys.readouterr().out)["drivers"] == 60
    assert main(["compare", "--hours", "0.27", "--seeds", "2", *there]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["control"], facts["treatment"]) == ("nearest", "optimal batch")
    assert main(["compare", "--hours", "0.27", "--seeds", "2", "--control", "batch_window_s=20",
                 "--control", "policy=greedy score", *there]) == 0
    assert json.loads(capsys.readouterr().out)["control"] == "greedy score"
    assert main(["experiment", "--hours", "0.3", "--block-min", "0.7", *there]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"truth", "switchback", "split"}


@pytest.mark.parametrize(("arguments", "message"), [
    (["--drivers", "99999"], "Drivers is 99999; it must be between 0 and 20000"),
    (["--city", "nowhere.npz"], "nowhere.npz"),
    (["--network", "nowhere"], "nowhere"),
    (["--requests", "none.csv"], "none.csv: No such file or directory"),
    (["--scenario", "storm"], "there is no scenario 'storm'; choose from evening"),
    (["--events", "/nowhere/x.csv"], "name a file that can be written"),
    (["--hours", "0"], "hours is 0.0; it must be more than 0"),
    (["--seed", "-4"], "seed is -4"),
])
def test_bad_settings_exit_with_two_and_say_why(arguments, message: str, capsys) -> None:
    rest = [] if "--hours" in arguments else ["--hours", "0.01"]
    assert main(["run", *rest, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
