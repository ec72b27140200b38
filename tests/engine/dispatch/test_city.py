import dataclasses

import numpy as np
import pytest

from engine.dispatch.city import City, default_city, dump_city, load_city, parse_city
from engine.dispatch.generate import SEED, generate
from engine.errors import InvalidInput


def same(one: City, other: City) -> None:
    for field in dataclasses.fields(City):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "network":
            for name, x, y in zip(a._fields, a, b, strict=True):
                assert x.dtype == y.dtype, name
                if x.dtype.kind == "f":
                    assert np.allclose(x, y, rtol=1e-5), name
                else:
                    assert np.array_equal(x, y), name
        elif field.name == "polygons":
            assert sorted(a) == sorted(b)
            for kind in a:
                for x, y in zip(a[kind], b[kind], strict=True):
                    assert np.allclose(x, y, atol=0.11), kind
        elif isinstance(a, np.ndarray):
            assert np.allclose(a, b), field.name
        else:
            assert a == b, field.name


def test_the_shipped_city_is_what_the_generator_grows():
    same(default_city(), generate(SEED))


def test_a_city_comes_back_as_it_was_packed():
    city = default_city()
    data = dump_city(city)
    same(parse_city(data, "city.npz"), city)
    assert dump_city(parse_city(data, "city.npz")) == data


def test_the_shipped_city_is_small_and_read_once():
    assert len(dump_city(default_city())) < 400_000
    assert default_city() is default_city()


def test_its_origin_is_where_x_and_y_are_0():
    city = default_city()
    assert city.projection.to_lonlat(np.zeros(1), np.zeros(1))[0][0] == city.origin[0]


@pytest.mark.parametrize("data", [b"", b"PK", b"not a city", dump_city(default_city())[:5000]])
def test_what_is_no_city_file_is_refused_with_its_name(data):
    with pytest.raises(InvalidInput, match=r"town\.npz is no city file .* build it anew"):
        parse_city(data, "town.npz")


def test_a_file_of_another_version_is_refused(tmp_path):
    import io

    facts = np.frombuffer(b'{"version": 99}', np.uint8)
    out = io.BytesIO()
    np.savez(out, facts=facts)
    path = tmp_path / "old.npz"
    path.write_bytes(out.getvalue())
    with pytest.raises(InvalidInput, match=r"old\.npz is a city file of version 99; .* version 1"):
        load_city(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        load_city(tmp_path / "none.npz")
