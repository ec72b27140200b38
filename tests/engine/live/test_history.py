import itertools

from engine.live.history import KEY_EVERY_STEPS, History, Kept


def fill(history, chunks, size=100, length=8):
    for i in range(chunks):
        first = i * length + 1
        key = b"k" * size if history.wants_key(first - 1) else None
        layers = (b"l" * 10,) if key else ()
        history.append(Kept(first, first + length - 1, b"c" * size, key, layers))


def test_an_empty_window_shows_nothing():
    history = History()
    assert history.window == (0, 0)
    assert history.around(5, 10) == []
    assert history.after(5, 10) == []


def test_a_key_stands_in_front_of_every_stretch():
    history = History()
    fill(history, 40)
    kept = history.around(10_000, 0)
    assert kept[0].key is not None
    assert all(k.key is None for k in kept[1:])
    keys = [k.first for k in history.around(0, 10_000) if k.key]
    assert all(b - a >= KEY_EVERY_STEPS for a, b in itertools.pairwise(keys))


def test_a_look_back_starts_at_the_key_before_the_step():
    history = History()
    fill(history, 40)
    kept = history.around(100, 20)
    assert kept[0].key is not None
    assert kept[0].first <= 100
    assert kept[0].first + KEY_EVERY_STEPS > 100
    assert kept[-1].last >= 120


def test_chunks_follow_each_other_without_a_gap():
    history = History()
    fill(history, 40)
    kept = history.around(50, 200)
    assert all(a.last + 1 == b.first for a, b in itertools.pairwise(kept))
    more = history.after(kept[-1].last, 30)
    assert more[0].first == kept[-1].last + 1


def test_the_byte_bound_holds_and_the_oldest_goes_first():
    history = History(max_bytes=5000)
    fill(history, 200)
    assert history.size <= 5000
    first, last = history.window
    assert last == 1600
    assert first > 1
    assert history.around(0, 0)[0].key is not None


def test_clear_forgets_everything():
    history = History()
    fill(history, 5)
    history.clear()
    assert history.window == (0, 0)
    assert history.size == 0
    assert history.wants_key(0)
