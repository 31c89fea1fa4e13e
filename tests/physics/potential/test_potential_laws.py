"""The laws of single links and outlets: by hand, by differences, and compiled against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import SolveError
from twin.physics.potential import Law, Links, Nodes, Options, minor_loss_s2_m5, reference
from twin.physics.potential import laws as compiled
from twin.physics.potential.outlets import outlet_flow, outlet_loss, outlets_of

FLOWS = np.concatenate((-np.logspace(0, -9, 40), [0.0], np.logspace(-9, 0, 60)))
CURVE = {
    "curve_start": np.array([0, 4]),
    "curve_flow_m3s": np.array([0.0, 0.05, 0.1, 0.2]),
    "curve_head_m": np.array([60.0, 55.0, 40.0, 5.0]),
}


def one(law: Law, **columns: float) -> Links:
    return Links(law=np.array([law]), **{name: np.array([value]) for name, value in columns.items()}, **CURVE)


ONE_OF_EACH = [
    one(Law.HW, roughness=120.0, length_m=500.0, diameter_m=0.3, minor_loss=40.0),
    one(Law.DW, roughness=2.6e-4, length_m=500.0, diameter_m=0.3, minor_loss=40.0),
    one(Law.CM, roughness=0.013, length_m=500.0, diameter_m=0.3),
    one(Law.MINOR, minor_loss=25.0, diameter_m=0.3),
    one(Law.MINOR),
    one(Law.POWER, resistance=800.0, exponent=2.6),
    one(Law.POWER, resistance=800.0, exponent=1.0),
    one(Law.PUMP, shutoff_head_m=50.0, resistance=900.0, exponent=1.7, speed=0.9),
    one(Law.PUMP, shutoff_head_m=50.0, resistance=900.0, exponent=3.4),
    one(Law.PUMP_CURVE, curve=0, speed=1.2),
    one(Law.PUMP_POWER, power_w=2e4, speed=1.1),
]


def loss(links: Links, q: float) -> float:
    return compiled.loss(compiled.laws_of(links, Options()), 0, q)[0]


@pytest.mark.core
def test_hazen_williams_loss_is_the_textbook_one():
    pipe = one(Law.HW, roughness=100.0, length_m=1000.0, diameter_m=0.3)
    textbook = 10.667 * 1000.0 / 100.0**1.852 / 0.3**4.871 * 0.05**1.852
    assert loss(pipe, 0.05) == pytest.approx(textbook, rel=1e-3)


def test_manning_loss_is_the_textbook_one():
    pipe = one(Law.CM, roughness=0.012, length_m=1000.0, diameter_m=0.3)
    textbook = 10.294 * 0.012**2 * 1000.0 / 0.3**5.333 * 0.05**2
    assert loss(pipe, 0.05) == pytest.approx(textbook, rel=7e-3)  # 1.49 stands for 1.486


def test_darcy_weisbach_is_hagen_poiseuille_when_laminar_and_close_to_colebrook_when_turbulent():
    pipe = one(Law.DW, roughness=1e-4, length_m=100.0, diameter_m=0.1)
    options = Options()
    nu, g = options.viscosity_m2s, options.gravity_ms2
    assert loss(pipe, 1e-5) == pytest.approx(128 * nu * 100.0 * 1e-5 / (np.pi * g * 0.1**4), rel=1e-4)
    reynolds = 4 * 0.02 / (np.pi * 0.1 * nu)
    f = 0.02
    for _ in range(50):
        f = (-2.0 * np.log10(1e-3 / 3.7 + 2.51 / (reynolds * np.sqrt(f)))) ** -2
    darcy = f * 100.0 / 0.1 * (0.02 / (np.pi * 0.1**2 / 4)) ** 2 / (2 * g)
    assert loss(pipe, 0.02) == pytest.approx(darcy, rel=0.01)


def test_minor_loss_is_k_times_the_velocity_head():
    m = minor_loss_s2_m5(np.array([3.0]), np.array([0.2]))[0]
    velocity = 0.05 / (np.pi * 0.2**2 / 4)
    assert m * 0.05**2 == pytest.approx(3.0 * velocity**2 / (2 * 9.81456), rel=2e-3)


@pytest.mark.core
def test_pump_gain_follows_the_affinity_laws():
    def gain(q: float, w: float) -> float:
        pump = one(Law.PUMP, shutoff_head_m=60.0, resistance=1500.0, exponent=1.8, speed=w)
        return -loss(pump, q)

    def table(q: float, w: float) -> float:
        return -loss(one(Law.PUMP_CURVE, curve=0, speed=w), q)

    for w in (0.7, 1.0, 1.2):
        assert gain(0.04 * w, w) == pytest.approx(w**2 * gain(0.04, 1.0), rel=1e-6)
        assert table(0.07 * w, w) == pytest.approx(w**2 * table(0.07, 1.0), rel=1e-12)


def test_a_multi_point_curve_passes_its_points_and_goes_on_straight():
    pump = one(Law.PUMP_CURVE, curve=0)
    for q, head in zip(CURVE["curve_flow_m3s"], CURVE["curve_head_m"], strict=True):
        assert loss(pump, q) == pytest.approx(-head)
    assert loss(pump, 0.3) == pytest.approx(30.0)


def test_constant_power_pump_turns_power_into_head_times_flow():
    options = Options()
    pump = one(Law.PUMP_POWER, power_w=1e4)
    assert -loss(pump, 0.02) * 0.02 * options.specific_weight_nm3 == pytest.approx(1e4)


@pytest.mark.parametrize("links", ONE_OF_EACH, ids=lambda links: Law(links.law[0]).name)
def test_every_law_rises_and_its_slope_is_its_derivative(links: Links):
    laws = compiled.laws_of(links, Options())
    flows = FLOWS if links.law[0] != Law.PUMP_POWER else FLOWS[FLOWS > 1e-3]
    h = np.array([compiled.loss(laws, 0, q)[0] for q in flows])
    assert np.all(np.diff(h) >= 0)
    for q in flows[np.abs(flows) > 1e-6]:
        d = 1e-4 * abs(q)
        slope = (compiled.loss(laws, 0, q + d)[0] - compiled.loss(laws, 0, q - d)[0]) / (2 * d)
        assert compiled.loss(laws, 0, q)[1] > 0
        near = 0.5 if links.law[0] == Law.PUMP_CURVE else 1e-3
        assert compiled.loss(laws, 0, q)[1] == pytest.approx(slope, rel=near, abs=2e-4)


@pytest.mark.parametrize("links", ONE_OF_EACH, ids=lambda links: Law(links.law[0]).name)
def test_compiled_laws_equal_the_plain_ones(links: Links):
    laws = compiled.laws_of(links, Options())
    for q in FLOWS:
        h, g = np.empty(1), np.empty(1)
        compiled.losses(laws, np.array([q]), h, g)
        plain_h, plain_g = reference.losses(laws, np.array([q]))
        np.testing.assert_allclose(h, plain_h, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(g, plain_g, rtol=1e-11)


@pytest.mark.parametrize("n", [1.2, 1.852, 2.0, 2.7, 3.5])
def test_the_smoothed_law_meets_the_power_with_equal_value_and_slope(n: float):
    r, knot = 300.0, 1e-4
    a, b = compiled.smooth(np.array([r]), np.array([n]), np.array([knot]))
    below = compiled.power(r, n, knot, a[0], b[0], knot * (1 - 1e-12))
    above = compiled.power(r, n, knot, a[0], b[0], knot)
    np.testing.assert_allclose(below, above, rtol=1e-10)
    assert compiled.power(r, n, knot, a[0], b[0], 0.0)[1] > 0


@pytest.mark.parametrize("pressure", [-3.0, 0.5, 10.0, 35.0])
def test_outlets_invert_their_forward_law(pressure: float):
    nodes = Nodes(
        head_m=np.zeros(2),
        demand_m3s=np.array([0.02, 0.0]),
        emitter_coefficient=np.array([1e-3, 0.0]),
        emitter_exponent=np.array([0.8, 0.5]),
        leak_area_m2=np.array([0.0, 1e-4]),
        pressure_dependent=True,
    )
    outlets = outlets_of(nodes, np.ones(2, dtype=bool), Options())
    expected = [
        0.02 * np.clip(pressure / 20.0, 0, 1) ** 0.5,
        1e-3 * np.sign(pressure) * abs(pressure) ** 0.8,
        0.75 * 1e-4 * np.sqrt(2 * 9.81456 * max(pressure, 0.0)),
    ]
    flows = [outlet_flow(outlets, k, pressure) for k in range(3)]
    assert flows == pytest.approx(expected)
    plain = reference.outlet_losses(outlets, np.array(flows))
    for k in range(3):
        assert outlet_loss(outlets, k, flows[k]) == pytest.approx((plain[0][k], plain[1][k]))
        if outlets.lower[k] < flows[k] < outlets.upper[k]:
            assert plain[0][k] == pytest.approx(pressure)


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (one(Law.HW, roughness=0.0, length_m=1.0, diameter_m=1.0), "roughness > 0"),
        (one(Law.DW, roughness=1e-4, length_m=1.0), "diameter > 0"),
        (one(Law.POWER, resistance=-1.0), "must be >= 0"),
        (one(Law.PUMP, exponent=0.0), "exponents must be > 0"),
        (one(Law.PUMP_CURVE, curve=3), "a pump names curve 3, there are 1"),
        (Links(law=np.array([9])), "law codes run from 0 to 7"),
    ],
)
def test_numbers_no_law_can_work_with_are_refused(links: Links, said: str):
    with pytest.raises(SolveError, match=said):
        compiled.laws_of(links, Options())
