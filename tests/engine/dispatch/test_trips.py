from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from engine.dispatch.params import DispatchParams
from engine.dispatch.simulation import DispatchSimulation
from engine.dispatch.trips import TripSource, trips_from_file, trips_from_upload
from engine.errors import InvalidInput
from tests.engine.dispatch.towns import SMALL, town

FLEETPY = b"rq_time,start,end,request_id\n30,5,70,0\n10,1,2,1\n20,3,4,2\n"


def tlc(**columns: object) -> bytes:
    lon, lat = town().lonlat[[0, 50]], town().lonlat[[100, 143]]
    base: dict[str, object] = {
        "tpep_pickup_datetime": ["2016-01-31 08:15:00", "2016-01-31 00:00:10"],
        "pickup_longitude": lon[:, 0], "pickup_latitude": lon[:, 1],
        "dropoff_longitude": lat[:, 0], "dropoff_latitude": lat[:, 1]}
    return pl.DataFrame(base | columns).write_csv().encode()


def test_fleetpy_requests_are_sorted_and_said_to_be() -> None:
    got = trips_from_upload("r.csv", FLEETPY, town())
    assert got.time_s.tolist() == [10.0, 20.0, 30.0]
    assert got.origin.tolist() == [1, 3, 5]
    assert got.destination.tolist() == [2, 4, 70]
    assert got.notes == ("The trips were not in order of time; they have been sorted.",)


def test_tlc_trips_find_the_nearest_nodes_and_midnight() -> None:
    got = trips_from_upload("yellow.csv", tlc(), town())
    assert got.time_s.tolist() == [10.0, 8 * 3600 + 15 * 60.0]
    assert got.origin.tolist() == [50, 0]
    assert got.destination.tolist() == [143, 100]


def test_parquet_reads_like_csv() -> None:
    body = io.BytesIO()
    pl.read_csv(FLEETPY).write_parquet(body)
    csv, parquet = (trips_from_upload(n, d, town()) for n, d in (
        ("r.csv", FLEETPY), ("r.parquet", body.getvalue())))
    assert csv.time_s.tolist() == parquet.time_s.tolist()
    assert csv.origin.tolist() == parquet.origin.tolist()


def test_what_cannot_be_driven_is_left_out_and_counted() -> None:
    data = (b"rq_time,start,end,request_id\n10,1,2,1\n20,3,3,2\n,4,5,3\n40,999,5,4\n50,6,7,1\n"
            b"60,8,9,6\n-5,1,2,7\n")
    got = trips_from_upload("r.csv", data, town())
    assert got.time_s.tolist() == [10.0, 60.0]
    assert [n.split(";")[0] for n in got.notes] == [
        "2 of 7 trips have no time or a time before midnight of the first day",
        "1 of 7 trips name a node that is not on the map", "1 of 7 trips repeat a request_id",
        "1 trips end where they begin"]


@pytest.mark.parametrize(("name", "data", "message"), [
    ("r.csv", b"a,b\n1,2\n", "has columns a, b; it needs rq_time, start, end"),
    ("r.csv", b"rq_time,start,end\n", "has no rows"),
    ("r.csv", b"", "cannot be read as a table"),
    ("r.parquet", b"nonsense", "cannot be read as a table"),
    ("r.xlsx", b"", "neither .csv nor .parquet"),
    ("r.csv", b"rq_time,start,end\n1,900,901\n", "no trip that can be driven on this map"),
    ("r.csv", b"tpep_pickup_datetime,PULocationID\n1,2\n", "taxi zones"),
    ("y.csv", tlc(tpep_pickup_datetime=[1, 2]), "holds no times"),
    ("y.csv", tlc(pickup_longitude=[0.0, 0.0], dropoff_longitude=[float("nan")] * 2),
     "no trip that can be driven"),
])
def test_bad_files_say_what_is_wrong(name: str, data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        trips_from_upload(name, data, town())


def test_swapped_coordinates_are_recognised() -> None:
    a, b = town().lonlat[[0, 50]], town().lonlat[[100, 143]]
    swapped = tlc(pickup_longitude=a[:, 1], pickup_latitude=a[:, 0], dropoff_longitude=b[:, 1],
                  dropoff_latitude=b[:, 0])
    with pytest.raises(InvalidInput, match="seem to be swapped"):
        trips_from_upload("y.csv", swapped, town())


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.csv: No such file"):
        trips_from_file(tmp_path / "none.csv", town())


def test_a_replay_hands_out_each_trip_once_and_refuses_crowds() -> None:
    trips = trips_from_upload("r.csv", FLEETPY, town())
    source = TripSource(trips, 1, 10.0)
    params = DispatchParams()
    assert source.until(10.0, params, False).origin.tolist() == [1]
    assert source.until(25.0, params, False).origin.tolist() == [3]
    assert source.until(25.0, params, False).origin.tolist() == []
    assert source.until(99.0, params, False).origin.tolist() == [5]
    with pytest.raises(InvalidInput, match=r"replays r\.csv; crowds belong to generated demand"):
        source.crowd(30.0, 0.0, 0.0, 5, 60.0, False)


def test_a_city_serves_the_trips_of_a_file() -> None:
    rng = np.random.default_rng(1)
    lines = [f"{30 * i},{a},{(a + 40) % 144}" for i, a in enumerate(rng.integers(0, 144, 40))]
    trips = trips_from_upload("r.csv", ("rq_time,start,end\n" + "\n".join(lines)).encode(), town())
    w = DispatchSimulation(SMALL.with_changes(start_h=0.0, surge=False), 1, town(), trips)
    for _ in range(1200):
        w.step()
    assert w.counts()["asked"] == 40
    assert w.counts()["completed"] == 40
