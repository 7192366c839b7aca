"""The map: what is picked, enclosed and drawn is what lies there, painted by WebGL or without it."""

import numpy as np
import pytest
from matplotlib.path import Path as Outline

pytestmark = [pytest.mark.keras, pytest.mark.slow]

WITHOUT_GL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind.startsWith('webgl') ? null : get.call(this, kind, ...more);
};"""
REMEMBER_GL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    const found = get.call(this, kind, ...more);
    if (kind.startsWith('webgl')) window.gl = found;
    return found;
};"""
PAINTERS = {"webgl": "", "2d": WITHOUT_GL}
REACH = 12


@pytest.fixture(params=PAINTERS)
def explorer(request, site, visit):
    found = visit(site.disk, before=PAINTERS[request.param])
    assert found.js("Earmark.atlas.map.kind") == request.param
    return found


@pytest.fixture
def crowd(explorer):
    """The explorer with 3,000 points in clusters on its map, some without a place; it remembers what happens."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(12, 2))
    points = centres[random.integers(12, size=3000)] + random.normal(size=(3000, 2)) * [0.2, 0.1]
    points[::50] = np.nan
    explorer.js(
        """([x, y]) => {
            const map = window.map = Earmark.atlas.map;
            const numbers = (list) => Float32Array.from(list, (v) => v ?? NaN);
            map.setPoints(numbers(x), numbers(y));
            window.seen = { picked: [], enclosed: [] };
            map.onpick = (row) => seen.picked.push(row);
            map.onlasso = (rows) => seen.enclosed.push(rows);
            map.onhover = () => {};
        }""",
        [[None if np.isnan(v) else v for v in column] for column in points.T.tolist()],
    )
    return explorer


def places(explorer, rows: int = 3000) -> np.ndarray:
    """Return where each point is on the canvas, NaN where it is not shown."""
    found = explorer.js("n => Array.from({ length: n }, (_, row) => map.place(row))", rows)
    return np.array([place or [np.nan, np.nan] for place in found], dtype=float)


def assert_right(explorer, shown: np.ndarray) -> None:
    """Compare what is picked and enclosed with a search through all."""
    random, at = np.random.default_rng(1), places(explorer)
    at[~shown] = np.nan
    centre = np.nanmedian(at, axis=0)
    probes = centre + random.normal(size=(300, 2)) * [200, 150]
    picked = explorer.js("probes => probes.map(([x, y]) => map.pick(x, y))", probes.tolist())
    for probe, row in zip(probes, picked, strict=True):
        distance = np.hypot(*(at - probe).T)
        least = np.nanmin(distance)
        assert (row == -1) if least > REACH + 0.01 else least > REACH - 0.01 or distance[row] <= least + 0.01
    assert 30 < sum(row >= 0 for row in picked) < 300
    for corners in (3, 8, 40):
        angle = np.sort(random.random(corners)) * 2 * np.pi
        outline = centre + np.stack([np.cos(angle), np.sin(angle)], 1) * random.uniform(100, 300, size=(corners, 1))
        rows = explorer.js("corners => map.enclosed(corners)", outline.tolist())
        inside = Outline(outline).contains_points(np.nan_to_num(at, nan=-1e9))
        assert rows == np.flatnonzero(inside).tolist()
        assert rows


def test_picked_and_enclosed_is_what_lies_there(crowd) -> None:
    everything = np.isfinite(places(crowd)[:, 0])
    assert everything.sum() == 3000 - 60
    assert_right(crowd, everything)
    crowd.js("map.setVisible(Uint8Array.from({ length: 3000 }, (_, row) => row % 3 === 0))")
    assert_right(crowd, everything & (np.arange(3000) % 3 == 0))
    crowd.js("map.setVisible(null), map.zoomAt(3, 300, 300), map.pan(40, -30)")
    assert_right(crowd, everything)


def test_the_mouse_picks_pans_zooms_and_encloses(crowd) -> None:
    box, mouse = crowd.page.locator("#map").bounding_box(), crowd.page.mouse
    row = crowd.js(
        "Array.from({ length: 3000 }).findIndex((_, row) => map.place(row) && map.pick(...map.place(row)) === row)"
    )
    x, y = places(crowd)[row]
    mouse.click(box["x"] + x, box["y"] + y)
    assert crowd.js("seen.picked") == [row]
    mouse.move(box["x"] + 200, box["y"] + 200)
    mouse.down()
    mouse.move(box["x"] + 260, box["y"] + 240, steps=5)
    mouse.up()
    np.testing.assert_allclose(places(crowd)[row], [x + 60, y + 40], atol=0.01)
    mouse.move(box["x"] + 300, box["y"] + 200)
    mouse.wheel(0, -300)
    crowd.until(f"Math.hypot(map.place({row})[0] - {x + 60}, map.place({row})[1] - {y + 40}) > 1")
    factor = (places(crowd)[row] - [300, 200]) / ([x - 240, y - 160])
    assert factor[0] == pytest.approx(factor[1], rel=0.02)
    assert factor[0] > 1.2
    crowd.page.click("#fit")
    np.testing.assert_allclose(places(crowd)[row], [x, y], atol=0.01)
    crowd.page.click("#lasso")
    corners = [(300, 150), (600, 140), (650, 400), (320, 420)]
    mouse.move(box["x"] + corners[0][0], box["y"] + corners[0][1])
    mouse.down()
    for cx, cy in corners[1:]:
        mouse.move(box["x"] + cx, box["y"] + cy, steps=10)
    mouse.up()
    inside = set(np.flatnonzero(Outline(corners).contains_points(np.nan_to_num(places(crowd), nan=-1e9))))
    assert len(inside) > 100
    # The browser rounds where the mouse is.
    assert len(inside ^ set(crowd.js("seen.enclosed.at(-1)"))) < 0.02 * len(inside)


def test_it_fits_whatever_the_size_and_the_data(crowd) -> None:
    for size in ((1000, 600), (1600, 950)):
        crowd.page.set_viewport_size({"width": size[0], "height": size[1]})
        crowd.until("Array.from({ length: 3000 }).every((_, row) => map.isIn(row) === (map.place(row) !== null))")
    odd = [([], []), ([5], [5]), ([1] * 300, [2] * 300), ([None] * 4, [None] * 4), ([1e6, -1e6], [1e-9, 0])]
    for x, y in odd:
        n = crowd.js(
            """([x, y]) => {
                map.setPoints(Float32Array.from(x, (v) => v ?? NaN), Float32Array.from(y, (v) => v ?? NaN));
                map.setSelected([0]), map.setCurrent(0), map.fit([]), map.fit(), map.pick(10, 10), map.zoom(1);
                return x.filter((_, row) => map.isIn(row)).length;
            }""",
            [x, y],
        )
        assert n == sum(v is not None for v in x)


def test_points_have_the_colours_of_their_legend(explorer) -> None:
    explorer.until("Earmark.atlas.map.frames > 0")
    wrong, lone = explorer.js(
        """async () => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const { map } = Earmark.atlas, canvas = document.getElementById('map');
            const { colour, shape, key, legend } = Earmark.palette.style('label', 'after');
            const picture = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const square = [[-14, -14], [14, -14], [14, 14], [-14, 14]];
            const corners = ([x, y]) => square.map(([dx, dy]) => [x + dx, y + dy]);
            const alone = (row) => map.enclosed(corners(map.place(row))).length === 1;
            const drawn = (row) => {
                const [x, y] = map.place(row).map((v) => Math.round(v * devicePixelRatio - 0.5));
                return picture.data.slice(4 * (y * canvas.width + x)).slice(0, 3);
            };
            const meant = (row) => [...colour.slice(3 * row, 3 * row + 3)];
            const hex = (rgb) => '#' + rgb.map((v) => v.toString(16).padStart(2, '0')).join('');
            const unlike = (row) => key[row] >= 0 && legend[key[row]].colour.toLowerCase() !== hex(meant(row));
            const off = (row) => drawn(row).some((v, i) => Math.abs(v - meant(row)[i]) > 24);
            const filled = [...shape.keys()].filter((row) => shape[row] < 6 && map.place(row) && alone(row));
            return [filled.filter((row) => off(row) || unlike(row)), filled.length];
        }"""
    )
    assert wrong == []
    assert lone > 20


def test_a_lost_context_is_painted_otherwise_until_it_is_back(site, visit) -> None:
    explorer = visit(site.disk, before=REMEMBER_GL)
    before = explorer.page.locator("#map-place").screenshot()
    explorer.js("window.lose = gl.getExtension('WEBGL_lose_context'), lose.loseContext()")
    explorer.until("Earmark.atlas.map.kind === '2d'")
    explorer.click(explorer.point("promoted"))
    explorer.js("lose.restoreContext(), Earmark.state.open(-1)")
    explorer.until("Earmark.atlas.map.kind === 'webgl'")
    explorer.page.mouse.move(0, 0)
    explorer.until(lambda: explorer.page.locator("#map-place").screenshot() == before)
    explorer.expect("CONTEXT_LOST_WEBGL")
