import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.cli import main
from edge.config import key, parsed, printed, read_config, run_options
from edge.errors import LocalizerError
from edge.request import Request, merged

OPTIONS = {key(option): option for option in run_options(main)}
DEFAULTS = {"snapshots_keep": 500, "snapshots_megabytes": 200.0, "rotate": 0}

# Any text but the empty one; what no file name can hold is no path.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
sizes = st.integers(8, 4096).map(lambda half: 2 * half)
edges = st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True).map(sorted)
above_zero = st.floats(0, 1e9, exclude_min=True)
values = {
    "camera": texts,
    "video": texts.map(Path),
    "images": texts.map(Path),
    "model": texts.map(Path),
    "window": st.just(True),
    "record": texts.map(Path),
    "record_minutes": above_zero,
    "record_megabytes": above_zero,
    "json_target": texts,
    "snapshots": texts.map(Path),
    "snapshots_keep": st.integers(1),
    "snapshots_megabytes": above_zero,
    "collect": texts.map(Path),
    "collect_keep": st.integers(1),
    "collect_megabytes": above_zero,
    "collect_seconds": above_zero,
    "mqtt": texts,
    "mqtt_password_file": texts.map(Path),
    "metrics": texts,
    "web": texts,
    "web_password_file": texts.map(Path),
    "smoothing": st.sampled_from(["on", "off"]),
    "threads": st.integers(1, 64),
    "delegate": texts,
    "threshold": st.floats(0, 1),
    "closer": st.just(True),
    "max_frames": st.integers(1),
    "size": st.tuples(sizes, sizes),
    "fps": st.floats(0.01, 240),
    "rotate": st.sampled_from([0, 90, 180, 270]),
    "flip": st.just(True),
    "crop": st.tuples(edges, edges).map(lambda two: (two[0][0], two[1][0], two[0][1], two[1][1])),
    "exposure": st.floats(0.01, 1e6) | st.just("auto"),
    "focus": st.floats(0, 1e6) | st.just("auto"),
    "real_time": st.just(True),
    "wait_for_camera": st.just(True),
}
configurations = st.fixed_dictionaries({}, optional=values)

SAMPLE = """# a camera in the shed
camera = "fake:shapes"   # for now
fps = 5
crop = "0.25,0,0.75,1"
wait-for-camera = true
window = false
metrics = 9464
json = true
"""


def read(text):
    return parsed(text.encode(), "edge-run.toml", main)


def faults(text):
    with pytest.raises(LocalizerError) as told:
        read(text)
    first, *rest = str(told.value).split("\n")
    assert first.startswith("edge-run.toml has ") and first.endswith("mend and try again:")
    return [line.strip() for line in rest]


def test_every_option_of_a_run_can_be_given():
    assert {option.name for option in OPTIONS.values()} == set(values)


def test_a_file_gives_what_the_command_line_would():
    assert read(SAMPLE) == {
        "camera": "fake:shapes",
        "fps": 5.0,
        "crop": (0.25, 0.0, 0.75, 1.0),
        "wait_for_camera": True,
        "metrics": "9464",
        "json_target": "-",
    }


@given(configurations)
def test_what_is_printed_is_read_as_the_same(configuration):
    text = printed(configuration, main)
    assert read(text) == configuration
    tomllib.loads(text)


@given(st.binary(max_size=200))
@example(b"fps = " + b"9" * 5000)
@example(b"fps = " + b"[" * 5000)
@example(b"a" + b".a" * 5000 + b" = 1")
@example(b"threads = 0x" + b"f" * 5000)
@example(b'model = "a\\u0000b"')
@example(b'model = ""')
@example(b"fps = 1979-05-27")
@example(b"fps = nan")
@example(b"max-frames = -inf")
def test_any_file_is_read_or_refused_with_its_name(content):
    try:
        parsed(content, "edge-run.toml", main)
    except LocalizerError as error:
        assert str(error).startswith("edge-run.toml")


@given(st.data())
def test_a_good_file_with_a_change_is_read_or_refused_line_by_line(data):
    text = data.draw(configurations.map(lambda values: printed(values, main)))
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 20))
    mutated = text[:at] + data.draw(st.text(max_size=5)) + text[at + cut :]
    try:
        parsed(mutated.encode(errors="surrogatepass"), "edge-run.toml", main)
    except LocalizerError as error:
        first, *rest = str(error).split("\n")
        assert first.startswith("edge-run.toml")
        assert "line " in str(error) and all(line.startswith("  line ") for line in rest)


def test_all_faults_are_told_at_once_with_line_and_key():
    text = 'fsp = 5\nthreads = 0\n\nmax_frames = 3\nwindow = "yes"\nfps =\nsize = "1x1"'
    assert faults(text) == [
        "line 1, fsp: edge-run has no such option; did you mean fps?",
        "line 2, threads: give a whole number from 1 to 64. Received: 0",
        "line 4, max_frames: edge-run has no such option; did you mean max-frames?",
        "line 5, window: it takes true or false. Received: yes",
        "line 6: this is no TOML (Invalid value); write key = value",
        "line 7, size: a size is WIDTHxHEIGHT, both even and from 16 to 8192, such as 640x480. "
        "Received: 1x1",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[source]", "line 1, source: there are no tables here; write key = value"),
        ("fps.most = 5", "line 1, fps: there are no tables here; write key = value"),
        ("fps = 5\nfps = 6", "line 2, fps: line 1 gives it too; leave one out"),
        ("size = [640, 480]", "line 1, size: it takes a text or a number. Received: an array"),
        ("fps = true", "line 1, fps: it takes a value, such as N. Received: true"),
        ("smoothing = true", 'line 1, smoothing: it takes "on" or "off". Received: true'),
        (
            'flip = "true"',
            "line 1, flip: it takes true or false, without quotation marks. Received: true",
        ),
        ('model = ""', "line 1, model: it takes a text that is not empty. Received: ''"),
        ("zzz = 1", "line 1, zzz: edge-run has no such option; edge-run --help lists them"),
        ("config = 'a'", "line 1, config: edge-run has no such option; edge-run --help lists them"),
        ("\nrotate = 45", "line 2, rotate: '45' is not one of '0', '90', '180', '270'"),
        (
            "crop = [\n0,\n1]\nfsp = 1",
            "line 4, fsp: edge-run has no such option; did you mean fps?",
        ),
    ],
)
def test_a_fault_is_told_with_its_way_out(text, fault):
    assert fault in faults(text)


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(LocalizerError, match="none cannot be read: No such file or directory; giv"):
        read_config(tmp_path / "none", main)
    with pytest.raises(LocalizerError, match="line 2: this is no UTF-8; save it as that"):
        parsed(b"fps = 5\n\xff", "edge-run.toml", main)
    with pytest.raises(LocalizerError, match="larger than 65536 bytes"):
        parsed(b"#" * 70_000, "edge-run.toml", main)


@pytest.mark.parametrize("name", ["window", "flip", "real-time", "wait-for-camera"])
def test_the_command_line_also_takes_back_a_switch(edge_run, tmp_path, name):
    config = tmp_path / "edge-run.toml"
    config.write_text(f"{name} = true\n")
    for said, wanted in (((), True), ((f"--no-{name}",), False)):
        done = edge_run("--config", config, *said, "--print-config")
        assert done.exit_code == 0, done.stderr
        assert (f"{name} = true" in done.stdout.splitlines()) is wanted


def test_the_command_line_wins():
    settings = {"camera": "auto", "fps": 5.0, "flip": True}
    assert merged({"fps": None, "camera": None, "flip": False}, settings, {"fps": 9.0}) == {
        "camera": "auto",
        "fps": 9.0,
        "flip": True,
    }


def test_an_input_of_the_command_line_takes_the_place_of_the_files():
    defaults = {"camera": None, "video": None}
    told = merged({**defaults, "video": "a.mp4"}, {"camera": "auto"}, {"video": "a.mp4"})
    assert told == {"camera": None, "video": "a.mp4"}


def test_the_command_reads_prints_and_refuses_it(edge_run, tmp_path):
    (tmp_path / "edge-run.toml").write_text(SAMPLE)
    done = edge_run("--config", "edge-run.toml", "--fps", 7, "--video", "a.mp4", "--print-config")
    assert done.exit_code == 0
    shown = read(done.stdout)
    assert (shown["fps"], shown["video"], shown["metrics"]) == (7.0, Path("a.mp4"), "9464")
    assert "camera" not in shown
    (tmp_path / "edge-run.toml").write_text("fsp = 5")
    refused = edge_run("--config", "edge-run.toml")
    assert refused.exit_code == 1
    assert "line 1, fsp: edge-run has no such option; did you mean fps?" in refused.stderr


def test_the_command_runs_what_the_file_says(edge_run, tiny_model, tmp_path):
    text = f'camera = "fake:rectangle"\nmax-frames = 2\njson = true\nmodel = "{tiny_model}"\n'
    (tmp_path / "edge-run.toml").write_text(text)
    done = edge_run("--config", "edge-run.toml")
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_what_a_file_asks_for_is_held_together_as_on_the_command_line(edge_run, tmp_path):
    (tmp_path / "edge-run.toml").write_text("camera = true\nrecord-minutes = 3\n")
    done = edge_run("--config", "edge-run.toml")
    assert done.exit_code == 2
    assert "--record-minutes limits --record FILE.mp4, which is missing" in done.stderr


def test_a_request_has_a_field_for_each_option():
    assert isinstance(Request.taken({**dict.fromkeys(values), **DEFAULTS}), Request)


@pytest.mark.parametrize(
    "statement", ['x = """' + "a\n" * 20_000 + '"""', "x = [" + "\n" * 20_000 + "]"]
)
def test_an_endless_statement_is_told_and_not_read_again_and_again(statement):
    with pytest.raises(LocalizerError, match="line 2: this goes over 100 lines; write a shorter"):
        parsed(b"fps = 5\n" + statement.encode(), "edge-run.toml", main)
