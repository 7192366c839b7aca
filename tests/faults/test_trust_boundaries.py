"""Nothing that is read can carry code: the project's own source is searched for what would run it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

# What rebuilds objects from a file, and so runs what the file says; tarfile's filters have been got round.
BANNED = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "tarfile", "yaml",
    "load_model", "model_from_json", "model_from_config", "deserialize_keras_object", "enable_unsafe_deserialization",
    "read_pickle", "to_pickle", "unsafe_load", "full_load", "eval", "exec", "system", "popen",
}  # fmt: skip
# Some modules' `load` is another's `loads`: only these are meant.
BANNED_CALLS = {"joblib.load", "joblib.dump", "torch.load", "torch.save"}
# The types of a plugin's settings, read from the project's own source.
ALLOWED = {("pipeline/params/registry.py", "eval")}


def dangers(source: str) -> Iterator[str]:
    """Yield the name of each thing in some source that could run what a file says."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in BANNED)
        elif isinstance(node, ast.ImportFrom):
            yield from BANNED & {*(alias.name for alias in node.names), (node.module or "").split(".")[0]}
        elif isinstance(node, ast.Call):
            yield from _call(node)


def _call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if name in BANNED_CALLS or (name.split(".")[-1] in BANNED and not isinstance(node.func, ast.Subscript)):
        yield name.split(".")[-1]
    if given.get("allow_pickle", "False") != "False" or (
        name in ("np.load", "numpy.load") and "allow_pickle" not in given
    ):
        yield "allow_pickle"
    if given.get("shell", "False") != "False":
        yield "shell"
    if given.get("typ", "'safe'") != "'safe'":
        yield "typ"
    if given.get("safe_mode", "True") != "True":
        yield "safe_mode"


def test_no_file_that_is_read_can_carry_code(root: Path):
    files = [path for top in ("pipeline", "stages", "benchmarks") for path in sorted((root / top).rglob("*.py"))]
    found = {
        (path.relative_to(root).as_posix(), name)
        for path in files
        for name in dangers(path.read_text(encoding="utf-8"))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "import joblib; joblib.load('x')",
        "np.load('x', allow_pickle=True)",
        "np.load('x', allow_pickle=anything)",
        "np.load('x')",
        "keras.models.load_model('x')",
        "from keras.saving import load_model",
        "keras.config.enable_unsafe_deserialization()",
        "import yaml",
        "YAML(typ='unsafe')",
        "pd.read_pickle('x')",
        "torch.load('x')",
        "eval(text)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "import tarfile",
    ],
)
def test_the_search_finds_it(line: str):
    assert list(dangers(line))


@pytest.mark.parametrize("line", ["np.load('x', allow_pickle=False)", "YAML(typ='safe')", "json.load(file)", "'eval'"])
def test_the_search_passes_over_what_is_harmless(line: str):
    assert not list(dangers(line))
