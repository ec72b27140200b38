import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.go import checkpoint, graph, quantise
from engine.go.architecture import Architecture
from engine.go.checkpoint import Checkpoint
from engine.go.features import symmetry_table
from engine.go.network import Network
from engine.go.runtime import OnnxEvaluator, TorchEvaluator, evaluator_of, open_evaluator
from tests.engine.go.learning import TINY, random_checkpoint, random_planes, random_weights


def same(one, other, tolerance):
    for name, a, b in zip(one._fields, one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance, rtol=tolerance, err_msg=name)


@pytest.mark.parametrize("size", [5, 9, 13])
def test_onnxruntime_equals_torch(size):
    net = random_checkpoint()
    planes = random_planes(size, 6)
    one = OnnxEvaluator(net, precision="float32").evaluate(planes)
    assert one.policy_logits.shape == (6, size * size + 1)
    assert one.ownership.shape == (6, size * size)
    same(one, TorchEvaluator(net, "cpu").evaluate(planes), 2e-5)


def test_every_weight_has_a_say():
    planes = random_planes(5, 2)
    weights = random_weights(TINY)
    before = TorchEvaluator(Checkpoint(TINY, weights), "cpu").evaluate(planes)
    rng = np.random.default_rng(7)
    for name, tensor in TINY.tensors().items():
        noise = rng.standard_normal(tensor.shape).astype(np.float32)
        changed = {**weights, name: weights[name] + noise}
        after = TorchEvaluator(Checkpoint(TINY, changed), "cpu").evaluate(planes)
        moved = [np.abs(a - b).max() for a, b in zip(before, after, strict=True)]
        assert max(moved) > 1e-4, name


def test_a_batch_equals_its_positions():
    evaluator = OnnxEvaluator(random_checkpoint(), precision="float32")
    planes = random_planes(9, 70)  # more than one call takes
    whole = evaluator.evaluate(planes)
    for n in (0, 33, 69):
        one = evaluator.evaluate(planes[n:n + 1])
        same(one, type(whole)(*(part[n:n + 1] for part in whole)), 1e-5)


def test_outputs_lie_in_their_ranges():
    out = OnnxEvaluator(random_checkpoint()).evaluate(random_planes(9, 8))
    np.testing.assert_allclose(out.win_draw_loss.sum(1), 1.0, rtol=1e-5)
    assert (np.abs(out.ownership) <= 1).all()
    assert out.score.shape == (8,)


def test_symmetric_filters_make_an_equivariant_network():
    # filters that a turn of the board leaves alone: turned input, turned output
    weights = random_weights(TINY)
    for value in weights.values():
        if value.ndim == 4 and value.shape[2] == 3:
            value[:] = np.mean([np.rot90(m, k, (2, 3)) for k in range(4)
                                for m in (value, value[..., ::-1])], axis=0)
    evaluator = OnnxEvaluator(Checkpoint(TINY, weights), precision="float32")
    planes = random_planes(9, 2)
    plain = evaluator.evaluate(planes)
    for where in symmetry_table(9):
        turned = np.empty_like(planes)
        turned.reshape(2, 22, 81)[:, :, where[:81]] = planes.reshape(2, 22, 81)
        out = evaluator.evaluate(turned)
        np.testing.assert_allclose(out.policy_logits[:, where], plain.policy_logits, atol=1e-4)
        np.testing.assert_allclose(out.ownership[:, where[:81]], plain.ownership, atol=1e-4)
        np.testing.assert_allclose(out.win_draw_loss, plain.win_draw_loss, atol=1e-4)


def test_bytes_stay_close_to_floats():
    weights = random_weights(TINY)
    planes = random_planes(9, 256)
    ranges = quantise.calibrate(TINY, weights, planes[:128])
    net = Checkpoint(TINY, weights, ranges=ranges)
    exact = OnnxEvaluator(net, precision="float32").evaluate(planes)
    rough = OnnxEvaluator(net, precision="int8").evaluate(planes)
    for name, a, b in zip(exact._fields, exact, rough, strict=True):
        assert np.abs(a - b).mean() < 0.1 * a.std(), name
    assert np.abs(exact.policy_logits - rough.policy_logits).max() > 0  # bytes were used


def test_calibration_sees_the_values_of_torch():
    weights = random_weights(TINY)
    planes = random_planes(9, 32)
    ranges = quantise.calibrate(TINY, weights, planes)
    assert set(ranges) == set(TINY.places())
    network = Network(TINY)
    network.load(weights)
    with torch.no_grad():
        entry = torch.relu(network._conv("entry", torch.from_numpy(planes)))
    assert ranges["block0.entry"][1] == pytest.approx(np.quantile(entry, 0.99995), rel=1e-4)
    assert ranges["block0.entry"][0] == 0.0
    assert ranges["block0.second"][0] < 0


def test_bytes_need_ranges():
    with pytest.raises(InvalidInput, match="no measured ranges"):
        OnnxEvaluator(random_checkpoint(), precision="int8")


def test_one_network_plays_every_size():
    evaluator = evaluator_of(random_checkpoint(), device="cpu")
    for size in (5, 19, 5):
        assert evaluator.evaluate(random_planes(size, 1)).score.shape == (1,)


def test_a_network_opens_by_its_path(tmp_path):
    net = random_checkpoint()
    path = tmp_path / "n.safetensors"
    checkpoint.write(path, net)
    planes = random_planes(9, 2)
    same(open_evaluator(str(path), device="cpu").evaluate(planes),
         OnnxEvaluator(net).evaluate(planes), 1e-6)


def test_no_threads_are_refused():
    with pytest.raises(InvalidInput, match="0 threads"):
        evaluator_of(random_checkpoint(), threads=0)


@pytest.mark.parametrize(("text", "blocks", "channels"), [("6x64", 6, 64), ("4×32", 4, 32)])
def test_a_size_is_read(text, blocks, channels):
    assert Architecture.parse(text) == Architecture(blocks, channels)


@pytest.mark.parametrize("text", ["", "6", "6x", "x64", "6x64x2", "0x64", "6x60", "-1x64", "1e9x8"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidInput):
        Architecture.parse(text)


def test_the_parameters_are_counted():
    network = Network(TINY)
    assert TINY.parameters() == sum(p.numel() for p in network.parameters())


def test_the_graph_names_its_outputs():
    import onnx

    model = onnx.load_from_string(graph.build(TINY, random_weights(TINY), 9))
    assert tuple(o.name for o in model.graph.output) == graph.OUTPUTS
